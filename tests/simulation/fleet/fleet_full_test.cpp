// The same with many and with big fleets, for `tests/run full`.

#include <gtest/gtest.h>

#include "tests/simulation/fleet/fleet_lives.hpp"

namespace tykup::simulation {
namespace {

constexpr std::uint64_t kShards = 20;
constexpr std::uint64_t kSeeds = 2000;

class ABigFleet : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ABigFleet, OfFiftyToFiveHundredHostsKeepsItsOrderWhateverHappens) {
  FleetTally total;
  auto const name = "fleet-big-" + std::to_string(GetParam());
  if (live_all({GetParam(), kShards, kSeeds}, {.least = 50, .most = 500}, name, total)) expect_all_kinds(total);
}

INSTANTIATE_TEST_SUITE_P(Shard, ABigFleet, testing::Range(std::uint64_t{0}, kShards));

class AHugeFleet : public testing::TestWithParam<std::uint64_t> {};

TEST_P(AHugeFleet, OfTenThousandHostsInTwentyCentresKeepsItsOrderWhateverHappens) {
  FleetTally total;
  live_all({GetParam() - 1, 5, GetParam()}, {.least = 10'000, .most = 10'000, .centres = 20}, "fleet-huge-" + std::to_string(GetParam()), total);
}

INSTANTIATE_TEST_SUITE_P(Seed, AHugeFleet, testing::Range(std::uint64_t{1}, std::uint64_t{6}));

}  // namespace
}  // namespace tykup::simulation
