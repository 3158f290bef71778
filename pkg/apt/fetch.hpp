#pragma once

#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/apt/offers.hpp"
#include "pkg/package_manager.hpp"

namespace tykup::pkg::apt {

/// Brings these builds into the archive, each verified against its index on the way in; what is there and sound is not
/// fetched again. Room for them is asked for first. On failure whatever arrived wholly stays.
Result<std::vector<KeptPackage>> fetch_into(Archive const& archive, std::vector<Offer> const& offers,
                                            ProgressSink const& progress);

}  // namespace tykup::pkg::apt
