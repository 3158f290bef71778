// Fleets of hosts on an etcd in memory, with everything going wrong that may: the real rule, transactions and part of each
// host, the operators' real words, and a judge that knows what really happened on every one of them.
// TYKUP_SEED=N tests/run simulation fleet lives one of them again and tells its story.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/simulation/fleet/fleet_lives.hpp"

namespace tykup::simulation {
namespace {

constexpr std::uint64_t kShards = 4;
constexpr std::uint64_t kSeeds = 200;

/// Beside the tests of everything one for a hundred simulated years.
std::uint64_t seeds_to_live() {
  if (std::getenv("TYKUP_FULL") != nullptr) return kSeeds;
  return std::min(kSeeds, number_in_environment("TYKUP_SEEDS", 20'000) / 100);
}

class AFleet : public testing::TestWithParam<std::uint64_t> {};

TEST_P(AFleet, OfTwentyToAHundredHostsKeepsItsOrderWhateverHappens) {
  FleetTally total;
  auto const seeds = seeds_to_live();
  bool const all = live_all({GetParam(), kShards, seeds}, {}, "fleet-" + std::to_string(GetParam()), total);
  if (all && seeds == kSeeds) expect_all_kinds(total);
}

INSTANTIATE_TEST_SUITE_P(Shard, AFleet, testing::Range(std::uint64_t{0}, kShards));

// ---- what it costs where nothing goes wrong

struct Quiet {
  unsigned hosts;
  unsigned seeds;
};

class AQuietFleet : public testing::TestWithParam<Quiet> {};

TEST_P(AQuietFleet, AsksLittleOfEtcdAndKeepsItsSlotsBusy) {
  auto const& [hosts, seeds] = GetParam();
  FleetCost all;
  double busy = 0;
  double able = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    FleetSize const size{.least = hosts, .most = hosts, .centres = std::max(1U, hosts / 50), .faults = false};
    FleetLife life(seed, size);
    life.live();
    ASSERT_TRUE(life.violations().empty()) << story_of(seed, size);
    all.requests += life.cost().requests;
    all.events += life.cost().events;
    all.words += life.cost().words;
    all.leases += life.cost().leases;
    all.keep_alives += life.cost().keep_alives;
    all.steps += life.cost().steps;
    busy += life.busy();
    able += life.able();
  }
  auto const each = [&](std::uint64_t count) { return static_cast<double>(count) / static_cast<double>(all.steps); };
  auto const words = static_cast<double>(all.words) / (hosts * seeds);
  std::printf("%u hosts: %.2f requests, %.2f watch events, %.2f leases, %.2f renewals a host and step; %.2f changes of the rollout heard by a host; slots %.1f%% busy\n",
              hosts, each(all.requests), each(all.events), each(all.leases), each(all.keep_alives), words, 100 * busy / able);
  EXPECT_LE(each(all.requests), 14);
  EXPECT_LE(each(all.events), 3);
  // It is made ready, begins and ends.
  EXPECT_LE(words, 3);
  EXPECT_GE(busy, 0.95 * able);
}

INSTANTIATE_TEST_SUITE_P(Hosts, AQuietFleet, testing::Values(Quiet{20, 10}, Quiet{100, 4}, Quiet{400, 1}));

}  // namespace
}  // namespace tykup::simulation
