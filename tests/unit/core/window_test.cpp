#include "daemon/core/freezes.hpp"
#include "daemon/core/window.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/os/zones.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;

Instant utc(int y, unsigned m, unsigned d, Duration clock = 0us) {
  return std::chrono::sys_days{std::chrono::year{y} / m / d} + clock;
}

Window window(std::string_view calendar, Duration duration, std::string const& zone = "UTC",
              std::vector<std::string> components = {}) {
  return {Calendar::parse(calendar).value(), load_zone(zone).value(), duration, std::move(components)};
}

std::string shown(std::vector<Interval> const& intervals) {
  std::string out;
  for (auto const& interval : intervals) out += to_rfc3339(interval.from) + " .. " + to_rfc3339(interval.until) + "\n";
  return out;
}

TEST(Window, IsOpenFromItsFirstInstantAndClosedAtItsLast) {
  Windows const windows{{window("Sun 02:00", 2h, "Europe/London")}, {}};
  auto const open = utc(2026, 11, 29, 2h);
  struct {
    Instant at;
    bool open;
  } const rows[] = {{open - 1us, false}, {open, true}, {open + 1h, true}, {open + 2h - 1us, true}, {open + 2h, false}};
  for (auto const& row : rows) {
    auto const verdict = window_at(windows, "gateway", row.at);
    EXPECT_EQ(verdict.open, row.open) << to_rfc3339(row.at);
    if (row.open) {
      EXPECT_EQ(verdict.until, open + 2h);
      EXPECT_EQ(verdict.reason, "");
      EXPECT_FALSE(verdict.opens);
    }
  }
  EXPECT_EQ(window_at(windows, "", open - 1us).opens, open);
  EXPECT_EQ(window_at(windows, "", open + 2h).opens, open + 168h);
}

TEST(ClosedWindow, SaysWhyInWords) {
  Freeze const year_end{utc(2026, 12, 18), utc(2027, 1, 4), "year-end change freeze"};
  Freeze const hours{utc(2026, 11, 23), utc(2026, 11, 23, 6h + 30min), ""};
  auto const sunday = window("Sun 02:00", 2h, "Europe/London");
  auto const gateway = window("Sun 02:00", 2h, "Europe/London", {"gateway"});
  struct {
    Windows windows;
    std::string component;
    Instant now;
    std::string_view reason;
  } const rows[] = {
      {{}, "", utc(2026, 11, 23), "no window is configured"},
      {{{}, {year_end}}, "", utc(2026, 11, 23), "no window is configured"},
      {{{gateway}, {}}, "pump", utc(2026, 11, 23), "no window is meant for pump"},
      {{{gateway}, {}}, "", utc(2026, 11, 23), "next window Sun 2026-11-29 02:00 GMT"},
      {{{sunday}, {}}, "pump", utc(2026, 7, 1), "next window Sun 2026-07-05 02:00 BST"},
      {{{sunday}, {year_end}}, "", utc(2026, 12, 20, 3h), "freeze until 2027-01-04: year-end change freeze"},
      {{{sunday}, {year_end}}, "", utc(2026, 12, 13, 5h), "next window Sun 2027-01-10 02:00 GMT"},
      {{{sunday}, {hours}}, "", utc(2026, 11, 23), "freeze until 2026-11-23 06:30 GMT"},
      {{{}, {year_end}}, "", utc(2026, 12, 20), "freeze until 2027-01-04: year-end change freeze"},
      {{{window("2020-01-01", 1h)}, {}}, "", utc(2026, 11, 23), "no window opens within 400 days"},
      {{{window("*-02-29", 1h)}, {}}, "", utc(2026, 1, 1), "no window opens within 400 days"},
      {{{sunday}, {{utc(2026, 11, 24), utc(2028, 1, 1), "sale"}}},
       "",
       utc(2026, 11, 23),
       "a freeze covers every window of the next 400 days"},
      {{{window("Sun 02:00", 0s)}, {}}, "", utc(2026, 11, 23), "no window is meant for any component"},
      {{{sunday}, {unreadable_freeze({"/f.ics"}, "/f.ics:3: it is cut off")}},
       "",
       utc(2026, 11, 29, 3h),
       "frozen: the calendar of freezes cannot be read, and until it can everything is frozen: /f.ics:3: it is cut off"},
  };
  for (auto const& row : rows) {
    auto const verdict = window_at(row.windows, row.component, row.now);
    EXPECT_FALSE(verdict.open);
    EXPECT_EQ(verdict.reason, row.reason);
  }
}

