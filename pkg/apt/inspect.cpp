#include <apt-pkg/cachefile.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "pkg/apt/apt_package_manager.hpp"
#include "pkg/apt/deb_file.hpp"
#include "pkg/common/archive.hpp"
#include "pkg/common/file_lock.hpp"
#include "pkg/common/offers.hpp"
#include "pkg/apt/database.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/installed.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/offers.hpp"
#include "pkg/apt/sources.hpp"
#include "pkg/common/stamps.hpp"

namespace tykup::pkg::apt {
namespace {

std::optional<Instant> refreshed_at(metaIndex const& source, std::string const& stamps) {
  auto const release = release_of(source);
  if (!release) return std::nullopt;
  if (auto const stamp = read_stamp(stamps, std::filesystem::path(release->file).filename())) return stamp->refreshed;
  // Somebody else's refresh: when apt put the file there. Its modification time is the server's.
  struct stat status {};
  if (stat(release->file.c_str(), &status) != 0) return std::nullopt;
  return Instant{std::chrono::seconds{status.st_ctim.tv_sec}};
}

std::string unusable(metaIndex const& source) {
  auto const release = release_of(source);
  if (!release || !release->valid_until || *release->valid_until >= std::chrono::system_clock::now()) return {};
  return fmt::format("the metadata of {} expired at {}; it is not used before a refresh brings newer", shown_url(source),
                     to_rfc3339(*release->valid_until));
}

/// Several sources may serve one scope (two suites): the first is shown, the trouble of any counts for all.
Subscription subscription_in(std::vector<metaIndex*> const& sources, Scope const& scope, std::string const& stamps) {
  if (sources.empty()) {
    Subscription none;
    none.problem = scope.url_prefix.empty()
                       ? fmt::format("no refreshed source on this host has the origin {}", scope.origin)
                       : fmt::format("no apt source is below {}; run tykup subscribe {}", scope.url_prefix, scope.component);
    return none;
  }
  auto subscription = subscription_of(*sources.front());
  subscription.refreshed = refreshed_at(*sources.front(), stamps);
  for (auto const* source : sources) {
    if (!subscription.problem.empty()) break;
    auto const reason = distrust(*source);
    subscription.problem = reason ? reason->message : unusable(*source);
  }
  return subscription;
}

Result<void> add_spread(Inventory& inventory, std::string const& root) {
  inventory.database = admin_dir();
  auto const database = read_database();
  if (!database) return fail(database.error());
  for (auto const& package : inventory.installed) {
    auto const* found = find_present(*database, package.name);
    if (found == nullptr) continue;
    for (auto& share : spread_of(*found, root).shares()) inventory.spread.push_back(std::move(share));
  }
  return {};
}

}  // namespace

Result<Inventory> AptPackageManager::inspect(Scope const& scope) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  pkgCacheFile cache;
  if (!cache.BuildSourceList()) return fail(library_error(ErrorKind::BadConfig, "apt's source list cannot be read"));
  auto const sources = sources_of(*cache.GetSourceList(), scope);
  Inventory inventory;
  inventory.subscription = subscription_in(sources, scope, paths_.archives + ".refreshed");
  if (!cache.Open(nullptr, false)) return fail(library_error(ErrorKind::BadConfig, "apt's package lists cannot be read"));
  auto installed = installed_packages(cache, scope.packages);
  if (!installed) return fail(installed.error());
  inventory.installed = std::move(*installed);
  if (auto placed = add_spread(inventory, paths_.root); !placed) return fail(placed.error());
  if (inventory.subscription.problem.empty()) {
    auto const accept = [&](metaIndex const& source) {
      return std::find(sources.begin(), sources.end(), &source) != sources.end();
    };
    add_candidates(inventory, offers_of(cache, names_to_offer(scope, inventory.installed), accept), PackageFormat::Deb);
  }
  for (auto& kept : Archive(paths_.archives, deb_files()).list()) {
    auto const& names = scope.packages;
    if (std::find(names.begin(), names.end(), kept.name) != names.end()) inventory.kept.push_back(std::move(kept));
  }
  return inventory;
}

Result<std::vector<std::string>> AptPackageManager::broken(std::vector<std::string> const& own) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  return broken_now(
      []() -> Result<std::vector<std::string>> {
        auto const database = read_database();
        if (!database) return fail(database.error());
        return broken_in(*database);
      },
      [] { return holder_of(admin_dir() + "lock-frontend") || holder_of(admin_dir() + "lock"); }, own);
}

}  // namespace tykup::pkg::apt
