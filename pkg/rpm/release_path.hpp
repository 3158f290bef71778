#pragma once

#include <map>
#include <string>

#include "daemon/core/result.hpp"

namespace tykup::pkg::rpm {

/// Where packagecloud keeps what this host needs.
struct ReleasePath {
  std::string path;       ///< "el/9", "amazon/2023"
  std::string note = {};  ///< what the operator should know of it; empty: it is the host's own
};

/// From the values of os-release. Tyk publishes for el/7, el/8, el/9, amazon/2 and amazon/2023: a minor release goes to its
/// major one, a later EL to el/9. NotAllowed for everything else, with what to do.
Result<ReleasePath> release_path(std::map<std::string, std::string> const& os_release);

/// NotAllowed for an architecture that Tyk does not publish for.
Result<void> check_architecture(std::string const& architecture);

}  // namespace tykup::pkg::rpm
