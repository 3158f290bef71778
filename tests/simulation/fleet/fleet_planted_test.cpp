// Whether the judge of simulated fleets notices: a mistake is planted, and some life must go wrong by it.

#include <gtest/gtest.h>

#include <cstdio>

#include "daemon/core/fleet/planted.hpp"
#include "tests/simulation/fleet/fleet_life.hpp"

namespace tykup::simulation {
namespace {

constexpr std::uint64_t kWithin = 20;  ///< lives

struct Mistake {
  fleet::Bug bug;
  char const* name;
};

struct Planted {
  explicit Planted(fleet::Bug which) : bug(which) { plant(bug, true); }
  ~Planted() { plant(bug, false); }
  fleet::Bug bug;
};

class TheJudgeOfFleets : public testing::TestWithParam<Mistake> {};

TEST_P(TheJudgeOfFleets, NoticesAPlantedMistake) {
  Planted const planted(GetParam().bug);
  for (std::uint64_t seed = 1; seed <= kWithin; ++seed) {
    FleetLife life(seed, {});
    life.live();
    if (life.violations().empty()) continue;
    auto const& first = life.violations().front();
    std::printf("%s: seed %llu, invariant %s: %s\n", GetParam().name, static_cast<unsigned long long>(seed), first.invariant.c_str(), first.text.c_str());
    return;
  }
  FAIL() << GetParam().name << " was noticed in none of " << kWithin << " lives";
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, TheJudgeOfFleets,
    testing::Values(Mistake{fleet::Bug::SlotUnderLease, "SlotUnderLease"}, Mistake{fleet::Bug::SlotByRollout, "SlotByRollout"},
                    Mistake{fleet::Bug::BlindRelease, "BlindRelease"}, Mistake{fleet::Bug::LostReplyIsRefusal, "LostReplyIsRefusal"},
                    Mistake{fleet::Bug::PercentOfCurrent, "PercentOfCurrent"}, Mistake{fleet::Bug::PauseOnlyAtTake, "PauseOnlyAtTake"},
                    Mistake{fleet::Bug::WatchWithoutReading, "WatchWithoutReading"}),
    [](auto const& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace tykup::simulation
