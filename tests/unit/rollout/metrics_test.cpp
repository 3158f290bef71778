#include "daemon/core/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string epoch(std::string const& hhmm) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(at(hhmm).time_since_epoch()).count());
}

std::string text_of(Ladder const& host, rollout::RunRecord const* last = nullptr, bool read = true,
                    std::vector<notify::WayStanding> const& ways = {}, std::optional<fleet::Figures> const& fleet = {}) {
  auto const context = host.context();
  return metrics_text({host.state, context, read ? &host.facts : nullptr, last, "1.2.3", ways, fleet});
}

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

rollout::RunRecord ended_run(rollout::StepResult result) {
  rollout::RunRecord run;
  run.started = at("02:00");
  run.ended = at("02:07");
  run.result = rollout::RunResult::Stopped;
  run.steps.push_back({{"gateway", {}, {}}, result});
  return run;
}

/// A state of the host, and the samples that it must bear.
struct Row {
  char const* name;
  std::function<void(Ladder&)> make;
  std::vector<std::string> samples;
};

class MetricsOf : public testing::TestWithParam<Row> {};

TEST_P(MetricsOf, bear_the_sample) {
  Ladder host;
  GetParam().make(host);
  auto const lines = lines_of(text_of(host));
  for (auto const& sample : GetParam().samples) EXPECT_THAT(lines, testing::Contains(sample)) << text_of(host);
}

