#pragma once

#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/package_manager.hpp"
#include "pkg/rpm/offers.hpp"

namespace tykup::pkg::rpm {

/// What must be there before kept files can be installed, as builds of trusted repositories; `sources` is what the
/// builds point into.
struct Required {
  std::vector<Source> sources;
  std::vector<Offer> builds;
};

/// Only what the files' own dependencies require: first from the scope's repositories, then from any other enabled one
/// that can be trusted by the same rules, whose metadata is fetched only if it is needed. PlanRefused names everything
/// else that would change, be removed or be broken, and what nobody provides, with the repositories that were not asked.
Result<Required> required_before(RpmPaths const& paths, Configuration const& configuration, Scope const& scope,
                                 std::vector<VerifiedFile> const& files, ProgressSink const& progress);

}  // namespace tykup::pkg::rpm
