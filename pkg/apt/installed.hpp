#pragma once

#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"

class pkgCacheFile;

namespace tykup::pkg::apt {

/// Those of `names` that are on the host, from dpkg's database, with apt's auto flag.
Result<std::vector<InstalledPackage>> installed_packages(pkgCacheFile& cache, std::vector<std::string> const& names);

}  // namespace tykup::pkg::apt
