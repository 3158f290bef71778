#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using fleet::Need;
using fleet::Point;
namespace need = fleet::need;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Need need_of(Ladder const& host) { return rollout::need_of(host.state, host.context()); }

/// Waiting, its window open, with no slot yet.
Ladder& to_wanting(Ladder& host) {
  host.in_a_fleet().to_waiting();
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  return host.feed(event::Ticked{});
}

std::vector<std::string> steps_of(Ladder const& host) {
  std::vector<std::string> names;
  for (auto const& step : run_of(host.state.phase)->record.steps) names.push_back(step.step.component);
  return names;
}

/// Why the component stays, as the plan has it.
std::string stays(Ladder const& host, std::string const& component) {
  auto const* plan = plan_of(host.state.phase);
  for (auto const& choice : plan->staying) {
    if (choice.component != component) continue;
    std::string text;
    for (auto const& reason : choice.reasons) text += std::string(to_string(reason.gate)) + ": " + reason.text + "; ";
    return text;
  }
  return "it moves";
}

TEST(FleetStep, a_host_without_a_fleet_wants_nothing_of_one) {
  Ladder host;
  host.to_waiting();
  EXPECT_EQ(need_of(host), Need{need::Nothing{}});
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_EQ(steps_of(host).size(), 3U);
  EXPECT_EQ(need_of(host), Need{need::Nothing{}});
}

TEST(FleetStep, nobody_queues_outside_its_window) {
  Ladder host;
  host.in_a_fleet().to_waiting();
  EXPECT_EQ(need_of(host), Need{need::Nothing{}});
  to_wanting(host);
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_EQ(need_of(host), Need{need::Wants{"dashboard"}});
}

TEST(FleetStep, nobody_queues_while_it_is_frozen_held_or_short_of_time) {
  struct Row {
    std::string name;
    std::function<void(Ladder&)> hinder;
  };
  std::vector<Row> const rows{
      {"frozen", [](Ladder& h) { h.config.windows.freezes.push_back({at("01:00"), at("03:00"), "year end"}); }},
      {"held", [](Ladder& h) { h.memory.holds.push_back({"dashboard", "alice", at("01:00")}); }},
      {"short of time", [](Ladder& h) { h.now = at("03:58"); }},
      {"no clock", [](Ladder& h) { h.clock_synchronised = false; }}};
  for (auto const& row : rows) {
    Ladder host;
    to_wanting(host);
    row.hinder(host);
    EXPECT_EQ(need_of(host), Need{need::Nothing{}}) << row.name;
  }
}

TEST(FleetStep, what_the_fleet_waits_for_is_why_the_host_waits) {
  Ladder host;
  to_wanting(host);
  host.fleet->text = "waits for dash-2 (dashboard, eu-1)";
  host.fleet->remedy = "tykup fleet status";
  host.feed(event::FleetChanged{});
  EXPECT_THAT(host.waits_for(), ElementsAre("fleet: waits for dash-2 (dashboard, eu-1)"));
}

TEST(FleetStep, a_freeze_of_the_fleet_is_why_the_host_waits_whatever_it_holds) {
  Ladder host;
  to_wanting(host);
  host.fleet->text = "waits for dash-2 (dashboard, eu-1)";
  host.fleet->frozen = "frozen until 2026-12-24T00:00:00Z by alice: year end";
  host.granted("dashboard");
  EXPECT_THAT(host.waits_for(), ElementsAre("fleet: the fleet is frozen until 2026-12-24T00:00:00Z by alice: year end"));
  EXPECT_EQ(host.phase(), "waiting");
}

/// In no window, and `run` was asked for.
Ladder& to_asked(Ladder& host, event::RunAsked asked = {"alice"}) {
  host.in_a_fleet().to_waiting();
  host.state.standing.next_refresh = at("12:00");
  return host.feed(std::move(asked));
}
event::RunAsked outside(std::vector<NamedVersion> steps = {{"dashboard", "5.8.15"}, {"gateway", "5.8.15"}}) {
  return {"alice", false, false, {}, "a CVE", std::move(steps)};
}

TEST(FleetAsked, a_run_wants_its_slot_outside_the_window_and_begins_when_it_comes) {
  Ladder host;
  to_asked(host);
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_EQ(need_of(host), Need{need::Wants{"dashboard"}});
  host.granted("dashboard");
  EXPECT_EQ(host.phase(), "preflight");
  auto const& run = *run_of(host.state.phase);
  EXPECT_EQ(run.record.trigger, Trigger::Operator);
  EXPECT_EQ(run.record.by, "alice");
  EXPECT_EQ(run.grant->slot, 7);
  EXPECT_EQ(host.state.standing.asked->steps.front().component, "gateway") << "what is left stands";
}

