#include "daemon/core/health_parts.hpp"
#include "tests/unit/health/world.hpp"

namespace tykup {
namespace {

using namespace test;
using testing::HasSubstr;

TEST(JournalMessage, IsWhatTheServiceSaidInAnyOfItsFormats) {
  struct {
    std::string_view line, message;
  } const rows[] = {
      {R"l(time="Jul  7 08:15:03" level=info msg="Tyk Gateway started (v5.8.14)" prefix=main)l",
       "Tyk Gateway started (v5.8.14)"},
      {R"l(time="2026-07-07T08:15:03Z" level=error message="Could not load Go-plugin" error="plugin.Open(\"/x\")" mwPath=/x)l",
       "Could not load Go-plugin"},
      {R"l(time="Jul  7 08:15:03" level=error msg="say \"hi\"" prefix=main)l", "say \"hi\""},
      {R"l(time="Jul  7 08:15:03" level=info msg=Registered prefix=main)l", "Registered"},
      {R"l({"level":"error","msg":"failed to migrate database","err":"x"})l", "failed to migrate database"},
      {R"l({"time":"2026","message":"Node Registered"})l", "Node Registered"},
      {R"l({"level":"error"})l", R"l({"level":"error"})l"},
      {"  Started tyk-gateway.service - Tyk API Gateway.\n", "Started tyk-gateway.service - Tyk API Gateway."},
      {R"l(GET /?msg="Registration failed" 200)l", R"l(GET /?msg="Registration failed" 200)l"},
      {R"l(time="x" level=info msg="unfinished)l", "unfinished"},
      {"time=x level=info", "time=x level=info"},
      {"", ""},
  };
  for (auto const& row : rows) EXPECT_EQ(message_of(row.line), row.message) << row.line;
}

std::string logged(std::string const& message) {
  return "time=\"Jul  7 08:15:03\" level=error msg=\"" + message + "\" prefix=main";
}

TEST(Journal, OfAGatewayTellsWhatNoEndpointTells) {
  struct {
    std::string message, verdict;
  } const rows[] = {
      {"Tyk Gateway started (v5.8.15)", "healthy"},
      {"storage: connected to redis", "healthy"},
      {"Setting new RPC connection!", "healthy"},
      {"request said: Could not load Go-plugin", "healthy"},
      {"Error loading config, using defaults: couldn't unmarshal config: x", "broken"},
      {"Error initialising system: x", "broken"},
      {"No config file found, writing default to /opt/tyk-gateway/tyk.conf", "broken"},
      {"Redis connection details not set, x", "broken"},
      {"Node secret is not set, required for dashboard connection", "broken"},
      {"No API Key set!", "broken"},
      {"Could not load Go-plugin", "broken"},
      {"plugin file not found", "broken"},
      {"Recovered from panic while loading Go-plugin", "broken"},
      {"----> Couldn't load bundle", "not yet"},
      {"Couldn't fetch bundle", "not yet"},
      {"Bundle verification failed", "not yet"},
      {"Failed to register node, retrying in 5s", "dependency"},
      {"Response failed with code 404; retrying in 5s", "dependency"},
      {"RPC Login failed", "dependency"},
      {"[RPC Store] --> Detected cold start, attempting to load from cache", "dependency"},
      {"All API sync attempts failed, triggering emergency mode", "dependency"},
      {"MDCB connection failed. DNS unchanged - check MDCB service and network.", "dependency"},
      // Redis is well by now, as /hello says after these lines were written.
      {"storage: timeout connecting", "healthy"},
      {"Reconnecting storage: Redis is either down or ws not configured", "healthy"},
      // Other services' troubles.
      {"No pumps configured", "healthy"},
      {"failed to migrate database", "healthy"},
  };
  for (auto const& row : rows) {
    auto seen = gateway_up("5.8.15");
    seen.journal = {logged(row.message)};
    auto const verdict = judge(expect("gateway", "5.8.15"), seen);
    EXPECT_EQ(kind(verdict), row.verdict) << row.message;
    if (row.verdict != "healthy") {
      EXPECT_THAT(verdict.findings.front(), HasSubstr("its journal says \"" + row.message));
    }
  }
}

TEST(Journal, OfTheOthersIsReadForTheirOwnTroubles) {
  Sighting::Answer const ok = answer("health", 200, "OK", {{"status", "ok"}});
  struct {
    std::string component, message, verdict;
    std::vector<Sighting::Answer> answers;
  } const rows[] = {
      {"pump", "No pumps configured", "broken", {ok}},
      {"pump", "Pump init error (skipping): x", "not yet", {ok}},
      {"pump", "Error on Purge Loop. Is Temporal Storage down?", "dependency", {ok}},
      {"pump", "Could not load Go-plugin", "healthy", {ok}},
      {"portal", "failed to migrate database", "broken", {answer("live", 200, ""), answer("ready", 200, "")}},
      {"portal", "failed to connect to database", "dependency", {answer("live", 200, ""), answer("ready", 200, "")}},
      {"dashboard", "Error initialising system: x", "broken", {answer("hello", 200, "OK")}},
      {"identity-broker", "Redis health check failed", "dependency", {answer("health", 200, "")}},
  };
  for (auto const& row : rows) {
    auto seen = up(row.component, row.answers);
    seen.journal = {logged(row.message)};
    EXPECT_EQ(kind(judge(expect(row.component, ""), seen)), row.verdict) << row.component << ": " << row.message;
  }
}

TEST(Journal, SaysTheSameThingOnce) {
  auto seen = gateway_up("5.8.15");
  seen.journal = {logged("Could not load Go-plugin"), logged("Could not load Go-plugin")};
  EXPECT_EQ(judge(expect("gateway", "5.8.15"), seen).findings.size(), 1U);
}

TEST(Journal, OfSomebodyElsesServiceIsNotJudged) {
  auto expected = expect("gateway", "");
  expected.component = Component{};
  auto seen = up("gateway", {});
  seen.journal = {logged("Could not load Go-plugin")};
  EXPECT_EQ(kind(judge(expected, seen)), "healthy");
}

}  // namespace
}  // namespace tykup
