#include "daemon/core/config.hpp"
#include "daemon/core/freezes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/timestamp.hpp"
#include "tests/unit/config/config_text.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;
using test::config_of;
using testing::ElementsAre;
using testing::IsEmpty;

Config good(std::string_view text) {
  auto const config = config_of(text);
  if (!config) throw std::runtime_error(config.error().detail);
  return *config;
}

std::vector<std::string> names_of(Config const& config) {
  std::vector<std::string> names;
  for (Component const& component : config.components) names.push_back(component.name);
  return names;
}

std::string utc(Instant at) {
  return to_rfc3339(at);
}

TEST(Config, OfATopologyAloneHasTheStatedDefaults) {
  auto const config = good("[deployment]\ntopology = \"self-managed\"\n");
  EXPECT_THAT(names_of(config), ElementsAre("dashboard", "gateway", "pump", "identity-broker", "portal"));
  EXPECT_THAT(config.deployment.components, IsEmpty());
  EXPECT_EQ(config.policy.track.kind, Track::Kind::Lts);
  EXPECT_EQ(config.policy.soak, Duration{0});
  EXPECT_EQ(config.policy.without_rollback, WithoutRollback::Hold);
  EXPECT_EQ(config.policy.on_failure, OnFailure::Stop);
  EXPECT_THAT(config.windows.windows, IsEmpty());
  EXPECT_EQ(config.repository.base_url, "https://packagecloud.io/tyk");
  EXPECT_EQ(config.repository.refresh, 1h);
  EXPECT_EQ(config.repository.metadata_signature, MetadataSignature::Required);
  EXPECT_EQ(config.health.timeout, 2min);
  EXPECT_EQ(config.health.settle, 15s);
  EXPECT_EQ(config.backup.keep, 5U);
}

TEST(Config, OfTheManualMeansWhatTheManualSays) {
  auto const config = good(R"(
[deployment]
topology   = "self-managed"
components = ["pump", "gateway", "dashboard"]
[policy]
track = "5.8"
soak  = "3d"
hold  = ["pump"]
without_rollback = "go"
on_failure = "rollback-run"
lock_wait = "90s"
[[window]]
calendar = "Sun *-*-* 02:00"
duration = "2h"
timezone = "America/New_York"
components = ["gateway"]
[[window]]
calendar = "Sat *-*-* 23:00 Asia/Tokyo"
duration = "90m"
timezone = "America/New_York"
[repository]
base_url = "https://mirror.example.org/tyk/"
refresh  = "30m"
metadata_signature = "waived"
[health]
timeout = "5m"
settle  = "30s"
[backup]
keep = 2
[component.gateway]
unit = "tyk-gateway-blue.service"
probe = [{ http = "http://127.0.0.1:8080/api/ping", status = 204, body = "pong" }]
expected = "4m"
quiet = false
)");
  EXPECT_THAT(names_of(config), ElementsAre("dashboard", "gateway", "pump"));
  EXPECT_EQ(to_string(config.policy.track), "5.8");
  EXPECT_EQ(config.policy.soak, 72h);
  EXPECT_THAT(config.policy.hold, ElementsAre("pump"));
  EXPECT_EQ(config.policy.without_rollback, WithoutRollback::Go);
  EXPECT_EQ(config.policy.on_failure, OnFailure::RollbackRun);
  EXPECT_EQ(config.policy.lock_wait, 90s);
  ASSERT_EQ(config.windows.windows.size(), 2U);
  EXPECT_EQ(config.windows.windows[0].zone.name, "America/New_York");
  EXPECT_EQ(config.windows.windows[0].duration, 2h);
  EXPECT_THAT(config.windows.windows[0].components, ElementsAre("gateway"));
  EXPECT_EQ(config.windows.windows[1].zone.name, "Asia/Tokyo") << "the expression's own zone comes first";
  EXPECT_EQ(config.repository.base_url, "https://mirror.example.org/tyk");
  EXPECT_EQ(config.repository.refresh, 30min);
  EXPECT_EQ(config.repository.metadata_signature, MetadataSignature::Waived);
  EXPECT_EQ(config.health.timeout, 5min);
  EXPECT_EQ(config.health.settle, 30s);
  EXPECT_EQ(config.backup.keep, 2U);
  auto const* gateway = config.find("gateway");
  ASSERT_NE(gateway, nullptr);
  EXPECT_EQ(gateway->unit, "tyk-gateway-blue.service");
  EXPECT_EQ(gateway->kind, ServiceKind::Gateway);
  EXPECT_EQ(gateway->expected, 4min);
  EXPECT_FALSE(gateway->quiet);
  ASSERT_EQ(gateway->probes.size(), 1U);
  EXPECT_EQ(gateway->probes[0].status, 204);
  EXPECT_EQ(gateway->probes[0].body, "pong");
  EXPECT_EQ(config.find("portal"), nullptr);
}