TEST(FleetAsked, what_has_waited_for_an_hour_is_over) {
  Ladder host;
  to_asked(host);
  host.now += std::chrono::hours{1};
  host.state.standing.next_refresh = host.now + std::chrono::hours{1};
  host.feed(event::Ticked{});
  EXPECT_FALSE(host.state.standing.asked);
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_THAT(host.message(Said::OperatorAsked), HasSubstr("its hour is over"));
}

TEST(FleetAsked, stop_takes_it_back) {
  Ladder host;
  to_asked(host).feed(event::StopAsked{"bob"});
  EXPECT_FALSE(host.state.standing.asked);
  EXPECT_THAT(host.message(Said::OperatorAsked), HasSubstr("bob took it back"));
}

TEST(FleetAsked, a_step_that_does_not_go_ends_it) {
  Ladder host;
  to_asked(host).granted("dashboard");
  ASSERT_EQ(host.phase(), "preflight");
  host.feed(event::JobFailed{host.job(), {ErrorKind::Internal, "it failed"}});
  EXPECT_FALSE(host.state.standing.asked);
}

TEST(FleetAsked, other_pins_end_it) {
  Ladder host;
  to_asked(host);
  host.fleet->pins.clear();
  host.feed(event::FleetPinned{}).inspected();
  EXPECT_FALSE(host.state.standing.asked);
}

TEST(FleetAsked, a_freeze_of_the_fleet_refuses_it_at_once) {
  Ladder host;
  host.in_a_fleet().to_waiting();
  auto const& hash = plan_of(host.state.phase)->hash;
  EXPECT_TRUE(rollout::may_run(host.state, hash, false, host.context()));
  host.fleet->frozen = "frozen until 2026-12-24T00:00:00Z by alice";
  auto const may = rollout::may_run(host.state, hash, false, host.context());
  ASSERT_FALSE(may);
  EXPECT_THAT(may.error().message, HasSubstr("the fleet is frozen until"));
}

TEST(FleetOutside, wants_a_slot_whatever_the_others_do_and_says_why) {
  Ladder host;
  to_asked(host, outside());
  EXPECT_THAT(host.message(Said::OperatorAsked), HasSubstr("outside the order of its fleet: a CVE"));
  host.inspected();
  ASSERT_EQ(host.phase(), "waiting");
  auto const need = need_of(host);
  auto const* wants = std::get_if<need::Wants>(&need);
  ASSERT_NE(wants, nullptr);
  ASSERT_TRUE(wants->outside);
  EXPECT_EQ(wants->outside->why, "a CVE");
  host.granted("dashboard");
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_TRUE(run_of(host.state.phase)->grant);
}

TEST(FleetOutside, begins_without_a_slot_after_a_minute_and_says_so_loudly) {
  Ladder host;
  to_asked(host, outside()).inspected();
  host.fleet->text = "the fleet is asked";
  host.now += std::chrono::seconds{59};
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "waiting");
  host.now += std::chrono::seconds{2};
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_FALSE(run_of(host.state.phase)->grant);
  EXPECT_THAT(host.message(Said::FleetTrouble), HasSubstr("without a slot"));
}

TEST(FleetOutside, a_freeze_of_the_fleet_keeps_it_unless_that_is_overridden) {
  for (bool const overrides : {false, true}) {
    Ladder host;
    auto asked = outside();
    asked.override_freeze = overrides;
    host.in_a_fleet().to_waiting();
    host.fleet->frozen = "frozen until 2026-12-24T00:00:00Z by alice";
    auto const plan = rollout::plan_outside(host.state, host.facts, host.context());
    EXPECT_EQ(rollout::may_run_outside(host.state, plan, plan.hash, asked, host.context()).has_value(), overrides);
  }
}

