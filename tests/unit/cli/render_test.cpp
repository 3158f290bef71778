#include "daemon/cli/render.hpp"

#include "daemon/cli/document.hpp"
#include "tests/unit/cli/golden.hpp"

namespace tykup::cli {
namespace {

using namespace std::chrono_literals;
using test::document;
using test::expect_golden;
using test::view_of;

TEST(Status, OfAHostThatWaitsForItsWindow) {
  expect_golden("status_waiting", render_status(view_of(), document("status_waiting")));
}
TEST(Status, IsWrappedAndColoredOnATerminal) {
  expect_golden("status_waiting_terminal", render_status(view_of(72, true), document("status_waiting")));
}
TEST(Status, OfAHostInTrouble) {
  expect_golden("status_trouble", render_status(view_of(), document("status_trouble")));
}
TEST(Status, OfARunAtWork) {
  expect_golden("status_running", render_status(view_of(), document("status_running")));
}

TEST(Status, OfADaemonThatHasNotReadTheHost) {
  auto const status = nlohmann::json::parse(
      R"({"schema":1,"version":"0.1.0","host":"web-1","state":"refreshing","status":"Refreshing"})");
  expect_golden("status_new", render_status(view_of(), status));
}

nlohmann::json held_and_concerned() {
  auto status = document("status_waiting");
  status["window"]["host_begins"] = "2026-11-29T02:17:00Z";
  status["holds"] = {{{"component", "gateway"}, {"by", "alice"}, {"since", "2026-11-23T10:00:00Z"}, {"until", "2026-11-25T10:00:00Z"}, {"reason", "the audit"}},
                     {{"component", ""}, {"by", "bob"}, {"since", "2026-11-23T12:00:00Z"}, {"until", nullptr}, {"reason", ""}}};
  status["approval"] = {{"mode", "manual"}, {"plan_hash", ""}, {"by", ""}, {"since", nullptr}, {"until", nullptr}};
  status["concerns"] = {{{"kind", "never-fits"}, {"component", "pump"}, {"text", "never fits: pump needs 6min with a rollback, and the longest window of the next 35 days has 5min"}, {"remedy", "a longer window, or [component.pump] expected"}, {"trouble", true}},
                        {{"kind", "support-ends"}, {"component", "gateway"}, {"text", "Tyk Gateway 5.8 is out of support from 2027-07-01 on"}, {"remedy", "move to a supported line"}, {"trouble", false}}};
  return status;
}

TEST(Status, OfAHostThatIsHeldAndConcerned) {
  expect_golden("status_held", render_status(view_of(), held_and_concerned()));
  EXPECT_EQ(attention(held_and_concerned()).size(), 1U);
  auto approved = held_and_concerned();
  approved["approval"]["plan_hash"] = approved["plan"]["hash"];
  approved["approval"]["by"] = "alice";
  EXPECT_NE(render_status(view_of(), approved).find("Approval   plan 3f2a9c001122 approved by alice\n"), std::string::npos);
}

TEST(Plan, SaysWhatWillNotFitAndWhatIsNotApproved) {
  auto plan = document("plan");
  plan["steps"][0]["fits"] = "later_window";
  plan["approval"] = {{"mode", "manual"}, {"plan_hash", "another"}};
  expect_golden("plan_late", render_plan(view_of(), plan));
  plan["steps"][0]["fits"] = "never";
  EXPECT_NE(render_plan(view_of(), plan).find("fits no window: tykup status says why."), std::string::npos);
}

TEST(Attention, IsAskedForWhatIsWrongAndNothingElse) {
  EXPECT_TRUE(attention(document("status_waiting")).empty());
  EXPECT_TRUE(attention(document("status_running")).empty());
  auto const found = attention(document("status_trouble"));
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0], "Neither 5.8.15 nor 5.8.14 is healthy: ?[31m/hello answered 503?[0m.");
  EXPECT_EQ(found[1], "gateway could not be read: dpkg database is locked by process 77 (apt-get)");
  EXPECT_EQ(found[2], "tyk-gateway.service has failed");
  EXPECT_NE(found[3].find("trusted=yes"), std::string::npos);
  EXPECT_EQ(found[4], "https://packagecloud.io/tyk/tyk-pump/debian bookworm: the metadata has expired");
  EXPECT_EQ(attention(nlohmann::json::parse(R"({"state":"stopped","status":"LAST RUN STOPPED"})")).size(), 1U);
}

