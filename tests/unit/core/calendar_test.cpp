#include "daemon/core/calendar.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/os/zones.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;

Zone const& zone(std::string const& name) {
  static std::map<std::string, Zone> loaded;
  auto found = loaded.find(name);
  if (found == loaded.end()) found = loaded.emplace(name, load_zone(name).value()).first;
  return found->second;
}

/// "2026-11-23 02:00:00.5" as civil time of the zone; the first occurrence where there are two.
Instant instant(std::string_view text, Zone const& in) {
  int year = 0, hour = 0, minute = 0;
  unsigned month = 0, day = 0;
  double second = 0;
  std::sscanf(std::string(text).c_str(), "%d-%u-%u %d:%d:%lf", &year, &month, &day, &hour, &minute, &second);
  LocalTime const local = std::chrono::local_days{std::chrono::year{year} / month / day} + hour * 1h + minute * 1min +
                          Duration{static_cast<std::int64_t>(second * 1e6 + 0.5)};
  return to_instant(in, local).first;
}

std::string refusal(std::string_view text) {
  auto const calendar = Calendar::parse(text);
  return calendar ? "accepted as " + calendar->normalized() : calendar.error().message;
}

std::string normal(std::string_view text) {
  auto const calendar = Calendar::parse(text);
  return calendar ? calendar->normalized() : calendar.error().message;
}

TEST(CalendarText, HasOneNormalForm) {
  struct {
    std::string_view text, normal;
  } const rows[] = {
      {"Sun 02:00", "Sun *-*-* 02:00:00"},
      {"Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"},
      {"Mon..Sun 5:00", "*-*-* 05:00:00"},
      {"mOnDaY,", "Mon *-*-* 00:00:00"},
      {"Mon-Fri 10:00", "Mon..Fri *-*-* 10:00:00"},
      {"Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"},
      {"99-1-1", "1999-01-01 00:00:00"},
      {"10-15", "*-10-15 00:00:00"},
      {"2003-02..04-05", "2003-02..04-05 00:00:00"},
      {"12..14:10,20,30", "*-*-* 12..14:10,20,30:00"},
      {"*:2/3", "*-*-* *:02/3:00"},
      {"*-*~03", "*-*~03 00:00:00"},
      {"*-*~*", "*-*-* 00:00:00"},
      {"Mon *-05~07/1", "Mon *-05~07/1 00:00:00"},
      {"*-*~01..07/2", "*-*~01..07/2 00:00:00"},
      {"05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"},
      {"*:*:0..10/2.5", "*-*-* *:*:00..10/2.500000"},
      {"*:*:*", "*-*-* *:*:*"},
      {"1..3/5:00", "*-*-* 01:00:00"},
      {"00..06/4:00", "*-*-* 00..04/4:00:00"},
      {"1,1,1:00", "*-*-* 01:00:00"},
      {"minutely", "*-*-* *:*:00"},
      {"HOURLY", "*-*-* *:00:00"},
      {"daily UTC", "*-*-* 00:00:00 UTC"},
      {"daily utc", "*-*-* 00:00:00 UTC"},
      {"weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"},
      {"monthly", "*-*-01 00:00:00"},
      {"quarterly", "*-01,04,07,10-01 00:00:00"},
      {"semiannually", "*-01,07-01 00:00:00"},
      {"bi-annually", "*-01,07-01 00:00:00"},
      {"yearly", "*-01-01 00:00:00"},
      {"annually", "*-01-01 00:00:00"},
      {"@1395716396", "2014-03-25 02:59:56 UTC"},
      {"Mon..Fri *-*~01 22:30 Europe/London", "Mon..Fri *-*~01 22:30:00 Europe/London"},
      {"02:00 Etc/GMT+5", "*-*-* 02:00:00 Etc/GMT+5"},
  };
  for (auto const& row : rows) {
    EXPECT_EQ(normal(row.text), row.normal);
    EXPECT_EQ(normal(row.normal), row.normal) << "the normal form is its own";
  }
}

TEST(CalendarText, NamesItsZone) {
  EXPECT_EQ(Calendar::parse("Sun 02:00")->zone_name(), "");
  EXPECT_EQ(Calendar::parse("Sun 02:00 Europe/London")->zone_name(), "Europe/London");
  EXPECT_EQ(Calendar::parse("Sun 02:00 utc")->zone_name(), "UTC");
  EXPECT_EQ(Calendar::parse("@0 Europe/London")->zone_name(), "UTC");
}

