#include <apt-pkg/cachefile.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "pkg/apt/apt_package_manager.hpp"
#include "pkg/apt/deb_file.hpp"
#include "pkg/common/archive.hpp"
#include "pkg/common/fetching.hpp"
#include "pkg/common/offers.hpp"
#include "pkg/apt/database.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/fetch.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/sources.hpp"
#include "pkg/apt/transaction.hpp"

namespace tykup::pkg::apt {
namespace {

std::string apt_cache_file(DatabasePackage const& package) {
  auto version = package.version;
  for (auto at = version.find(':'); at != std::string::npos; at = version.find(':')) version.replace(at, 1, "%3a");
  return fmt::format("{}{}_{}_{}.deb", apt_dir("Dir::Cache::archives"), package.name, version, package.architecture);
}

Result<std::vector<Offer>> read_offers(Scope const& scope) {
  pkgCacheFile cache;
  if (!cache.BuildSourceList()) return fail(library_error(ErrorKind::BadConfig, "apt's source list cannot be read"));
  auto const sources = sources_of(*cache.GetSourceList(), scope);
  if (sources.empty()) {
    return fail(ErrorKind::UnknownPackage, fmt::format("no source of this host provides {}; run tykup subscribe {}",
                                                       scope.component, scope.component));
  }
  for (auto const* source : sources) {
    if (auto const reason = distrust(*source)) return fail(*reason);
  }
  if (!cache.Open(nullptr, false)) return fail(library_error(ErrorKind::BadConfig, "apt's package lists cannot be read"));
  return offers_of(cache, scope.packages, [&](metaIndex const& source) {
    return std::find(sources.begin(), sources.end(), &source) != sources.end();
  });
}

/// The way back for one installed package, from the nearest place that has the very build: archive, index, apt's cache.
class WayBack {
 public:
  WayBack(Archive const& archive, std::vector<Offer> const& offers, ProgressSink const& progress)
      : archive_(archive), offers_(offers), progress_(progress) {}

  Result<KeptPackage> keep(DatabasePackage const& package) {
    if (auto kept = from_archive(package)) return *kept;
    if (auto kept = from_index(package)) return *kept;
    auto const cached = apt_cache_file(package);
    if (std::filesystem::exists(cached) && is_installed_build(package, cached).value_or(false)) {
      if (auto kept = archive_.adopt(cached, std::nullopt)) return *kept;
    }
    return fail(ErrorKind::NoWayBack,
                fmt::format("{} {} cannot be kept for a rollback: {}; put its .deb into {} or allow upgrades without a "
                            "way back with [policy] without_rollback",
                            package.name, package.version, why_not(package), apt_dir("Dir::Cache::archives")),
                trouble_);
  }

 private:
  std::optional<KeptPackage> from_archive(DatabasePackage const& package) {
    for (auto const& kept : archive_.list()) {
      if (kept.name != package.name || kept.version != package.version) continue;
      if (auto const file = archive_.open(pin_of(kept)); file && is_build(package, file->path())) return kept;
    }
    return std::nullopt;
  }

  std::optional<KeptPackage> from_index(DatabasePackage const& package) {
    for (auto const& offer : offers_) {
      if (offer.candidate.package != package.name || offer.candidate.version != package.version) continue;
      offered_ = true;
      auto const fetched = fetch_into(archive_, {offer}, progress_);
      if (!fetched) {
        trouble_ += fetched.error().message + "\n";
        continue;
      }
      if (auto const file = archive_.open(pin_of(fetched->front())); file && is_build(package, file->path())) {
        return fetched->front();
      }
    }
    return std::nullopt;
  }

  bool is_build(DatabasePackage const& package, std::string const& file) {
    return is_installed_build(package, file).value_or(false);
  }

  std::string why_not(DatabasePackage const&) const {
    if (!trouble_.empty()) return first_line(trouble_);
    if (offered_) return "its repository has that version with other contents than those installed";
    return "its repository does not have it any more, nor has apt's cache";
  }

  Archive const& archive_;
  std::vector<Offer> const& offers_;
  ProgressSink const& progress_;
  bool offered_ = false;
  std::string trouble_;
};

Result<void> keep_dependencies(Archive const& archive, std::vector<PackagePin> const& packages,
                               std::vector<KeptPackage>& kept, ProgressSink const& progress) {
  std::vector<VerifiedFile> files;
  for (auto const& pin : packages) {
    auto file = archive.open(pin);
    if (!file) return fail(file.error());
    files.push_back(std::move(*file));
  }
  if (files.empty()) return {};
  auto const before = required_before(files);
  if (!before) return fail(before.error());
  auto fetched = fetch_into(archive, *before, progress);
  if (!fetched) return fail(with_context(fetched.error(), "a dependency of " + packages.front().name));
  kept.insert(kept.end(), fetched->begin(), fetched->end());
  return {};
}

}  // namespace

Result<job::Downloaded> AptPackageManager::keep(Scope const& scope, std::vector<PackagePin> const& packages,
                                                ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  if (auto safe = refuse_insecure_options(); !safe) return fail(safe.error());
  Archive const archive(paths_.archives, deb_files());
  if (auto ready = archive.prepare(); !ready) return fail(ready.error());
  auto const offers = read_offers(scope);
  if (!offers) return fail(offers.error());
  std::vector<Offer> wanted;
  job::Downloaded downloaded;
  for (auto const& pin : packages) {
    if (archive.open(pin)) {
      downloaded.kept.push_back({pin.name, pin.version, pin.sha256});
      continue;
    }
    auto offer = offer_for(*offers, pin);
    if (!offer) return fail(offer.error());
    wanted.push_back(std::move(*offer));
  }
  auto const fetched = fetch_into(archive, wanted, progress);
  if (!fetched) return fail(fetched.error());
  downloaded.kept.insert(downloaded.kept.end(), fetched->begin(), fetched->end());
  auto const database = read_database();
  if (!database) return fail(database.error());
  for (auto const& name : scope.packages) {
    auto const* package = find_present(*database, name);
    if (package == nullptr) continue;
    auto back = WayBack(archive, *offers, progress).keep(*package);
    if (!back) {
      downloaded.no_way_back = back.error();
    } else if (std::find(downloaded.kept.begin(), downloaded.kept.end(), *back) == downloaded.kept.end()) {
      downloaded.kept.push_back(std::move(*back));
    }
  }
  if (auto ready = keep_dependencies(archive, packages, downloaded.kept, progress); !ready) return fail(ready.error());
  constexpr std::size_t kOthers = 3;
  archive.prune(downloaded.kept, kOthers);
  return downloaded;
}

}  // namespace tykup::pkg::apt
