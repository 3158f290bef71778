#include "daemon/core/zone.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace tykup {
namespace {

using namespace std::chrono_literals;
using Kind = LocalLookup::Kind;
using std::chrono::local_days;
using std::chrono::sys_days;

Instant utc(int y, unsigned m, unsigned d, Duration clock = 0us) {
  return sys_days{std::chrono::year{y} / m / d} + clock;
}
LocalTime civil(int y, unsigned m, unsigned d, Duration clock = 0us) {
  return local_days{std::chrono::year{y} / m / d} + clock;
}

Zone london() {
  return {"Europe/London", 0s, "GMT", {{utc(2026, 3, 29, 1h), 1h, "BST"}, {utc(2026, 10, 25, 1h), 0s, "GMT"}}};
}
/// The whole of 30 December 2011 does not exist in Samoa.
Zone apia() {
  return {"Pacific/Apia", -10h, "-10", {{utc(2011, 12, 30, 10h), 14h, "+14"}}};
}

struct Row {
  std::string_view what;
  Zone zone;
  LocalTime local;
  Kind kind;
  Instant first;
  Instant second;
};

TEST(CivilTime, MapsToTheTimeLine) {
  auto const spring = utc(2026, 3, 29, 1h);
  Row const rows[] = {
      {"UTC is itself", utc_zone(), civil(2026, 3, 29, 1h), Kind::Unique, spring, spring},
      {"winter", london(), civil(2026, 1, 1), Kind::Unique, utc(2026, 1, 1), utc(2026, 1, 1)},
      {"last instant before the gap", london(), civil(2026, 3, 29, 1h - 1us), Kind::Unique, spring - 1us, spring - 1us},
      {"first of the gap", london(), civil(2026, 3, 29, 1h), Kind::Gap, spring, spring},
      {"last of the gap", london(), civil(2026, 3, 29, 2h - 1us), Kind::Gap, spring, spring},
      {"first after the gap", london(), civil(2026, 3, 29, 2h), Kind::Unique, spring, spring},
      {"summer", london(), civil(2026, 7, 1, 12h), Kind::Unique, utc(2026, 7, 1, 11h), utc(2026, 7, 1, 11h)},
      {"last before the repeated hour", london(), civil(2026, 10, 25, 1h - 1us), Kind::Unique, utc(2026, 10, 25) - 1us,
       utc(2026, 10, 25) - 1us},
      {"first of the repeated hour", london(), civil(2026, 10, 25, 1h), Kind::Ambiguous, utc(2026, 10, 25),
       utc(2026, 10, 25, 1h)},
      {"last of the repeated hour", london(), civil(2026, 10, 25, 2h - 1us), Kind::Ambiguous,
       utc(2026, 10, 25, 1h - 1us), utc(2026, 10, 25, 2h - 1us)},
      {"after the repeated hour", london(), civil(2026, 10, 25, 2h), Kind::Unique, utc(2026, 10, 25, 2h),
       utc(2026, 10, 25, 2h)},
      {"a whole day that is not", apia(), civil(2011, 12, 30, 12h), Kind::Gap, utc(2011, 12, 30, 10h),
       utc(2011, 12, 30, 10h)},
      {"the day after it", apia(), civil(2011, 12, 31), Kind::Unique, utc(2011, 12, 30, 10h), utc(2011, 12, 30, 10h)},
  };
  for (auto const& row : rows) {
    auto const got = to_instant(row.zone, row.local);
    EXPECT_EQ(got.kind, row.kind) << row.what;
    EXPECT_EQ(got.first, row.first) << row.what << ": " << to_rfc3339(got.first);
    EXPECT_EQ(got.second, row.second) << row.what << ": " << to_rfc3339(got.second);
  }
}

TEST(Instants, HaveOneCivilTimeAndAnAbbreviation) {
  auto const spring = utc(2026, 3, 29, 1h);
  EXPECT_EQ(to_local(london(), spring - 1us), civil(2026, 3, 29, 1h - 1us));
  EXPECT_EQ(to_local(london(), spring), civil(2026, 3, 29, 2h));
  EXPECT_EQ(offset_at(london(), spring - 1us), 0s);
  EXPECT_EQ(offset_at(london(), spring), 1h);
  auto const zone = london();
  EXPECT_EQ(abbreviation_at(zone, spring - 1us), "GMT");
  EXPECT_EQ(abbreviation_at(zone, spring), "BST");
  EXPECT_EQ(abbreviation_at(zone, utc(2150, 1, 1)), "GMT");
}

TEST(CivilTime, ThatAnInstantHasLeadsBackToIt) {
  for (auto const& zone : {london(), apia(), utc_zone()}) {
    for (auto const& around : {utc(2011, 12, 30, 10h), utc(2026, 3, 29, 1h), utc(2026, 10, 25, 1h)}) {
      for (Duration step = -30h; step <= 30h; step += 7min) {
        auto const got = to_instant(zone, to_local(zone, around + step));
        EXPECT_TRUE(got.first == around + step || got.second == around + step) << zone.name;
        EXPECT_NE(got.kind, Kind::Gap);
      }
    }
  }
}

}  // namespace
}  // namespace tykup