TEST(BadCalendar, IsRefusedAtTheOffendingCharacterWithWhatWasExpected) {
  struct {
    std::string_view text;
    std::size_t column;
    std::string_view expected;
  } const rows[] = {
      {"", 1, "a date, a time, or a word"},
      {" ", 1, "a number or '*'"},
      {" UTC", 1, "a date, a time, or a word"},
      {"UTC", 1, "a weekday"},
      {"dayly", 1, "a weekday"},
      {"daily ", 1, "a weekday"},
      {"daily weekly", 1, "a weekday"},
      {"Mond 10:00", 1, "a weekday"},
      {"Mon/2", 1, "a weekday"},
      {"Fri..Mon", 6, "a later weekday"},
      {"Mon..Wed..Fri", 9, "',' or a space after the weekday"},
      {"Mon.Wed", 4, "',' or a space"},
      {"Mon,,Tue", 5, "a weekday"},
      {"Mon,2026-01-01", 5, "a weekday"},
      {"Mon.. 10:00", 6, "a weekday"},
      {"Mon Tue", 5, "a number or '*'"},
      {"5", 2, "'-' or '~' within a date, or ':' within a time"},
      {"*/2", 1, "\"0/2\", not \"*/2\""},
      {"*:*/5", 3, "\"0/2\", not \"*/2\""},
      {"*5:00", 2, "'-' or '~' within a date"},
      {"2026-13-01", 6, "a month from 1 to 12"},
      {"2026-00-01", 6, "a month from 1 to 12"},
      {"2026-01-32", 9, "a day from 1 to 31"},
      {"2026-01-0", 9, "a day from 1 to 31"},
      {"1969-01-01", 1, "a year from 1970 to 2199"},
      {"2200-01-01", 1, "a year from 1970 to 2199"},
      {"2026-01", 1, "a month from 1 to 12"},
      {"2026-1-1-1", 9, "a space after the date"},
      {"2026-1-1T10:00", 9, "after the number"},
      {"2026~1-1", 7, "'~' stands before the day"},
      {"*-*~29", 5, "a day before the end of the month from 1 to 28"},
      {"*-*~07..01", 5, "a range that does not run backwards"},
      {"*-*~02/3", 5, "a step small enough"},
      {"Sun *-*-* 25:00", 11, "an hour from 0 to 23"},
      {"24:00", 1, "an hour from 0 to 23"},
      {"23:60", 4, "a minute from 0 to 59"},
      {"23:59:60", 7, "a second from 0 to 59.999999"},
      {"23:59:59.9999999", 7, "a second from 0 to 59.999999"},
      {"10:00:00:00", 9, "the end or a time zone"},
      {"10:00 11:00", 6, "':' and seconds, a space and a time zone, or the end"},
      {"10:00:00 11", 9, "the end or a time zone"},
      {"10:00  UTC", 6, "':' and seconds"},
      {"10:", 4, "a number or '*'"},
      {":10", 1, "a number or '*'"},
      {"10:00,", 7, "a number or '*'"},
      {"10:00/", 7, "the step after '/'"},
      {"10:00/0", 7, "a step greater than 0"},
      {"10:00/60", 4, "a step small enough"},
      {"10:05..", 8, "the number that ends the range"},
      {"10:05...10", 8, "the number that ends the range"},
      {"10:05..61", 4, "a minute from 0 to 59"},
      {"10:30..10", 4, "a range that does not run backwards"},
      {"10:5.5", 5, "after the number"},
      {"10:00:5.", 9, "digits after the decimal point"},
      {"10:00:.5", 7, "a number or '*'"},
      {"10:00:05..05", 7, "a range of at least one second"},
      {"10:00:05..05.5", 7, "a range of at least one second"},
      {"10:00:00/0.0", 10, "a step greater than 0"},
      {"-10:00", 1, "a number or '*'"},
      {"+10:00", 1, "a number or '*'"},
      {"10:00am", 6, "after the number"},
      {"10h00", 3, "after the number"},
      {"10:99999999999999999999", 4, "a smaller number"},
      {"10:00:2148", 7, "a smaller number"},
      {"@", 2, "seconds since 1970"},
      {"@-1", 2, "seconds since 1970"},
      {"@x", 2, "seconds since 1970"},
      {"@1.5", 3, "the end or a time zone"},
      {"@1 00:00", 3, "the end or a time zone"},
      {"@7258118400", 2, "seconds since 1970"},
      {"@99999999999999999999", 2, "seconds since 1970"},
      {"10:00 Europe/London Europe/Berlin", 6, "':' and seconds"},
      {"10:00 Eur\xC3\xB6pe/London", 6, "':' and seconds"},
      {"\t10:00", 1, "a number or '*'"},
      {"10:00\n", 6, "after the number"},
  };
  for (auto const& row : rows) {
    auto const at = "column " + std::to_string(row.column) + ": expected ";
    EXPECT_NE(refusal(row.text).find(at), std::string::npos) << refusal(row.text) << " wanted " << row.column;
    EXPECT_NE(refusal(row.text).find(row.expected), std::string::npos) << refusal(row.text);
  }
}

