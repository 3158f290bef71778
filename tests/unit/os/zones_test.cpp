#include "daemon/os/zones.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/os/posix_tz.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;

struct Change {
  Instant at;
  std::chrono::seconds offset;
  std::string abbreviation;
  friend bool operator==(Change const&, Change const&) = default;
};

std::optional<unsigned> month_named(std::string_view name) {
  constexpr std::string_view kNames = "JanFebMarAprMayJunJulAugSepOctNovDec";
  auto const at = kNames.find(name);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<unsigned>(at / 3 + 1));
}

/// "Europe/London  Sun Mar 29 01:00:00 2026 UT = Sun Mar 29 02:00:00 2026 BST isdst=1 gmtoff=3600"
std::optional<std::pair<std::string, Change>> parse_zdump(std::string const& line) {
  std::istringstream words(line);
  std::string zone, weekday, month, clock, ut, equals, skip, abbreviation, dst, offset;
  unsigned day = 0;
  int year = 0;
  words >> zone >> weekday >> month >> day >> clock >> year >> ut >> equals >> skip >> skip >> skip >> skip >> skip >>
      abbreviation >> dst >> offset;
  if (!words || !offset.starts_with("gmtoff=")) return std::nullopt;
  int hour = 0, minute = 0, second = 0;
  std::sscanf(clock.c_str(), "%d:%d:%d", &hour, &minute, &second);
  Instant const at = std::chrono::sys_days{std::chrono::year{year} / *month_named(month) / day} + hour * 1h +
                     minute * 1min + second * 1s;
  return std::pair(zone, Change{at, std::chrono::seconds{std::stoi(offset.substr(7))}, abbreviation});
}

std::string contents_of(std::string const& name) {
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One name for each different zone file, or each different rule at the end of one: zdump takes its time.
std::vector<std::string> one_each(bool by_rule) {
  std::set<std::string> seen;
  std::vector<std::string> names;
  for (auto const& name : zone_names()) {
    auto contents = contents_of(name);
    if (by_rule) contents.erase(0, contents.rfind('\n', contents.size() - 2));
    if (seen.insert(contents).second) names.push_back(name);
  }
  return names;
}

using Changes = std::map<std::string, std::vector<Change>>;

/// What zdump prints at each change and the second before it, for all these zones in one process.
Changes zdump(std::vector<std::string> const& names, std::string const& years) {
  std::string command = "zdump -V -c " + years;
  for (auto const& name : names) command += " " + name;
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "re"), pclose);
  Changes all;
  for (auto const& name : names) all[name] = {};
  char line[512];
  while (pipe && std::fgets(line, sizeof line, pipe.get()) != nullptr) {
    if (auto parsed = parse_zdump(line)) all[parsed->first].push_back(std::move(parsed->second));
  }
  return all;
}

void expect_agreement(Zone const& zone, std::vector<Change> const& changes) {
  for (auto const& [at, offset, abbreviation] : changes) {
    ASSERT_EQ(offset_at(zone, at), offset) << zone.name << " " << to_rfc3339(at);
    ASSERT_EQ(abbreviation_at(zone, at), abbreviation) << zone.name << " " << to_rfc3339(at);
  }
}

void expect_no_other_change(Zone const& zone, std::vector<Change> const& changes, int first, int end) {
  auto previous = zone.initial_offset;
  for (auto const& [at, offset, abbreviation] : zone.transitions) {
    std::chrono::year_month_day const day{std::chrono::floor<std::chrono::days>(at)};
    if (offset != previous && int{day.year()} >= first && int{day.year()} < end) {
      EXPECT_NE(std::ranges::find(changes, at, &Change::at), changes.end()) << zone.name << " " << to_rfc3339(at);
    }
    previous = offset;
  }
}

