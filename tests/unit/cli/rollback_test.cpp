#include <gmock/gmock.h>

#include "tests/unit/cli/fake_daemon.hpp"

namespace tykup::cli {
namespace {

using test::Host;
using test::refusal;
using test::with_state;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Refusal::Kind;

constexpr char const* kRun = "20261123T125800Z-rollback";

nlohmann::json run_that(std::string const& result) {
  nlohmann::json const step{{"component", "gateway"},          {"from", "5.8.14"},  {"to", "5.8.15"}, {"result", result},
                            {"reason", "rolled back by alice"}, {"started", "2026-11-23T12:58:00Z"}, {"ended", "2026-11-23T12:58:09Z"}};
  return {{"id", kRun},       {"trigger", "operator"}, {"by", "alice"}, {"undoes", "r0"}, {"started", "2026-11-23T12:58:00Z"},
          {"ended", nullptr}, {"result", result},      {"reason", ""},  {"steps", {step}}};
}

/// A host on which the Gateway can go back; its run takes one look.
Host ready(std::string const& result = "rolled-back") {
  Host host;
  host.daemon.started = std::string(kRun);
  auto running = test::document("status_running");
  running["run"] = run_that("pending");
  running["run"]["phase"] = "rolling-back";
  host.daemon.statuses = {with_state("waiting"), running.dump(), with_state("idle")};
  auto ended = run_that(result);
  ended["ended"] = "2026-11-23T12:58:09Z";
  host.daemon.history_text = nlohmann::json{{"schema", 1}, {"runs", {ended}}}.dump();
  return host;
}

TEST(RollbackVerb, ShowsWhatItWouldDoAsksAndFollows) {
  auto host = ready();
  host.asks = true;
  host.typed = "yes\n";
  auto const got = host.perform(verb::Rollback{.component = "gateway"});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_THAT(host.daemon.calls,
              ElementsAre("way back of gateway", "roll back gateway to 5.8.14", "history 1 " + std::string(kRun)));
  test::expect_golden("rollback", got.out);
}

TEST(RollbackVerb, DoesNothingWithoutTheWordYes) {
  for (auto const* word : {"", "no\n", "y\n"}) {
    auto host = ready();
    host.asks = true;
    host.typed = word;
    EXPECT_EQ(host.perform(verb::Rollback{.component = "gateway"}).code, 6) << word;
    EXPECT_THAT(host.daemon.calls, ElementsAre("way back of gateway"));
  }
  auto host = ready();
  auto const got = host.perform(verb::Rollback{.component = "gateway"});
  EXPECT_EQ(got.code, 6);
  EXPECT_THAT(got.err, HasSubstr("nobody is there to confirm the rollback"));
}

TEST(RollbackVerb, SaysWhyNotAndWhatToDo) {
  auto host = ready();
  host.daemon.way_back_text = std::string(
      R"({"schema":1,"component":"dashboard","possible":false,"from":"5.3.0","to":"5.2.1","hindrance":"5.3.0 migrates the database","remedy":"restore it first"})");
  auto const got = host.perform(verb::Rollback{.component = "dashboard", .yes = true});
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(got.out, "dashboard does not go back from 5.3.0 to 5.2.1:\n  5.3.0 migrates the database\n  → restore it first\n");
  EXPECT_THAT(host.daemon.calls, ElementsAre("way back of dashboard"));
  auto const json = host.perform(verb::Rollback{.component = "dashboard", .yes = true, .json = true});
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(json.out, *host.daemon.way_back_text + "\n");
}

TEST(RollbackVerb, PrintsTheRunForPrograms) {
  auto host = ready();
  auto const got = host.perform(verb::Rollback{.component = "gateway", .yes = true, .json = true});
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.out, *host.daemon.history_text + "\n");
}

TEST(RollbackVerb, ExitsZeroOnlyIfTheComponentIsBack) {
  for (auto const* result : {"partial", "stopped", "needs-admin"}) {
    auto host = ready(result);
    EXPECT_EQ(host.perform(verb::Rollback{.component = "gateway", .yes = true}).code, 1) << result;
  }
}

TEST(RollbackVerb, TellsRefusalsApart) {
  auto host = ready();
  host.daemon.started = refusal(Kind::Failed, ErrorKind::NotFound, "gateway would go back to 5.8.13 by now, not to 5.8.14.");
  auto const other = host.perform(verb::Rollback{.component = "gateway", .yes = true});
  EXPECT_EQ(other.code, 7);
  EXPECT_THAT(other.err, AllOf(HasSubstr("5.8.13 by now"), HasSubstr("look at it with tykup rollback gateway and ask again")));
  host = ready();
  host.daemon.started = refusal(Kind::Denied);
  EXPECT_EQ(host.perform(verb::Rollback{.component = "gateway", .yes = true}).code, 4);
  host = ready();
  host.daemon.way_back_text = refusal(Kind::Failed, ErrorKind::NotFound, "There is no component \"gatway\"");
  auto const unknown = host.perform(verb::Rollback{.component = "gatway", .yes = true});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.out, IsEmpty());
}

}  // namespace
}  // namespace tykup::cli