TEST(BadCalendar, DrawsACaretUnderTheCharacter) {
  auto const error = Calendar::parse("Sun *-*-* 25:00").error();
  EXPECT_EQ(error.kind, ErrorKind::BadConfig);
  EXPECT_EQ(error.message, "calendar expression \"Sun *-*-* 25:00\", column 11: expected an hour from 0 to 23");
  EXPECT_EQ(error.detail,
            "Sun *-*-* 25:00\n"
            "          ^");
}

TEST(BadCalendar, MayHave241ItemsInAListAndNoMore) {
  std::string list = "1";
  for (int i = 1; i < 241; ++i) list += ",1";
  EXPECT_EQ(normal(list + ":00"), "*-*-* 01:00:00");
  EXPECT_NE(refusal(list + ",1:00").find("at most 241 items"), std::string::npos);
}

struct NextRow {
  std::string_view what, expression, zone, after;
  std::vector<std::string_view> next;
};

void expect_next(NextRow const& row) {
  auto const calendar = Calendar::parse(row.expression);
  ASSERT_TRUE(calendar) << calendar.error().message;
  auto const& in = zone(std::string(row.zone));
  auto at = instant(row.after, in);
  for (auto const expected : row.next) {
    auto const next = calendar->next(in, at);
    if (expected == "never") {
      EXPECT_FALSE(next) << row.what << ": " << to_rfc3339(*next);
      return;
    }
    ASSERT_TRUE(next) << row.what;
    EXPECT_EQ(to_rfc3339(*next), expected) << row.what << ": " << row.expression;
    at = *next;
  }
}

TEST(NextOccurrence, IsTheFirstAfterTheInstant) {
  NextRow const rows[] = {
      {"strictly after", "daily", "UTC", "2026-11-23 00:00:00", {"2026-11-24T00:00:00Z"}},
      {"a fraction before", "daily", "UTC", "2026-11-22 23:59:59.999999", {"2026-11-23T00:00:00Z"}},
      {"weekly window",
       "Sun 02:00",
       "Europe/London",
       "2026-11-23 02:00",
       {"2026-11-29T02:00:00Z", "2026-12-06T02:00:00Z"}},
      {"in summer", "Sun 02:00", "Europe/London", "2026-07-01 02:00", {"2026-07-05T01:00:00Z"}},
      {"last day of the month",
       "*-*~01 22:30",
       "UTC",
       "2027-12-31 23:00",
       {"2028-01-31T22:30:00Z", "2028-02-29T22:30:00Z", "2028-03-31T22:30:00Z", "2028-04-30T22:30:00Z"}},
      {"last Monday of May",
       "Mon *-05~07/1",
       "UTC",
       "2026-01-01 00:00",
       {"2026-05-25T00:00:00Z", "2027-05-31T00:00:00Z"}},
      {"first Tuesday",
       "Tue *-*-01..07 03:00",
       "UTC",
       "2026-11-04 00:00",
       {"2026-12-01T03:00:00Z", "2027-01-05T03:00:00Z"}},
      {"leap day on a Sunday",
       "Sun *-02-29",
       "UTC",
       "2026-01-01 00:00",
       {"2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z"}},
      {"every two and a half seconds",
       "*:*:0/2.5",
       "UTC",
       "2026-01-01 00:00:55",
       {"2026-01-01T00:00:57.5Z", "2026-01-01T00:01:00Z", "2026-01-01T00:01:02.5Z"}},
      {"a step starts afresh each minute",
       "*:*:0/7",
       "UTC",
       "2026-01-01 00:00:50",
       {"2026-01-01T00:00:56Z", "2026-01-01T00:01:00Z", "2026-01-01T00:01:07Z"}},
      {"list of ranges",
       "8..9,22:0/30",
       "UTC",
       "2026-01-01 09:30",
       {"2026-01-01T22:00:00Z", "2026-01-01T22:30:00Z", "2026-01-02T08:00:00Z"}},
      {"once", "@1395716396", "UTC", "2014-01-01 00:00", {"2014-03-25T02:59:56Z", "never"}},
      {"in the past", "2020-*-*", "UTC", "2021-01-01 00:00", {"never"}},
      {"a day that is not", "*-02-30", "UTC", "2026-01-01 00:00", {"never"}},
      {"the last of all", "*-12-31 23:59:59", "UTC", "2199-01-01 00:00", {"2199-12-31T23:59:59Z", "never"}},
  };
  for (auto const& row : rows) expect_next(row);
}