TEST(FleetOutside, without_a_rollout_the_hosts_own_policy_chooses) {
  Ladder host;
  host.fleet.emplace();
  host.started().refreshed().inspected();
  ASSERT_EQ(host.phase(), "idle");
  auto const plan = rollout::plan_outside(host.state, host.facts, host.context());
  ASSERT_FALSE(plan.steps.empty());
  EXPECT_FALSE(rollout::may_run_outside(host.state, plan, "another", outside(), host.context()));
  auto const event = rollout::may_run_outside(host.state, plan, plan.hash, outside({}), host.context());
  ASSERT_TRUE(event) << event.error().message;
  host.feed(*event);
  EXPECT_EQ(host.phase(), "inspecting");
  host.inspected();
  EXPECT_EQ(host.phase(), "downloading");
}

TEST(FleetOutside, nothing_of_it_is_for_a_host_that_is_held) {
  Ladder host;
  host.in_a_fleet().to_waiting();
  host.memory.holds.push_back({"dashboard", "bob", host.now});
  auto const plan = *plan_of(host.state.phase);
  auto const may = rollout::may_run_outside(host.state, plan, plan.hash, outside(), host.context());
  ASSERT_FALSE(may);
  EXPECT_THAT(may.error().message, HasSubstr("held by bob"));
}

TEST(FleetStep, a_slot_begins_a_run_of_that_component_alone) {
  Ladder host;
  to_wanting(host).granted("dashboard");
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard"));
  EXPECT_EQ(need_of(host), Need{need::Works{7}});
}

