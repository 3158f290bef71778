#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pkg/common/archive.hpp"
#include "pkg/common/offers.hpp"
#include "pkg/common/stamps.hpp"
#include "pkg/rpm/database.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/room.hpp"
#include "pkg/rpm/rpm_file.hpp"
#include "pkg/rpm/source_refresh.hpp"
#include "pkg/rpm/sources.hpp"

namespace tykup::pkg::rpm {
namespace {

std::optional<Instant> refreshed_at(RpmPaths const& paths, RepositoryEntry const& entry) {
  auto const stamp = read_stamp(stamps_of(paths), metadata_name(entry));
  if (!stamp || !has_metadata(paths, entry)) return std::nullopt;
  return stamp->refreshed;
}

/// Several repositories may serve one scope: the first is shown, the trouble of any counts for all.
Subscription subscription_in(RpmPaths const& paths, Configuration const& configuration, Scope const& scope) {
  auto const entries = sources_of(configuration, scope);
  if (entries.empty()) {
    Subscription none;
    none.problem = scope.url_prefix.empty()
                       ? fmt::format("no enabled repository of this host has the id {}", scope.origin)
                       : fmt::format("no enabled repository is below {}; run tykup subscribe {}", scope.url_prefix,
                                     scope.component);
    return none;
  }
  auto subscription = subscription_of(paths, configuration, *entries.front(), scope.unsigned_metadata);
  subscription.refreshed = refreshed_at(paths, *entries.front());
  return subscription;
}

/// A repository that names packages by weaker digests offers nothing that could be pinned.
std::string only_unpinnable(Offers const& offers, Subscription const& subscription) {
  if (!offers.builds.empty() || offers.unpinnable.empty()) return {};
  return fmt::format(
      "the repository {} {} names its packages by other digests than SHA-256: {}; ask its publisher for "
      "metadata made with sha256",
      subscription.url, subscription.suite, fmt::join(offers.unpinnable, ", "));
}

Result<void> add_offers(RpmPaths const& paths, Configuration const& configuration, Scope const& scope,
                        Inventory& inventory) {
  auto const sources = checked_sources(paths, configuration, scope);
  if (!sources) {
    inventory.subscription.problem = sources.error().message;
    return {};
  }
  auto const offers = offers_of(paths, configuration, *sources, names_to_offer(scope, inventory.installed));
  if (!offers) return fail(offers.error());
  inventory.subscription.problem = only_unpinnable(*offers, inventory.subscription);
  add_candidates(inventory, offers->builds, PackageFormat::Rpm);
  return {};
}

}  // namespace

Result<Inventory> RpmPackageManager::inspect(Scope const& scope) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const configuration = read_configuration(paths_);
  if (!configuration) return fail(configuration.error());
  Inventory inventory;
  inventory.subscription = subscription_in(paths_, *configuration, scope);
  auto installed = installed_packages(paths_, scope.packages);
  if (!installed) return fail(installed.error());
  inventory.installed = std::move(*installed);
  auto const holds = Holds::read(paths_, *configuration);
  for (auto& package : inventory.installed)
    package.held = holds.held({package.name, package.version, package.architecture});
  if (inventory.subscription.problem.empty()) {
    if (auto added = add_offers(paths_, *configuration, scope, inventory); !added) return fail(added.error());
  }
  inventory.database = database_folder(paths_);
  for (auto const& package : inventory.installed) {
    auto const spread = spread_of(paths_, package.name);
    if (!spread) return fail(spread.error());
    for (auto& share : spread->shares()) inventory.spread.push_back(std::move(share));
  }
  for (auto& kept : Archive(paths_.archives, rpm_files()).list()) {
    auto const& names = scope.packages;
    if (std::find(names.begin(), names.end(), kept.name) != names.end()) inventory.kept.push_back(std::move(kept));
  }
  return inventory;
}

}  // namespace tykup::pkg::rpm
