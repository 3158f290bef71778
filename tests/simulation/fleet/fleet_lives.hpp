#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/fleet/fleet_life.hpp"

/// Many lives of fleets in one test.
namespace tykup::simulation {

[[nodiscard]] std::uint64_t number_in_environment(char const* name, std::uint64_t otherwise);

/// The seeds of one shard: `shard` + 1, and each `shards` further, up to `last`. With TYKUP_SEED only that one.
struct FleetSeeds {
  std::uint64_t shard = 0;
  std::uint64_t shards = 1;
  std::uint64_t last = 0;
};

/// Lives them until one goes wrong, which is a failure with its story. Prints how often what happened; with TYKUP_TALLIES (a
/// folder) it is written to `name`.tally there, too. False: one went wrong, or not all were lived.
bool live_all(FleetSeeds const& seeds, FleetSize const& size, std::string const& name, FleetTally& total);
/// The same life again, which tells its story this time.
[[nodiscard]] std::string story_of(std::uint64_t seed, FleetSize const& size);
/// Every fault, every answer of the rule and every phase must have been there: what never happens proves nothing.
void expect_all_kinds(FleetTally total);

}  // namespace tykup::simulation
