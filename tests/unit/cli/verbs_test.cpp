#include <gmock/gmock.h>

#include "tests/unit/cli/fake_daemon.hpp"

namespace tykup::cli {
namespace {

using test::FakeDaemon;
using test::golden_path;
using test::Host;
using test::read_file;
using test::refusal;
using test::with_state;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Kind = Refusal::Kind;

std::string file(std::string const& name) {
  return read_file(golden_path(name));
}

TEST(StatusVerb, ExitsZeroWhereAllIsWellAndOneWhereSomethingNeedsAttention) {
  Host host;
  auto const fine = host.perform(verb::Status{});
  EXPECT_EQ(fine.code, 0);
  EXPECT_EQ(fine.out, file("status_waiting.txt"));
  EXPECT_EQ(fine.err, "");
  host.daemon.statuses = {file("status_trouble.json")};
  EXPECT_EQ(host.perform(verb::Status{}).code, 1);
}

TEST(Json, IsTheDaemonsTextUnchanged) {
  Host host;
  host.daemon.plan_text = file("plan.json");
  host.daemon.history_text = file("history.json");
  EXPECT_EQ(host.perform(verb::Status{.json = true}).out, file("status_waiting.json"));
  EXPECT_EQ(host.perform(verb::Plan{.json = true}).out, file("plan.json"));
  EXPECT_EQ(host.perform(verb::History{.json = true}).out, file("history.json"));
  EXPECT_EQ(host.perform(verb::Check{.json = true}).out, file("status_waiting.json"));
  EXPECT_EQ(host.perform(verb::Stop{.json = true}).out, file("status_waiting.json"));
  host.daemon.statuses = {R"({"schema":1})"};
  EXPECT_EQ(host.perform(verb::Status{.json = true}).out, "{\"schema\":1}\n");
}

TEST(EveryVerb, ThatNeedsTheDaemonSaysHowToStartIt) {
  Verb const verbs[] = {verb::Status{},         verb::Plan{}, verb::Check{},
                        verb::Run{.yes = true}, verb::Stop{}, verb::History{}};
  for (auto const& verb : verbs) {
    Host host;
    host.daemon.statuses = {refusal(Kind::Unreachable)};
    host.daemon.plan_text = host.daemon.history_text = host.daemon.started = refusal(Kind::Unreachable);
    host.daemon.checked = host.daemon.stopped = refusal(Kind::Unreachable);
    auto const got = host.perform(verb);
    EXPECT_EQ(got.code, 3) << verb.index();
    EXPECT_EQ(got.out, "") << verb.index();
    EXPECT_THAT(got.err, HasSubstr("tykupd does not answer: the reason\n  → start it: sudo systemctl start tykupd\n"))
        << verb.index();
    host.config_file = "/nonexistent/tykup.toml";
    EXPECT_THAT(host.perform(verb).err,
                HasSubstr("/nonexistent/tykup.toml does not exist, and tykupd starts only with it."))
        << verb.index();
  }
}

TEST(EveryVerb, ThatChangesSomethingSaysThatItIsNotPermitted) {
  Verb const verbs[] = {verb::Check{}, verb::Run{.yes = true}, verb::Stop{}};
  for (auto const& verb : verbs) {
    Host host;
    host.daemon.plan_text = file("plan.json");
    host.daemon.started = refusal(Kind::Denied, ErrorKind::NotAllowed);
    host.daemon.checked = host.daemon.stopped = refusal(Kind::Denied, ErrorKind::NotAllowed);
    auto const got = host.perform(verb);
    EXPECT_EQ(got.code, 4) << verb.index();
    EXPECT_THAT(got.err, HasSubstr("not permitted: the reason\n  → ask as root (sudo)")) << verb.index();
  }
}

TEST(EveryVerb, RefusesADocumentThatItCannotRead) {
  for (auto const* text : {"", "nonsense", R"({"schema":7})"}) {
    Host host;
    host.daemon.statuses = {std::string(text)};
    host.daemon.plan_text = host.daemon.history_text = std::string(text);
    for (auto const& verb :
         {Verb{verb::Status{}}, Verb{verb::Plan{}}, Verb{verb::History{}}, Verb{verb::Check{}}, Verb{verb::Run{}}}) {
      auto const got = host.perform(verb);
      EXPECT_EQ(got.code, 1) << verb.index();
      EXPECT_EQ(got.out, "");
      EXPECT_THAT(got.err, StartsWith("tykup: tykupd answer")) << verb.index();
    }
  }
}

TEST(HistoryVerb, AsksForAsManyRunsAsWereWantedOrForOne) {
  Host host;
  host.daemon.history_text = file("history.json");
  EXPECT_EQ(host.perform(verb::History{.limit = 7}).out, file("history.txt"));
  EXPECT_EQ(host.perform(verb::History{.run = "20261122T020000-3f2a9c"}).out, file("history_run.txt"));
  EXPECT_THAT(host.daemon.calls, ElementsAre("history 7 ", "history 1 20261122T020000-3f2a9c"));
}

TEST(HistoryVerb, FailsForARunThatThereIsNot) {
  Host host;
  auto const got = host.perform(verb::History{.run = "nope"});
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.err, HasSubstr("There is no run nope in the history"));
  EXPECT_EQ(host.perform(verb::History{}).code, 0);
}

TEST(StopVerb, SaysWhatItBringsAbout) {
  Host host;
  host.daemon.statuses = {file("status_running.json")};
  auto const got = host.perform(verb::Stop{});
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.out, "Run 20261123T125800-3f2a9c ends after the step at work.\n");
  EXPECT_THAT(host.daemon.calls, ElementsAre("stop"));
  host.daemon.stopped = refusal(Kind::Failed, ErrorKind::NotFound, "No run is at work.");
  auto const nothing = host.perform(verb::Stop{});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_EQ(nothing.err, "tykup: No run is at work.\n");
}

