// Whether the judge of simulated fleets notices: a mistake is planted, and some life must go wrong by it.

#include <gtest/gtest.h>

#include <cstdio>

#include "daemon/core/fleet/planted.hpp"
#include "tests/simulation/fleet/fleet_life.hpp"

namespace tykup::simulation {
namespace {

constexpr std::uint64_t kWithin = 200;  ///< lives

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

#define MISTAKE(name) \
  Mistake { fleet::Bug::name, #name }
INSTANTIATE_TEST_SUITE_P(Mistakes, TheJudgeOfFleets,
                         testing::Values(MISTAKE(GateOutsideTransaction), MISTAKE(GateByKeys), MISTAKE(SlotUnderLease), MISTAKE(SlotByRollout),
                                         MISTAKE(BlindRelease), MISTAKE(LostReplyIsRefusal), MISTAKE(PercentOfCurrent), MISTAKE(EmptyStageDone),
                                         MISTAKE(PauseOnlyAtTake), MISTAKE(FreezeOnlyAtTake), MISTAKE(WatchWithoutReading), MISTAKE(RestoreTrusted), MISTAKE(RunBackInFleet)),
                         [](auto const& one) { return std::string(one.param.name); });
#undef MISTAKE

static_assert(static_cast<int>(fleet::Bug::kCount) == 13, "a mistake that can be planted is in the list");

}  // namespace
}  // namespace tykup::simulation
