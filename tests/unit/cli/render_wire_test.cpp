#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/core/freezes.hpp"
#include "daemon/wire/status_json.hpp"
#include "tests/unit/cli/golden.hpp"

// The screens read what the daemon really writes, not only what the other tests believe that it writes.
namespace tykup::cli {
namespace {

using namespace std::chrono_literals;
using test::moment;

static_assert(wire::kSchema == kKnownSchema);

rollout::RunRecord record() {
  PlanStep step{
      .component = "gateway", .from = {{"tyk-gateway", "5.8.14", ""}}, .to = {{"tyk-gateway", "5.8.15", "ab"}}};
  rollout::RunRecord run{
      .id = "r1", .plan_hash = "abc", .trigger = rollout::Trigger::Operator, .by = "alice", .started = moment() - 70s};
  run.steps.push_back({.step = step, .started = moment() - 60s, .notes = {"put back policies.json"}});
  return run;
}

struct Host {
  Config config;
  Memory memory = {};
  std::string machine = "m";
  Digest digest = [](std::string_view) { return std::string("d"); };
  HostFacts facts = {};
  rollout::Context context{config, memory, moment(), machine, digest};

  Host() {
    config.components = {tyk_components().front()};
    ComponentFacts component{.component = config.components.front().name};
    component.installed = {{.name = "tyk-gateway", .version = "5.8.14", .architecture = "amd64"}};
    component.candidates = {{"tyk-gateway", "5.8.15", "ab", "repo", 1}};
    component.unit = {.name = "u",
                      .load_state = "loaded",
                      .active_state = "active",
                      .sub_state = "running",
                      .unit_file_state = "enabled"};
    component.subscription = {
        .file = "f", .url = "https://example.org/gw", .suite = "bookworm", .refreshed = moment() - 5min};
    facts.components = {component};
  }

