#include "tests/unit/health/world.hpp"

namespace tykup {
namespace {

using namespace test;
using testing::HasSubstr;
using Answers = std::vector<Sighting::Answer>;

struct Row {
  std::string component, version;
  Answers answers;
  std::string verdict, finding;
};

void check(std::vector<Row> const& rows) {
  for (auto const& row : rows) {
    auto const verdict = judge(expect(row.component, row.version), up(row.component, row.answers));
    EXPECT_EQ(kind(verdict), row.verdict) << row.component << " " << row.finding;
    if (row.verdict == "healthy") continue;
    ASSERT_FALSE(verdict.findings.empty());
    EXPECT_THAT(verdict.findings.front(), HasSubstr(row.finding));
  }
}

TEST(DashboardHealth, IsHelloAndWhereThatIsMissingHealth) {
  check({
      {"dashboard", "5.8.15", {answer("hello", 200, "OK"), answer("health", 404, "")}, "healthy", ""},
      {"dashboard", "5.8.15", {answer("hello", 404, ""), answer("health", 200, "OK")}, "healthy", ""},
      {"dashboard", "5.8.15", {answer("hello", 200, "<!doctype html>"), answer("health", 200, "OK")}, "healthy", ""},
      {"dashboard", "5.8.15", {answer("hello", 200, "{}", {{"version", "v5.8.15"}}), silence("health")}, "healthy", ""},
      {"dashboard", "5.8.15", {answer("hello", 200, "{}", {{"version", "5.8"}}), silence("health")}, "healthy", ""},
      {"dashboard",
       "5.8.15",
       {answer("hello", 200, "{}", {{"version", "v5.8.14"}}), answer("health", 200, "OK")},
       "not yet",
       "answers as v5.8.14, not 5.8.15"},
      {"dashboard",
       "5.8.15",
       {answer("hello", 200, "{}", {{"status", "fail"}}), answer("health", 200, "OK")},
       "not yet",
       "reports status \"fail\""},
      {"dashboard",
       "5.8.15",
       {answer("hello", 200, " <html>"), answer("health", 200, "<html>")},
       "not yet",
       "no health report"},
      {"dashboard", "5.8.15", {answer("hello", 404, ""), answer("health", 404, "")}, "not yet", "answers HTTP 404"},
      {"dashboard", "5.8.15", {answer("hello", 500, ""), answer("health", 200, "OK")}, "not yet", "answers HTTP 500"},
      {"dashboard", "5.8.15", {silence("hello"), silence("health")}, "not yet", "connection refused"},
      {"dashboard", "5.8.15", {}, "not yet", "was not asked"},
  });
}

TEST(PumpHealth, IsItsConstantAnswer) {
  check({
      {"pump", "1.16.0", {answer("health", 200, "{\"status\": \"ok\"}", {{"status", "ok"}})}, "healthy", ""},
      {"pump", "1.16.0", {answer("health", 200, "it works")}, "not yet", "no health report"},
      {"pump", "1.16.0", {answer("health", 200, "{}", {{"status", "down"}})}, "not yet", "reports status"},
      {"pump", "1.16.0", {answer("health", 503, "{}", {{"status", "ok"}})}, "not yet", "HTTP 503"},
      {"pump", "1.16.0", {silence("health")}, "not yet", "connection refused"},
      {"pump", "1.16.0", {}, "not yet", "was not asked"},
  });
}

Answers mdcb(Sighting::Answer readiness) {
  return {answer("health", 200, "OK\n"), answer("liveness", 200, "{}", {{"status", "pass"}}), std::move(readiness)};
}

TEST(MdcbHealth, IsHealthAndFromTwoSevenOnLivenessAndReadiness) {
  auto const missing = answer("readiness", 404, "404 page not found");
  Fields const redis_down{{"status", "fail"},
                          {"components.0.name", "postgres"},
                          {"components.0.status", "pass"},
                          {"components.1.name", "redis"},
                          {"components.1.status", "fail"}};
  check({
      {"mdcb", "2.12.0", mdcb(answer("readiness", 200, "{}", {{"status", "pass"}})), "healthy", ""},
      {"mdcb", "2.12.0", mdcb(answer("readiness", 503, "{}", redis_down)), "dependency", "redis: \"fail\""},
      {"mdcb", "2.12.0", mdcb(answer("readiness", 503, "")), "not yet", "HTTP 503"},
      {"mdcb", "2.12.0", mdcb(missing), "not yet", "HTTP 404"},
      {"mdcb",
       "2.12.0",
       {answer("health", 200, "OK"), answer("liveness", 404, ""), answer("readiness", 200, "")},
       "not yet",
       "/liveness answers HTTP 404"},
      {"mdcb", "2.6.0", {answer("health", 200, "OK"), answer("liveness", 404, ""), missing}, "healthy", ""},
      {"mdcb", "", {answer("health", 200, "OK"), answer("liveness", 404, ""), missing}, "healthy", ""},
      {"mdcb",
       "",
       {answer("health", 200, "OK"), answer("liveness", 200, ""), answer("readiness", 503, "")},
       "not yet",
       "HTTP 503"},
      {"mdcb", "2.6.0", {answer("health", 200, "<html>")}, "not yet", "no health report"},
      {"mdcb", "2.6.0", {answer("health", 500, "")}, "not yet", "HTTP 500"},
      {"mdcb", "2.6.0", {silence("health")}, "not yet", "connection refused"},
  });
}

TEST(BrokerAndPortalHealth, AreTheirOwnEndpoints) {
  check({
      {"identity-broker", "1.7.3", {answer("health", 200, "")}, "healthy", ""},
      {"identity-broker", "1.7.3", {answer("health", 500, "")}, "not yet", "HTTP 500"},
      {"identity-broker", "1.7.3", {silence("health")}, "not yet", "connection refused"},
      {"portal", "1.18.0", {answer("live", 200, ""), answer("ready", 200, "")}, "healthy", ""},
      {"portal", "1.18.0", {answer("live", 200, ""), answer("ready", 503, "")}, "not yet", "/ready answers HTTP 503"},
      {"portal", "1.18.0", {silence("live"), silence("ready")}, "not yet", "/live does not answer"},
      {"portal", "1.18.0", {answer("live", 200, "")}, "not yet", "/ready was not asked"},
  });
}

HealthExpectation web(std::vector<Probe> probes) {
  HealthExpectation expected;
  expected.component.name = "web";
  expected.component.unit = "nginx.service";
  expected.component.probes = std::move(probes);
  expected.restarted = kRestart;
  return expected;
}

TEST(ProbeHealth, IsWhatTheOperatorWrote) {
  Probe const tcp{Probe::Kind::Tcp, "127.0.0.1:6379"};
  Probe const any{Probe::Kind::Http, "http://localhost/"};
  Probe const strict{Probe::Kind::Http, "http://localhost/", 204, "ok"};
  struct {
    Probe probe;
    Answers answers;
    std::string verdict, finding;
  } const rows[] = {
      {tcp, {answer("127.0.0.1:6379", 200, "")}, "healthy", ""},
      {tcp, {silence("127.0.0.1:6379")}, "not yet", "127.0.0.1:6379 does not answer: connection refused"},
      {tcp, {}, "not yet", "127.0.0.1:6379 was not asked"},
      {any, {answer("http://localhost/", 299, "x")}, "healthy", ""},
      {any, {answer("http://localhost/", 302, "x")}, "not yet", "answers HTTP 302, not 2xx"},
      {any, {answer("http://localhost/other", 200, "x")}, "not yet", "was not asked"},
      {strict, {answer("http://localhost/", 204, "all ok!")}, "healthy", ""},
      {strict, {answer("http://localhost/", 200, "all ok!")}, "not yet", "answers HTTP 200, not 204"},
      {strict, {answer("http://localhost/", 204, "KO")}, "not yet", "answers without \"ok\""},
  };
  for (auto const& row : rows) {
    auto seen = up("gateway", row.answers);
    seen.journal_readable = false;  // nothing is known of what it logs
    auto const verdict = judge(web({row.probe}), seen);
    EXPECT_EQ(kind(verdict), row.verdict) << row.finding;
    if (!row.finding.empty()) {
      EXPECT_THAT(verdict.findings, testing::ElementsAre(HasSubstr(row.finding)));
    }
  }
}

TEST(ProbeHealth, IsAskedOfTyksServicesToo) {
  auto expected = expect("gateway", "5.8.15");
  expected.component.probes = {{Probe::Kind::Http, "http://localhost:8080/api/"}};
  EXPECT_THAT(judge(expected, gateway_up("5.8.15")).findings, testing::ElementsAre(HasSubstr("/api/ was not asked")));
}

}  // namespace
}  // namespace tykup