TEST(Plan, ShowsStepsAndWhyTheOthersStay) {
  expect_golden("plan", render_plan(view_of(), document("plan")));
}
TEST(Plan, IsWrappedOnATerminal) {
  expect_golden("plan_narrow", render_plan(view_of(40), document("plan")));
}

TEST(Plan, WithoutStepsSaysSo) {
  auto plan = document("plan");
  plan["steps"] = nlohmann::json::array();
  EXPECT_TRUE(render_plan(view_of(), plan).starts_with("Nothing to upgrade.\n\nWhy not\n  pump"));
  plan["staying"] = nlohmann::json::array();
  EXPECT_TRUE(render_plan(view_of(), plan).starts_with("There is no plan yet"));
}

TEST(History, IsOneLineARun) {
  expect_golden("history", render_history(view_of(), document("history")));
}
TEST(History, OfOneRunTellsEverything) {
  expect_golden("history_run", render_run(view_of(), document("history")["runs"][0]));
}
TEST(History, MayBeEmpty) {
  EXPECT_EQ(render_history(view_of(), {{"runs", nlohmann::json::array()}}), "No run has ended yet.\n");
}

TEST(News, NameTheVersionsThatWereNotThereBefore) {
  auto const after = document("status_waiting");
  auto before = after;
  before["components"][1]["newest"] = "5.8.15";
  before["components"][2]["newest"] = "1.11.0";
  auto const text = render_news(view_of(), before, after);
  EXPECT_TRUE(text.starts_with("gateway: 5.13.0 is new (installed 5.8.14)\nPlan 3f2a9c001122")) << text;
  EXPECT_TRUE(render_news(view_of(), after, after).starts_with("No version is new.\n"));
}

TEST(News, TellOfSourcesThatFailed) {
  auto const status = document("status_trouble");
  auto const text = render_news(view_of(), status, status);
  EXPECT_NE(text.find("! gateway: /etc/apt/sources.list.d/tyk.list says trusted=yes"), std::string::npos) << text;
  EXPECT_NE(text.find("! https://packagecloud.io/tyk/tyk-pump/debian bookworm: the metadata has expired\n"),
            std::string::npos)
      << text;
}

using Lines = std::vector<std::string>;

TEST(RunLines, TellEachThingOnce) {
  auto const now = document("status_running")["run"];
  auto const nothing = nlohmann::json::object();
  EXPECT_EQ(run_lines(view_of(), nothing, now),
            (Lines{"1/3 dashboard 5.8.14 → 5.8.15: begins", "1/3 dashboard 5.8.14 → 5.8.15: done in 50s",
                   "2/3 gateway 5.8.14 → 5.8.15: begins", "2/3 gateway 5.8.14 → 5.8.15: applying"}));
  EXPECT_EQ(run_lines(view_of(), now, now), Lines{});
  auto later = now;
  later["progress"]["percent"] = 80.0;
  EXPECT_EQ(run_lines(view_of(), now, later), Lines{});
  later["phase"] = "rolling-back";
  EXPECT_EQ(run_lines(view_of(), now, later), (Lines{"2/3 gateway 5.8.14 → 5.8.15: rolling back"}));
  auto ended = document("history")["runs"][0];
  EXPECT_EQ(
      run_lines(view_of(), later, ended),
      (Lines{"2/3 gateway 5.8.14 → 5.8.15: rolled back in 5min 20s: The gateway did not become healthy within 2min: "
             "/hello answered 503."}));
}

TEST(RunProgress, FitsTheTerminalWithoutCuttingACharacter) {
  auto const run = document("status_running")["run"];
  EXPECT_EQ(run_progress(view_of(), run, {}),
            "2/3 gateway 5.8.14 → 5.8.15, 1min 10s, ████░░░░░░, applying, unpack 40 %: tyk-gateway (amd64)");
  EXPECT_EQ(run_progress(view_of(21), run, {}), "2/3 gateway 5.8.14 →");
  EXPECT_EQ(run_progress(view_of(20), run, {}), "2/3 gateway 5.8.14 ");
  EXPECT_EQ(run_progress(view_of(1), run, {}), "");
  auto unknown = run;
  unknown["progress"]["percent"] = -1;
  EXPECT_NE(run_progress(view_of(), unknown, {}).find("applying, unpack: tyk-gateway"), std::string::npos);
  unknown["progress"] = nullptr;
  EXPECT_TRUE(run_progress(view_of(), unknown, {}).ends_with("1min 10s, applying"));
}

}  // namespace
}  // namespace tykup::cli