TEST(Freezes, OfACalendarHoldWhereItWasNotWorkedOut) {
  Interval const known{utc(2026, 11, 1), utc(2027, 1, 1)};
  auto freezes = freezes_known_for({"/f.ics", "agreed"}, known, {{utc(2026, 12, 1), utc(2026, 12, 2), "sale"},
                                                                 {utc(2026, 12, 5), utc(2026, 12, 6), ""}});
  struct {
    Instant at;
    std::string text;
  } const rows[] = {
      {utc(2026, 11, 1), "open"},
      {utc(2026, 12, 1), "frozen until 2026-12-02T00:00:00Z: agreed: sale"},
      {utc(2026, 12, 2), "open"},
      {utc(2026, 12, 5), "frozen until 2026-12-06T00:00:00Z: agreed"},
      {utc(2026, 10, 31), "frozen until 2026-11-01T00:00:00Z: the calendar /f.ics was not worked out for that time yet"},
      {utc(1970, 1, 1), "frozen until 2026-11-01T00:00:00Z: the calendar /f.ics was not worked out for that time yet"},
      {utc(2027, 1, 1), "frozen: the calendar /f.ics was not worked out for that time yet"},
      {utc(2199, 12, 31), "frozen: the calendar /f.ics was not worked out for that time yet"},
  };
  for (auto const& row : rows) {
    auto const* freeze = freeze_at(freezes, row.at);
    EXPECT_EQ(freeze == nullptr ? "open" : freeze_text(*freeze), row.text);
  }
}

TEST(Freezes, ThatCannotBeReadAreAllTime) {
  Windows const windows{{window("02:00", 2h)}, {unreadable_freeze({"/f.ics"}, "/f.ics: Permission denied")}};
  for (int year = 1970; year < 2200; year += 7) {
    auto const verdict = window_at(windows, "", utc(year, 3, 4, 3h));
    EXPECT_FALSE(verdict.open);
    EXPECT_FALSE(verdict.opens);
    EXPECT_THAT(verdict.reason, testing::HasSubstr("/f.ics: Permission denied"));
  }
  EXPECT_TRUE(next_openings(windows, "", utc(2026, 1, 1), 3).empty());
  EXPECT_THAT(freeze_remedy(windows.freezes.front()), testing::HasSubstr("put /f.ics right"));
}

TEST(Windows, ThatOverlapOrTouchAreOne) {
  Windows const windows{
      {window("Sun 02:00", 2h), window("Sun 03:00", 4h), window("Sun 07:00", 1h), window("Sun 09:00", 1h)}, {}};
  EXPECT_EQ(shown(next_openings(windows, "", utc(2026, 11, 28), 2)),
            "2026-11-29T02:00:00Z .. 2026-11-29T08:00:00Z\n"
            "2026-11-29T09:00:00Z .. 2026-11-29T10:00:00Z\n");
  EXPECT_EQ(window_at(windows, "", utc(2026, 11, 29, 2h)).until, utc(2026, 11, 29, 8h));
}

TEST(Windows, ThatAreOpenAreToldFromTheirTrueBeginning) {
  Windows const windows{{window("22:00", 8h), window("Sun 05:00", 3h)}, {}};
  EXPECT_EQ(shown(next_openings(windows, "", utc(2026, 11, 29, 7h), 2)),
            "2026-11-28T22:00:00Z .. 2026-11-29T08:00:00Z\n"
            "2026-11-29T22:00:00Z .. 2026-11-30T06:00:00Z\n");
  EXPECT_EQ(next_openings(windows, "", utc(2026, 11, 29, 8h), 1).front().from, utc(2026, 11, 29, 22h))
      << "half-open: over at its last instant";
}

TEST(Windows, OfOtherComponentsDoNotCount) {
  Windows const windows{
      {window("Sun 02:00", 1h, "UTC", {"gateway"}), window("Mon 02:00", 1h, "UTC", {"pump", "dashboard"})}, {}};
  EXPECT_EQ(next_openings(windows, "gateway", utc(2026, 11, 28), 1).front().from, utc(2026, 11, 29, 2h));
  EXPECT_EQ(next_openings(windows, "dashboard", utc(2026, 11, 28), 1).front().from, utc(2026, 11, 30, 2h));
  EXPECT_TRUE(next_openings(windows, "portal", utc(2026, 11, 28), 1).empty());
  EXPECT_EQ(next_openings(windows, "", utc(2026, 11, 28), 2).size(), 2U);
}

TEST(Windows, LastAsLongAsTheySayOverAChangeOfClocks) {
  Windows const spring{{window("Sun 01:30", 2h, "Europe/Berlin")}, {}};
  EXPECT_EQ(shown(next_openings(spring, "", utc(2025, 3, 29), 1)), "2025-03-30T00:30:00Z .. 2025-03-30T02:30:00Z\n");
  Windows const gap{{window("Sun 02:30", 2h, "Europe/Berlin")}, {}};
  EXPECT_EQ(shown(next_openings(gap, "", utc(2025, 3, 29), 1)), "2025-03-30T01:00:00Z .. 2025-03-30T03:00:00Z\n");
  Windows const autumn{{window("Sun 02:30", 2h, "Europe/Berlin")}, {}};
  EXPECT_EQ(shown(next_openings(autumn, "", utc(2025, 10, 25), 1)), "2025-10-26T00:30:00Z .. 2025-10-26T02:30:00Z\n");
}