INSTANTIATE_TEST_SUITE_P(
    Hosts, MetricsOf,
    testing::Values(
        Row{"a_plan_that_waits", [](Ladder& h) { h.to_waiting(); },
            {"tykup_state{state=\"waiting\"} 1", "tykup_state{state=\"running\"} 0", "tykup_plan_steps 3", "tykup_run_active 0",
             "tykup_component_update_available{component=\"gateway\"} 1",
             "tykup_component_gate_closed{component=\"gateway\",gate=\"window\"} 1",
             "tykup_component_info{component=\"gateway\",package=\"tyk-gateway\",installed=\"5.8.14\",target=\"5.8.15\",newest=\"5.8.15\"} 1",
             "tykup_component_update_first_seen_timestamp_seconds{component=\"gateway\"} " + epoch("01:00"),
             "tykup_window_opens_timestamp_seconds " + epoch("02:00"), "tykup_window_closes_timestamp_seconds " + epoch("04:00"),
             "tykup_component_running{component=\"gateway\",unit=\"tyk-gateway.service\"} 1",
             "tykup_subscription_trusted{component=\"gateway\"} 1"}},
        Row{"a_run_at_work", [](Ladder& h) { h.to_applying(); },
            {"tykup_run_active 1", "tykup_state{state=\"running\"} 1", "tykup_plan_steps 3",
             "tykup_component_update_available{component=\"pump\"} 1"}},
        Row{"a_component_that_needs_admin", [](Ladder& h) { h.to_needs_admin(); },
            {"tykup_trouble 1", "tykup_state{state=\"needs-admin\"} 1"}},
        Row{"a_component_that_was_rolled_back", [](Ladder& h) { h.to_gating_back().healthy().inspected(); },
            {"tykup_bad_version_failures{component=\"dashboard\",version=\"5.8.15\"} 1",
             "tykup_component_gate_closed{component=\"dashboard\",gate=\"bad_version\"} 1", "tykup_state{state=\"stopped\"} 1"}},
        Row{"a_held_component", [](Ladder& h) { h.to_waiting().tell(word::Hold{"gateway", {}, "audit \"now\""}); },
            {"tykup_hold{component=\"gateway\",by=\"alice\"} 1"}},
        Row{"a_component_held_by_the_file", [](Ladder& h) { h.config.policy.hold = {"pump"}; },
            {"tykup_hold{component=\"pump\",by=\"tykup.toml\"} 1"}},
        Row{"a_freeze", [](Ladder& h) { h.config.windows.freezes = {{at("00:00"), at("10:00"), "audit"}}; },
            {"tykup_frozen_until_timestamp_seconds " + epoch("10:00")}},
        Row{"a_calendar_that_cannot_be_read",
            [](Ladder& h) { h.config.windows.freezes = {{Instant{}, kForever, "unreadable"}}; },
            {"tykup_frozen_until_timestamp_seconds 7258118399"}},
        Row{"a_key_that_expires", [](Ladder& h) { h.facts.components[1].subscription.key_expires = at("23:00"); },
            {"tykup_subscription_key_expires_timestamp_seconds{component=\"gateway\",url=\"https://packages.test/tyk\",fingerprint=\"\"} " +
             epoch("23:00")}},
        Row{"a_subscription_with_a_problem", [](Ladder& h) { h.facts.components[1].subscription.problem = "unsigned"; },
            {"tykup_subscription_trusted{component=\"gateway\"} 0"}},
        Row{"a_stopped_unit", [](Ladder& h) { h.unit("gateway").active_state = "inactive"; },
            {"tykup_component_running{component=\"gateway\",unit=\"tyk-gateway.service\"} 0"}},
        Row{"a_source_that_failed",
            [](Ladder& h) { h.state.standing.source_problems["https://a\"b\\c\n bookworm"] = {ErrorKind::RepositoryUnsigned, "x"}; },
            {"tykup_source_problem{source=\"https://a\\\"b\\\\c\\n bookworm\",kind=\"repository_unsigned\"} 1"}},
        Row{"a_step_that_took_its_time", [](Ladder& h) { h.memory.durations["gateway"] = {std::chrono::milliseconds{61500}}; },
            {"tykup_component_step_duration_seconds{component=\"gateway\"} 61.5"}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(Metrics, of_a_daemon_that_has_seen_nothing_yet_say_so_and_no_more) {
  Ladder host;
  auto const text = text_of(host, nullptr, false);
  EXPECT_THAT(text, AllOf(HasSubstr("tykup_build_info{version=\"1.2.3\"} 1\n"), HasSubstr("tykup_trouble 0\n"), EndsWith("# EOF\n")));
  EXPECT_THAT(text, Not(HasSubstr("tykup_component_")));
  EXPECT_THAT(text, Not(HasSubstr("tykup_last_")));
  EXPECT_THAT(text, Not(HasSubstr("tykup_frozen")));
}

TEST(Metrics, leave_out_what_is_not_installed) {
  Ladder host;
  host.facts.components[2].installed.clear();
  EXPECT_THAT(text_of(host), Not(HasSubstr("component=\"pump\"")));
}

TEST(Metrics, tell_each_gate_of_a_component_once) {
  Ladder host;
  host.to_waiting().tell(word::Hold{"gateway", {}, "one"}).tell(word::Hold{"", {}, "all"}).inspected();
  auto const lines = lines_of(text_of(host));
  EXPECT_EQ(std::ranges::count(lines, "tykup_component_gate_closed{component=\"gateway\",gate=\"hold\"} 1"), 1);
}

TEST(Metrics, do_not_tell_of_a_hold_that_is_over) {
  Ladder host;
  host.memory.holds = {{"gateway", "alice", at("00:00"), at("00:30"), ""}};
  EXPECT_THAT(text_of(host), Not(HasSubstr("tykup_hold{")));
}

struct Ended {
  rollout::StepResult result;
  std::string line;
};
class MetricsOfAStep : public testing::TestWithParam<Ended> {};

TEST_P(MetricsOfAStep, tell_its_health) {
  auto const run = ended_run(GetParam().result);
  auto const text = text_of(Ladder{}, &run);
  EXPECT_THAT(text, HasSubstr("tykup_last_run_result{result=\"stopped\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tykup_last_run_ended_timestamp_seconds " + epoch("02:07") + "\n"));
  if (GetParam().line.empty())
    EXPECT_THAT(text, Not(HasSubstr("tykup_component_healthy")));
  else
    EXPECT_THAT(text, HasSubstr(GetParam().line));
}

using rollout::StepResult;
INSTANTIATE_TEST_SUITE_P(Steps, MetricsOfAStep,
                         testing::Values(Ended{StepResult::Done, "tykup_component_healthy{component=\"gateway\"} 1\n"},
                                         Ended{StepResult::RolledBack, "tykup_component_healthy{component=\"gateway\"} 1\n"},
                                         Ended{StepResult::NeedsAdmin, "tykup_component_healthy{component=\"gateway\"} 0\n"},
                                         Ended{StepResult::NotDone, ""}, Ended{StepResult::Pending, ""}));

// ---- of a fleet

/// Of a host that tells people of a fleet at work.
fleet::Figures figures() {
  fleet::Figures figures;
  figures.cluster = "prod";
  figures.datacenter = "eu-1";
  figures.group = "canary";
  figures.answered = figures.read = at("01:30");
  figures.rollout = "20261126t102030";
  figures.state = fleet::RolloutState::Running;
  figures.part = fleet::Part::Waiting;
  figures.done = 4;
  figures.pending = 3;
  figures.failed = 1;
  figures.tells = true;
  figures.condition = fleet::Condition::Stalled;
  return figures;
}

TEST(MetricsOfAFleet, tell_what_this_host_knows_of_it) {
  auto const lines = lines_of(text_of(Ladder{}, nullptr, true, {}, figures()));
  for (auto const& sample : {std::string("tykup_fleet_member{cluster=\"prod\",datacenter=\"eu-1\",group=\"canary\"} 1"),
                             std::string("tykup_fleet_etcd_reachable{cluster=\"prod\"} 1"),
                             "tykup_fleet_etcd_answered_timestamp_seconds{cluster=\"prod\"} " + epoch("01:30"),
                             std::string("tykup_fleet_rollout_state{cluster=\"prod\",state=\"running\"} 1"),
                             std::string("tykup_fleet_rollout_state{cluster=\"prod\",state=\"stopped\"} 0"),
                             std::string("tykup_fleet_rollout_info{cluster=\"prod\",rollout=\"20261126t102030\",direction=\"forwards\"} 1"),
                             std::string("tykup_fleet_part{cluster=\"prod\",part=\"waiting\"} 1"), std::string("tykup_fleet_part{cluster=\"prod\",part=\"apart\"} 0"),
                             std::string("tykup_fleet_steps{cluster=\"prod\",state=\"done\"} 4"), std::string("tykup_fleet_steps{cluster=\"prod\",state=\"pending\"} 3"),
                             std::string("tykup_fleet_steps{cluster=\"prod\",state=\"failed\"} 1"), std::string("tykup_fleet_tells{cluster=\"prod\"} 1"),
                             std::string("tykup_fleet_stalled{cluster=\"prod\"} 1"), std::string("tykup_fleet_waits_for_promotion{cluster=\"prod\"} 0")})
    EXPECT_THAT(lines, testing::Contains(sample));
}

TEST(MetricsOfAFleet, tell_of_the_whole_only_where_it_is_read) {
  auto figures = tykup::test::figures();
  figures.tells = false;
  figures.condition.reset();
  figures.reachable = false;
  auto const text = text_of(Ladder{}, nullptr, true, {}, figures);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("tykup_fleet_stalled")), Not(HasSubstr("tykup_fleet_waits_for_promotion")), HasSubstr("tykup_fleet_tells{cluster=\"prod\"} 0\n"),
                          HasSubstr("tykup_fleet_etcd_reachable{cluster=\"prod\"} 0\n")));
}

