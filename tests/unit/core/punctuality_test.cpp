#include "daemon/core/punctuality.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "daemon/core/timestamp.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;

Instant at(std::string_view text) { return *parse_instant(text); }

Windows windows_of(std::vector<std::pair<std::string, Duration>> const& all, std::vector<Freeze> freezes = {}) {
  Windows windows;
  for (auto const& [calendar, duration] : all) windows.windows.push_back({*Calendar::parse(calendar), utc_zone(), duration});
  windows.freezes = std::move(freezes);
  return windows;
}

// ---- a thousand hosts ---------------------------------------------------------------------------------------------

Interval const kOpening{at("2026-11-29T02:00:00Z"), at("2026-11-29T04:00:00Z")};

TEST(Spread, IsUniformOverAThousandHosts) {
  std::vector<int> sixths(6);
  for (int host = 0; host < 1000; ++host) {
    auto const start = start_on_host(kOpening, 20min, 30min, "machine-" + std::to_string(host));
    ASSERT_GE(start, kOpening.from);
    ASSERT_LT(start, kOpening.from + 30min);
    ++sixths[static_cast<std::size_t>((start - kOpening.from) / Duration{5min})];
  }
  double squares = 0;
  for (int const count : sixths) squares += (count - 1000.0 / 6) * (count - 1000.0 / 6) / (1000.0 / 6);
  EXPECT_LT(squares, 20.5) << "chi square with 5 degrees of freedom, one in a thousand";
}

TEST(Spread, LeavesNoHostTooLittleOfTheWindow) {
  for (int host = 0; host < 1000; ++host)
    for (Duration const run : {Duration{0}, Duration{1min}, Duration{100min}, Duration{119min}, Duration{2h}, Duration{3h}})
      EXPECT_LE(start_on_host(kOpening, run, 24h, "machine-" + std::to_string(host)), std::max(kOpening.from, kOpening.until - run));
}

TEST(Spread, IsTheSameAtEveryStartAndNoneWhereItIsSetSo) {
  EXPECT_EQ(start_on_host(kOpening, 20min, 30min, "m"), start_on_host(kOpening, 20min, 30min, "m"));
  EXPECT_EQ(start_on_host(kOpening, 20min, 0s, "m"), kOpening.from);
  auto const half = start_on_host(kOpening, 0s, 15min, "m") - kOpening.from;
  auto const whole = start_on_host(kOpening, 0s, 30min, "m") - kOpening.from;
  EXPECT_NEAR(static_cast<double>(whole.count()), 2.0 * static_cast<double>(half.count()), 2e6) << "a share of the room";
}

// ---- beginnings ---------------------------------------------------------------------------------------------------

struct Beginning {
  char const* name;
  std::vector<std::pair<std::string, Duration>> windows;
  std::vector<Freeze> freezes;
  char const* now;
  char const* latest;  ///< empty: nothing is open
  char const* next;
};
class Beginnings : public testing::TestWithParam<Beginning> {};
TEST_P(Beginnings, AreThoseOfTheWindows) {
  auto const windows = windows_of(GetParam().windows, GetParam().freezes);
  auto const now = at(GetParam().now);
  auto const opening = open_at(windows, "", now);
  EXPECT_EQ(opening ? to_rfc3339(latest_beginning(windows, "", *opening, now)) : "", GetParam().latest);
  auto const next = next_beginning(windows, "", now);
  EXPECT_EQ(next ? to_rfc3339(*next) : "", GetParam().next);
}
INSTANTIATE_TEST_SUITE_P(
    Tables, Beginnings,
    testing::Values(
        Beginning{"at_the_start", {{"daily", 2h}}, {}, "2026-11-29T00:00:00Z", "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"},
        Beginning{"inside", {{"daily", 2h}}, {}, "2026-11-29T01:59:59Z", "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"},
        Beginning{"at_the_end", {{"daily", 2h}}, {}, "2026-11-29T02:00:00Z", "", "2026-11-30T00:00:00Z"},
        Beginning{"always_open", {{"daily", 24h}}, {}, "2026-11-29T15:00:00Z", "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"},
        Beginning{"overlapping", {{"daily", 4h}, {"*-*-* 02:00", 4h}}, {}, "2026-11-29T03:00:00Z", "2026-11-29T02:00:00Z", "2026-11-30T00:00:00Z"},
        Beginning{"every_second", {{"*:*:*", 2s}}, {}, "2026-11-29T03:00:00.5Z", "2026-11-29T03:00:00Z", "2026-11-29T03:00:01Z"},
        Beginning{"after_a_freeze", {{"daily", 4h}}, {{at("2026-11-28T00:00:00Z"), at("2026-11-29T01:00:00Z"), ""}},
                  "2026-11-29T03:00:00Z", "2026-11-29T01:00:00Z", "2026-11-30T00:00:00Z"},
        Beginning{"in_a_freeze", {{"daily", 4h}}, {{at("2026-11-28T00:00:00Z"), at("2026-11-29T05:00:00Z"), ""}},
                  "2026-11-29T03:00:00Z", "", "2026-11-30T00:00:00Z"},
        Beginning{"over_for_good", {{"2020-01-01", 4h}}, {}, "2026-11-29T03:00:00Z", "", ""}),
    [](auto const& row) { return std::string(row.param.name); });

// ---- watching -----------------------------------------------------------------------------------------------------

struct Watch {
  char const* name;
  Duration wall;    ///< what passed on the wall clock since the last look
  Duration steady;  ///< and while the host was awake
  bool new_watch;
};
class Watching : public testing::TestWithParam<Watch> {};
TEST_P(Watching, BeginsAnewAfterAGap) {
  Instant const start = at("2026-11-29T01:00:00Z");
  auto const next = look({start, start, 5s}, start + GetParam().wall, 5s + GetParam().steady);
  EXPECT_EQ(next.since, GetParam().new_watch ? next.wall : std::min(start, next.wall));
  EXPECT_EQ(next.wall, start + GetParam().wall);
  EXPECT_EQ(next.steady, 5s + GetParam().steady);
}
INSTANTIATE_TEST_SUITE_P(Looks, Watching,
                         testing::Values(Watch{"time_passes", 8h, 8h, false}, Watch{"nothing_passes", 0s, 0s, false},
                                         Watch{"the_clock_is_slewed", 8h + 2s, 8h, false},
                                         Watch{"a_short_nap", 8h + 5min, 8h, false},
                                         Watch{"the_host_slept", 9h, 8h, true},
                                         Watch{"the_clock_is_set_ahead", 1h, 1s, true},
                                         Watch{"the_clock_is_set_back", -1h, 1s, false}),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace tykup