TEST(Freezes, CutWindowsToPieces) {
  Windows const windows{{window("Sun 02:00", 6h)},
                        {{utc(2026, 11, 29, 4h), utc(2026, 11, 29, 5h), "b"},
                         {utc(2026, 11, 29, 1h), utc(2026, 11, 29, 3h), "a"},
                         {utc(2026, 11, 29, 4h + 30min), utc(2026, 11, 29, 5h + 30min), "overlaps b"},
                         {utc(2026, 11, 29, 7h), utc(2026, 11, 29, 7h), "is empty"},
                         {utc(2026, 11, 29, 7h), utc(2026, 11, 29, 6h), "runs backwards"}}};
  EXPECT_EQ(shown(next_openings(windows, "", utc(2026, 11, 28), 2)),
            "2026-11-29T03:00:00Z .. 2026-11-29T04:00:00Z\n"
            "2026-11-29T05:30:00Z .. 2026-11-29T08:00:00Z\n");
  EXPECT_EQ(window_at(windows, "", utc(2026, 11, 29, 3h)).until, utc(2026, 11, 29, 4h))
      << "a window ends at the next freeze";
  EXPECT_EQ(window_at(windows, "", utc(2026, 11, 29, 4h)).opens, utc(2026, 11, 29, 5h + 30min));
  EXPECT_EQ(window_at(windows, "", utc(2026, 11, 29, 5h)).reason, "freeze until 2026-11-29 05:30 UTC: overlaps b");
}

TEST(Windows, ThatNeverCloseEndWithinReasonableTime) {
  for (auto const* calendar : {"hourly", "*:*:*", "*:*:0/0.5"}) {
    Windows const windows{{window(calendar, 1h)}, {}};
    auto const verdict = window_at(windows, "", utc(2026, 11, 29));
    EXPECT_TRUE(verdict.open);
    EXPECT_GT(verdict.until, utc(2026, 11, 29) + 24h * 30) << calendar;
    auto const parts = next_openings(windows, "", utc(2026, 11, 29), 3);
    for (std::size_t i = 1; i < parts.size(); ++i) EXPECT_EQ(parts[i].from, parts[i - 1].until);
  }
}

TEST(Freezes, OfYearsAreSkippedInOneStep) {
  Windows const windows{{window("*:*:*", 2s)}, {{utc(2026, 1, 1), utc(2190, 1, 1), "mothballed"}}};
  EXPECT_EQ(next_openings(windows, "", utc(2026, 2, 1), 1).front().from, utc(2190, 1, 1));
}

TEST(SpreadOffset, IsTheSameAtEveryStartAndDiffersByHostAndPurpose) {
  std::string const machine = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(spread_offset(machine, "window", 30min), spread_offset(machine, "window", 30min));
  EXPECT_NE(spread_offset(machine, "window", 30min), spread_offset(machine, "refresh", 30min));
  EXPECT_NE(spread_offset(machine, "window", 30min), spread_offset("1" + machine, "window", 30min));
  EXPECT_NE(spread_offset("ab", "c", 1h), spread_offset("a", "bc", 1h));
  EXPECT_EQ(spread_offset("0123456789abcdef0123456789abcdef", "window", 30min), 1'003'385'563us)
      << "hosts keep their place";
}

TEST(SpreadOffset, IsWithinTheRoom) {
  EXPECT_EQ(spread_offset("host", "window", 0s), 0us);
  EXPECT_EQ(spread_offset("host", "window", -1h), 0us);
  EXPECT_EQ(spread_offset("host", "window", 1us), 0us);
}

TEST(SpreadOffset, OfAThousandHostsIsUniform) {
  constexpr int kHosts = 1000;
  constexpr int kBins = 20;
  for (auto const* what : {"window", "refresh"}) {
    std::vector<int> bins(kBins);
    std::set<std::int64_t> same_second;
    for (int host = 0; host < kHosts; ++host) {
      auto const offset = spread_offset("machine-" + std::to_string(host), what, 30min);
      ASSERT_GE(offset, 0us);
      ASSERT_LT(offset, 30min);
      ++bins[static_cast<std::size_t>(offset / (Duration{30min} / kBins))];
      same_second.insert(offset / 1s);
    }
    double chi_squared = 0;
    double const mean = static_cast<double>(kHosts) / kBins;
    for (int const count : bins) chi_squared += (count - mean) * (count - mean) / mean;
    EXPECT_LT(chi_squared, 36.19) << "19 degrees of freedom, one in a hundred";
    EXPECT_GT(same_second.size(), 700U);
  }
}

}  // namespace
}  // namespace tykup