TEST(Config, WindowWithoutAZoneIsInTheHostsOwn) {
  auto const config = good("[deployment]\ntopology = \"oss\"\n[[window]]\ncalendar = \"daily\"\nduration = \"1h\"\n");
  EXPECT_EQ(config.windows.windows.front().zone.name, "Europe/London");
}

TEST(Config, CustomComponentsKeepTheOperatorsOrderAndMayStandBesideTyks) {
  auto const config = good(R"(
[deployment]
topology = "custom"
components = ["cache", "gateway", "web"]
[component.web]
packages = ["nginx"]
unit = "nginx.service"
origin = "Debian"
[component.cache]
packages = ["redis-server", "redis-tools"]
unit     = "redis-server.service"
probe    = [{ tcp = "127.0.0.1:6379" }, { http = "http://[::1]:8080/healthz", status = 200, body = "ok" }]
origin   = "Debian"
quiet    = true
)");
  EXPECT_THAT(names_of(config), ElementsAre("cache", "gateway", "web"));
  auto const& cache = config.components[0];
  EXPECT_EQ(cache.kind, ServiceKind::Generic);
  EXPECT_EQ(cache.title, "cache");
  EXPECT_THAT(cache.packages, ElementsAre("redis-server", "redis-tools"));
  EXPECT_THAT(cache.editions, IsEmpty());
  EXPECT_EQ(cache.origin, "Debian");
  EXPECT_TRUE(cache.quiet);
  ASSERT_EQ(cache.probes.size(), 2U);
  EXPECT_EQ(cache.probes[0].kind, Probe::Kind::Tcp);
  EXPECT_EQ(cache.probes[1].target, "http://[::1]:8080/healthz");
  EXPECT_EQ(config.components[1].unit, "tyk-gateway.service");
  EXPECT_FALSE(config.components[2].quiet) << "a custom component uses its package's own way unless told otherwise";
}

Freeze freeze_of(std::string const& lines) {
  return good("[deployment]\ntopology = \"oss\"\n[[freeze]]\n" + lines).windows.freezes.front();
}

TEST(Config, FreezeIsFromItsFirstToBeforeItsLastMoment) {
  struct {
    std::string lines, from, until;
  } const rows[] = {
      {"from = \"2026-12-18\"\nuntil = \"2027-01-04\"", "2026-12-18T00:00:00Z", "2027-01-04T00:00:00Z"},
      {"from = 2026-12-18\nuntil = 2027-01-04", "2026-12-18T00:00:00Z", "2027-01-04T00:00:00Z"},
      {"from = \"2026-07-01 18:00\"\nuntil = \"2026-07-02\"", "2026-07-01T17:00:00Z", "2026-07-01T23:00:00Z"},
      {"from = 2026-07-01T18:00:00Z\nuntil = \"2026-07-02T00:00:00+02:00\"", "2026-07-01T18:00:00Z",
       "2026-07-01T22:00:00Z"},
      {"from = \"2026-12-18\"\nuntil = \"2026-12-19\"\ntimezone = \"Asia/Tokyo\"", "2026-12-17T15:00:00Z",
       "2026-12-18T15:00:00Z"},
      // London's clocks go forward at 01:00 on 29 March and back at 02:00 on 25 October 2026: in doubt it is frozen.
      {"from = \"2026-03-29 01:30\"\nuntil = \"2026-03-30\"", "2026-03-29T01:00:00Z", "2026-03-29T23:00:00Z"},
      {"from = \"2026-10-25 01:30\"\nuntil = \"2026-10-25 01:45\"", "2026-10-25T00:30:00Z", "2026-10-25T01:45:00Z"},
  };
  for (auto const& row : rows) {
    auto const freeze = freeze_of(row.lines);
    EXPECT_EQ(utc(freeze.from), row.from) << row.lines;
    EXPECT_EQ(utc(freeze.until), row.until) << row.lines;
  }
}

