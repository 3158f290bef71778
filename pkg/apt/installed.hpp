#pragma once

#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "pkg/apt/database.hpp"
#include "pkg/common/space.hpp"

class pkgCacheFile;

namespace tykup::pkg::apt {

/// Those of `names` that are on the host, from dpkg's database, with apt's auto flag.
Result<std::vector<InstalledPackage>> installed_packages(pkgCacheFile& cache, std::vector<std::string> const& names);

/// Where the files of an installed package lie.
Spread spread_of(DatabasePackage const& package, std::string const& root);

}  // namespace tykup::pkg::apt
