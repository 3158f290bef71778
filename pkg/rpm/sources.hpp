#pragma once

#include <vector>

#include "pkg/rpm/offers.hpp"

namespace tykup::pkg::rpm {

/// The repositories of a scope with their metadata on this host, checked now against the keys of today. The first that
/// cannot be trusted, or whose metadata is no good any more, is the error. One that was never refreshed is left out.
Result<std::vector<Source>> checked_sources(RpmPaths const& paths, Configuration const& configuration, Scope const& scope);

}  // namespace tykup::pkg::rpm
