#include "pkg/apt/installed.hpp"

#include <apt-pkg/cachefile.h>
#include <apt-pkg/depcache.h>

#include <fstream>


namespace tykup::pkg::apt {

Result<std::vector<InstalledPackage>> installed_packages(pkgCacheFile& cache, std::vector<std::string> const& names) {
  auto const database = read_database();
  if (!database) return fail(database.error());
  std::vector<InstalledPackage> installed;
  for (auto const& name : names) {
    auto const* found = find_present(*database, name);
    if (found == nullptr) continue;
    InstalledPackage package{found->name, found->version, found->architecture, found->state};
    package.held = found->want == "hold";
    auto const known = cache.GetPkgCache()->FindPkg(name);
    package.automatic = !known.end() && (cache[known].Flags & pkgCache::Flag::Auto) != 0;
    installed.push_back(std::move(package));
  }
  return installed;
}

Spread spread_of(DatabasePackage const& package, std::string const& root) {
  Spread spread;
  std::ifstream list(info_file(package, "list"));
  for (std::string path; std::getline(list, path);) spread.add(root == "/" ? path : root + path);
  return spread;
}

}  // namespace tykup::pkg::apt
