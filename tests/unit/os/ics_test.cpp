#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/freezes.hpp"
#include "daemon/os/ics_reader.hpp"
#include "daemon/os/zones.hpp"

namespace tykup {
namespace {

using testing::HasSubstr;

Interval const kRange{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1},
                      std::chrono::sys_days{std::chrono::year{2028} / 1 / 1}};

FreezeCalendar calendar_in(std::string const& zone) {
  return {"f.ics", {}, load_zone(zone).value()};
}

std::string calendar_of(std::string const& events) {
  return "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n" + events + "END:VCALENDAR\n";
}

std::string event_of(std::string const& lines) {
  return calendar_of("BEGIN:VEVENT\nUID:1\nSUMMARY:sale\n" + lines + "END:VEVENT\n");
}

/// "2026-12-18T00:00:00Z/2027-01-04T00:00:00Z ", one after the other; or the mistake.
std::string told(std::string const& text, FreezeCalendar const& calendar = calendar_in("Europe/London")) {
  auto const freezes = read_ics(text, calendar, kRange);
  if (!freezes) return freezes.error().message;
  std::string out;
  for (auto const& freeze : *freezes) out += to_rfc3339(freeze.from) + "/" + to_rfc3339(freeze.until) + " ";
  return out;
}

TEST(CalendarFile, TellsWhenItIsFrozen) {
  struct {
    char const* what;
    std::string lines, freezes;
  } const rows[] = {
      {"a day", "DTSTART;VALUE=DATE:20261218\n", "2026-12-18T00:00:00Z/2026-12-19T00:00:00Z "},
      {"days, the end exclusive", "DTSTART;VALUE=DATE:20261218\nDTEND;VALUE=DATE:20270104\n",
       "2026-12-18T00:00:00Z/2027-01-04T00:00:00Z "},
      {"days in summer time", "DTSTART;VALUE=DATE:20260718\nDURATION:P2D\n",
       "2026-07-17T23:00:00Z/2026-07-19T23:00:00Z "},
      {"an instant of UTC", "DTSTART:20260718T060000Z\nDTEND:20260718T073000Z\n",
       "2026-07-18T06:00:00Z/2026-07-18T07:30:00Z "},
      {"a zone's time", "DTSTART;TZID=America/New_York:20260718T060000\nDURATION:PT90M\n",
       "2026-07-18T10:00:00Z/2026-07-18T11:30:00Z "},
      {"a zone with its program's name before it",
       "DTSTART;TZID=\"/citadel.org/20240101_1/America/New_York\":20260718T060000\nDURATION:PT90M\n",
       "2026-07-18T10:00:00Z/2026-07-18T11:30:00Z "},
      {"a time of no zone is the calendar's", "DTSTART:20260718T060000\nDTEND:20260718T070000\n",
       "2026-07-18T05:00:00Z/2026-07-18T06:00:00Z "},
      {"start and end of different zones",
       "DTSTART;TZID=Europe/Berlin:20260718T060000\nDTEND;TZID=Asia/Tokyo:20260718T140000\n",
       "2026-07-18T04:00:00Z/2026-07-18T05:00:00Z "},
      {"a day is civil, the rest elapsed", "DTSTART;TZID=Europe/London:20260328T120000\nDURATION:P1DT1H\n",
       "2026-03-28T12:00:00Z/2026-03-29T12:00:00Z "},
      {"busy or free, it is frozen", "DTSTART;VALUE=DATE:20261218\nTRANSP:TRANSPARENT\n",
       "2026-12-18T00:00:00Z/2026-12-19T00:00:00Z "},
      {"tentative is frozen", "DTSTART;VALUE=DATE:20261218\nSTATUS:TENTATIVE\n",
       "2026-12-18T00:00:00Z/2026-12-19T00:00:00Z "},
      {"cancelled is not", "DTSTART;VALUE=DATE:20261218\nSTATUS:CANCELLED\n", ""},
      {"over before the time asked for", "DTSTART;VALUE=DATE:20251218\n", ""},
      {"after the time asked for", "DTSTART;VALUE=DATE:20281218\n", ""},
      {"begun before it and not over", "DTSTART;VALUE=DATE:20251218\nDTEND;VALUE=DATE:20260102\n",
       "2025-12-18T00:00:00Z/2026-01-02T00:00:00Z "},
      {"a start in the gap of spring begins with the first instant after it",
       "DTSTART;TZID=Europe/London:20260329T013000\nDURATION:PT1H\n", "2026-03-29T01:00:00Z/2026-03-29T02:00:00Z "},
      {"a start that is there twice begins at the first",
       "DTSTART;TZID=Europe/London:20261025T013000\nDURATION:PT15M\n", "2026-10-25T00:30:00Z/2026-10-25T00:45:00Z "},
      {"what says nothing about time does not matter",
       "DTSTART;VALUE=DATE:20261218\nDESCRIPTION:\nLOCATION:\nATTACH:\nX-FOO;BAR:baz\nNOT-KNOWN:1\n"
       "BEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:nonsense\nEND:VALARM\n",
       "2026-12-18T00:00:00Z/2026-12-19T00:00:00Z "},
  };
  for (auto const& row : rows) EXPECT_EQ(told(event_of(row.lines)), row.freezes) << row.what;
}

TEST(CalendarFile, TellsEveryOccurrence) {
  struct {
    char const* what;
    std::string lines, freezes;
  } const rows[] = {
      {"so many", "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=MONTHLY;COUNT=2\n",
       "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z 2026-02-01T00:00:00Z/2026-02-02T00:00:00Z "},
      {"up to an instant", "DTSTART;TZID=Europe/London:20260601T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20260608T080000Z\n",
       "2026-06-01T08:00:00Z/2026-06-01T09:00:00Z 2026-06-08T08:00:00Z/2026-06-08T09:00:00Z "},
      {"not past the instant", "DTSTART;TZID=Europe/London:20260601T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20260608T075959Z\n",
       "2026-06-01T08:00:00Z/2026-06-01T09:00:00Z "},
      {"up to a day", "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;UNTIL=20260102\n",
       "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z 2026-01-02T00:00:00Z/2026-01-03T00:00:00Z "},
      {"for ever, as far as is asked", "DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4FR\n",
       "2026-11-27T00:00:00Z/2026-11-28T00:00:00Z 2027-11-26T00:00:00Z/2027-11-27T00:00:00Z "},
      {"the clock of its zone, over a change of clocks",
       "DTSTART;TZID=Europe/London:20260327T090000\nDTEND;TZID=Europe/London:20260327T100000\nRRULE:FREQ=WEEKLY;COUNT=2\n",
       "2026-03-27T09:00:00Z/2026-03-27T10:00:00Z 2026-04-03T08:00:00Z/2026-04-03T09:00:00Z "},
      {"a rule that never comes leaves the first one", "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\n",
       "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z "},
      {"more dates", "DTSTART;VALUE=DATE:20260101\nRDATE;VALUE=DATE:20260301,20260501\n",
       "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z 2026-03-01T00:00:00Z/2026-03-02T00:00:00Z "
       "2026-04-30T23:00:00Z/2026-05-01T23:00:00Z "},
      {"more times that bear their own length",
       "DTSTART:20260101T000000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260201T000000Z/PT2H,20260301T000000Z/20260301T030000Z\n",
       "2026-01-01T00:00:00Z/2026-01-01T01:00:00Z 2026-02-01T00:00:00Z/2026-02-01T02:00:00Z "
       "2026-03-01T00:00:00Z/2026-03-01T03:00:00Z "},
      {"without those that are taken out",
       "DTSTART;TZID=Europe/London:20260601T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n"
       "EXDATE;TZID=Europe/London:20260602T090000,20260603T090000\n",
       "2026-06-01T08:00:00Z/2026-06-01T09:00:00Z 2026-06-04T08:00:00Z/2026-06-04T09:00:00Z "},
      {"the first one may be taken out as well",
       "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=MONTHLY;COUNT=2\nEXDATE;VALUE=DATE:20260101\n",
       "2026-02-01T00:00:00Z/2026-02-02T00:00:00Z "},
      {"a time that is none of them takes nothing out",
       "DTSTART:20260101T000000Z\nDURATION:PT1H\nEXDATE:20260101T000001Z\n", "2026-01-01T00:00:00Z/2026-01-01T01:00:00Z "},
  };
  for (auto const& row : rows) EXPECT_EQ(told(event_of(row.lines)), row.freezes) << row.what;
}

TEST(CalendarFile, OneOccurrenceMayBeMovedOrCancelled) {
  auto const with = [](std::string const& change) {
    return calendar_of("BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=MONTHLY;COUNT=2\nEND:VEVENT\n"
                       "BEGIN:VEVENT\n" + change + "END:VEVENT\n");
  };
  EXPECT_EQ(told(with("UID:1\nRECURRENCE-ID;VALUE=DATE:20260201\nDTSTART;VALUE=DATE:20260203\n")),
            "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z 2026-02-03T00:00:00Z/2026-02-04T00:00:00Z ");
  EXPECT_EQ(told(with("UID:1\nRECURRENCE-ID;VALUE=DATE:20260201\nDTSTART;VALUE=DATE:20260201\nSTATUS:CANCELLED\n")),
            "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z ");
  EXPECT_EQ(told(with("UID:2\nRECURRENCE-ID;VALUE=DATE:20260201\nDTSTART;VALUE=DATE:20260201\nSTATUS:CANCELLED\n")),
            "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z 2026-02-01T00:00:00Z/2026-02-02T00:00:00Z ")
      << "of another event";
  EXPECT_THAT(told(with("UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260201\nDTSTART;VALUE=DATE:20260203\n")),
              HasSubstr("f.ics:11: a change of all later events (RANGE) is not supported"));
}

TEST(CalendarFile, TellsWhyItIsFrozen) {
  auto const reason = [](std::string const& lines) {
    auto const freezes = read_ics(calendar_of("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260601\n" + lines + "END:VEVENT\n"),
                                  calendar_in("UTC"), kRange);
    return freezes.value().front().reason;
  };
  EXPECT_EQ(reason("SUMMARY:Year end\\, no changes\n"), "Year end, no changes");
  EXPECT_EQ(reason("SUMMARY:a long\n  word is fol\n ded\n"), "a long word is folded");
  EXPECT_EQ(reason("SUMMARY:one\\nline\n"), "one line");
  EXPECT_EQ(reason("SUMMARY:\n"), "");
  EXPECT_EQ(reason(""), "");
}

TEST(CalendarFile, AllDayIsTheDayOfTheConfiguredZoneOrOfTheFileOrOfTheHost) {
  auto const text = calendar_of("X-WR-TIMEZONE:Asia/Tokyo\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20260601\nEND:VEVENT\n");
  EXPECT_EQ(told(text, calendar_in("America/New_York")), "2026-06-01T04:00:00Z/2026-06-02T04:00:00Z ");
  EXPECT_EQ(told(text, {"f.ics", {}, {}}), "2026-05-31T15:00:00Z/2026-06-01T15:00:00Z ");
  ::setenv("TZ", "Europe/Berlin", 1);
  EXPECT_EQ(told(event_of("DTSTART;VALUE=DATE:20260601\n"), {"f.ics", {}, {}}), "2026-05-31T22:00:00Z/2026-06-01T22:00:00Z ");
  ::unsetenv("TZ");
}

TEST(CalendarFile, IsReadHoweverItsLinesEnd) {
  std::string text = event_of("DTSTART;VALUE=DATE:20261218\n");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, "\r");
  EXPECT_EQ(told("\xEF\xBB\xBF" + text), "2026-12-18T00:00:00Z/2026-12-19T00:00:00Z ");
  EXPECT_EQ(told(calendar_of("")), "") << "a calendar without events freezes nothing";
}