TEST(FleetStep, a_slot_of_another_component_begins_nothing) {
  Ladder host;
  to_wanting(host).granted("gateway");
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(FleetStep, a_slot_that_comes_when_the_window_has_closed_is_not_wanted_any_more) {
  Ladder host;
  to_wanting(host);
  host.now = at("04:00");
  host.granted("dashboard");
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_EQ(need_of(host), Need{need::Nothing{}});
}

TEST(FleetStep, asks_before_traffic_is_led_away_and_before_the_package_changes) {
  Ladder host;
  host.in_a_fleet().facts.hooks = {"pre-step.d/10-drain", "post-step.d/10-undrain"};
  host.to_confirming();
  EXPECT_EQ(host.phase(), "confirming");
  EXPECT_EQ(need_of(host), (Need{need::Confirms{7, Point::BeforeDrain}}));
  EXPECT_EQ(host.submitted(), "");
  host.fleet_says();
  EXPECT_EQ(host.phase(), "asking-hooks");
  EXPECT_EQ(need_of(host), Need{need::Works{7}});
  host.hooked().backed_up();
  EXPECT_EQ(host.phase(), "confirming");
  EXPECT_EQ(need_of(host), (Need{need::Confirms{7, Point::BeforeApply}}));
  host.fleet_says();
  EXPECT_EQ(host.phase(), "applying");
}

TEST(FleetStep, an_answer_to_another_question_is_none) {
  Ladder host;
  host.in_a_fleet().to_confirming();
  for (auto const& answer : {fleet::Confirmed{6, Point::BeforeDrain}, fleet::Confirmed{7, Point::BeforeApply}}) {
    host.fleet->confirmed = answer;
    host.feed(event::FleetChanged{});
    EXPECT_EQ(host.phase(), "confirming");
  }
}

TEST(FleetStep, refused_before_the_drain_nothing_was_touched) {
  Ladder host;
  host.in_a_fleet().to_confirming().fleet_says("alice paused the rollout: the CRM is down");
  EXPECT_EQ(host.phase(), "inspecting");
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_EQ(need_of(host), Need{need::Works{7}}) << "what is on the host is read first";
  host.inspected();
  auto const told = std::get<need::Ended>(need_of(host));
  EXPECT_EQ(told.grant, (fleet::Grant{"dashboard", "r1", 7}));
  EXPECT_FALSE(told.completed);
  EXPECT_FALSE(told.begun);
  EXPECT_EQ(told.reason, "alice paused the rollout: the CRM is down");
}

TEST(FleetStep, refused_before_the_change_traffic_is_led_back) {
  Ladder host;
  host.in_a_fleet().facts.hooks = {"pre-step.d/10-drain", "post-step.d/10-undrain"};
  host.to_confirming().fleet_says().hooked().backed_up().fleet_says("the slot was released by bob");
  EXPECT_EQ(host.phase(), "telling-hooks");
  EXPECT_EQ(need_of(host), Need{need::Works{7}}) << "the slot is kept until traffic is back";
  host.hooked().inspected();
  EXPECT_FALSE(std::get<need::Ended>(need_of(host)).begun);
}

TEST(FleetStep, a_window_that_closed_while_it_asked_ends_it) {
  Ladder host;
  host.in_a_fleet().to_confirming();
  host.now = at("04:00");
  host.fleet_says();
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
}

TEST(FleetStep, that_is_done_tells_so_until_the_fleet_has_heard_it) {
  Ladder host;
  host.in_a_fleet().to_confirming().fleet_says().backed_up().fleet_says().applied().restarted().healthy();
  EXPECT_EQ(host.phase(), "inspecting");
  host.inspected();
  EXPECT_EQ(need_of(host), (Need{need::Ended{{"dashboard", "r1", 7}, true, true, ""}}));
  host.feed(event::FleetHeard{6});
  EXPECT_TRUE(std::holds_alternative<need::Ended>(need_of(host))) << "of another slot";
  host.fleet->grant.reset();
  host.feed(event::FleetHeard{7});
  host.downloaded().downloaded().inspected();
  EXPECT_EQ(need_of(host), Need{need::Wants{"gateway"}}) << "the next component has a slot of its own";
}

TEST(FleetStep, that_went_back_or_needs_an_administrator_has_failed) {
  Ladder back;
  back.in_a_fleet().to_confirming().fleet_says().backed_up().fleet_says().applied().restarted().unhealthy("answers 500");
  back.applied().restored().restarted().healthy();
  if (back.phase() == "inspecting") back.inspected();
  auto const told = std::get<need::Ended>(need_of(back));
  EXPECT_FALSE(told.completed);
  EXPECT_TRUE(told.begun);
  EXPECT_THAT(told.reason, HasSubstr("answers 500"));

  Ladder lost;
  lost.in_a_fleet().to_confirming().fleet_says().backed_up().fleet_says().applied().restarted().unhealthy("answers 500");
  lost.applied().restored().restarted().unhealthy("does not answer").inspected();
  EXPECT_EQ(lost.phase(), "needs-admin");
  EXPECT_FALSE(std::get<need::Ended>(need_of(lost)).completed);
}

TEST(FleetStep, a_daemon_that_starts_while_it_asks_begins_the_step_anew) {
  Ladder host;
  host.in_a_fleet().to_confirming().started();
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_EQ(need_of(host), Need{need::Works{7}});
}

TEST(FleetStep, a_host_that_is_taken_out_of_its_fleet_does_not_go_on) {
  Ladder host;
  host.in_a_fleet().to_confirming();
  host.fleet.reset();
  host.feed(event::FleetChanged{});
  EXPECT_THAT(host.history().back().reason, HasSubstr("taken out of its fleet"));
}

/// The new versions stand, and the fleet goes back to the old ones.
Ladder& to_going_back(Ladder& host) {
  host.in_a_fleet();
  for (auto const* name : {"dashboard", "gateway", "pump"}) host.package(name).version = "5.8.15";
  host.fleet->back = true;
  for (auto& pin : host.fleet->pins) pin.package = {pin.package.name, "5.8.14", "digest-of-5.8.14"};
  host.now = at("02:00");
  return host.started().refreshed().inspected();
}

TEST(FleetBack, the_last_component_goes_back_first) {
  Ladder host;
  to_going_back(host);
  EXPECT_EQ(host.phase(), "idle") << "nothing newer is planned";
  EXPECT_EQ(need_of(host), Need{need::Wants{"pump"}});
  EXPECT_THAT(stays(host, "gateway"), HasSubstr("takes it back to 5.8.14"));
}

TEST(FleetBack, nobody_goes_back_outside_its_window_or_while_it_is_held) {
  Ladder shut;
  to_going_back(shut);
  shut.now = at("05:00");
  EXPECT_EQ(need_of(shut), Need{need::Nothing{}});
  Ladder held;
  held.memory.holds.push_back({"pump", "alice", at("01:00")});
  to_going_back(held);
  EXPECT_EQ(need_of(held), Need{need::Nothing{}});
}

TEST(FleetBack, is_a_run_like_that_of_an_operator_with_the_slot_it_has) {
  Ladder host;
  to_going_back(host);
  host.feed(event::RollBackAsked{"the fleet's rollout r2", "20261115T020000Z-abcdef", host.taken_back("pump"), fleet::Grant{"pump", "r2", 9}});
  EXPECT_EQ(host.phase(), "undoing");
  host.inspected();
  EXPECT_EQ(need_of(host), (Need{need::Confirms{9, Point::BeforeDrain}}));
  host.fleet->grant = fleet::Grant{"pump", "r2", 9};
  host.fleet_says().backed_up().fleet_says();
  EXPECT_EQ(host.phase(), "rolling-back");
  host.applied().restored().restarted().healthy().inspected();
  EXPECT_EQ(need_of(host), (Need{need::Ended{{"pump", "r2", 9}, true, true, ""}}));
}

TEST(FleetBack, a_host_that_cannot_go_back_gives_its_slot_back_and_says_why) {
  Ladder host;
  to_going_back(host);
  host.feed(event::FleetHindered{{"pump", "r2", 9}, "the package tyk-pump 5.8.14 is not kept any more"});
  auto const told = std::get<need::Ended>(need_of(host));
  EXPECT_FALSE(told.completed || told.begun);
  EXPECT_THAT(host.message(Said::StepNotDone), HasSubstr("not kept any more"));
}

TEST(FleetPlan, nothing_moves_while_no_rollout_is_at_work) {
  Ladder host;
  host.fleet.emplace();
  host.started().refreshed().inspected();
  EXPECT_EQ(host.phase(), "idle");
  EXPECT_THAT(stays(host, "gateway"), HasSubstr("fleet: hosts of a fleet move in its rollouts, and none is at work"));
}

TEST(FleetPlan, says_that_the_fleet_is_frozen_where_no_rollout_is_at_work) {
  Ladder host;
  host.fleet.emplace();
  host.fleet->frozen = "frozen until 2026-12-24T00:00:00Z by alice";
  host.started().refreshed().inspected();
  EXPECT_THAT(stays(host, "gateway"), HasSubstr("fleet: the fleet is frozen until 2026-12-24T00:00:00Z by alice"));
}

TEST(FleetPlan, goes_to_the_pin_and_to_nothing_newer) {
  Ladder host;
  host.in_a_fleet();
  for (auto& component : host.facts.components) {
    auto newer = component.candidates.front();
    newer.version = "5.8.16";
    newer.sha256 = "digest-of-5.8.16";
    component.candidates.insert(component.candidates.begin(), newer);
  }
  host.to_waiting();
  for (auto const& step : plan_of(host.state.phase)->steps) EXPECT_EQ(step.to_version(), "5.8.15");
}

TEST(FleetPlan, does_not_ask_the_hosts_own_track_soak_and_approval) {
  Ladder host;
  host.in_a_fleet();
  host.config.policy.track = {Track::Kind::Line, 5, 3};
  host.config.policy.soak = std::chrono::hours{24 * 30};
  host.config.policy.approve = Approve::Manual;
  to_wanting(host);
  EXPECT_EQ(need_of(host), Need{need::Wants{"dashboard"}});
}

TEST(FleetPlan, refuses_other_bytes_under_the_pinned_version) {
  Ladder host;
  host.in_a_fleet();
  host.facts.components[1].candidates.front().sha256 = "digest-of-something-else";
  host.to_waiting();
  EXPECT_THAT(stays(host, "gateway"), HasSubstr("is offered here with other bytes than the fleet pinned"));
}

TEST(FleetPlan, says_that_the_pin_is_not_offered_here) {
  Ladder host;
  host.in_a_fleet();
  auto& candidates = host.facts.components[0].candidates;
  candidates.erase(candidates.begin());
  host.started().refreshed().inspected();
  EXPECT_THAT(stays(host, "dashboard"), HasSubstr("which no repository offers here"));
}

TEST(FleetPlan, leaves_a_host_that_is_ahead_where_it_is) {
  Ladder host;
  host.in_a_fleet();
  host.package("dashboard").version = "5.8.16";
  host.started().refreshed().inspected();
  EXPECT_THAT(stays(host, "dashboard"), Not(HasSubstr("fleet:")));
  EXPECT_EQ(plan_of(host.state.phase)->steps.front().component, "gateway");
}

TEST(FleetPlan, other_pins_are_another_plan) {
  Ladder host;
  host.in_a_fleet().to_waiting();
  host.fleet->pins.clear();
  host.feed(event::FleetPinned{});
  EXPECT_EQ(host.phase(), "inspecting");
  host.inspected();
  EXPECT_EQ(host.phase(), "idle");
}

TEST(FleetPlan, other_pins_do_not_disturb_a_step_at_work) {
  Ladder host;
  host.in_a_fleet().to_confirming().fleet_says().backed_up().fleet_says();
  host.feed(event::FleetPinned{});
  EXPECT_EQ(host.phase(), "applying");
}

}  // namespace
}  // namespace tykup::test