TEST(Refusals, ShowTheDetailBelowTheSentence) {
  Host host;
  host.daemon.stopped =
      tl::unexpected<Refusal>(Refusal{Kind::Failed, {ErrorKind::Internal, "A defect.", "line one\nline \033two"}});
  EXPECT_EQ(host.perform(verb::Stop{}).err, "tykup: A defect.\n  line one\n  line ?two\n");
}

TEST(HoldVerb, SaysWhatIsHeldUntilWhenAndWhatEndsIt) {
  Host host;
  auto const got = host.perform(verb::Hold{.component = "gateway", .until = "2026-12-18 18:00", .reason = "the audit"});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(got.out, "Held: gateway, until Fri 2026-12-18 18:00 GMT (in 25d 5h). tykup release gateway ends the hold.\n");
  EXPECT_EQ(host.perform(verb::Hold{}).out, "Held: everything. tykup release ends the hold.\n");
  EXPECT_THAT(host.daemon.calls, ElementsAre("hold gateway until 2026-12-18T18:00:00Z: the audit", "hold : "));
}

TEST(HoldVerb, AsksTheDaemonNothingForAnEndThatIsNone) {
  Host host;
  for (auto const* until : {"tomorrow", "2026-11-23 12:59", "0s", "2026-02-30", "-3d", "3x"}) {
    auto const got = host.perform(verb::Hold{.component = "gateway", .until = until});
    EXPECT_EQ(got.code, 2) << until;
    EXPECT_THAT(got.err, HasSubstr("--until")) << until;
  }
  EXPECT_TRUE(host.daemon.calls.empty());
}

TEST(ReleaseVerb, SaysWhatIsReleased) {
  Host host;
  EXPECT_EQ(host.perform(verb::Release{.component = "pump"}).out, "Released: pump.\n");
  EXPECT_EQ(host.perform(verb::Release{}).out, "Released: everything.\n");
  EXPECT_THAT(host.daemon.calls, ElementsAre("release pump", "release "));
}