TEST(CalendarFile, ThatIsNotUnderstoodSaysWhere) {
  struct {
    std::string text, mistake;
  } const rows[] = {
      {"", "f.ics:1: this is no iCalendar file"},
      {"hello\n", "f.ics:1: this is no iCalendar file"},
      {std::string("BEGIN:VCALENDAR\0", 16), "f.ics:1: this is no text"},
      {"<html>\n", "f.ics:1: this is no iCalendar file"},
      {"BEGIN:VEVENT\nEND:VEVENT\n", "f.ics:1: \"BEGIN:VEVENT\" does not belong here"},
      {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "f.ics:2: the file is cut off: END:VEVENT is missing"},
      {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261218\nEND:VEVENT\n", "f.ics:4: the file is cut off: END:VCALENDAR is missing"},
      {"BEGIN:VCALENDAR\nEND:VEVENT\n", "f.ics:2: \"END:VEVENT\" where END:VCALENDAR is expected"},
      {calendar_of("BEGIN:VEVENT\nEND:VEVENT\n"), "f.ics:4: the event has no DTSTART"},
      {event_of("DTSTART:20261301T000000Z\nDURATION:PT1H\n"), "f.ics:7: there is no such date"},
      {event_of("DTSTART:20260230T000000Z\nDURATION:PT1H\n"), "f.ics:7: there is no such date"},
      {event_of("DTSTART:20260201T250000Z\nDURATION:PT1H\n"), "f.ics:7: there is no such date or time"},
      {event_of("DTSTART:18690201T000000Z\nDURATION:PT1H\n"), "f.ics:7: the year 1869"},
      {event_of("DTSTART:tomorrow\n"), "f.ics:7: \"DTSTART:tomorrow\" is not understood"},
      {event_of("DTSTART:\n"), "f.ics:7: \"DTSTART:\" is not understood"},
      {event_of("DTSTART;TZID=Mars/Olympus:20260601T000000\nDURATION:PT1H\n"), "f.ics:4: there is no time zone \"Mars/Olympus\""},
      {event_of("DTSTART;TZID=Europe/Lodnon:20260601T000000\nDURATION:PT1H\n"), "did you mean \"Europe/London\"?"},
      {event_of("DTSTART;TZID=W. Europe Standard Time:20260601T000000\nDURATION:PT1H\n"), "f.ics:4: there is no time zone"},
      {event_of("DTSTART:20260601T000000Z\n"), "f.ics:4: the event has neither DTEND nor DURATION"},
      {event_of("DTSTART:20260601T000000Z\nDTEND:20260601T000000Z\n"), "f.ics:4: the event ends before or when it begins"},
      {event_of("DTSTART;VALUE=DATE:20260601\nDTEND;VALUE=DATE:20260601\n"), "f.ics:4: the event ends before or when it begins"},
      {event_of("DTSTART;VALUE=DATE:20260601\nDTEND:20260602T000000Z\n"), "f.ics:4: DTSTART and DTEND must both be dates"},
      {event_of("DTSTART:20260601T000000Z\nDTEND:20260602T000000Z\nDURATION:PT1H\n"), "f.ics:9: the event has its end twice"},
      {event_of("DTSTART:20260601T000000Z\nDURATION:-PT1H\n"), "f.ics:8: the duration is not longer than nothing"},
      {event_of("DTSTART:20260601T000000Z\nDURATION:1h\n"), "f.ics:8: \"DURATION:1h\" is not understood"},
      {event_of("DTSTART;VALUE=DATE:20260601\nDTSTART;VALUE=DATE:20260602\n"), "f.ics:8: DTSTART is there twice"},
      {event_of("DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=SOMETIMES\n"), "f.ics:8: \"RRULE:FREQ=SOMETIMES\" is not understood"},
      {event_of("DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY;INTERVAL=0\n"), "f.ics:8: "},
      {event_of("DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=DAILY;COUNT=3;UNTIL=20270101\n"), "f.ics:8: "},
      {event_of("DTSTART:20260601T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY\n"), "f.ics:9: a freeze cannot begin every minute"},
      {event_of("DTSTART:20260601T000000Z\nDURATION:PT1S\nRRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30\n"), "f.ics:9: a freeze cannot begin every minute"},
      {event_of("DTSTART;VALUE=DATE:20260601\nRRULE:FREQ=YEARLY;RSCALE=CHINESE\n"), "f.ics:8: RSCALE is not supported"},
      {event_of("DTSTART;VALUE=DATE:20260601\nEXRULE:FREQ=DAILY\n"), "f.ics:8: EXRULE is not supported"},
      {event_of("DTSTART;VALUE=DATE:20260601\nEXDATE:never\n"), "f.ics:8: \"EXDATE:never\" is not understood"},
      {event_of("DTSTART;VALUE=DATE:20260601\nRDATE;VALUE=PERIOD:20260601T000000Z/-PT1H\n"), "f.ics:8: the duration is not longer"},
      {calendar_of("X-WR-TIMEZONE:Nowhere\n"), "there is no time zone \"Nowhere\""},
  };
  for (auto const& row : rows) EXPECT_THAT(told(row.text, {"f.ics", {}, {}}), HasSubstr(row.mistake)) << row.text;
}

TEST(CalendarFile, WithHourlyEventsOfManyYearsEnds) {
  EXPECT_THAT(told(event_of("DTSTART:19700101T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY\n")),
              HasSubstr("f.ics:9: the event begins more than 200000 times"));
  EXPECT_EQ(told(event_of("DTSTART:20260101T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30\n")),
            "2026-01-01T00:00:00Z/2026-01-01T00:01:00Z ");
}

/// A folder that is gone with the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "tykup-ics-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string mistake_of(std::string const& file) {
  auto const read = read_ics_file({file, {}, {}}, kRange);
  return read ? "none" : read.error().message;
}

