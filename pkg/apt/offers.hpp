#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"

class metaIndex;
class pkgCacheFile;

namespace tykup::pkg::apt {

/// One build of a package in a trusted index.
struct Offer {
  Candidate candidate;
  std::string uri;
  /// Why the operator's pinning keeps it away; empty: it does not.
  std::string kept_away = {};
};

/// Builds of these packages, newest first, from the signed indexes of the sources that `accept` takes.
std::vector<Offer> offers_of(pkgCacheFile& cache, std::vector<std::string> const& packages,
                             std::function<bool(metaIndex const&)> const& accept);

}  // namespace tykup::pkg::apt
