#pragma once

#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "pkg/rpm/holds.hpp"
#include "pkg/rpm/metadata.hpp"

struct _DnfPackage;

namespace tykup::pkg::rpm {

/// A repository whose metadata on this host was just checked.
struct Source {
  TrustedEntry trusted;
  Metadata metadata;
};

/// One build of a package in a verified index.
struct Offer {
  Candidate candidate;
  std::string architecture;
  Source const* source = nullptr;
  std::string path = {};  ///< below the repository
  std::string base = {};  ///< where the index says the files are, if not in the repository
  /// Why dnf's excludes or locks keep it away; empty: they do not.
  std::string kept_away = {};
};

struct Offers {
  std::vector<Offer> builds;  ///< newest first
  /// Builds that their index does not name by SHA-256, "tyk-gateway 1.1 (sha1)": none of them can be pinned.
  std::vector<std::string> unpinnable;
};

/// Builds of these packages for this machine, from the indexes of these sources.
Result<Offers> offers_of(RpmPaths const& paths, Configuration const& configuration, std::vector<Source> const& sources,
                         std::vector<std::string> const& packages);

/// The same of packages that a pool with these sources found.
Offers offers_in(RpmPaths const& paths, Configuration const& configuration, std::vector<Source> const& sources,
                 std::vector<_DnfPackage*> const& packages);

}  // namespace tykup::pkg::rpm