TEST(CalendarFile, ThatCannotBeReadSaysWhatMendsIt) {
  Folder const folder;
  auto const file = (folder.path / "f.ics").string();
  EXPECT_THAT(mistake_of(file), testing::StartsWith(file + ": No such file or directory; put the file back"));
  std::ofstream(file) << "";
  EXPECT_THAT(mistake_of(file), HasSubstr("is empty"));
  std::ofstream(file) << std::string(5U << 20U, ' ');
  EXPECT_THAT(mistake_of(file), HasSubstr("larger than 4 MiB"));
  EXPECT_THAT(mistake_of(folder.path.string()), HasSubstr("this is no file"));
  auto const pipe = (folder.path / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(mistake_of(pipe), HasSubstr("this is no file"));
  std::ofstream(file) << event_of("DTSTART;VALUE=DATE:20261218\n");
  EXPECT_EQ(mistake_of(file), "none");
}

TEST(CalendarFile, ThatIsNotForTheDaemonToReadSaysWhoMust) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  Folder const folder;
  auto const file = (folder.path / "f.ics").string();
  std::ofstream(file) << event_of("DTSTART;VALUE=DATE:20261218\n");
  ASSERT_EQ(::seteuid(65534), 0);
  auto const mistake = mistake_of(file);
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_THAT(mistake, HasSubstr("Permission denied; the user tykup must be able to read it"));
}

}  // namespace
}  // namespace tykup
