#include "daemon/core/fleet/steer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/steer/boards.hpp"

namespace tykup::fleet {
namespace {

using namespace test;

std::string digest(std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)); }
Beginning const alice{"r9", {"alice", "monthly", at(0)}};

Result<Steered> told(Board const& board, Saying const& saying) { return steer(board, saying, alice, digest); }

template <typename T>
T change_of(Result<Steered> const& steered) {
  EXPECT_TRUE(steered) << (steered ? "" : steered.error().message);
  T const none{};
  if (!steered || !std::holds_alternative<T>(steered->change)) {
    ADD_FAILURE() << "another change";
    return none;
  }
  return std::get<T>(steered->change);
}

Board in_state(RolloutState state, Halt halt = Halt::None) {
  auto board = running();
  board.rollout.record->state = state;
  board.rollout.record->halt = halt;
  return board;
}

Board failed() {
  auto board = in_state(RolloutState::Stopped, Halt::Failures);
  board.rollout.record->failures = {{"eu-a", "gateway", "unhealthy", at(1)}};
  hold_slot(board, "eu-a", "gateway", SlotState::Failed);
  return board;
}

/// An etcd that was put back to before the first of them failed has let the second one begin, too.
Board two_failed(SlotState first = SlotState::Failed) {
  auto board = failed();
  hold_slot(board, "eu-b", "gateway", SlotState::Failed);
  board.slots.front().slot.record->state = first;
  return board;
}

/// eu-1 has a blue host that is done, and a green one.
Board blue_green(bool done = true) {
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
  if (done) finish(board, "eu-a", "gateway");
  return board;
}

TEST(FleetSteer, init_makes_meta_and_policy_at_once) {
  Board board;
  board.cluster = "prod";
  auto const steered = told(board, say::Init{policy()});
  auto const made = change_of<change::Make>(steered);
  EXPECT_EQ(made.meta, Meta{});
  EXPECT_EQ(made.policy.said.by, "alice");
}

TEST(FleetSteer, policy_is_for_later_rollouts_and_names_hosts_that_it_leaves_out) {
  auto changed = policy();
  changed.centres.pop_back();
  changed.max_failed = 3;
  auto const board = running();
  auto const steered = told(board, say::SetPolicy{changed});
  EXPECT_EQ(change_of<change::SetPolicy>(steered).modified, 2);
  EXPECT_EQ(change_of<change::SetPolicy>(steered).before, policy());
  EXPECT_EQ(steered->more, (std::vector<std::string>{"rollout r1 goes on with the policy that it began with", "data centre \"us-1\" of us-a is not in it"}));
}

