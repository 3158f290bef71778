#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/core/version.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::pkg {

// What both package managers do with their builds on offer: each has a `candidate` and says why it is `kept_away`.

/// The names to look for: all where they move together, else the one that is installed.
inline std::vector<std::string> names_to_offer(Scope const& scope, std::vector<InstalledPackage> const& installed) {
  if (scope.together) return scope.packages;
  std::vector<std::string> names;
  for (auto const& package : installed) names.push_back(package.name);
  return names;
}

/// What is kept away is no candidate; only where nothing newer is left does the report need it, and says why.
template <typename Offer>
void add_candidates(Inventory& inventory, std::vector<Offer> const& offers, PackageFormat format) {
  for (auto& package : inventory.installed) {
    std::string away;
    bool newer_left = false;
    for (auto const& offer : offers) {
      if (offer.candidate.package != package.name) continue;
      if (compare_versions(format, offer.candidate.version, package.version) <= 0) continue;
      if (offer.kept_away.empty()) newer_left = true;
      if (away.empty()) away = offer.kept_away;
    }
    if (!newer_left) package.pinned = away;
  }
  for (auto const& offer : offers) {
    auto const pinned = std::any_of(inventory.installed.begin(), inventory.installed.end(), [&](auto const& package) {
      return package.name == offer.candidate.package && !package.pinned.empty();
    });
    if (offer.kept_away.empty() || pinned) inventory.candidates.push_back(offer.candidate);
  }
}

/// The build that a pin means. UnknownPackage or UnknownVersion say which of name, version and bytes is not there.
template <typename Offer>
Result<Offer> offer_for(std::vector<Offer> const& offers, PackagePin const& pin) {
  bool name_known = false;
  bool version_known = false;
  for (auto const& offer : offers) {
    if (offer.candidate.package != pin.name) continue;
    name_known = true;
    if (offer.candidate.version != pin.version) continue;
    version_known = true;
    if (offer.candidate.sha256 == pin.sha256) return offer;
  }
  if (!name_known) return fail(ErrorKind::UnknownPackage, fmt::format("no subscribed repository knows {}", pin.name));
  if (!version_known) {
    return fail(ErrorKind::UnknownVersion, fmt::format("{} {} is not in its repository (any more)", pin.name, pin.version));
  }
  return fail(ErrorKind::UnknownVersion, fmt::format("{} {} was published anew with other bytes: the one with SHA-256 "
                                                     "{:.12}… is not in its repository any more",
                                                     pin.name, pin.version, pin.sha256));
}

}  // namespace tykup::pkg