TEST(MetricsOfAFleet, without_a_rollout_tell_of_no_steps) {
  fleet::Figures figures;
  figures.cluster = "prod";
  auto const text = text_of(Ladder{}, nullptr, true, {}, figures);
  EXPECT_THAT(text, AllOf(HasSubstr("tykup_fleet_rollout_state{cluster=\"prod\",state=\"none\"} 1\n"), Not(HasSubstr("tykup_fleet_steps")), Not(HasSubstr("tykup_fleet_rollout_info"))));
}

TEST(MetricsOfAFleet, are_none_on_a_host_that_belongs_to_none) {
  auto const text = text_of(Ladder{});
  EXPECT_THAT(text, HasSubstr("tykup_fleet_member 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("cluster=")));
}

TEST(Metrics, are_families_that_are_named_once_and_explained) {
  std::vector<std::string_view> names;
  for (auto const& [name, help] : metric_families()) {
    EXPECT_THAT(std::string(name), testing::MatchesRegex("tykup_[a-z_]+"));
    EXPECT_THAT(std::string(help), AllOf(EndsWith("."), Not(HasSubstr("\"")), Not(HasSubstr("\n"))));
    names.push_back(name);
  }
  std::ranges::sort(names);
  EXPECT_THAT(std::ranges::adjacent_find(names), names.end());
}

TEST(Metrics, are_explained_in_the_manual) {
  std::ostringstream manual;
  manual << std::ifstream(TYKUP_SOURCE_DIR "/docs/monitoring.md").rdbuf();
  for (auto const& family : metric_families()) EXPECT_THAT(manual.str(), HasSubstr("| `" + std::string(family.name) + "` |"));
}

TEST(Metrics, have_nothing_to_tell_while_no_plan_stands) {
  EXPECT_FALSE(tells_something(phase::Refreshing{}));
  EXPECT_FALSE(tells_something(phase::Inspecting{}));
  for (auto const& phase : std::vector<Phase>{phase::Idle{}, phase::Downloading{}, phase::Waiting{}, phase::Applying{}, phase::NeedsAdmin{}})
    EXPECT_TRUE(tells_something(phase)) << name_of(phase);
}

/// A host of which there is something to tell in every family. After a wanted change: TYKUP_GOLDEN=write.
TEST(Metrics, are_those_that_the_rules_and_the_dashboard_are_tested_with) {
  Ladder host;
  host.to_waiting().tell(word::Hold{"pump", {}, "audit"}).inspected();
  host.config.windows.freezes = {{at("00:00"), at("10:00"), "audit"}};
  host.facts.components[1].subscription.key_expires = at("23:00");
  host.state.standing.source_problems["https://packages.test/tyk bookworm"] = {ErrorKind::RepositoryUnreachable, "x"};
  host.memory.durations["gateway"] = {std::chrono::seconds{61}};
  host.memory.bad = {{"dashboard", "5.8.16", "does not answer", at("00:00"), 2, at("16:00")}};
  host.state.standing.refreshed = at("00:30");
  auto const run = ended_run(StepResult::Done);
  notify::Trouble const trouble{at("00:00"), "it answered 410", 2};
  auto const text = text_of(host, &run, true, {{"email", "ops@example.com"}, {"webhook-1a2b", "https://hooks.example.com", 3, trouble}}, figures());
  for (auto const& family : metric_families()) EXPECT_THAT(text, HasSubstr("# TYPE " + std::string(family.name) + " gauge\n"));
  std::string const file = TYKUP_SOURCE_DIR "/tests/golden/metrics.prom";
  if (char const* mode = std::getenv("TYKUP_GOLDEN"); mode != nullptr && std::string(mode) == "write") std::ofstream(file) << text;
  std::ostringstream golden;
  golden << std::ifstream(file).rdbuf();
  EXPECT_EQ(golden.str(), text);
}

}  // namespace
}  // namespace tykup::test