TEST(FleetSteer, start_begins_what_was_shown_or_nothing) {
  auto const board = idle();
  auto const hash = schedule(board, {}, alice, digest).hash;
  auto const steered = told(board, say::Start{{}, hash});
  auto const begun = change_of<change::Begin>(steered);
  EXPECT_EQ(begun.rollout.id, "r9");
  EXPECT_EQ(begun.rollout.state, RolloutState::Preparing);
  EXPECT_EQ(begun.policy_modified, 2);
  ASSERT_TRUE(steered->schedule);
  auto const other = told(board, say::Start{{}, "another"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::NotFound);
}

TEST(FleetSteer, start_finishes_a_rollout_that_was_cut_short_while_it_was_prepared) {
  auto const board = in_state(RolloutState::Preparing);
  EXPECT_EQ(change_of<change::Prepare>(told(board, say::Start{})).rollout.modified, 60);
}

TEST(FleetSteer, pause_resume_and_abort_compare_the_rollout_as_it_was_read) {
  auto const pause = change_of<change::SetRollout>(told(running(), say::Pause{}));
  EXPECT_EQ(pause.rollout.state, RolloutState::Paused);
  EXPECT_EQ(pause.rollout.last, alice.said);
  EXPECT_EQ(pause.modified, 60);
  EXPECT_EQ(change_of<change::SetRollout>(told(in_state(RolloutState::Paused), say::Resume{})).rollout.state, RolloutState::Running);
  EXPECT_EQ(change_of<change::SetRollout>(told(running(), say::Abort{})).rollout.state, RolloutState::Aborted);
}

TEST(FleetSteer, abort_says_who_keeps_a_slot) {
  auto board = failed();
  auto const steered = told(board, say::Abort{});
  ASSERT_TRUE(steered);
  EXPECT_EQ(steered->more, std::vector<std::string>{"eu-a keeps its slot of gateway (failed): tykup fleet release-slot eu-a"});
}

TEST(FleetSteer, resume_after_a_restore_raises_the_epoch_and_leaves_the_rollout_as_it_is) {
  auto const meta = change_of<change::SetMeta>(told(running(), say::Resume{true}));
  EXPECT_EQ(meta.meta.epoch, 2);
  EXPECT_EQ(meta.modified, 1);
}

TEST(FleetSteer, promote_lets_the_next_group_of_every_stage_that_is_proven_go) {
  auto const promoted = change_of<change::SetRollout>(told(blue_green(), say::Promote{}));
  ASSERT_EQ(promoted.rollout.promoted.size(), 1U);
  EXPECT_EQ(promoted.rollout.promoted.front(), (Promotion{"eu-1", "gateway", 0, alice.said}));
}

TEST(FleetSteer, exclude_takes_the_steps_of_the_host_away_at_once) {
  auto board = running();
  board.unready = {{"eu-1", "eu-a"}, {"eu-1", "eu-b"}};
  auto const excluded = change_of<change::SetRollout>(told(board, say::Exclude{"eu-a"}));
  ASSERT_EQ(excluded.leave.size(), 1U);
  EXPECT_EQ(excluded.leave.front().host, "eu-a");
  ASSERT_EQ(excluded.ready.size(), 1U);
  EXPECT_TRUE(is_excluded(excluded.rollout, "eu-a"));
  EXPECT_EQ(change_of<change::SetRollout>(told(board, say::Exclude{"core-1", true})).leave.size(), 3U);
}

TEST(FleetSteer, exclude_of_a_failed_host_says_that_slot_and_stop_are_still_there) {
  auto const steered = told(failed(), say::Exclude{"eu-a"});
  ASSERT_TRUE(steered);
  EXPECT_EQ(steered->more, (std::vector<std::string>{"it keeps its slot of gateway: tykup fleet release-slot eu-a", "the rollout is stopped still: tykup fleet resume"}));
}

TEST(FleetSteer, retry_lets_the_failed_slot_try_again_and_the_rollout_run) {
  auto const retried = change_of<change::SetRollout>(told(failed(), say::Retry{"eu-a"}));
  EXPECT_EQ(retried.rollout.state, RolloutState::Running);
  EXPECT_TRUE(retried.rollout.failures.empty());
  ASSERT_EQ(retried.slots.size(), 1U);
  EXPECT_EQ(retried.slots.front().slot->state, SlotState::Again);
  EXPECT_EQ(retried.slots.front().slot.created, 70);
}

TEST(FleetSteer, of_two_that_failed_in_a_stage_the_second_is_retried_when_the_first_has_proven_it) {
  for (auto const state : {SlotState::Again, SlotState::InWork}) {
    auto board = two_failed(state);
    EXPECT_FALSE(told(board, say::Retry{"eu-b"}));
    board.firsts = {{"eu-1", "gateway", 0, {"r0", "eu-a", at(1)}, 70}};
    EXPECT_FALSE(told(board, say::Retry{"eu-b"})) << "that was another rollout";
    board.firsts.front().mark.rollout = "r1";
    EXPECT_EQ(change_of<change::SetRollout>(told(board, say::Retry{"eu-b"})).slots.size(), 1U);
  }
  EXPECT_EQ(change_of<change::SetRollout>(told(two_failed(), say::Retry{"eu-b"})).slots.size(), 1U);
}

TEST(FleetSteer, who_is_at_work_in_another_group_or_centre_is_not_before_a_retry) {
  auto board = blue_green(false);
  hold_slot(board, "eu-a", "gateway", SlotState::InWork);
  hold_slot(board, "us-a", "gateway", SlotState::InWork);
  hold_slot(board, "eu-b", "gateway", SlotState::Failed);
  EXPECT_EQ(change_of<change::SetRollout>(told(board, say::Retry{"eu-b"})).slots.size(), 1U);
}

TEST(FleetSteer, forget_takes_record_and_steps_away) {
  auto const forgotten = change_of<change::Forget>(told(running(), say::Forget{"eu-a"}));
  EXPECT_EQ(forgotten.host, "eu-a");
  EXPECT_GT(forgotten.modified, 0);
  EXPECT_EQ(forgotten.leave.size(), 1U);
}

TEST(FleetSteer, a_host_of_which_only_a_step_is_left_can_be_forgotten) {
  auto board = running();
  std::erase_if(board.hosts, [](BoardHost const& each) { return each.record.host == "eu-a"; });
  EXPECT_EQ(change_of<change::Forget>(told(board, say::Forget{"eu-a"})).modified, 0);
}

TEST(FleetSteer, the_failure_of_a_host_that_is_forgotten_can_be_seen_to) {
  auto board = failed();
  board.slots.clear();
  auto const steered = told(board, say::Forget{"eu-a"});
  ASSERT_TRUE(steered);
  EXPECT_EQ(steered->more.back(), "its failure of gateway counts still: tykup fleet exclude eu-a");
  std::erase_if(board.hosts, [](BoardHost const& each) { return each.record.host == "eu-a"; });
  std::erase_if(board.pending, [](BoardPending const& each) { return each.host == "eu-a"; });
  EXPECT_FALSE(told(board, say::Resume{}));
  EXPECT_TRUE(change_of<change::SetRollout>(told(board, say::Exclude{"eu-a"})).rollout.failures.empty());
  EXPECT_TRUE(change_of<change::SetRollout>(told(board, say::Retry{"eu-a"})).rollout.failures.empty());
}

TEST(FleetSteer, release_slot_frees_exactly_the_slots_that_were_seen) {
  auto const freed = change_of<change::Free>(told(failed(), say::ReleaseSlot{"eu-a"}));
  ASSERT_EQ(freed.slots.size(), 1U);
  EXPECT_EQ(freed.slots.front().slot.created, 70);
}

TEST(FleetSteer, release_slot_of_a_host_at_work_warns) {
  auto board = running();
  hold_slot(board, "eu-a", "gateway");
  board.live = {"eu-a"};
  auto const steered = told(board, say::ReleaseSlot{"eu-a"});
  ASSERT_TRUE(steered);
  EXPECT_EQ(steered->more.size(), 1U);
}

TEST(FleetSteer, freeze_compares_the_one_before_and_says_who_is_at_work) {
  auto board = running();
  hold_slot(board, "eu-a", "gateway");
  board.freeze = {FleetFreeze{at(60), {"bob", "audit", at(-5)}}, 90, 91};
  auto const steered = told(board, say::Freeze{at(600)});
  auto const change = change_of<change::SetFreeze>(steered);
  EXPECT_EQ(change.modified, 91);
  EXPECT_EQ(change.freeze, (FleetFreeze{at(600), alice.said}));
  EXPECT_EQ(steered->text, "no host of the fleet begins a step before " + to_rfc3339(at(600)));
  EXPECT_EQ(steered->more, (std::vector<std::string>{"a step whose package has changed is finished: eu-a (gateway)",
                                                     "before, it was frozen until " + to_rfc3339(at(60)) + " by bob: audit", "tykup fleet unfreeze ends it earlier"}));
}

TEST(FleetSteer, unfreeze_is_written_by_whom_and_why) {
  auto board = idle();
  board.freeze = {FleetFreeze{at(60), {"bob", "audit", at(-5)}}, 90, 91};
  auto const change = change_of<change::SetFreeze>(told(board, say::Unfreeze{}));
  EXPECT_EQ(change.freeze, (FleetFreeze{std::nullopt, alice.said}));
  EXPECT_EQ(change.modified, 91);
}

TEST(FleetSteer, a_rollout_may_begin_in_a_freeze_and_says_so) {
  auto board = idle();
  board.freeze = {FleetFreeze{at(60), {"bob", "", at(-5)}}, 90, 91};
  auto const steered = told(board, say::Start{});
  ASSERT_TRUE(steered);
  EXPECT_EQ(steered->schedule->notes.back(), "nobody starts at once: the fleet is frozen until " + to_rfc3339(at(60)) + " by bob; tykup fleet unfreeze");
}

TEST(FleetSteer, a_rollout_is_named_by_its_beginning) {
  EXPECT_EQ(rollout_id(Instant{std::chrono::seconds{1'764'152'430}}), "20251126t102030");
  EXPECT_TRUE(is_key_part(rollout_id(Instant{std::chrono::microseconds{1'764'152'430'123'456}})));
}

struct Refusal {
  char const* name;
  Board (*board)();
  Saying saying;
  char const* text;
};
class RefusedWord : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedWord, changes_nothing_and_says_what_to_do) {
  auto const steered = told(GetParam().board(), GetParam().saying);
  ASSERT_FALSE(steered);
  EXPECT_EQ(steered.error().message, GetParam().text);
}

TEST(FleetSteer, promote_waits_for_the_hooks_of_a_group_that_has_some) {
  auto board = blue_green();
  record_of(board, "eu-b").promotes = true;
  EXPECT_FALSE(change_of<change::SetRollout>(told(board, say::Promote{})).rollout.promoted.front().hook_due) << "those of another group do not count";
  record_of(board, "eu-a").promotes = true;
  auto const steered = told(board, say::Promote{});
  EXPECT_TRUE(change_of<change::SetRollout>(steered).rollout.promoted.front().hook_due);
  EXPECT_EQ(steered->more, std::vector<std::string>{"the next group waits for the promote hooks of gateway in eu-1, run on one of eu-a"});
  board.rollout.record->excluded = {{"eu-a", {}}};
  EXPECT_FALSE(change_of<change::SetRollout>(told(board, say::Promote{})).rollout.promoted.front().hook_due) << "nobody would run them";
}

TEST(FleetSteer, hooks_that_failed_are_run_again_by_promote_retry_and_resume) {
  auto board = blue_green();
  board.rollout.record->promoted = {{"eu-1", "gateway", 0, {}, true, {}}};
  board.rollout.record->state = RolloutState::Stopped;
  board.rollout.record->halt = Halt::Gate;
  hold_slot(board, "eu-a", "gateway", SlotState::Promoting);
  board.live = {"eu-a"};
  for (Saying const& saying : {Saying{say::Promote{}}, Saying{say::Retry{"eu-a"}}, Saying{say::Resume{}}}) {
    auto const steered = told(board, saying);
    auto const after = change_of<change::SetRollout>(steered).rollout;
    EXPECT_EQ(after.state, RolloutState::Running) << name_of(saying);
    EXPECT_TRUE(after.promoted.front().hook_due) << name_of(saying);
  }
  EXPECT_FALSE(told(board, say::Retry{"eu-b"}));
}

TEST(FleetSteer, resume_goes_on_where_everybody_is_offered_again_what_was_pulled) {
  auto const board = in_state(RolloutState::Stopped, Halt::Pulled);
  EXPECT_EQ(change_of<change::SetRollout>(told(board, say::Resume{})).rollout.state, RolloutState::Running);
}

Board none() {
  Board board;
  board.cluster = "prd";
  return board;
}
Board half() {
  auto board = running();
  board.meta = {};
  board.policy = {};
  return board;
}
Board plain() { return idle(); }
Board at_work() { return running(); }
Board paused_one() { return in_state(RolloutState::Paused); }
Board aborted_one() { return in_state(RolloutState::Aborted); }
Board done_one() { return in_state(RolloutState::Done); }
Board pulled_one() {
  auto board = in_state(RolloutState::Stopped, Halt::Pulled);
  record_of(board, "eu-a").carried.front().candidates.clear();
  return board;
}
Board one_at_work() {
  auto board = running();
  hold_slot(board, "eu-a", "gateway");
  board.live = {"eu-a"};
  return board;
}
Board one_excluded() {
  auto board = running();
  board.rollout.record->excluded = {{"eu-a", {}}};
  return board;
}
Board mdcb_is_there() {
  auto board = running();
  board.live = {"core-1"};
  return board;
}
Board blue_at_work() { return blue_green(false); }
Board blue_failed() {
  auto board = blue_green();
  hold_slot(board, "eu-a", "gateway", SlotState::Failed);
  return board;
}
Board blue_promoted() {
  auto board = blue_green();
  board.rollout.record->promoted = {{"eu-1", "gateway", 0, {}}};
  return board;
}
Board thawed() {
  auto board = idle();
  board.freeze = {FleetFreeze{at(-1), {"bob", "", at(-9)}}, 90, 90};
  return board;
}
Board lifted() {
  auto board = idle();
  board.freeze = {FleetFreeze{{}, {"bob", "", at(-9)}}, 90, 91};
  return board;
}
Board one_tries_again() { return two_failed(SlotState::Again); }
Policy bad_policy() {
  auto made = policy();
  made.max_failed = 0;
  return made;
}

constexpr char const* kUnmade = "the cluster \"prd\" was not made yet, or its name is misspelt in [fleet]: tykup fleet init POLICY-FILE";
constexpr char const* kNoRollout = "no rollout is at work: tykup fleet start begins one";

INSTANTIATE_TEST_SUITE_P(Freezes, RefusedWord, testing::Values(
    Refusal{"freeze_of_none", none, say::Freeze{at(60)}, kUnmade},
    Refusal{"freeze_until_now", plain, say::Freeze{at(0)}, "the end 2025-11-24T16:00:00Z is not after now, 2025-11-24T16:00:00Z"},
    Refusal{"unfreeze_of_none", none, say::Unfreeze{}, kUnmade},
    Refusal{"unfreeze_of_what_is_not_frozen", plain, say::Unfreeze{}, "the fleet is not frozen; tykup fleet freeze --until T does that"},
    Refusal{"unfreeze_of_what_is_over", thawed, say::Unfreeze{}, "the fleet is not frozen; tykup fleet freeze --until T does that"},
    Refusal{"unfreeze_twice", lifted, say::Unfreeze{}, "the fleet is not frozen; tykup fleet freeze --until T does that"}),
    [](auto const& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(Words, RefusedWord, testing::Values(
    Refusal{"init_of_one_that_is_there", plain, say::Init{policy()}, "the cluster \"prod\" is there already; tykup fleet policy FILE changes its policy"},
    Refusal{"init_over_records", half, say::Init{policy()}, "the cluster \"prod\" has records and no meta: etcd is half restored, or somebody deleted it; restore it, or delete its keys"},
    Refusal{"init_with_a_bad_policy", none, say::Init{bad_policy()}, "the policy: max_failed is 0: the rollout would be stopped from its beginning"},
    Refusal{"policy_of_none", none, say::SetPolicy{policy()}, kUnmade},
    Refusal{"policy_as_it_is", plain, say::SetPolicy{policy()}, "the policy is so already"},
    Refusal{"a_bad_policy", plain, say::SetPolicy{bad_policy()}, "the policy: max_failed is 0: the rollout would be stopped from its beginning"},
    Refusal{"start_of_none", none, say::Start{}, kUnmade},
    Refusal{"start_while_one_runs", at_work, say::Start{}, "rollout r1 is running; wait for its end, or tykup fleet abort"},
    Refusal{"rollback_of_none", none, say::Rollback{}, kUnmade},
    Refusal{"rollback_without_a_rollout", plain, say::Rollback{}, "there was no rollout yet; tykup rollback COMPONENT on a host takes that one back"},
    Refusal{"pause_of_none", none, say::Pause{}, kUnmade},
    Refusal{"pause_without_a_rollout", plain, say::Pause{}, kNoRollout},
    Refusal{"pause_twice", paused_one, say::Pause{}, "rollout r1 is paused; only a running one is paused"},
    Refusal{"pause_of_a_done_one", done_one, say::Pause{}, kNoRollout},
    Refusal{"resume_of_a_running_one", at_work, say::Resume{}, "rollout r1 is running; only a paused or stopped one is resumed"},
    Refusal{"resume_with_failures", failed, say::Resume{}, "rollout r1 has 1 failed hosts, max_failed is 1: tykup fleet retry eu-a, or exclude it"},
    Refusal{"resume_of_a_pulled_version", pulled_one, say::Resume{}, "tyk-gateway 5.8.15 for debian 12 amd64 is not offered to eu-a any more: have it offered again, or tykup fleet abort, then tykup fleet start with a version that is offered"},
    Refusal{"resume_after_restore_of_none", none, say::Resume{true}, kUnmade},
    Refusal{"abort_twice", aborted_one, say::Abort{}, kNoRollout},
    Refusal{"promote_of_a_rolling_one", at_work, say::Promote{}, "rollout r1 is not blue-green: nothing waits for a promotion"},
    Refusal{"promote_before_the_hosts_are_done", blue_at_work, say::Promote{}, "no stage can be promoted before its hosts are done: eu-a (gateway)"},
    Refusal{"promote_with_a_failed_host", blue_failed, say::Promote{}, "eu-a holds a slot of gateway in eu-1 and failed: retry or exclude it, then release-slot"},
    Refusal{"promote_twice", blue_promoted, say::Promote{}, "no stage waits for a promotion"},
    Refusal{"exclude_nobody", at_work, say::Exclude{"eu-x"}, "there is no host \"eu-x\"; did you mean \"eu-a\"?"},
    Refusal{"exclude_twice", one_excluded, say::Exclude{"eu-a"}, "eu-a is excluded already"},
    Refusal{"exclude_one_at_work", one_at_work, say::Exclude{"eu-a"}, "eu-a is at work on gateway: wait for its end, or tykup fleet pause first"},
    Refusal{"exclude_mdcb_that_is_up", at_work, say::Exclude{"core-1"}, "core-1 carries mdcb, which later stages would meet in its old version: stop it there first, then tykup fleet exclude core-1 --stopped"},
    Refusal{"exclude_mdcb_that_is_said_to_be_stopped_and_is_not", mdcb_is_there, say::Exclude{"core-1", true}, "core-1 is not stopped: tykupd there has just been heard of"},
    Refusal{"exclude_without_a_rollout", plain, say::Exclude{"eu-a"}, kNoRollout},
    Refusal{"retry_of_one_that_did_not_fail", at_work, say::Retry{"eu-a"}, "no step failed on eu-a in rollout r1"},
    Refusal{"retry_of_nobody", at_work, say::Retry{"nobody-at-all"}, "there is no host \"nobody-at-all\"; tykup fleet status names them"},
    Refusal{"retry_beside_the_first_of_the_stage", one_tries_again, say::Retry{"eu-b"}, "eu-a goes first in gateway in eu-1: when its step is done, tykup fleet retry eu-b; if it never will be, tykup fleet release-slot eu-a before that"},
    Refusal{"forget_nobody", plain, say::Forget{"eu-x"}, "there is no host \"eu-x\"; did you mean \"eu-a\"?"},
    Refusal{"forget_one_that_is_there", one_at_work, say::Forget{"eu-a"}, "eu-a is there: stop tykupd on it and take [fleet] out of its configuration first"},
    Refusal{"forget_a_holder", failed, say::Forget{"eu-a"}, "eu-a holds a slot of gateway: tykup fleet release-slot eu-a first"},
    Refusal{"release_no_slot", at_work, say::ReleaseSlot{"eu-a"}, "eu-a holds no slot; tykup fleet status shows who does"},
    Refusal{"release_of_none", none, say::ReleaseSlot{"eu-a"}, kUnmade}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace tykup::fleet
