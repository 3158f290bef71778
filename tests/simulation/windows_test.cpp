// A year of one host, lived through for thousands of seeds: clocks that are set, reboots, resumes, zones and freezes that
// change. TYKUP_SEED=N tests/run simulation windows lives one of them again.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/simulation/windows_year.hpp"

namespace tykup::simulation {
namespace {

constexpr std::uint64_t kSeeds = 10'000;
constexpr std::uint64_t kShards = 8;

std::uint64_t number_in_environment(char const* name, std::uint64_t otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

void add(Tally& total, Tally const& one) {
  for (auto const& [what, count] : one) total[what] += count;
}

void print(Tally const& total) {
  for (auto const& [what, count] : total) std::printf("%12llu %s\n", static_cast<unsigned long long>(count), what.c_str());
}

/// Every fault and every outcome must have been there: what never happens proves nothing.
void expect_all_kinds(Tally total) {
  for (auto const* what :
       {"versions released", "clock set forward", "clock set back", "resumed", "rebooted", "zone changed", "everything held",
        "freezes changed", "freeze unreadable", "run asked for", "run refused", "killed in a run",
        "package manager locked", "package change interrupted", "package broken", "rollback failed", "unhealthy",
        "repository unreachable", "steps begun by a window", "steps begun by an operator", "windows that fit",
        "said step-done", "said rolled-back", "said needs-admin", "said run-done", "said run-partial",
        "said step-not-done", "said recovered", "said waiting-for-window"})
    EXPECT_GT(total[what], 0U) << what;
}

class AYearOfWindows : public testing::TestWithParam<std::uint64_t> {};

TEST_P(AYearOfWindows, StartsNoStepOutsideAndUsesTheWindowsThatFit) {
  auto const only = number_in_environment("TYKUP_SEED", 0);
  auto const seeds = number_in_environment("TYKUP_SEEDS", std::getenv("TYKUP_FULL") != nullptr ? 10 * kSeeds : kSeeds);
  Tally total;
  for (auto seed = 1 + GetParam(); seed <= seeds; seed += kShards) {
    if (only != 0 && seed != only) continue;
    WindowsYear year(seed);
    year.live();
    add(total, year.tally());
    for (auto const& what : year.violations()) ADD_FAILURE() << what << "\nTYKUP_SEED=" << seed << " lives it again";
    if (HasFailure()) break;
  }
  print(total);
  if (only != 0) return;
  expect_all_kinds(total);
  auto const share = 100.0 * static_cast<double>(total["windows used"]) / static_cast<double>(total["windows that fit"]);
  std::printf("%11.2f%% of the windows that fit a step had one begin\n", share);
  EXPECT_GE(share, 95.0);
}

INSTANTIATE_TEST_SUITE_P(Shard, AYearOfWindows, testing::Range(std::uint64_t{0}, kShards));

struct Planted {
  Bug bug;
  char const* what;
  char const* noticed;  ///< part of a violation; empty: too few windows are used
};

class TheJudge : public testing::TestWithParam<Planted> {};

TEST_P(TheJudge, NoticesABugThatIsPlanted) {
  auto const& planted = GetParam();
  Tally total;
  std::string violations;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    WindowsYear year(seed, planted.bug);
    year.live();
    add(total, year.tally());
    for (auto const& what : year.violations()) violations += what + "\n";
  }
  if (*planted.noticed != '\0') {
    EXPECT_NE(violations.find(planted.noticed), std::string::npos) << planted.what;
    return;
  }
  EXPECT_LT(total["windows used"] * 100, total["windows that fit"] * 95) << planted.what;
}

INSTANTIATE_TEST_SUITE_P(Bugs, TheJudge,
                         testing::Values(Planted{Bug::IgnoresFreezes, "freezes are ignored", "inside a freeze"},
                                         Planted{Bug::IgnoresZones, "zones are ignored", "outside of its windows"},
                                         Planted{Bug::ClosesLate, "windows close late", "left of its window"},
                                         Planted{Bug::NeverStarts, "nothing ever starts", ""}));

}  // namespace
}  // namespace tykup::simulation
