#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> results(RunRecord const& run) {
  std::vector<std::string> out;
  for (auto const& step : run.steps) out.push_back(step.step.component + " " + std::string(to_string(step.result)));
  return out;
}

TEST(Rollout, without_a_window_nothing_begins_on_its_own) {
  Ladder host;
  host.config.windows.windows.clear();
  host.to_waiting();
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_THAT(std::get<phase::Waiting>(host.state.phase).reasons.front().text, HasSubstr("no [[window]]"));
}

TEST(Rollout, begins_when_the_window_opens_and_keeps_a_record) {
  Ladder host;
  host.to_preflight();
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_THAT(host.said(), Contains("run-started"));
  ASSERT_EQ(host.history().size(), 1U);
  EXPECT_EQ(host.history().front().result, RunResult::Running);
}

TEST(Rollout, does_not_begin_in_a_freeze_even_inside_the_window) {
  Ladder host;
  host.config.windows.freezes = {{at("00:30"), at("03:00"), "year-end"}};
  host.to_waiting();
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Rollout, does_not_begin_what_the_window_has_no_room_for) {
  Ladder host;
  host.to_waiting();
  host.now = at("03:59");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{});
  ASSERT_EQ(host.phase(), "waiting");
  EXPECT_EQ(std::get<phase::Waiting>(host.state.phase).reasons.front().gate, Gate::Budget);
}

TEST(Rollout, takes_every_component_through_every_station_and_is_done) {
  Ladder host;
  host.to_preflight().finish_step().finish_step().finish_step();
  ASSERT_FALSE(host.history().empty());
  auto const run = host.history().back();
  EXPECT_EQ(run.result, RunResult::Done);
  EXPECT_THAT(results(run), ElementsAre("dashboard done", "gateway done", "pump done"));
  EXPECT_THAT(host.said(), Contains("run-done"));
  EXPECT_EQ(host.phase(), "inspecting");
}

TEST(Rollout, remembers_how_long_a_good_step_took) {
  Ladder host;
  host.to_baseline();
  host.now += std::chrono::minutes{3};
  host.healthy().backed_up().applied().restarted().healthy();
  EXPECT_EQ(host.memory.durations.at("dashboard"), std::vector<Duration>{std::chrono::minutes{3}});
}

TEST(Rollout, does_not_begin_the_next_step_after_the_window_has_closed) {
  Ladder host;
  host.to_baseline();
  host.now = at("04:00");
  host.healthy();
  EXPECT_EQ(host.phase(), "backing-up");
  host.backed_up();
  EXPECT_THAT(results(host.history().back()), ElementsAre("dashboard not-done", "gateway pending", "pump pending"));
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
}

TEST(Rollout, finishes_a_begun_step_whatever_the_window_says) {
  Ladder host;
  host.to_applying();
  host.now = at("05:00");
  host.applied().restarted().healthy();
  EXPECT_THAT(results(host.history().back()), ElementsAre("dashboard done", "gateway not-done", "pump pending"));
}

TEST(Rollout, an_operator_may_run_outside_the_window) {
  Ladder host;
  host.to_waiting();
  auto const hash = plan_of(host.state.phase)->hash;
  ASSERT_TRUE(may_run(host.state, hash, false, host.context()));
  host.feed(event::RunAsked{"alice"});
  host.finish_step().finish_step().finish_step();
  EXPECT_EQ(host.history().back().result, RunResult::Done);
  EXPECT_EQ(host.history().back().by, "alice");
}

