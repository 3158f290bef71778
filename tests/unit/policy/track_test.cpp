#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/policy_parts.hpp"
#include "daemon/core/timestamp.hpp"

namespace tykup {
namespace {

using testing::HasSubstr;

TEST(Track, IsANameOrALine) {
  for (std::string_view const text : {"lts", "patch", "minor", "latest", "5.8", "12.0"}) {
    auto const track = parse_track(text);
    ASSERT_TRUE(track) << text;
    EXPECT_EQ(to_string(*track), text);
  }
}

TEST(Track, ThatIsNeitherIsRefusedWithTheNearest) {
  for (std::string_view const text :
       {"", "LTSs", "5", "5.", ".8", "5.8.1", "5.x", "-5.8", "v5.8", "5.8 ", "stable", "5.-8", "99999999999.1"}) {
    auto const track = parse_track(text);
    ASSERT_FALSE(track) << text;
    EXPECT_THAT(track.error().message, HasSubstr("a line such as \"5.8\"")) << text;
  }
  EXPECT_THAT(parse_track("lst").error().message, HasSubstr("did you mean \"lts\"?"));
}

TEST(BackOff, GrowsFromEightHoursToFourteenDays) {
  using std::chrono::hours;
  std::vector<std::pair<unsigned, hours>> const rows{
      {0, hours{8}},   {1, hours{8}},   {2, hours{16}},  {3, hours{32}},
      {6, hours{256}}, {7, hours{336}}, {8, hours{336}}, {4000000000U, hours{336}}};
  for (auto const& [failures, length] : rows) EXPECT_EQ(bad_version_backoff(failures), length) << failures;
}

TEST(Gate, NamesAreInTheOrderOfTheReport) {
  EXPECT_EQ(to_string(Gate::Trust), "trust");
  EXPECT_EQ(to_string(Gate::BadVersion), "bad_version");
  EXPECT_EQ(to_string(Gate::WithoutRollback), "without_rollback");
  EXPECT_EQ(to_string(Gate::Lock), "lock");
}

struct LtsRow {
  std::string installed;
  std::vector<std::string> offered;
  std::string now;
  std::string line;
};

TEST(LtsTrack, KeepsASupportedLineAndOtherwiseLeadsUpToTheNearestSupportedOne) {
  LtsRow const rows[] = {
      {"5.8.14", {"5.8.15", "5.13.1", "5.14.0"}, "2026-11-23T00:00:00Z", "5.8"},
      {"5.8.14", {"5.13.1"}, "2026-11-23T00:00:00Z", "5.8"},
      {"5.8.14", {"5.13.1"}, "2027-06-30T23:59:59Z", "5.8"},
      {"5.8.14", {"5.13.1"}, "2027-07-01T00:00:00Z", "5.13"},
      {"5.8.14", {"5.8.15"}, "2027-07-01T00:00:00Z", "5.8"},
      {"5.3.13", {"5.8.15", "5.13.1"}, "2026-11-23T00:00:00Z", "5.8"},
      {"5.3.9", {"5.3.13", "5.8.15"}, "2026-07-31T00:00:00Z", "5.3"},
      {"5.3.13", {"5.8.15", "5.13.1"}, "2027-08-01T00:00:00Z", "5.13"},
      {"5.5.1", {"5.6.0", "5.8.15", "5.13.1"}, "2026-11-23T00:00:00Z", "5.8"},
      {"5.5.1", {"5.5.2", "5.6.0"}, "2026-11-23T00:00:00Z", "5.5"},
      {"5.1.0", {"5.3.13"}, "2026-11-23T00:00:00Z", "5.3"},
      {"5.1.0", {"5.3.13", "5.8.15"}, "2026-11-23T00:00:00Z", "5.8"},
      {"4.3.1", {"5.3.13", "5.8.15"}, "2026-11-23T00:00:00Z", "5.8"},
      {"5.14.0", {"5.14.1", "5.15.0"}, "2026-11-23T00:00:00Z", "5.14"},
      {"6.0.0", {"6.1.0"}, "2026-11-23T00:00:00Z", "6.0"},
  };
  for (auto const& row : rows) {
    std::vector<Release> offered;
    for (auto const& version : row.offered) offered.push_back(release_of(version).value());
    auto const reach =
        reach_of({}, ServiceKind::Gateway, release_of(row.installed), offered, parse_instant(row.now).value());
    EXPECT_EQ(reach.kind, Reach::Kind::Line);
    EXPECT_EQ(std::to_string(reach.major) + "." + std::to_string(reach.minor), row.line)
        << row.installed << " at " << row.now;
  }
}

TEST(Prerelease, OfADistributionsPackageIsToldFromItsRevision) {
  EXPECT_TRUE(is_prerelease(ServiceKind::Gateway, "5.8.3~rc1"));
  EXPECT_TRUE(is_prerelease(ServiceKind::Generic, "5:7.2~rc1-1"));
  EXPECT_FALSE(is_prerelease(ServiceKind::Generic, "5:7.0.15-1~deb12u5"));
  EXPECT_FALSE(is_prerelease(ServiceKind::Generic, "1.22.1-9+deb12u2~bpo11+1"));
  EXPECT_FALSE(is_prerelease(ServiceKind::Gateway, "5.8.3-1"));
}

}  // namespace
}  // namespace tykup
