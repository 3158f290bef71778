#pragma once

#include <vector>

#include "pkg/common/archive.hpp"
#include "pkg/package_manager.hpp"
#include "pkg/rpm/offers.hpp"

namespace tykup::pkg::rpm {

/// Brings these builds into the archive, each verified against its index and, by its own signature, against the keys of
/// its entry; what is there and sound is not fetched again. Room for them is asked for first. On failure whatever arrived
/// wholly stays.
Result<std::vector<KeptPackage>> fetch_into(Archive const& archive, std::vector<Offer> const& offers, ProgressSink const& progress);

}  // namespace tykup::pkg::rpm
