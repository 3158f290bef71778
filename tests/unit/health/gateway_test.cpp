#include "tests/unit/health/world.hpp"

namespace tykup {
namespace {

using namespace test;
using testing::HasSubstr;

TEST(GatewayHealth, IsWhatHelloAndReadySay) {
  EXPECT_EQ(kind(judge(expect("gateway", "5.8.15"), gateway_up("5.8.15"))), "healthy");
  EXPECT_EQ(kind(judge(expect("gateway", "5.8.15-1"), gateway_up("5.8.15"))), "healthy");
}

struct Row {
  std::string what;
  void (*spoil)(Sighting&);
  std::string verdict;
  std::string finding;
};

Fields& hello(Sighting& seen) {
  return seen.answers[0].fields;
}

TEST(GatewayHealth, IsNotBelievedTooEarlyNorOfAnother) {
  Row const rows[] = {
      {"no details yet", [](Sighting& s) { hello(s).erase("details.redis.status"); }, "not yet",
       "has not checked its dependencies yet"},
      {"details of the old process", [](Sighting& s) { hello(s)["details.redis.time"] = "2026-11-23T01:59:59Z"; },
       "not yet", "older than the process"},
      {"details without a time", [](Sighting& s) { hello(s).erase("details.redis.time"); }, "not yet",
       "older than the process"},
      {"details with a strange time", [](Sighting& s) { hello(s)["details.redis.time"] = "Nov 23 02:00"; }, "not yet",
       "older than the process"},
      {"checked in the second of the start",
       [](Sighting& s) { hello(s)["details.redis.time"] = "2026-11-23T02:00:00Z"; }, "healthy", ""},
      {"a time with a zone", [](Sighting& s) { hello(s)["details.redis.time"] = "2026-11-23T03:00:01.25+01:00"; },
       "healthy", ""},
      {"the old version", [](Sighting& s) { hello(s)["version"] = "v5.8.14"; }, "not yet",
       "http://127.0.0.1:8080/hello answers as 5.8.14, not 5.8.15"},
      {"a release candidate", [](Sighting& s) { hello(s)["version"] = "v5.8.15-rc1"; }, "not yet",
       "answers as 5.8.15-rc1"},
      {"no version", [](Sighting& s) { hello(s).erase("version"); }, "not yet", "answers as no version"},
      {"no v", [](Sighting& s) { hello(s)["version"] = "5.8.15"; }, "healthy", ""},
      {"nobody there", [](Sighting& s) { s.answers[0] = silence("hello"); }, "not yet",
       "hello does not answer: connection refused"},
      {"not asked", [](Sighting& s) { s.answers.erase(s.answers.begin()); }, "not yet", "hello was not asked"},
      {"a web page", [](Sighting& s) { s.answers[0] = answer("hello", 200, "<html>welcome"); }, "not yet",
       "answers \"<html>welcome\" (HTTP 200), which is no health report"},
      {"nothing", [](Sighting& s) { s.answers[0] = answer("hello", 204, ""); }, "not yet", "no health report"},
      {"JSON of something else",
       [](Sighting& s) {
         s.answers[0] = answer("hello", 200, "{}", {{"hello", "world"}});
       },
       "not yet", "no health report"},
      {"a version before 3.0", [](Sighting& s) { s.answers[0] = answer("hello", 200, "Hello Tiki\n"); }, "not yet",
       "answers as a version before 3.0"},
      {"503 but well", [](Sighting& s) { s.answers[0].http.status = 503; }, "healthy", ""},
      {"Redis away",
       [](Sighting& s) {
         hello(s)["status"] = "fail";
         hello(s)["details.redis.status"] = "fail";
         hello(s)["details.redis.output"] = "dial tcp";
       },
       "dependency", "redis: \"fail\", dial tcp"},
      {"Dashboard away",
       [](Sighting& s) {
         hello(s)["status"] = "warn";
         hello(s)["details.dashboard.status"] = "fail";
         hello(s)["details.dashboard.time"] = "2026-11-23T02:00:10Z";
       },
       "dependency", "dashboard: \"fail\""},
      {"warn without a cause", [](Sighting& s) { hello(s)["status"] = "warn"; }, "not yet", "reports status \"warn\""},
      {"not ready for Redis",
       [](Sighting& s) {
         s.answers[1] = answer("ready", 503, "", {{"status", "error"}, {"message", "Redis connection not available"}});
       },
       "dependency", "Redis connection not available"},
      {"not ready for its APIs",
       [](Sighting& s) {
         s.answers[1] = answer("ready", 503, "", {{"message", "A successful API reload did not happen"}});
       },
       "not yet", "answers HTTP 503: \"A successful API reload did not happen\""},
      {"no /ready", [](Sighting& s) { s.answers[1] = answer("ready", 404, "404 page not found"); }, "not yet",
       "/ready answers HTTP 404"},
      {"unit failed",
       [](Sighting& s) {
         s.unit.active_state = "failed";
         s.unit.sub_state = "start-limit-hit";
       },
       "broken", "tyk-gateway.service failed (start-limit-hit)"},
      {"unit gone", [](Sighting& s) { s.unit.load_state = "not-found"; }, "broken",
       "tyk-gateway.service does not exist"},
      {"unit masked", [](Sighting& s) { s.unit.load_state = "masked"; }, "broken", "is masked"},
      {"unit starting",
       [](Sighting& s) {
         s.unit.active_state = "activating";
         s.unit.sub_state = "start";
       },
       "not yet", "is activating"},
      {"unit between two starts",
       [](Sighting& s) {
         s.unit.active_state = "activating";
         s.unit.sub_state = "auto-restart";
       },
       "not yet", "waits to be started again"},
      {"unit stopped", [](Sighting& s) { s.unit.active_state = "inactive"; }, "not yet", "is inactive"},
      {"systemd silent", [](Sighting& s) { s.unit = {}; }, "not yet", "systemd does not tell"},
      {"old process", [](Sighting& s) { s.unit.started = kRestart - 1s; }, "not yet",
       "still the one from before the restart"},
      {"journal unread", [](Sighting& s) { s.journal_readable = false; }, "not yet", "its journal cannot be read yet"},
  };
  for (auto const& row : rows) {
    auto seen = gateway_up("5.8.15");
    row.spoil(seen);
    auto const verdict = judge(expect("gateway", "5.8.15"), seen);
    EXPECT_EQ(kind(verdict), row.verdict) << row.what;
    if (row.finding.empty()) {
      EXPECT_THAT(verdict.findings, testing::IsEmpty()) << row.what;
    } else {
      ASSERT_FALSE(verdict.findings.empty()) << row.what;
      EXPECT_THAT(verdict.findings.front(), HasSubstr(row.finding)) << row.what;
    }
  }
}

TEST(GatewayHealth, DemandsReadyOnlyOfVersionsThatHaveIt) {
  struct {
    std::string version, verdict;
  } const rows[] = {{"5.3.13", "healthy"}, {"5.8.2", "healthy"}, {"5.8.3", "not yet"},  {"5.8.15", "not yet"},
                    {"5.7.9", "healthy"},  {"5.9.0", "not yet"}, {"5.14.0", "not yet"}, {"6.0.0", "not yet"}};
  for (auto const& row : rows) {
    auto seen = gateway_up(row.version);
    seen.answers[1] = answer("ready", 404, "404 page not found");
    EXPECT_EQ(kind(judge(expect("gateway", row.version), seen)), row.verdict) << row.version;
    EXPECT_EQ(kind(judge(expect("gateway", ""), seen)), row.verdict) << "baseline of " << row.version;
  }
}

TEST(GatewayHealth, OfVersionsBeforeThreeIsTheirGreeting) {
  auto const seen = up("gateway", {answer("hello", 200, "Hello Tiki"), answer("ready", 404, "")});
  EXPECT_EQ(kind(judge(expect("gateway", "2.9.4.2"), seen)), "healthy");
  EXPECT_EQ(kind(judge(expect("gateway", ""), seen)), "healthy");
  EXPECT_EQ(kind(judge(expect("gateway", "3.0.0"), seen)), "not yet");
}

TEST(GatewayHealth, BaselineTakesAnyVersionAndAnOldProcess) {
  auto baseline = expect("gateway", "");
  baseline.restarted = {};
  auto seen = gateway_up("5.8.13");
  seen.unit.started = kRestart - 720h;
  seen.journal_readable = false;
  EXPECT_EQ(kind(judge(baseline, seen)), "healthy");
}

TEST(GatewayHealth, APartThatFailsItselfIsNotHiddenByADependency) {
  auto seen = gateway_up("5.8.14");
  hello(seen)["details.redis.status"] = "fail";
  auto const verdict = judge(expect("gateway", "5.8.15"), seen);
  EXPECT_FALSE(verdict.only_dependencies);
  EXPECT_THAT(verdict.findings, testing::ElementsAre(HasSubstr("answers as 5.8.14"), HasSubstr("redis")));
}

TEST(GatewayHealth, ThatDidNotLoadItsApisForWantOfMdcbIsMdcbsFault) {
  auto seen = gateway_up("5.8.15");
  hello(seen)["details.rpc.status"] = "fail";
  hello(seen)["details.rpc.time"] = "2026-11-23T02:00:10Z";
  seen.answers[1] = answer("ready", 503, "", {{"message", "A successful API reload did not happen"}});
  EXPECT_EQ(kind(judge(expect("gateway", "5.8.15"), seen)), "dependency");
}

TEST(Health, OfWhatWasStoppedIsNotAsked) {
  auto expected = expect("gateway", "5.8.15");
  expected.expect_running = false;
  EXPECT_EQ(kind(judge(expected, Sighting{})), "healthy");
}

/// What of, without the words of the day.
struct Named {
  char const* name;
  Sighting seen;
  std::vector<std::string> own;
  std::vector<std::string> dependencies;
};

Sighting with_fields(Fields fields) {
  auto seen = gateway_up("5.8.15");
  for (auto& [key, value] : fields) seen.answers.front().fields[key] = value;
  return seen;
}

Sighting with_unit(std::string const& state) {
  auto seen = gateway_up("5.8.15");
  seen.unit.active_state = state;
  return seen;
}

Sighting with_old_process() {
  auto seen = gateway_up("5.8.15");
  seen.unit.started = kRestart - 1h;
  return seen;
}

Sighting with_journal(std::vector<std::string> lines) {
  auto seen = gateway_up("5.8.15");
  seen.journal = std::move(lines);
  return seen;
}

TEST(GatewayHealth, WhatIsUnwellHasANameThatStaysTheSame) {
  Named const rows[] = {
      {"well", gateway_up("5.8.15"), {}, {}},
      {"another version", gateway_up("5.8.14"), {"version"}, {}},
      {"no unit", with_unit("failed"), {"unit"}, {}},
      {"the old process", with_old_process(), {"process"}, {}},
      {"redis away", with_fields({{"details.redis.status", "fail"}, {"details.redis.output", "dial tcp: refused"}, {"status", "fail"}}), {}, {"redis"}},
      {"a fatal line", with_journal({"level=fatal msg=\"Node secret is not set\""}), {"journal: Node secret is not set"}, {}},
  };
  for (auto const& row : rows) {
    SCOPED_TRACE(row.name);
    auto const verdict = judge(expect("gateway", "5.8.15"), row.seen);
    EXPECT_EQ(verdict.unwell.own, row.own);
    EXPECT_EQ(verdict.unwell.dependencies, row.dependencies);
  }
}

TEST(GatewayHealth, IsAsBeforeOnlyWithWhatWasThereBefore) {
  EXPECT_TRUE(is_as_before({{"hello"}, {}}, {{"hello", "ready"}, {}}));
  EXPECT_TRUE(is_as_before({{}, {"redis"}}, {}));
  EXPECT_TRUE(is_as_before({{"hello"}, {"redis"}}, {{"hello"}, {}}));
  EXPECT_FALSE(is_as_before({}, {})) << "nothing found is not known to be well";
  EXPECT_FALSE(is_as_before({}, {{"hello"}, {"redis"}}));
  EXPECT_FALSE(is_as_before({{"hello"}, {}}, {}));
  EXPECT_FALSE(is_as_before({{"hello", "unit"}, {}}, {{"hello"}, {}}));
  EXPECT_FALSE(is_as_before({{"redis"}, {}}, {{}, {"redis"}})) << "a dependency's name is no trouble of its own";
}

}  // namespace
}  // namespace tykup
