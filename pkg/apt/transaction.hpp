#pragma once

#include <string>
#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/apt/offers.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::pkg::apt {

/// What must be there before these files can be installed, as builds of trusted indexes: only what the files' own
/// dependencies require. PlanRefused names everything else that would change, be removed or be broken.
Result<std::vector<Offer>> required_before(std::vector<VerifiedFile> const& files);

enum class Marks {
  Keep,  ///< the packages' auto flags stay; new ones count as wanted by the operator
  Auto,  ///< new packages are dependencies: automatically installed
};

/// Installs exactly these files through libapt-pkg and dpkg; the package lock is held by the caller. PlanRefused where
/// anything else would change; HashMismatch where a file was exchanged; PackageFailed with dpkg's last words.
Result<void> run_transaction(std::vector<VerifiedFile> const& files, Marks marks, ProgressSink const& progress);

}  // namespace tykup::pkg::apt
