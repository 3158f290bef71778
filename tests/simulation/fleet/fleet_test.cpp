// Fleets of hosts on an etcd in memory, with everything going wrong that may: the real rule, transactions and part of each
// host, and a judge that knows what really happened on every one of them.
// TYKUP_SEED=N tests/run simulation fleet lives one of them again and tells its story.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/simulation/fleet/fleet_life.hpp"

namespace tykup::simulation {
namespace {

constexpr std::uint64_t kShards = 4;
constexpr std::uint64_t kSeeds = 200;

std::uint64_t number_in_environment(char const* name, std::uint64_t otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Beside the tests of everything one for a hundred simulated years.
std::uint64_t seeds_to_live() {
  if (std::getenv("TYKUP_FULL") != nullptr) return kSeeds;
  return std::min(kSeeds, number_in_environment("TYKUP_SEEDS", 20'000) / 100);
}
std::uint64_t only_seed() { return number_in_environment("TYKUP_SEED", 0); }

void add(FleetTally& total, FleetTally const& one) {
  for (auto const& [what, count] : one) total[what] += count;
}

void print(FleetTally const& total) {
  for (auto const& [what, count] : total) std::printf("%12llu %s\n", static_cast<unsigned long long>(count), what.c_str());
}

/// The same life again, which tells its story this time.
std::string story_of(std::uint64_t seed, FleetSize const& size) {
  FleetLife again(seed, size, true);
  again.live();
  std::string text;
  for (auto const& violation : again.violations())
    text += "seed " + std::to_string(seed) + ": " + violation.invariant + ": " + violation.text + "\n" + again.story(violation);
  return text;
}

void live(std::uint64_t seed, FleetSize const& size, FleetTally& total) {
  FleetLife life(seed, size);
  life.live();
  add(total, life.tally());
  if (life.violations().empty()) return;
  ADD_FAILURE() << story_of(seed, size) << "TYKUP_SEED=" << seed << " tests/run simulation fleet   lives it again";
}

/// Every fault, every answer and every phase must have been there: what never happens proves nothing.
void expect_all_kinds(FleetTally total) {
  for (auto const* what :
       {"fault: daemon killed", "fault: host rebooted", "fault: daemon paused", "fault: partition: requests", "fault: partition: answers",
        "fault: partition: both ways", "fault: reply lost after commit", "fault: request lost", "fault: request or answer very late",
        "fault: watch event delayed", "fault: watch event repeated", "fault: watch cancelled", "fault: compacted", "fault: etcd restarted",
        "fault: etcd restored", "fault: clock off", "fault: late joiner", "fault: leaver", "fault: cloned host", "fault: step failed",
        "fault: rollback failed", "fault: apply interrupted", "fault: put back to an old version", "fault: crash between two commands",
        "operator: start", "operator: start refused", "operator: pause", "operator: resume", "operator: stop",
        "operator: abort", "operator: exclude", "operator: retry", "operator: forget", "operator: release-slot", "operator: promote",
        "operator: resume --after-restore", "rule: go", "rule: wait", "rule: join", "rule: stop"})
    EXPECT_GT(total[what], 0U) << what;
  for (auto const* what :
       {"reading", "registering", "disputing", "idle", "looking", "blocked", "leasing", "enqueueing", "queued", "head", "taking", "holding",
        "returning", "appearing", "checking", "confirming", "soaking", "completing", "failing", "failed", "releasing", "suspect", "refused"})
    EXPECT_GT(total[std::string("phase: ") + what], 0U) << what;
}

class AFleet : public testing::TestWithParam<std::uint64_t> {};

TEST_P(AFleet, OfTwentyToAHundredHostsKeepsItsOrderWhateverHappens) {
  auto const seeds = seeds_to_live();
  FleetTally total;
  for (auto seed = 1 + GetParam(); seed <= seeds; seed += kShards) {
    if (only_seed() != 0 && seed != only_seed()) continue;
    live(seed, {}, total);
    if (HasFailure()) return;
  }
  print(total);
  if (only_seed() == 0 && seeds == kSeeds) expect_all_kinds(total);
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
