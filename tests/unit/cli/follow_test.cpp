#include <gmock/gmock.h>

#include "tests/unit/cli/fake_daemon.hpp"

namespace tykup::cli {
namespace {

using test::golden_path;
using test::Host;
using test::read_file;
using test::refusal;
using test::with_state;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Kind = Refusal::Kind;

constexpr char const* kRun = "20261123T125800-3f2a9c";

std::string ended(std::string const& result) {
  auto history = test::document("history");
  auto& run = history["runs"][1];
  run["id"] = kRun;
  run["result"] = result;
  return nlohmann::json{{"schema", 1}, {"runs", {run}}}.dump();
}

/// A host with a plan that can be run, and a run that takes two looks.
Host ready(std::string const& result = "done") {
  Host host;
  host.daemon.plan_text = read_file(golden_path("plan.json"));
  host.daemon.started = std::string(kRun);
  auto const running = read_file(golden_path("status_running.json"));
  host.daemon.statuses = {with_state("waiting"), running, running, with_state("idle")};
  host.daemon.history_text = ended(result);
  return host;
}

TEST(RunVerb, RunsThePlanThatItShowedAndFollowsItToItsEnd) {
  auto host = ready();
  auto const got = host.perform(verb::Run{.yes = true});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_THAT(host.daemon.calls, ElementsAre("run 3f2a9c0011223344556677", "history 1 " + std::string(kRun)));
  test::expect_golden("run_piped", got.out);
}

TEST(RunVerb, KeepsOneLineUpToDateOnATerminal) {
  auto host = ready();
  host.live = true;
  test::expect_golden("run_terminal", host.perform(verb::Run{.yes = true}).out);
}

TEST(RunVerb, ExitsZeroOnlyIfTheRunIsDone) {
  for (auto const* result : {"partial", "stopped", "needs-admin", "running", ""}) {
    auto host = ready(result);
    EXPECT_EQ(host.perform(verb::Run{.yes = true}).code, 1) << result;
  }
}

TEST(RunVerb, TakesNothingButTheWordYesForAnAnswer) {
  for (auto const* word : {"", "\n", "y\n", "YES\n", "yes please\n", " yes\n", "no\n"}) {
    auto host = ready();
    host.asks = true;
    host.typed = word;
    auto const got = host.perform(verb::Run{});
    EXPECT_EQ(got.code, 6) << word;
    EXPECT_THAT(got.err, HasSubstr("nothing was begun"));
    EXPECT_THAT(host.daemon.calls, IsEmpty()) << word;
  }
  auto host = ready();
  host.asks = true;
  host.typed = "yes\n";
  EXPECT_EQ(host.perform(verb::Run{}).code, 0);
}

TEST(RunVerb, RefusesWhereNobodyCanAnswer) {
  auto host = ready();
  host.typed = "yes\n";
  auto const got = host.perform(verb::Run{});
  EXPECT_EQ(got.code, 6);
  EXPECT_THAT(got.err, HasSubstr("standard input is not a terminal. Add --yes"));
  EXPECT_THAT(host.daemon.calls, IsEmpty());
}

TEST(RunVerb, HasNothingToDoWithoutSteps) {
  auto host = ready();
  host.daemon.plan_text =
      std::string(R"({"schema":1,"hash":"","steps":[],"staying":[{"component":"pump","reasons":[]}]})");
  auto const got = host.perform(verb::Run{.yes = true});
  EXPECT_EQ(got.code, 5);
  EXPECT_EQ(got.out, "Nothing to upgrade.\n\nUp to date: pump\n");
  EXPECT_THAT(host.daemon.calls, IsEmpty());
}

TEST(RunVerb, SaysThatThePlanChanged) {
  auto host = ready();
  host.daemon.started = refusal(Kind::Failed, ErrorKind::NotFound, "The plan is another one by now.");
  auto const got = host.perform(verb::Run{.yes = true});
  EXPECT_EQ(got.code, 7);
  EXPECT_EQ(
      got.err,
      "tykup: The plan is another one by now.\n  → nothing was begun; look at it with tykup plan and ask again\n");
}

TEST(RunVerb, IsRefusedByAFreezeAndByARunAtWork) {
  auto host = ready();
  host.daemon.started = refusal(Kind::Failed, ErrorKind::NotAllowed, "Nothing begins now: freeze.");
  EXPECT_EQ(host.perform(verb::Run{.yes = true}).code, 4);
  host = ready();
  host.daemon.started = refusal(Kind::Failed, ErrorKind::Busy, "Run r0 is at work.");
  EXPECT_EQ(host.perform(verb::Run{.yes = true}).code, 1);
}

TEST(RunVerb, PassesOnThatUnhealthyComponentsAreIgnored) {
  auto host = ready();
  EXPECT_EQ(host.perform(verb::Run{.yes = true, .ignore_unhealthy = true}).code, 0);
  EXPECT_EQ(host.daemon.calls.front(), "run 3f2a9c0011223344556677 ignoring");
}

TEST(RunVerb, WaitsForAPlanWhileTheDaemonRefreshesOrFetches) {
  auto host = ready();
  for (auto const* state : {"downloading", "inspecting", "refreshing"})
    host.daemon.statuses.push_front(with_state(state));
  EXPECT_EQ(host.perform(verb::Run{.yes = true}).code, 0);
}

TEST(RunVerb, OutlivesARestartOfTheDaemon) {
  auto host = ready();
  for (int i = 0; i < 3; ++i) host.daemon.statuses.insert(host.daemon.statuses.begin() + 2, refusal(Kind::Unreachable));
  EXPECT_EQ(host.perform(verb::Run{.yes = true}).code, 0);
}

TEST(RunVerb, GivesUpOnADaemonThatStaysAway) {
  auto host = ready();
  host.daemon.statuses = {with_state("waiting"), read_file(golden_path("status_running.json")),
                          refusal(Kind::Unreachable)};
  auto const got = host.perform(verb::Run{.yes = true});
  EXPECT_EQ(got.code, 3);
  EXPECT_THAT(got.err, HasSubstr("the run may go on without this command: tykup history " + std::string(kRun)));
  EXPECT_LE(host.daemon.now, test::moment() + std::chrono::minutes{2} + std::chrono::seconds{1});
}

TEST(RunVerb, SaysWhereToLookForARunThatLeftNoRecord) {
  auto host = ready();
  host.daemon.history_text = std::string(R"({"schema":1,"runs":[]})");
  auto const got = host.perform(verb::Run{.yes = true});
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.err, HasSubstr("journalctl -u tykupd TYKUP_RUN="));
}

TEST(RunVerb, PrintsTheRecordAsJsonAndNothingElse) {
  auto host = ready("stopped");
  host.live = true;
  auto const got = host.perform(verb::Run{.yes = true, .json = true});
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(got.out, ended("stopped") + "\n");
}

}  // namespace
}  // namespace tykup::cli
