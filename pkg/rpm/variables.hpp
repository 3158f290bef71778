#pragma once

#include <map>
#include <string>

#include "daemon/core/result.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {

struct DnfVariables {
  std::map<std::string, std::string> values;  ///< "releasever", "basearch", "arch" and the operator's own
  std::string arch;                           ///< of this machine, "x86_64": what its packages are built for
};

/// As dnf finds them: the release that is installed (else the one of os-release), the vars folders, the environment.
/// The library is open.
Result<DnfVariables> dnf_variables(RpmPaths const& paths);

}  // namespace tykup::pkg::rpm