TEST(Config, FreezeOfACalendarFileHoldsForEverUntilTheFileWasRead) {
  auto const config = good(
      "[deployment]\ntopology = \"oss\"\n"
      "[[freeze]]\nics = \"/etc/tykup/freeze.ics\"\n"
      "[[freeze]]\nics = \"/etc/tykup/sales.ics\"\nreason = \"sale\"\ntimezone = \"Asia/Tokyo\"\n"
      "[[freeze]]\nfrom = \"2026-12-18\"\nuntil = \"2027-01-04\"\n");
  auto const& calendars = config.windows.calendars;
  ASSERT_EQ(calendars.size(), 2U);
  EXPECT_EQ(calendars[0].file, "/etc/tykup/freeze.ics");
  EXPECT_FALSE(calendars[0].zone) << "the file or the host says which";
  EXPECT_EQ(calendars[1].reason, "sale");
  ASSERT_TRUE(calendars[1].zone);
  EXPECT_EQ(calendars[1].zone->name, "Asia/Tokyo");
  auto windows = config.windows;
  ASSERT_EQ(windows.freezes.size(), 3U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(is_endless(windows.freezes[i]));
    EXPECT_EQ(windows.freezes[i].file, calendars[i].file);
    EXPECT_THAT(windows.freezes[i].reason, testing::HasSubstr(calendars[i].file + " was not read yet"));
  }
  replace_calendar_freezes(windows, {});
  EXPECT_EQ(windows.freezes.size(), 1U) << "what the configuration itself says stays";
}

ConfigValue toml(std::string_view text, std::string const& file) {
  return read_toml(text, file).value();
}

TEST(Config, OfAFleetSaysWhereItIsAndWhoThisHostIsThere) {
  auto const config = test::config_of(R"(
[deployment]
topology = "oss"
[fleet]
endpoints = ["https://etcd-1:2379", "https://[fd00::2]:2379"]
cluster = "prod"
datacenter = "eu-1"
group = "blue"
host = "gw-1.example.com"
ca_file = "/etc/tykup/etcd-ca.pem"
cert_file = "/etc/tykup/etcd-client.pem"
key_file = "/etc/tykup/etcd-client.key"
user = "tykup"
password_file = "/etc/tykup/etcd-password"
)");
  ASSERT_TRUE(config) << config.error().detail;
  fleet::Settings const expected{{"https://etcd-1:2379", "https://[fd00::2]:2379"}, "prod", "eu-1", "blue", "gw-1.example.com",
                                 "/etc/tykup/etcd-ca.pem", "/etc/tykup/etcd-client.pem", "/etc/tykup/etcd-client.key", "tykup",
                                 "/etc/tykup/etcd-password"};
  EXPECT_EQ(config->fleet, expected);
  EXPECT_TRUE(config->fleet.exists());
}

TEST(Config, WithoutAFleetContactsNobody) {
  auto const config = test::config_of("[deployment]\ntopology = \"oss\"\n");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->fleet.exists());
}

TEST(MergedConfig, TakesEachKeyFromTheLastFileThatHasItAndAllWindows) {
  auto const merged = merge_config({
      toml("[deployment]\ntopology = \"oss\"\n[policy]\ntrack = \"lts\"\nsoak = \"1d\"\n[[window]]\ncalendar = "
           "\"Mon\"\nduration = \"1h\"\n",
           "main"),
      toml("[policy]\ntrack = \"latest\"\nhold = [\"pump\"]\n[[window]]\ncalendar = \"Tue\"\nduration = \"2h\"\n", "a"),
      toml("[policy]\nhold = []\n[health]\nsettle = \"1s\"\n", "b"),
  });
  auto const config = validate_config(merged, [](std::string const&) { return Result<Zone>(utc_zone()); });
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(to_string(config->policy.track), "latest");
  EXPECT_EQ(config->policy.soak, 24h);
  EXPECT_THAT(config->policy.hold, IsEmpty());
  EXPECT_EQ(config->windows.windows.size(), 2U);
  EXPECT_EQ(config->health.settle, 1s);
}

TEST(MergedConfig, NamesTheFileThatADefectIsIn) {
  auto const merged = merge_config({toml("[deployment]\ntopology = \"oss\"\n[policy]\ntrack = \"lts\"\n", "main.toml"),
                                    toml("\n[policy]\ntrack = \"lst\"\n", "10-track.toml")});
  auto const config = validate_config(merged, [](std::string const&) { return Result<Zone>(utc_zone()); });
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, testing::StartsWith("10-track.toml:3:9: policy.track: "));
}

TEST(Config, OfNothingAtAllIsADefectNotACrash) {
  ConfigValue nothing;
  nothing.value = std::int64_t{3};
  for (auto const& value : {nothing, merge_config({})}) {
    auto const config = validate_config(value, [](std::string const&) { return Result<Zone>(utc_zone()); });
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().kind, ErrorKind::BadConfig);
  }
}

}  // namespace
}  // namespace tykup
