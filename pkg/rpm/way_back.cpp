#include "pkg/rpm/way_back.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "pkg/common/fetching.hpp"
#include "pkg/common/words.hpp"
#include "pkg/rpm/installed_build.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/package_fetch.hpp"

namespace tykup::pkg::rpm {
namespace fs = std::filesystem;
namespace {

/// dnf's own folders, one for each repository and URL.
std::vector<std::string> cached_files(RpmPaths const& paths, InstalledPackage const& package) {
  // A file name has no epoch.
  auto const version = package.version.substr(package.version.find(':') + 1);
  auto const name = fmt::format("{}-{}.{}.rpm", package.name, version, package.architecture);
  std::vector<std::string> files;
  std::error_code failed;
  for (auto const& folder : fs::directory_iterator(below_root(paths, "/var/cache/dnf"), failed)) {
    auto const file = folder.path() / "packages" / name;
    if (std::error_code unknown; fs::exists(file, unknown)) files.push_back(file);
  }
  return files;
}

}  // namespace

Result<KeptPackage> WayBack::keep(InstalledPackage const& package) {
  if (auto kept = from_archive(package)) return *kept;
  if (auto kept = from_repository(package)) return *kept;
  if (auto kept = from_cache(package)) return *kept;
  return fail(
      ErrorKind::NoWayBack,
      fmt::format("{} {} cannot be kept for a rollback: {}; put its .rpm into a folder packages below {} or allow "
                  "upgrades without a way back with [policy] without_rollback",
                  package.name, package.version, why_not(), below_root(paths_, "/var/cache/dnf/REPOSITORY")),
      trouble_);
}

std::optional<KeptPackage> WayBack::from_archive(InstalledPackage const& package) {
  for (auto const& kept : archive_.list()) {
    if (kept.name != package.name || kept.version != package.version) continue;
    if (auto const file = archive_.open(pin_of(kept)); file && is_installed_build(paths_, package.name, file->path()))
      return kept;
  }
  return std::nullopt;
}

std::optional<KeptPackage> WayBack::from_repository(InstalledPackage const& package) {
  for (auto const& offer : offers_) {
    if (offer.candidate.package != package.name || offer.candidate.version != package.version) continue;
    offered_ = true;
    auto const fetched = fetch_into(archive_, {offer}, progress_);
    if (!fetched) {
      trouble_ += fetched.error().message + "\n";
      continue;
    }
    if (auto const file = archive_.open(pin_of(fetched->front()));
        file && is_installed_build(paths_, package.name, file->path())) {
      return fetched->front();
    }
  }
  return std::nullopt;
}

std::optional<KeptPackage> WayBack::from_cache(InstalledPackage const& package) {
  for (auto const& file : cached_files(paths_, package)) {
    if (!is_installed_build(paths_, package.name, file)) continue;
    if (auto kept = archive_.adopt(file, std::nullopt)) return *kept;
  }
  return std::nullopt;
}

std::string WayBack::why_not() const {
  if (!trouble_.empty()) return first_line(trouble_);
  if (offered_) return "its repository has that version with other contents than those installed";
  return "its repository does not have it any more, nor has dnf's cache";
}

}  // namespace tykup::pkg::rpm