  nlohmann::json status(rollout::State const& state) {
    return wire::status_json({.state = state, .context = context, .facts = &facts, .host = "web-1", .status = "line"});
  }
};

rollout::State waiting(std::string const& component) {
  Plan plan{.hash = "abcdef",
            .staying = {{.component = component, .to = {{"tyk-gateway", "5.8.15", "ab"}}, .newest = "5.8.15"}}};
  plan.staying.front().reasons = {{Gate::Soak, "seen 1d ago", "wait"}};
  return {rollout::phase::Waiting{.plan = plan}, {.refreshed = moment() - 5min}};
}

TEST(WireDocuments, OfAStatusAreShownWhole) {
  Host host;
  auto const name = host.config.components.front().name;
  auto const status = host.status(waiting(name));
  ASSERT_TRUE(parse_document(status.dump()));
  auto const text = render_status(test::view_of(), status);
  for (auto const& part :
       {"tykup " TYKUP_VERSION " on web-1: ", "line", "5.8.14", "5.8.15", "active (running)", "refreshed 5min ago",
        "https://example.org/gw bookworm", "soak: seen 1d ago", "→ wait", "no window is configured"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
  }
}

TEST(WireDocuments, OfAStatusTellACalendarThatCannotBeRead) {
  Host host;
  EXPECT_TRUE(attention(host.status({})).empty());
  host.config.windows.freezes = {unreadable_freeze({"/f.ics"}, "/f.ics:3: it is cut off"),
                                 {moment() - 1h, moment() + 1h, "sale", "/g.ics"},
                                 {moment() + 1h, kForever, "not worked out yet", "/g.ics"}};
  auto const status = host.status({});
  ASSERT_EQ(attention(status).size(), 1U);
  EXPECT_NE(attention(status).front().find("everything is frozen: /f.ics:3: it is cut off"), std::string::npos);
  EXPECT_NE(render_status(test::view_of(), status).find("\nFrozen\n  the calendar of freezes cannot be read"), std::string::npos);
}

TEST(WireDocuments, OfAPlanAndOfARunAreShownWhole) {
  Host host;
  auto const state = waiting("gateway");
  auto const plan = wire::plan_json({.state = state, .context = host.context, .host = "", .status = ""});
  ASSERT_TRUE(parse_document(plan.dump()));
  EXPECT_NE(render_plan(test::view_of(), plan).find("gateway stays as it is; 5.8.15 waits"), std::string::npos);
  rollout::State const running{rollout::phase::BackingUp{.run = {.record = record()}}, {}};
  auto const run = host.status(running)["run"];
  EXPECT_EQ(run_progress(test::view_of(), run, {}), "1/1 gateway 5.8.14 → 5.8.15, 1min, backing up");
}

TEST(WireDocuments, OfHoldsApprovalsAndConcernsAreShownWhole) {
  Host host;
  auto const& name = host.config.components.front().name;
  host.config.policy.approve = Approve::Manual;
  host.config.windows.windows = {{*Calendar::parse("Sun *-*-* 02:00"), utc_zone(), 5min}};
  host.memory.holds = {{name, "alice", moment() - 1h, moment() + 2h, "the audit"}, {"", "bob", moment() - 2h, moment(), "over"}};
  Plan const plan{.hash = "abcdef0123456789", .steps = {{name, {}, {{"tyk-gateway", "5.8.15", "ab"}}, true, {}, 6min}}};
  rollout::State const state{rollout::phase::Waiting{.plan = plan}, {}};
  auto const status = host.status(state);
  EXPECT_EQ(status["holds"].size(), 1U);
  EXPECT_EQ(status["plan"]["steps"][0]["fits"], "never");
  EXPECT_EQ(status["window"]["host_begins"], "2026-11-29T02:00:00Z");
  EXPECT_EQ(status["window"]["seconds_to_begin"], 478800);
  auto const text = render_status(test::view_of(), status);
  for (auto const& part : {"Held       ", "by alice since ", ": the audit", "Approval   plan abcdef012345 waits for: tykup approve abcdef012345",
                           "never fits: ", "approval: plan abcdef012345 waits", "hold: held by alice", "window: next window"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
  }
  EXPECT_EQ(attention(status).size(), 1U);
}

TEST(WireDocuments, OfAStepWithoutAWayBackAreShownWithTheCommandThatLetsItGo) {
  Host host;
  PlanStep const step{"dashboard", {}, {{"tyk-dashboard", "5.3.0-1", "ab"}}, true, {}, 6min, "5.3.0 migrates: what then", true};
  Plan const plan{.hash = "abcdef0123456789", .steps = {step}};
  rollout::State const state{rollout::phase::Waiting{.plan = plan}, {}};
  auto const shown = [&] {
    return render_plan(test::view_of(), wire::plan_json({.state = state, .context = host.context, .host = "", .status = ""}));
  };
  auto const document = host.status(state)["plan"]["steps"][0];
  EXPECT_EQ(document["way_back"], false);
  EXPECT_EQ(document["way_back_note"], "5.3.0 migrates: what then");
  EXPECT_EQ(document["one_way"], "5.3.0 migrates: what then");
  EXPECT_EQ(document["database_backup"], true);
  for (auto const& part : {"  dashboard has no way back: 5.3.0 migrates: what then.\n",
                           "    What lies in /etc/tykup/hooks/backup.d saves its database before the step.\n",
                           "Approval   plan abcdef012345 waits for: tykup approve abcdef012345 --without-way-back dashboard=5.3.0-1\n"})
    EXPECT_NE(shown().find(part), std::string::npos) << part << " is not in\n" << shown();
  host.memory.approval = Approval{plan.hash, "alice", moment(), {}, {{"dashboard", "5.3.0-1"}}};
  EXPECT_NE(shown().find(", without a way back for dashboard=5.3.0-1\n"), std::string::npos) << shown();
  EXPECT_EQ(host.status(state)["approval"]["without_way_back"], nlohmann::json::array({"dashboard=5.3.0-1"}));
  host.config.policy.approve = Approve::Manual;
  host.memory.approval->without_way_back.clear();
  EXPECT_NE(shown().find("; what has no way back waits for: tykup approve abcdef012345 --without-way-back dashboard=5.3.0-1"),
            std::string::npos)
      << shown();
}

TEST(WireDocuments, OfBadVersionsAreShownWhileTheyStayAway) {
  Host host;
  host.memory.bad = {{"gateway", "5.8.15", "it was ill", moment() - 1h, 2, moment() + 15h},
                     {"pump", "1.16.0", "long ago", moment() - 9h, 1, moment()}};
  auto const status = host.status({});
  ASSERT_EQ(status["bad_versions"].size(), 2U);
  EXPECT_EQ(status["bad_versions"][0]["failures"], 2);
  EXPECT_EQ(status["bad_versions"][0]["in_force"], true);
  EXPECT_EQ(status["bad_versions"][1]["in_force"], false);
  auto const line = "Bad        gateway 5.8.15 failed here 2 times, stays away until Tue 2026-11-24 04:00 GMT (in 15h) or tykup forget-bad "
                    "gateway: it was ill\n";
  for (auto const& shown : {render_status(test::view_of(), status),
                            render_plan(test::view_of(), wire::plan_json({.state = {}, .context = host.context, .host = "", .status = ""}))}) {
    EXPECT_NE(shown.find(line), std::string::npos) << shown;
    EXPECT_EQ(shown.find("1.16.0"), std::string::npos) << shown;
  }
}

TEST(WireDocuments, OfHistoryAreShownWhole) {
  auto ended = record();
  ended.ended = moment();
  ended.result = rollout::RunResult::Partial;
  ended.steps.front().result = rollout::StepResult::RolledBack;
  ended.steps.front().ended = moment();
  auto const history = wire::history_json({ended});
  ASSERT_TRUE(parse_document(history.dump()));
  EXPECT_NE(render_history(test::view_of(), history)
                .find("r1   Mon 2026-11-23 12:58 GMT  1min 10s  alice  partial  gateway 5.8.15 (rolled back)"),
            std::string::npos)
      << render_history(test::view_of(), history);
  EXPECT_NE(render_run(test::view_of(), history["runs"][0]).find("note: put back policies.json"), std::string::npos);
}

}  // namespace
}  // namespace tykup::cli