TEST(ApproveVerb, SaysWhatGoesWithoutAWayBack) {
  Host host;
  auto const got = host.perform(verb::Approve{.plan = "aaaaaaaa", .without_way_back = {{"dashboard", "5.3.0"}, {"portal", "1.0"}}});
  EXPECT_EQ(got.out, "Approved: plan aaaaaaaaaaaa, without a way back for dashboard=5.3.0, portal=1.0. Another plan needs another "
                     "approval.\n");
  EXPECT_THAT(host.daemon.calls, ElementsAre("approve aaaaaaaa without a way back: dashboard=5.3.0, portal=1.0"));
}

TEST(ApproveVerb, SaysWhichPlanIsApproved) {
  Host host;
  auto const got = host.perform(verb::Approve{.plan = "aaaaaaaa", .until = "2h"});
  EXPECT_EQ(got.out, "Approved: plan aaaaaaaaaaaa, until Mon 2026-11-23 15:00 GMT (in 2h). Another plan needs another approval.\n");
  EXPECT_THAT(host.daemon.calls, ElementsAre("approve aaaaaaaa until 2026-11-23T15:00:00Z"));
}

TEST(WordVerbs, PrintTheStatusForPrograms) {
  Host host;
  EXPECT_EQ(host.perform(verb::Release{.json = true}).out, file("status_waiting.json"));
  EXPECT_EQ(host.perform(verb::ForgetBad{.json = true}).out, file("status_waiting.json"));
}

TEST(WordVerbs, TellWhyTheDaemonDoesNotKeepThem) {
  Host host;
  host.daemon.told = refusal(Kind::Denied, ErrorKind::NotAllowed, "alice may not do this");
  for (Verb const& verb : {Verb{verb::Hold{}}, Verb{verb::Release{}}, Verb{verb::Approve{.plan = "aaaaaaaa"}}, Verb{verb::ForgetBad{}}}) {
    auto const got = host.perform(verb);
    EXPECT_EQ(got.code, 4);
    EXPECT_THAT(got.err, HasSubstr("not permitted: alice may not do this"));
    EXPECT_EQ(got.out, "");
  }
}

TEST(RunVerb, OverridesAFreezeOnlyWhereItIsTold) {
  Host host;
  host.daemon.plan_text = test::read_file(test::golden_path("plan.json"));
  host.daemon.started = refusal(Kind::Failed, ErrorKind::NotAllowed, "frozen");
  EXPECT_EQ(host.perform(verb::Run{.yes = true}).code, 4);
  EXPECT_EQ(host.perform(verb::Run{.yes = true, .override_freeze = true}).code, 4);
  ASSERT_EQ(host.daemon.calls.size(), 2U);
  EXPECT_THAT(host.daemon.calls[0], testing::Not(testing::EndsWith(" in freeze")));
  EXPECT_THAT(host.daemon.calls[1], testing::EndsWith(" in freeze"));
}

TEST(CheckVerb, WaitsUntilTheRefreshIsOverAndPrintsWhatIsNew) {
  Host host;
  auto old = test::document("status_waiting");
  old["components"][0]["newest"] = "5.8.14";
  host.daemon.statuses = {old.dump(), with_state("refreshing"), with_state("refreshing"), with_state("inspecting"),
                          file("status_waiting.json")};
  auto const got = host.perform(verb::Check{});
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_THAT(got.out, StartsWith("dashboard: 5.13.0 is new (installed 5.8.14)\n"));
  EXPECT_THAT(host.daemon.calls, ElementsAre("check"));
  EXPECT_EQ(host.daemon.now, test::moment() + Duration{1'500'000});
}

TEST(CheckVerb, FailsWhereASourceFailed) {
  Host host;
  host.daemon.statuses = {with_state("idle"), file("status_trouble.json")};
  EXPECT_EQ(host.perform(verb::Check{}).code, 1);
}

TEST(CheckVerb, EndsWhereTheRefreshDoesNot) {
  Host host;
  host.daemon.statuses = {with_state("refreshing")};
  auto const got = host.perform(verb::Check{});
  EXPECT_EQ(got.code, 1);
  EXPECT_THAT(got.err, HasSubstr("did not come to rest within 15min"));
  EXPECT_EQ(host.daemon.now, test::moment() + std::chrono::minutes{15});
}

}  // namespace
}  // namespace tykup::cli