TEST(NextOccurrence, InASpringGapIsTheFirstValidInstantAfterIt) {
  NextRow const rows[] = {
      {"Berlin has no 02:30",
       "02:30",
       "Europe/Berlin",
       "2025-03-29 12:00",
       {"2025-03-30T01:00:00Z", "2025-03-31T00:30:00Z"}},
      {"Dublin, a weekly window",
       "Sun *-*-* 01:00",
       "Europe/Dublin",
       "2021-03-22 00:00",
       {"2021-03-28T01:00:00Z", "2021-04-04T00:00:00Z"}},
      {"no midnight",
       "*-*-* 00:00",
       "America/Sao_Paulo",
       "2018-11-03 12:00",
       {"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
      {"no 30 December",
       "Fri 10:00",
       "Pacific/Apia",
       "2011-12-25 00:00",
       {"2011-12-30T10:00:00Z", "2012-01-05T20:00:00Z"}},
      {"several are one",
       "2:0/10",
       "Europe/Berlin",
       "2025-03-29 12:00",
       {"2025-03-30T01:00:00Z", "2025-03-31T00:00:00Z"}},
      {"the gap's end has a start too",
       "2..3:00",
       "Europe/Berlin",
       "2025-03-29 12:00",
       {"2025-03-30T01:00:00Z", "2025-03-31T00:00:00Z"}},
      {"last valid before it stays",
       "01:59:59.999999",
       "Europe/Berlin",
       "2025-03-29 12:00",
       {"2025-03-30T00:59:59.999999Z"}},
  };
  for (auto const& row : rows) expect_next(row);
}

TEST(NextOccurrence, OfARepeatedTimeIsOnlyTheFirst) {
  NextRow const rows[] = {
      {"02:30 comes twice",
       "02:30",
       "Europe/Berlin",
       "2025-10-25 12:00",
       {"2025-10-26T00:30:00Z", "2025-10-27T01:30:00Z"}},
      {"half-hourly pauses",
       "*:0/30",
       "Europe/Berlin",
       "2025-10-26 01:45",
       {"2025-10-26T00:00:00Z", "2025-10-26T00:30:00Z", "2025-10-26T02:00:00Z"}},
      {"midnight comes twice",
       "daily",
       "America/Havana",
       "2025-11-01 12:00",
       {"2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"}},
      {"half an hour in Lord Howe",
       "01:45",
       "Australia/Lord_Howe",
       "2025-04-05 12:00",
       {"2025-04-05T14:45:00Z", "2025-04-06T15:15:00Z"}},
  };
  for (auto const& row : rows) expect_next(row);
}

TEST(NextOccurrence, AskedWithinTheSecondPassIsAfterIt) {
  auto const& berlin = zone("Europe/Berlin");
  Instant const second_pass = std::chrono::sys_days{std::chrono::year{2025} / 10 / 26} + 1h + 10min;
  auto const next = Calendar::parse("*:*:*")->next(berlin, second_pass);
  ASSERT_TRUE(next);
  EXPECT_EQ(to_rfc3339(*next), "2025-10-26T02:00:00Z");
}

TEST(NextOccurrence, IsStrictlyIncreasing) {
  std::mt19937_64 random(4);  // NOLINT(cert-msc51-cpp): the same walk every time
  for (auto const* expression :
       {"*:0/7", "Sun 02:30", "*-*~01 00:00", "*:*:0/17.3", "2:0/10", "Mon..Fri *-*-1..15/3 1,2,3:15"}) {
    auto const calendar = Calendar::parse(expression).value();
    for (auto const* name :
         {"Europe/London", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"}) {
      Instant at{Duration{static_cast<std::int64_t>(random() % 7'200'000'000'000'000)}};
      for (int i = 0; i < 2000; ++i) {
        auto const next = calendar.next(zone(name), at);
        if (!next) break;
        ASSERT_GT(*next, at) << expression << " " << name;
        // Nothing lies between: asked from any instant in between, the answer is the same.
        Instant const between =
            at + Duration{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>((*next - at).count()))};
        ASSERT_EQ(calendar.next(zone(name), between), next) << expression << " " << name << " " << to_rfc3339(between);
        at = *next;
      }
    }
  }
}

}  // namespace
}  // namespace tykup
