#include "daemon/core/fleet/overview.hpp"

#include <gtest/gtest.h>

#include "daemon/core/fleet/steering.hpp"
#include "tests/unit/steer/boards.hpp"

namespace tykup::fleet {
namespace {

using namespace test;

StepView const& step_of(Overview const& view, std::string const& host, std::string const& component) {
  static StepView const none{};
  for (auto const& centre : view.centres)
    for (auto const& stage : centre.stages)
      for (auto const& step : stage.steps)
        if (step.host == host && step.component == component) return step;
  ADD_FAILURE() << host << " has no step of " << component;
  return none;
}

std::string text_of(std::vector<Trouble> const& troubles) {
  std::string text;
  for (auto const& each : troubles) text += each.host + ": " + each.text + " → " + each.remedy + "\n";
  return text;
}

void finish_core(Board& board) {
  for (auto const* component : {"mdcb", "dashboard", "gateway"}) finish(board, "core-1", component);
  finish(board, "core-2", "gateway", 20);
}

TEST(FleetOverview, a_cluster_that_nobody_made_is_said_to_be_none) {
  Board board;
  board.cluster = "prd";
  auto const view = overview(board, at(0));
  EXPECT_EQ(view.condition, Condition::Unmade);
  EXPECT_EQ(view.text, "the cluster \"prd\" was not made yet, or its name is misspelt in [fleet]");
  EXPECT_EQ(view.remedy, "tykup fleet init POLICY-FILE");
}

TEST(FleetOverview, without_a_rollout_every_host_is_shown_with_its_version) {
  auto const view = overview(idle(), at(0));
  EXPECT_EQ(view.condition, Condition::Idle);
  EXPECT_EQ(view.centres.size(), 3U);
  EXPECT_EQ(step_of(view, "eu-a", "gateway").from, "5.8.14");
  EXPECT_EQ(step_of(view, "eu-a", "gateway").state, StepState::Idle);
}

TEST(FleetOverview, each_host_waits_for_those_before_it_by_name) {
  auto const view = overview(running(), at(0));
  EXPECT_EQ(view.condition, Condition::Running);
  EXPECT_EQ(view.done, 0U);
  EXPECT_EQ(view.all, 7U);
  EXPECT_EQ(step_of(view, "core-1", "mdcb").text, "its turn");
  EXPECT_EQ(step_of(view, "core-1", "dashboard").text, "waiting for core-1 (mdcb)");
  EXPECT_EQ(step_of(view, "eu-a", "gateway").text, "waiting for core-1 (mdcb), core-1 (dashboard), core-1 (gateway) and 1 other");
}

TEST(FleetOverview, a_freeze_is_shown_whatever_goes_on_and_is_no_stall) {
  auto board = idle();
  board.freeze = {FleetFreeze{at(600), {"alice", "year end", at(0)}}, 90, 90};
  auto const words = "the fleet is frozen until " + to_rfc3339(at(600)) + " by alice: year end";
  EXPECT_EQ(overview(board, at(0)).text, "no rollout is at work; " + words);
  EXPECT_EQ(overview(board, at(0)).remedy, "tykup fleet unfreeze");
  auto going = running();
  going.freeze = board.freeze;
  auto const view = overview(going, at(0));
  EXPECT_EQ(view.condition, Condition::Running);
  EXPECT_EQ(view.text, "rollout r1 is running; " + words);
  EXPECT_EQ(view.freeze->until, at(600));
  EXPECT_EQ(step_of(view, "core-1", "mdcb").text, words);
  EXPECT_FALSE(step_of(view, "core-1", "mdcb").stuck);
  auto const later = overview(going, at(600));
  EXPECT_FALSE(later.freeze);
  EXPECT_EQ(later.text, "rollout r1 is running");
}

TEST(FleetOverview, stages_stand_in_the_order_of_the_going_and_back_in_the_reverse) {
  auto board = running();
  auto view = overview(board, at(0));
  EXPECT_EQ(view.centres.front().name, "core");
  EXPECT_EQ(view.centres.front().stages.front().stage.component, "mdcb");
  board.rollout.record->direction = Direction::Back;
  view = overview(board, at(0));
  EXPECT_EQ(view.centres.front().rank, 1U);
  EXPECT_EQ(view.centres.back().stages.back().stage.component, "mdcb");
}

TEST(FleetOverview, counts_what_is_done_ahead_and_excluded) {
  auto board = running();
  finish(board, "core-1", "mdcb");
  finish(board, "core-1", "dashboard");
  record_of(board, "core-1").carried[1].installed = {build("dashboard", "5.8.16")};
  board.rollout.record->excluded = {{"us-a", {"alice", "broken disk", at(1)}}};
  auto const view = overview(board, at(0));
  EXPECT_EQ(step_of(view, "core-1", "mdcb").state, StepState::Done);
  EXPECT_EQ(step_of(view, "core-1", "dashboard").state, StepState::Ahead);
  EXPECT_EQ(step_of(view, "us-a", "gateway").state, StepState::Excluded);
  EXPECT_EQ(view.done, 2U);
  EXPECT_EQ(view.all, 6U);
}

TEST(FleetOverview, a_holder_is_in_work_as_long_as_it_is_there_and_counts_as_failed_when_it_is_not) {
  auto board = running();
  hold_slot(board, "core-1", "mdcb");
  board.live = {"core-1"};
  EXPECT_EQ(step_of(overview(board, at(6)), "core-1", "mdcb").state, StepState::InWork);
  board.live.clear();
  auto const view = overview(board, at(6));
  EXPECT_EQ(step_of(view, "core-1", "mdcb").state, StepState::Absent);
  EXPECT_EQ(view.condition, Condition::Stalled);
  EXPECT_NE(text_of(view.stalled).find("tykup fleet release-slot core-1"), std::string::npos) << text_of(view.stalled);
}

TEST(FleetOverview, who_comes_after_the_first_step_is_called_late) {
  auto board = running();
  finish(board, "core-1", "mdcb");
  auto newcomer = host("core-9", "core", {carried("mdcb", "5.8.14")});
  board.hosts.push_back({newcomer, 90, 90});
  board.pending.push_back({stage(board, "core-9", "mdcb"), "core-9", 95});
  auto const view = overview(board, at(11));
  EXPECT_TRUE(step_of(view, "core-9", "mdcb").late);
  EXPECT_FALSE(step_of(view, "core-1", "dashboard").late);
  hold_slot(board, "core-9", "mdcb");
  board.live = {"core-9"};
  EXPECT_TRUE(step_of(overview(board, at(0)), "core-9", "mdcb").late) << "in work, too";
  board.slots.clear();
  std::ranges::find_if(board.hosts, [](BoardHost const& each) { return each.record.host == "core-9"; })->created = 200;
  finish(board, "core-9", "mdcb");
  EXPECT_TRUE(step_of(overview(board, at(0)), "core-9", "mdcb").late) << "and when it is done";
  EXPECT_EQ(step_of(view, "core-1", "dashboard").text, "waiting for core-9 (mdcb)");
}

struct Stall {
  char const* name;
  void (*happens)(Board&);
  char const* who;
  char const* why;
  char const* remedy;
};

class StalledRollout : public testing::TestWithParam<Stall> {};

TEST_P(StalledRollout, names_each_host_its_reason_and_the_command_that_resolves_it) {
  auto board = running();
  GetParam().happens(board);
  auto const view = overview(board, at(6));
  EXPECT_EQ(view.condition, Condition::Stalled);
  ASSERT_FALSE(view.stalled.empty());
  EXPECT_EQ(view.stalled.front().host, GetParam().who);
  EXPECT_EQ(view.stalled.front().text, GetParam().why);
  EXPECT_EQ(view.stalled.front().remedy, GetParam().remedy);
  EXPECT_FALSE(view.end_unknown.empty());
}

INSTANTIATE_TEST_SUITE_P(Reasons, StalledRollout, testing::Values(
    Stall{"a_hold", [](Board& b) { record_of(b, "core-1").hindrances = {{"mdcb", "held by bob", "tykup release mdcb"}}; }, "core-1", "held by bob", "tykup release mdcb"},
    Stall{"a_hindrance_of_the_whole_host", [](Board& b) { record_of(b, "core-1").hindrances = {{"", "frozen until 2026-12-24", ""}}; }, "core-1", "frozen until 2026-12-24", "tykup fleet exclude core-1"},
    Stall{"no_window", [](Board& b) { record_of(b, "core-1").next_opening.reset(); }, "core-1", "no maintenance window of it opens", "a [[window]] there, or tykup fleet exclude core-1"},
    Stall{"another_rule", [](Board& b) { record_of(b, "core-1").rule = 2; }, "core-1", "its tykupd has rule 2, the rollout is of rule 1", "install the tykup of the others there, or tykup fleet exclude core-1"},
    Stall{"two_of_one_name", [](Board& b) { record_of(b, "core-1").conflict = Identity{"other", "x"}; }, "core-1", "two hosts call themselves core-1", "give one of them another name with host = in its [fleet], then tykup fleet forget core-1"},
    Stall{"no_file_of_its_class", [](Board& b) { record_of(b, "core-1").carried[0].installed[0].of.architecture = "arm64"; }, "core-1", "the rollout pins no file of tyk-sink for debian 12 arm64", "tykup fleet exclude core-1"},
    Stall{"beyond_the_pin", [](Board& b) { record_of(b, "core-1").carried[0].installed[0].version = "5.9.0"; }, "core-1", "5.9.0 is beyond the pinned 5.8.15, to which no upgrade leads", "tykup fleet exclude core-1"},
    Stall{"gone", [](Board& b) { std::erase_if(b.hosts, [](BoardHost const& h) { return h.record.host == "core-1"; }); }, "core-1", "it is not registered any more", "tykup fleet forget core-1"},
    Stall{"failed_slot", [](Board& b) { hold_slot(b, "core-1", "mdcb", SlotState::Failed); }, "core-1", "the gate did not pass", "tykup fleet retry core-1, or tykup fleet exclude core-1"},
    Stall{"packages_that_cannot_come", [](Board& b) { record_of(b, "core-2").rule = 2; b.unready = {{"core", "core-2"}}; }, "core-1", "the packages of core-2 are not there: its tykupd has rule 2, the rollout is of rule 1", "install the tykup of the others there, or tykup fleet exclude core-2"},
    Stall{"packages_that_a_hold_keeps_away", [](Board& b) { record_of(b, "core-2").hindrances = {{"gateway", "held by bob", "tykup release gateway"}}; b.unready = {{"core", "core-2"}}; }, "core-1", "the packages of core-2 are not there: held by bob", "tykup release gateway"}),
    [](auto const& row) { return std::string(row.param.name); });

struct Going {
  char const* name;
  void (*happens)(Board&);
};
class RolloutThatWaits : public testing::TestWithParam<Going> {};

TEST_P(RolloutThatWaits, is_not_called_stalled) {
  auto board = running();
  GetParam().happens(board);
  EXPECT_EQ(overview(board, at(6)).condition, Condition::Running);
}
INSTANTIATE_TEST_SUITE_P(Reasons, RolloutThatWaits, testing::Values(
    Going{"for_a_window", [](Board& b) { record_of(b, "core-1").next_opening = at(600); }},
    Going{"for_packages", [](Board& b) { b.unready = {{"core", "core-2"}}; }},
    Going{"for_somebody_at_work", [](Board& b) { hold_slot(b, "core-1", "mdcb"); b.live = {"core-1"}; }},
    Going{"for_a_host_later_in_the_order_that_is_held", [](Board& b) { record_of(b, "us-a").hindrances = {{"", "held", ""}}; }},
    Going{"for_one_of_two_centres", [](Board& b) { finish_core(b); record_of(b, "us-a").hindrances = {{"", "held", ""}}; }}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(FleetOverview, a_group_that_waits_for_its_promotion_is_no_stall) {
  auto records = hosts();
  records[2].group = "blue";
  records[3].group = "green";
  auto board = running(records);
  auto& policy = board.rollout.record->policy;
  policy.strategy = Strategy::BlueGreen;
  policy.groups = {"blue", "green"};
  board.rollout.record->stages.clear();
  for (auto& each : board.pending) {
    each.stage = stage(board, each.host, each.stage.component);
    add_stage(*board.rollout.record, each.stage);
  }
  finish_core(board);
  finish(board, "us-a", "gateway");
  finish(board, "eu-a", "gateway");
  auto const view = overview(board, at(30));
  EXPECT_EQ(view.condition, Condition::Promotion);
  EXPECT_EQ(view.remedy, "tykup fleet promote");
  EXPECT_TRUE(view.stalled.empty());
}

TEST(FleetOverview, the_end_is_foreseen_from_what_steps_have_taken) {
  auto board = running();
  finish(board, "core-1", "mdcb");
  finish(board, "core-1", "dashboard");
  EXPECT_EQ(overview(board, at(20)).end_unknown, "no stage of several hosts is done yet, so nobody knows how long a step takes here");
  finish_core(board);  // the first Gateway at minute 10, the second at 20: ten minutes a step
  auto const view = overview(board, at(30));
  ASSERT_TRUE(view.earliest_end) << view.end_unknown;
  EXPECT_EQ(*view.earliest_end, at(50));  // eu-1 has two, one after the other; us-1 goes at the same time
}

TEST(FleetOverview, the_end_is_not_before_the_last_window) {
  auto board = running();
  finish_core(board);
  record_of(board, "us-a").next_opening = at(500);
  EXPECT_EQ(overview(board, at(30)).earliest_end, at(510));
}

TEST(FleetOverview, no_end_is_foreseen_where_a_host_needs_help) {
  auto board = running();
  finish_core(board);
  record_of(board, "us-a").hindrances = {{"", "held by bob", ""}};
  auto const view = overview(board, at(30));
  EXPECT_FALSE(view.earliest_end);
  EXPECT_EQ(view.end_unknown, "us-a has to be helped first: held by bob");
}

TEST(FleetOverview, a_stopped_rollout_says_why_and_what_to_do) {
  auto board = running();
  auto& rollout = *board.rollout.record;
  rollout.state = RolloutState::Stopped;
  rollout.halt = Halt::Failures;
  rollout.failures = {{"eu-a", "gateway", "unhealthy", at(3)}};
  rollout.last = {"eu-a", "gateway failed on eu-a: unhealthy", at(3)};
  auto const view = overview(board, at(6));
  EXPECT_EQ(view.condition, Condition::Stopped);
  EXPECT_EQ(view.text, "rollout r1 is stopped: gateway failed on eu-a: unhealthy (eu-a)");
  EXPECT_EQ(view.remedy, "tykup fleet retry eu-a, or tykup fleet exclude eu-a, or tykup fleet rollback");
  EXPECT_EQ(step_of(view, "eu-a", "gateway").state, StepState::Failed);
}

TEST(FleetOverview, troubles_are_named_whatever_the_rollout_does) {
  auto board = idle();
  record_of(board, "eu-a").rule = 7;
  record_of(board, "eu-b").conflict = Identity{"m2", "n2"};
  record_of(board, "us-a").datacenter = "us-2";
  board.unreadable = {{"host/zz", "it is of schema 2"}};
  auto const text = text_of(overview(board, at(0)).troubles);
  EXPECT_NE(text.find("eu-a: its tykupd has rule 7, this one has rule 1"), std::string::npos) << text;
  EXPECT_NE(text.find("eu-b: two hosts call themselves eu-b (machine ids machine-eu-b and m2)"), std::string::npos) << text;
  EXPECT_NE(text.find("us-a: its data centre \"us-2\" is not in the policy"), std::string::npos) << text;
  EXPECT_NE(text.find("the record \"host/zz\" cannot be read: it is of schema 2"), std::string::npos) << text;
}

TEST(FleetOverview, a_pinned_file_that_nobody_is_offered_any_more_is_named) {
  auto board = running();
  EXPECT_TRUE(overview(board, at(0)).troubles.empty());
  for (auto& each : board.hosts)
    for (auto& item : each.record.carried)
      if (item.component == "gateway") item.candidates.clear();
  auto const text = text_of(overview(board, at(0)).troubles);
  EXPECT_NE(text.find("gateway 5.8.15 for debian 12 amd64 is not offered to core-1, core-2, eu-a and 2 others any more"), std::string::npos) << text;
}

TEST(FleetOverview, a_pinned_file_that_stopped_the_rollout_is_named_while_one_host_is_not_offered_it) {
  auto board = running();
  record_of(board, "eu-a").carried.front().candidates.clear();
  EXPECT_TRUE(overview(board, at(0)).troubles.empty()) << "others are offered it";
  auto& rollout = *board.rollout.record;
  rollout = *pulled(rollout, {"eu-a", "gateway", "tyk-gateway", "5.8.15", "tyk-gateway 5.8.15 is not offered to eu-a any more", at(3)});
  auto const view = overview(board, at(6));
  EXPECT_EQ(view.text, "rollout r1 is stopped: tyk-gateway 5.8.15 is not offered to eu-a any more (eu-a)");
  EXPECT_NE(view.remedy.find("then tykup fleet resume; or tykup fleet abort"), std::string::npos) << view.remedy;
  EXPECT_NE(text_of(view.troubles).find("tyk-gateway 5.8.15 for debian 12 amd64 is not offered to eu-a any more"), std::string::npos);
  record_of(board, "eu-a").carried.front().candidates = {build("gateway", "5.8.15")};
  EXPECT_TRUE(overview(board, at(6)).troubles.empty());
}

TEST(FleetOverview, a_gate_that_is_asked_is_shown_and_one_that_said_no_says_what_to_do) {
  auto board = running();
  hold_slot(board, "core-1", "mdcb", SlotState::Asking);
  board.slots.front().slot.record->reason = "gate errors after the first host of mdcb in core";
  board.live = {"core-1"};
  auto const step = step_of(overview(board, at(1)), "core-1", "mdcb");
  EXPECT_EQ(step.state, StepState::InWork);
  EXPECT_EQ(step.text, "asks gate errors after the first host of mdcb in core");
  auto& rollout = *board.rollout.record;
  rollout = *stopped(rollout, Halt::Gate, {"core-1", "gate errors said no", at(2)});
  auto const view = overview(board, at(3));
  EXPECT_EQ(view.condition, Condition::Stopped);
  EXPECT_NE(view.remedy.find("tykup fleet resume, which asks it again"), std::string::npos) << view.remedy;
}

}  // namespace
}  // namespace tykup::fleet