TEST(Rollout, an_operator_may_not_run_another_plan_than_the_one_shown) {
  Ladder host;
  host.to_waiting();
  auto const may = may_run(host.state, "some other hash", false, host.context());
  ASSERT_FALSE(may);
  EXPECT_EQ(may.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(may.error().message, HasSubstr("dashboard 5.8.14 → 5.8.15"));
}

TEST(Rollout, an_operator_may_not_run_in_a_freeze) {
  Ladder host;
  host.config.windows.freezes = {{at("00:30"), at("03:00"), "year-end"}};
  host.to_waiting();
  auto const may = may_run(host.state, plan_of(host.state.phase)->hash, false, host.context());
  ASSERT_FALSE(may);
  EXPECT_THAT(may.error().message, HasSubstr("year-end"));
}

TEST(Rollout, an_operator_can_end_a_run_after_the_step_at_work) {
  Ladder host;
  host.to_applying().feed(event::StopAsked{"alice"});
  host.applied().restarted().healthy();
  EXPECT_THAT(results(host.history().back()), ElementsAre("dashboard done", "gateway not-done", "pump pending"));
  EXPECT_THAT(host.history().back().reason, HasSubstr("asked the run to stop"));
}

TEST(Rollout, a_component_that_is_unhealthy_before_its_step_stops_the_run) {
  Ladder host;
  host.to_baseline().unhealthy("/hello does not answer");
  EXPECT_THAT(results(host.history().back()), ElementsAre("dashboard not-done", "gateway pending", "pump pending"));
  ASSERT_TRUE(host.state.standing.trouble);
  EXPECT_THAT(host.state.standing.trouble->text, HasSubstr("unhealthy before its step: /hello does not answer"));
}

TEST(Rollout, unless_the_operator_says_to_go_on) {
  Ladder host;
  host.to_waiting().feed(event::RunAsked{"alice", true});
  host.inspected().unhealthy("/hello does not answer");
  EXPECT_EQ(host.phase(), "backing-up");
}

TEST(Rollout, a_stopped_service_gets_its_package_and_no_gate) {
  Ladder host;
  host.unit("dashboard").active_state = "inactive";
  host.to_preflight().inspected();
  EXPECT_EQ(host.phase(), "backing-up");
  host.backed_up().applied().restarted(false);
  EXPECT_EQ(host.history().back().steps.front().result, StepResult::Done);
}

TEST(Rollout, a_failed_service_is_not_a_stopped_one) {
  Ladder host;
  host.unit("dashboard").active_state = "failed";
  host.to_baseline();
  EXPECT_EQ(host.phase(), "baseline");
}

TEST(Rollout, a_host_that_changed_since_the_plan_is_planned_again) {
  Ladder host;
  host.to_preflight();
  host.package("dashboard").version = "5.8.13";
  host.inspected();
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_THAT(host.history().back().reason, HasSubstr("installed is tyk-dashboard 5.8.13"));
  EXPECT_EQ(host.phase(), "inspecting");
}

TEST(Rollout, finishes_a_strangers_interrupted_change_before_its_own_step) {
  Ladder host;
  host.to_recovering();
  EXPECT_EQ(host.submitted(), "recover");
  host.recovered();
  EXPECT_THAT(host.said(), Contains("recovered"));
  host.facts.broken_packages.clear();
  host.inspected();
  EXPECT_EQ(host.phase(), "baseline");
}

TEST(Rollout, stops_where_a_strangers_change_cannot_be_finished) {
  Ladder host;
  host.to_recovering().recovered().inspected();
  EXPECT_EQ(host.history().back().result, RunResult::Stopped);
  EXPECT_THAT(host.history().back().reason, HasSubstr("nginx (half-configured)"));
}

TEST(Rollout, a_held_lock_ends_the_run_and_is_tried_again_in_the_same_window) {
  Ladder host;
  host.to_applying().failed(ErrorKind::LockHeld, "apt-get (pid 4711) holds the lock");
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_FALSE(host.state.standing.trouble);
  host.inspected();
  EXPECT_EQ(host.phase(), "waiting");
  host.now = std::get<phase::Waiting>(host.state.phase).wake;
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(Rollout, waits_for_a_lock_as_long_as_the_configuration_says_and_no_longer_between_two_runs) {
  Ladder host;
  host.config.policy.lock_wait = std::chrono::seconds{90};
  host.to_applying();
  auto const& submit = std::get<command::Submit>(host.last.commands.back());
  EXPECT_EQ(std::get<job::Apply>(submit.request.operation).lock_wait, std::chrono::seconds{90});
  host.failed(ErrorKind::LockHeld, "apt-get (pid 4711) holds the lock");
  EXPECT_EQ(host.state.standing.not_before, host.now + std::chrono::seconds{90});
  EXPECT_THAT(host.history().back().steps.front().reason, HasSubstr("apt-get (pid 4711) holds the lock (lock_held)"));
}

TEST(Rollout, a_kept_package_that_was_changed_is_fetched_again_before_the_next_run) {
  Ladder host;
  host.to_applying().failed(ErrorKind::HashMismatch, "it was changed after it was kept").inspected();
  EXPECT_EQ(host.history().back().result, RunResult::Stopped);
  EXPECT_EQ(host.submitted(), "download");
}

TEST(Rollout, a_stopped_run_is_not_tried_again_in_the_same_window) {
  Ladder host;
  host.to_backing_up().failed(ErrorKind::Internal, "the archive could not be written").inspected();
  ASSERT_EQ(host.phase(), "waiting");
  EXPECT_EQ(host.state.standing.not_before, at("04:00"));
}

TEST(Rollout, an_answer_to_a_job_that_nobody_waits_for_changes_nothing) {
  Ladder host;
  host.to_applying();
  host.feed(event::Applied{"another-job", {}});
  EXPECT_EQ(host.phase(), "applying");
  EXPECT_THAT(host.last.commands, IsEmpty());
}

std::vector<std::string> repairs_said(Ladder const& host) {
  std::vector<std::string> out;
  for (auto const& command : host.last.commands)
    if (auto const* said = std::get_if<command::Announce>(&command); said != nullptr && said->announcement.said == Said::UnitRepaired)
      out.push_back(said->announcement.message);
  return out;
}

TEST(Rollout, each_repair_is_an_entry_of_its_own_and_stays_in_the_history) {
  Ladder host;
  host.to_applying();
  host.feed(event::Applied{host.job(), {host.facts.components.front().installed, {}, {"one thing", "another"}}});
  EXPECT_THAT(repairs_said(host), ElementsAre("dashboard was put right: one thing.", "dashboard was put right: another."));
  EXPECT_THAT(run_of(host.state.phase)->at().notes, Contains("another"));
}

TEST(Rollout, repairs_of_the_way_back_are_said_too) {
  Ladder host;
  host.to_rolling_back();
  auto old = host.package("dashboard");
  old.version = "5.8.14";
  host.feed(event::Applied{host.job(), {{old}, {"left a file"}, {"the unit file was gone"}}});
  EXPECT_THAT(repairs_said(host), ElementsAre("dashboard was put right: the unit file was gone."));
  EXPECT_THAT(run_of(host.state.phase)->at().notes, testing::IsSupersetOf({"left a file", "the unit file was gone"}));
  host.feed(event::Restored{host.job(), {{}, {"not relabelled"}}});
  host.feed(event::Restarted{host.job(), {true, host.now, {}, {}, {"enabled again"}}});
  EXPECT_THAT(repairs_said(host), ElementsAre("dashboard was put right: enabled again."));
  EXPECT_THAT(run_of(host.state.phase)->at().notes, testing::IsSupersetOf({"not relabelled", "enabled again"}));
}

}  // namespace
}  // namespace tykup::test