void compare_with_zdump(std::vector<std::string> const& names, int first, int end) {
  std::size_t checked = 0;
  for (auto const& [name, changes] : zdump(names, std::to_string(first) + "," + std::to_string(end))) {
    auto const zone = load_zone(name);
    ASSERT_TRUE(zone) << zone.error().message << zone.error().detail;
    ASSERT_TRUE(std::ranges::is_sorted(zone->transitions, {}, &Transition::at)) << name;
    expect_agreement(*zone, changes);
    expect_no_other_change(*zone, changes, first, end);
    checked += changes.size();
  }
  EXPECT_GT(checked, 10'000U);
}

TEST(LoadedZones, AgreeWithZdumpInEveryZoneFile) {
  compare_with_zdump(one_each(false), 1970, 2050);
}

TEST(LoadedZones, AgreeWithZdumpUpTo2199UnderEveryRule) {
  compare_with_zdump(one_each(true), 2037, 2200);
}

TEST(LoadedZones, AreAllThatTheSystemHas) {
  EXPECT_GT(zone_names().size(), 400U);
  for (auto const& name : zone_names()) EXPECT_TRUE(load_zone(name)) << name;
}

TEST(LoadedZones, ReachTheYear2199) {
  auto const london = load_zone("Europe/London").value();
  EXPECT_EQ(london.name, "Europe/London");
  EXPECT_EQ(abbreviation_at(london, std::chrono::sys_days{std::chrono::year{2199} / 7 / 1}), "BST");
  EXPECT_EQ(abbreviation_at(london, std::chrono::sys_days{std::chrono::year{2199} / 12 / 1}), "GMT");
  EXPECT_TRUE(load_zone("UTC")->transitions.empty());
}

TEST(MisspeltZone, IsRefusedWithTheNearestName) {
  struct {
    std::string_view name, advice;
  } const rows[] = {
      {"Europe/Lodon", "did you mean \"Europe/London\"?"},
      {"europe/london", "did you mean \"Europe/London\"?"},
      {"London", "did you mean \"Europe/London\"?"},
      {"Berln", "did you mean \"Europe/Berlin\"?"},
      {"America/NewYork", "did you mean \"America/New_York\"?"},
      {"utc", "did you mean \"Etc/UTC\"?"},
      {"", "timedatectl list-timezones"},
      {"Middle-earth/Mordor", "timedatectl list-timezones"},
      {"../../../etc/passwd", "there is no time zone"},
      {"/usr/share/zoneinfo/Europe/London", "there is no time zone"},
      {"posix/Europe/London", "there is no time zone"},
      {"Europe", "there is no time zone"},
      {"zone.tab", "there is no time zone"},
  };
  for (auto const& row : rows) {
    auto const zone = load_zone(row.name);
    ASSERT_FALSE(zone) << row.name;
    EXPECT_EQ(zone.error().kind, ErrorKind::BadConfig);
    EXPECT_NE(zone.error().message.find(row.advice), std::string::npos) << zone.error().message;
  }
}

class LocalZone : public testing::Test {
 protected:
  void SetUp() override {
    if (char const* tz = std::getenv("TZ")) saved_ = tz;
  }
  void TearDown() override { saved_ ? setenv("TZ", saved_->c_str(), 1) : unsetenv("TZ"); }

 private:
  std::optional<std::string> saved_;
};

TEST_F(LocalZone, IsWhatTheEnvironmentSays) {
  setenv("TZ", "Asia/Tokyo", 1);
  EXPECT_EQ(local_zone_name(), "Asia/Tokyo");
  setenv("TZ", ":Asia/Kathmandu", 1);
  EXPECT_EQ(local_zone_name(), "Asia/Kathmandu");
}

TEST_F(LocalZone, IsThatOfTheHostWithoutIt) {
  unsetenv("TZ");
  EXPECT_TRUE(load_zone(local_zone_name())) << local_zone_name();
}

TEST(PosixTzText, IsReadWhole) {
  auto const names_and_offsets = [](std::string_view text) -> std::string {
    auto const tz = PosixTz::parse(text);
    if (!tz) return "refused";
    std::string out = tz->standard.abbreviation + std::to_string(tz->standard.offset.count());
    if (tz->daylight) out += " " + tz->daylight->abbreviation + std::to_string(tz->daylight->offset.count());
    return out;
  };
  struct {
    std::string_view text, meaning;
  } const rows[] = {
      {"UTC0", "UTC0"},
      {"<+0330>-3:30", "+033012600"},
      {"GMT0BST,M3.5.0/1,M10.5.0", "GMT0 BST3600"},
      {"IST-1GMT0,M10.5.0,M3.5.0/1", "IST3600 GMT0"},
      {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "-02-7200 -01-3600"},
      {"EET-2EEST,M3.4.4/50,M10.4.4/50", "EET7200 EEST10800"},
      {"XXX3EDT4,0/0,J365/23", "XXX-10800 EDT-14400"},
      {"", "refused"},
      {"GMT", "refused"},
      {"G0", "refused"},
      {"<+03-3", "refused"},
      {"GMT0BST", "refused"},
      {"GMT0BST,M3.5.0", "refused"},
      {"GMT0BST,M13.5.0,M10.5.0", "refused"},
      {"GMT0BST,M3.6.0,M10.5.0", "refused"},
      {"GMT0BST,M3.5.7,M10.5.0", "refused"},
      {"GMT0BST,M3.5,M10.5.0", "refused"},
      {"GMT0BST,366,M10.5.0", "refused"},
      {"GMT0BST,M3.5.0/,M10.5.0", "refused"},
      {"GMT0BST,M3.5.0/1:,M10.5.0", "refused"},
      {"GMT0BST,M3.5.0/1,M10.5.0 ", "refused"},
  };
  for (auto const& row : rows) EXPECT_EQ(names_and_offsets(row.text), row.meaning) << row.text;
}

TEST(PosixTzDays, AreCountedWithAndWithoutTheLeapDay) {
  using std::chrono::local_days;
  using std::chrono::year;
  ChangeDay const julian{ChangeDay::Kind::JulianNoLeap, 0, 0, 60, 0s};
  ChangeDay const counted{ChangeDay::Kind::DayOfYear, 0, 0, 59, 0s};
  EXPECT_EQ(julian.in(year{2027}), local_days{year{2027} / 3 / 1});
  EXPECT_EQ(julian.in(year{2028}), local_days{year{2028} / 3 / 1});
  EXPECT_EQ(counted.in(year{2027}), local_days{year{2027} / 3 / 1});
  EXPECT_EQ(counted.in(year{2028}), local_days{year{2028} / 2 / 29});
}

}  // namespace
}  // namespace tykup
