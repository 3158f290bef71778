#pragma once

#include <string>
#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/package_manager.hpp"
#include "pkg/rpm/configuration.hpp"

namespace tykup::pkg::rpm {

/// Which of `others` must be there before `files` can be installed; empty: nothing. PlanRefused names everything
/// besides that would change, be removed, obsoleted or be broken, and what nobody here provides.
Result<std::vector<PackagePin>> required_of(RpmPaths const& paths, Configuration const& configuration,
                                            std::vector<VerifiedFile> const& files,
                                            std::vector<VerifiedFile> const& others);

/// What rpm and the scriptlets said in a transaction.
struct Said {
  std::string warnings;  ///< rpm's own, one a line: "%post(…) scriptlet failed, exit status 1"
  std::string output;    ///< of scriptlets, the last lines
};

/// Installs exactly these files through libdnf, so that dnf's history has it; both locks are held by the caller,
/// signatures were checked before. PlanRefused where anything else would change or rpm sees a conflict before it
/// begins; NoSpace; HashMismatch where a file was exchanged; PackageFailed else. A scriptlet's failure alone is no
/// error here: `said` has it.
Result<void> run_transaction(RpmPaths const& paths, Configuration const& configuration,
                             std::vector<VerifiedFile> const& files, ProgressSink const& progress, Said& said);

}  // namespace tykup::pkg::rpm
