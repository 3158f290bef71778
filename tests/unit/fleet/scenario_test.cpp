#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/fleet/planted.hpp"
#include "tests/unit/fleet/scenario.hpp"

namespace tykup::fleet::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(Scenario, a_host_that_registers_late_joins_its_stage_and_holds_later_ones_up) {
  fill(2);
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  world.add(host_record("cp-late", "cp-1", {"mdcb", "gateway"}));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  auto const late = std::ranges::find(world.order, "cp-late gateway");
  auto const eu = std::ranges::find(world.order, "eu-1 pump");
  EXPECT_LT(late - world.order.begin(), eu - world.order.begin());
}

TEST_F(Scenario, a_host_that_returns_with_an_older_version_is_pending_again) {
  fill(2);
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  auto& cp = world.host("cp");
  cp.record.carried[1].installed = {build("pump", "5.8.14")};
  world.facts_changed(cp);
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(std::ranges::count(world.order, "cp pump"), 2);
}

TEST_F(Scenario, a_failed_host_keeps_its_slot_and_stops_the_fleet_until_it_is_retried) {
  fill(3);
  world.host("eu-1").fails = "pump";
  world.start_rollout(kAll);
  ASSERT_TRUE(world.run_until([&] { return state() == RolloutState::Stopped; }));
  auto const steps = world.order.size();
  world.run_for(1h);
  EXPECT_EQ(world.order.size(), steps);
  auto seen = world.overview();
  ASSERT_EQ(seen.slots.size(), 1U);
  EXPECT_EQ(seen.slots[0].slot->host, "eu-1");
  EXPECT_THAT(line("eu-1"), HasSubstr("retry eu-1"));
  world.host("eu-1").fails = "";
  EXPECT_TRUE(world.operate(wire::retry_txn(world.keys, seen, *retried(*seen.rollout, "eu-1", true, word()), "eu-1")));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_THAT(world.overview().slots, IsEmpty());
}

TEST_F(Scenario, a_pause_before_apply_gives_the_slot_back_and_a_begun_step_is_finished) {
  fill(2);
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  EXPECT_TRUE(world.change(paused(*world.overview().rollout, word())));
  world.run_for(1h);
  EXPECT_THAT(world.overview().slots, IsEmpty());
  EXPECT_THAT(world.host("eu-0").log, Contains("done pump"));
  EXPECT_THAT(line("eu-1"), HasSubstr("paused"));
  EXPECT_TRUE(world.change(resumed(*world.overview().rollout, word())));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_slot_outlives_abort_and_the_next_start) {
  fill(3);
  world.host("eu-0").takes = 2h;
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  EXPECT_TRUE(world.change(aborted(*world.overview().rollout, word())));
  world.run_for(1min);
  world.start_rollout(kAll, "r2");
  world.run_for(30min);
  EXPECT_THAT(world.order, Not(Contains("eu-1 pump")));
  EXPECT_EQ(world.overview().slots.size(), 1U);
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, an_absent_holder_counts_as_failed_and_completes_when_it_is_back) {
  fill(3);
  world.host("us-0").takes = 5min;
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  world.crash("eu-0");
  world.run_for(1h);
  EXPECT_THAT(world.order, Not(Contains("eu-1 pump")));
  EXPECT_THAT(line("us-0"), HasSubstr("eu-0 holds a slot of pump in eu"));
  world.start_host("eu-0");
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_holder_that_restarts_in_a_long_step_is_there_again_before_its_end) {
  fill(3);
  world.host("eu-0").takes = 1h;
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  world.crash("eu-0");
  world.run_for(20s);
  world.start_host("eu-0");
  world.run_for(20min);
  EXPECT_THAT(world.overview().live, Contains("eu-0"));
  EXPECT_THAT(line("us-0"), Not(HasSubstr("eu-0 holds a slot")));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_pinned_file_that_is_not_offered_any_more_stops_the_rollout_until_it_is_again) {
  fill(3);
  for (auto& [name, host] : world.hosts())
    for (auto& carried : host.record.carried) carried.current = true;
  for (auto& [name, host] : world.hosts()) world.facts_changed(host);
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  auto& late = world.host("us-0");
  auto const offered = late.record.carried[1].candidates;
  late.record.carried[1].candidates.clear();
  late.lose_replies = 1;
  world.facts_changed(late);
  ASSERT_TRUE(world.run_until([&] { return state() == RolloutState::Stopped; }));
  auto const steps = world.order.size();
  world.run_for(1h);
  EXPECT_EQ(world.order.size(), steps);
  auto const rollout = *world.overview().rollout;
  EXPECT_EQ(rollout.halt, Halt::Pulled);
  ASSERT_EQ(rollout.pulled.size(), 1U);
  EXPECT_EQ(rollout.pulled.front().host, "us-0");
  EXPECT_THAT(line("eu-1"), HasSubstr("tyk-gateway 5.8.15 for debian 12 amd64 is not offered to us-0 any more"));
  late.record.carried[1].candidates = offered;
  world.facts_changed(late);
  EXPECT_TRUE(world.change(resumed(rollout, word())));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_run_that_a_restart_cut_off_at_a_question_asks_again) {
  fill(1);
  world.start_rollout(kAll);
  auto& cp = world.host("cp");
  ASSERT_TRUE(world.run_until([&] { return std::holds_alternative<need::Confirms>(cp.need); }));
  world.crash("cp");
  world.run_for(5min);
  world.start_host("cp");
  EXPECT_TRUE(ends()) << line("cp");
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_THAT(cp.log, Not(Contains(HasSubstr("refused"))));
}

TEST_F(Scenario, a_run_that_a_restart_cut_off_does_not_wait_for_an_etcd_that_is_away) {
  fill(1);
  world.start_rollout(kAll);
  auto& cp = world.host("cp");
  ASSERT_TRUE(world.run_until([&] { return std::holds_alternative<need::Confirms>(cp.need); }));
  world.crash("cp");
  cp.frozen = true;
  world.start_host("cp");
  world.run_for(5min);
  EXPECT_EQ(cp.log, std::vector<std::string>{"refused etcd does not answer"});
  cp.frozen = false;
  EXPECT_TRUE(ends()) << line("cp");
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, nobody_is_said_not_to_be_there_who_is_back) {
  fill(3);
  world.host("us-0").takes = 5min;
  world.host("eu-0").takes = 3h;
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  world.crash("eu-0");
  world.run_for(10min);
  ASSERT_THAT(line("us-0"), HasSubstr("eu-0 holds a slot of pump in eu and is not there"));
  auto const since = world.overview().slots.front().slot->since;
  world.start_host("eu-0");
  world.run_for(2min);
  EXPECT_THAT(line("us-0"), Not(HasSubstr("is not there")));
  EXPECT_EQ(world.overview().slots.front().slot->since, since);
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, every_transaction_may_lose_its_answer_or_not_be_carried_out) {
  fill(3);
  world.start_rollout(kAll);
  unsigned turn = 0;
  auto const lose = [&] {
    for (auto& [name, host] : world.hosts()) {
      if (++turn % 101 == 0) host.lose_replies = 1;
      if (turn % 157 == 0) host.lose_requests = 1;
    }
    return state() == RolloutState::Done;
  };
  EXPECT_TRUE(world.run_until(lose));
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(world.order.size(), 4U + 8U);
  EXPECT_THAT(world.overview().slots, IsEmpty());
}

TEST_F(Scenario, a_crash_at_any_moment_neither_loses_a_step_nor_does_it_twice) {
  for (unsigned at = 0; at < 40; ++at) {
    World one;
    one.add(host_record("eu-0", "eu", {"gateway"}));
    one.add(host_record("eu-1", "eu", {"gateway"}));
    auto alone = policy_of_three_centres();
    alone.centres = {{"eu", 1, Topology::MdcbDataPlane, {}}};
    alone.control_plane = ControlPlane::Elsewhere;
    one.set_policy(alone);
    one.run_for(1min);
    one.start_rollout({{"gateway", "5.8.15"}});
    unsigned seen = 0;
    one.run_until([&] { return ++seen > at * 3; }, 2min);
    one.crash("eu-0");
    one.run_for(std::chrono::seconds{at * 7});
    one.start_host("eu-0");
    EXPECT_TRUE(one.run_until([&] { return one.overview().rollout->state == RolloutState::Done; }, 3h)) << at << " " << status_line(one.host("eu-0").state) << " / " << status_line(one.host("eu-1").state);
    EXPECT_THAT(one.broken, IsEmpty()) << at;
    EXPECT_THAT(one.overview().slots, IsEmpty()) << at;
  }
}

TEST_F(Scenario, watches_that_end_are_read_after_and_nobody_is_forgotten) {
  fill(3);
  world.start_rollout(kAll);
  unsigned turn = 0;
  EXPECT_TRUE(world.run_until([&] {
    if (++turn % 50 == 0) world.etcd.end_all(etcd::WatchEnd::Reason::Closed);
    return state() == RolloutState::Done;
  }));
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, canaries_go_first_and_soak) {
  policy([](Policy& made) {
    made.strategy = Strategy::Canary;
    made.groups = {"canary"};
    made.canary_soak = 1h;
  });
  for (auto const* name : {"eu-0", "eu-1", "eu-2"}) {
    auto record = host_record(name, "eu", {"gateway"});
    if (std::string(name) == "eu-1") record.group = "canary";
    world.add(record);
  }
  world.add(host_record("cp", "cp-1", {"mdcb", "dashboard", "gateway"}));
  world.add(host_record("us-0", "us", {"gateway"}));
  world.run_for(1min);
  world.start_rollout({{"gateway", "5.8.15"}});
  until_applied("eu-1 gateway");
  world.run_for(30min);
  EXPECT_THAT(world.order, Not(Contains("eu-0 gateway")));
  EXPECT_THAT(line("eu-0"), HasSubstr("soak"));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, nobody_waits_for_canaries_that_are_at_the_pin_when_it_begins) {
  policy([](Policy& made) {
    made.strategy = Strategy::Canary;
    made.groups = {"canary"};
  });
  for (auto const* name : {"eu-0", "eu-1"}) {
    auto record = host_record(name, "eu", {"gateway"});
    if (std::string(name) == "eu-1") {
      record.group = "canary";
      record.carried.front().installed = {build("gateway", "5.8.15")};
    }
    world.add(record);
  }
  world.add(host_record("cp", "cp-1", {"mdcb", "dashboard", "gateway"}));
  world.add(host_record("us-0", "us", {"gateway"}));
  world.run_for(1min);
  world.start_rollout({{"gateway", "5.8.15"}});
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.order, Contains("eu-0 gateway"));
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_question_whose_answer_is_lost_is_not_asked_again_of_a_paused_rollout) {
  fill(1);
  world.start_rollout(kAll);
  auto& cp = world.host("cp");
  ASSERT_TRUE(world.run_until([&] { return cp.view.confirmed && cp.view.confirmed->point == Point::BeforeDrain; }));
  cp.lose_replies = 1;
  ASSERT_TRUE(world.run_until([&] { return std::holds_alternative<phase::Confirming>(cp.state.phase) && cp.lose_replies == 0; }));
  EXPECT_TRUE(world.change(paused(*world.overview().rollout, word())));
  world.run_for(1min);
  EXPECT_THAT(world.order, IsEmpty());
  EXPECT_THAT(cp.log, Contains(HasSubstr("paused")));
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_TRUE(world.change(resumed(*world.overview().rollout, word())));
  EXPECT_TRUE(ends());
}

TEST_F(Scenario, nothing_begins_on_an_answer_that_shows_the_clock_to_be_off) {
  fill(1);
  world.start_rollout(kAll);
  auto const& state = world.host("cp").state;
  ASSERT_TRUE(world.run_until([&] { return std::holds_alternative<phase::Confirming>(state.phase); }));
  event::Answered const answer{state.standing.asked, told::Settled{}};
  auto const told = [&](Duration off) { return step(state, answer, {world.keys, world.now, 1, off}).next.standing.shown.confirmed->refused; };
  EXPECT_EQ(told(kClockMayDiffer), "");
  EXPECT_THAT(told(2min), HasSubstr("the clock of this host is 2min off"));
}

TEST_F(Scenario, a_holder_that_reads_again_sees_that_an_operator_released_its_slot) {
  fill(1);
  auto& cp = world.host("cp");
  cp.takes = 1h;
  world.start_rollout(kAll);
  until_applied("cp mdcb");
  auto const held = world.overview().slots;
  ASSERT_EQ(held.size(), 1U);
  EXPECT_TRUE(world.operate(wire::release_slot_txn(world.keys, held.front())));
  world.etcd.end_all(etcd::WatchEnd::Reason::Closed);
  world.run_for(2min);
  EXPECT_EQ(holding_of_host(cp), nullptr) << line("cp");
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.overview().slots, IsEmpty());
}

TEST_F(Scenario, a_retried_host_that_was_brought_to_the_pin_by_hand_is_done) {
  fill(2);
  auto& host = world.host("eu-1");
  host.fails = "pump";
  world.start_rollout(kAll);
  ASSERT_TRUE(world.run_until([&] { return state() == RolloutState::Stopped; }));
  host.record.carried[0].installed = {build("pump", "5.8.15")};
  world.facts_changed(host);
  auto const seen = world.overview();
  EXPECT_TRUE(world.operate(wire::retry_txn(world.keys, seen, *retried(*seen.rollout, "eu-1", true, word()), "eu-1")));
  EXPECT_TRUE(ends()) << line("eu-1");
  EXPECT_THAT(world.overview().slots, IsEmpty());
}

TEST_F(Scenario, a_retried_host_does_not_keep_its_slot_of_a_rollout_that_is_over) {
  fill(2);
  auto& host = world.host("eu-1");
  host.fails = "pump";
  world.start_rollout(kAll);
  ASSERT_TRUE(world.run_until([&] { return state() == RolloutState::Stopped; }));
  host.wants = false;
  auto const seen = world.overview();
  EXPECT_TRUE(world.operate(wire::retry_txn(world.keys, seen, *retried(*seen.rollout, "eu-1", true, word()), "eu-1")));
  world.run_for(1min);
  EXPECT_EQ(world.overview().slots.size(), 1U) << "it waits for its window";
  EXPECT_TRUE(world.change(aborted(*world.overview().rollout, word())));
  world.run_for(1min);
  world.facts_changed(host);
  world.run_for(1min);
  EXPECT_THAT(world.overview().slots, IsEmpty()) << line("eu-1");
}

/// What a run is told that asks under that slot.
std::string told_under(World& world, std::string const& host, std::int64_t slot) {
  auto const asked = step(world.host(host).state, event::NeedChanged{need::Confirms{slot, Point::BeforeApply}}, {world.keys, world.now, 1, Duration{0}});
  auto const& answer = asked.next.standing.shown.confirmed;
  return answer && answer->slot == slot && answer->point == Point::BeforeApply ? answer->refused : "no answer";
}

TEST_F(Scenario, a_run_that_asks_under_a_slot_that_is_not_held_is_refused_at_once) {
  fill(1);
  auto& cp = world.host("cp");
  EXPECT_THAT(told_under(world, "cp", 7), HasSubstr("no longer held"));
  world.start_rollout(kAll);
  ASSERT_TRUE(world.run_until([&] { return cp.view.grant.has_value(); }));
  auto const slot = cp.view.grant->slot;
  EXPECT_EQ(told_under(world, "cp", slot + 1), "its slot is another one now");
  EXPECT_EQ(told_under(world, "cp", slot), "no answer") << "etcd is asked first";
}

TEST_F(Scenario, the_second_group_waits_for_the_promotion_of_the_first) {
  policy([](Policy& made) {
    made.strategy = Strategy::BlueGreen;
    made.groups = {"blue", "green"};
    made.centres = {{"eu", 1, Topology::MdcbDataPlane, {}}};
    made.control_plane = ControlPlane::Elsewhere;
  });
  for (auto const* name : {"eu-0", "eu-1"}) {
    auto record = host_record(name, "eu", {"gateway"});
    record.group = std::string(name) == "eu-0" ? "blue" : "green";
    world.add(record);
  }
  world.run_for(1min);
  world.start_rollout({{"gateway", "5.8.15"}});
  until_applied("eu-0 gateway");
  auto seen = world.overview();
  EXPECT_FALSE(promoted(*seen.rollout, seen.rollout->stages[0].stage, seen.pending, word()));
  world.run_for(1h);
  EXPECT_THAT(line("eu-1"), HasSubstr("promote"));
  seen = world.overview();
  EXPECT_TRUE(world.change(promoted(*seen.rollout, seen.rollout->stages[0].stage, seen.pending, word())));
  EXPECT_TRUE(ends());
}

TEST_F(Scenario, a_rollback_goes_the_other_way_round) {
  fill(1);
  world.start_rollout(kAll);
  ASSERT_TRUE(ends());
  world.run_for(1min);
  auto const forwards = world.order;
  world.order.clear();
  world.start_rollback("r2");
  ASSERT_TRUE(ends()) << line("cp") << " / " << line("eu-0") << " / " << line("us-0");
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(world.order.back(), forwards.front());
  EXPECT_EQ(world.host("cp").record.carried[0].installed[0].version, "5.8.14");
}

TEST_F(Scenario, a_restored_etcd_is_not_believed_before_an_operator_says_so) {
  fill(2);
  auto const backup = world.etcd.snapshot();
  world.start_rollout(kWorkers);
  until_applied("cp gateway");
  world.run_for(10s);
  world.etcd.restore(*backup);
  world.run_for(5min);
  EXPECT_THAT(line("eu-0"), HasSubstr("put back to an earlier state"));
  EXPECT_THAT(line("eu-0"), HasSubstr("resume --after-restore"));
  EXPECT_TRUE(world.operate(wire::after_restore_txn(world.keys, world.overview())));
  world.run_for(15min);
  EXPECT_THAT(line("eu-0"), Not(HasSubstr("put back")));
  world.start_rollout(kWorkers, "r2");
  EXPECT_TRUE(ends());
}

TEST_F(Scenario, two_hosts_of_one_name_are_both_refused) {
  fill(1);
  auto copy = host_record("eu-0", "eu", {"gateway"});
  copy.identity.nonce = "another";
  Host other;
  auto told = wire::judge(world.keys, ask::Read{{"eu-0", copy.identity, {}, {}, 0, 0}},
                          *world.etcd.txn(wire::txn_of(world.keys, ask::Read{{"eu-0", copy.identity, {}, {}, 0, 0}})));
  auto const& sight = std::get<told::Looked>(*told).sight;
  auto disputed = *sight.host;
  disputed.conflict = copy.identity;
  Step step{"eu-0", copy.identity, {}, {}, sight.host.modified, sight.meta.modified};
  EXPECT_TRUE(world.operate(wire::txn_of(world.keys, ask::Dispute{step, disputed})));
  world.host("eu-0").record.next_opening = kStart + 1h;
  world.facts_changed(world.host("eu-0"));
  world.run_for(1min);
  EXPECT_THAT(line("eu-0"), HasSubstr("two hosts call themselves eu-0"));
}

TEST_F(Scenario, a_misspelt_cluster_or_data_centre_is_refused) {
  world.add(host_record("eu-0", "eu1", {"gateway"}));
  world.run_for(1min);
  EXPECT_THAT(line("eu-0"), HasSubstr("names no data centre \"eu1\", but cp-1, eu, us"));
  World empty;
  empty.keys = Keys{"prodd"};
  empty.add(host_record("eu-0", "eu", {"gateway"}));
  empty.run_for(1min);
  EXPECT_THAT(status_line(empty.host("eu-0").state), HasSubstr("no cluster of that name"));
}

TEST_F(Scenario, without_etcd_nothing_starts_and_a_begun_step_is_finished_and_written_down_later) {
  fill(2);
  world.start_rollout(kAll);
  until_applied("eu-0 pump");
  for (auto& [name, host] : world.hosts()) host.frozen = true;
  world.run_for(1h);
  EXPECT_THAT(world.host("eu-0").log, Contains("done pump"));
  EXPECT_THAT(world.order, Not(Contains("eu-1 pump")));
  for (auto& [name, host] : world.hosts()) host.frozen = false;
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, packages_that_are_not_there_hold_a_data_centre_up) {
  fill(2);
  auto& host = world.host("eu-1");
  host.record.carried[1].kept = {};
  world.facts_changed(host);
  world.run_for(1min);
  world.start_rollout(kAll);
  world.run_for(1h);
  EXPECT_THAT(world.order, Not(Contains("eu-0 pump")));
  EXPECT_THAT(world.order, Contains("us-0 pump"));
  EXPECT_THAT(line("eu-0"), HasSubstr("packages of eu-1"));
  host.record.carried[1].kept = host_record("x", "eu", {"gateway"}).carried[0].kept;
  world.facts_changed(host);
  EXPECT_TRUE(ends());
}

TEST_F(Scenario, packages_that_come_while_a_question_is_on_its_way_are_told_after_it) {
  fill(2);
  auto& host = world.host("eu-1");
  host.record.carried[1].kept = {};
  world.facts_changed(host);
  world.run_for(1min);
  world.start_rollout(kAll);
  ASSERT_TRUE(world.run_until([&] { return std::holds_alternative<phase::Looking>(host.state.phase); }));
  host.record.carried[1].kept = host_record("x", "eu", {"gateway"}).carried[0].kept;
  world.facts_changed(host);
  EXPECT_TRUE(ends());
}

TEST_F(Scenario, who_owes_no_step_proves_the_stage_to_nobody) {
  fill(2);
  world.start_rollout(kAll);
  ASSERT_TRUE(world.run_until([&] { return world.host("eu-0").view.grant.has_value(); }));
  Stage const stage{"eu", 1, "pump", 0, 0};
  auto const first = [&] {
    auto const done = world.etcd.txn({{}, {etcd::Get{.keys = {world.keys.first(stage), {}}}}, {}});
    return !std::get<etcd::Got>(done->answers.front()).values.empty();
  };
  auto const own = [&] { return std::ranges::any_of(world.overview().slots, [](HeldSlot const& held) { return held.datacenter == "eu" && held.slot->host == "eu-0"; }); };
  EXPECT_TRUE(world.operate({{}, {etcd::Delete{{world.keys.pending(place_of(stage, Direction::Forwards, "eu-0")), {}}}}, {}}));
  ASSERT_TRUE(world.run_until([&] { return !own(); }));
  EXPECT_FALSE(first());
  EXPECT_TRUE(ends());
  EXPECT_TRUE(first());
}

TEST_F(Scenario, an_excluded_host_is_waited_for_no_more) {
  fill(2);
  world.host("eu-1").wants = false;
  world.start_rollout(kAll);
  world.run_for(2h);
  EXPECT_EQ(state(), RolloutState::Running);
  auto const seen = world.overview();
  auto const after = excluded(*seen.rollout, *world.overview().host("eu-1")->record, false, word());
  EXPECT_TRUE(world.operate(wire::exclude_txn(world.keys, seen, *after, "eu-1", world.now)));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.order, Not(Contains("eu-1 pump")));
}

TEST_F(Scenario, nobody_starts_while_its_window_is_closed_and_a_slot_that_no_longer_fits_is_given_back) {
  fill(2);
  world.start_rollout(kAll);
  ASSERT_TRUE(world.run_until([&] { return world.host("eu-0").view.grant.has_value(); }));
  world.host("eu-0").wants = false;
  world.run_until([&] { return std::ranges::find(world.order, "eu-1 pump") != world.order.end(); }, 10min);
  EXPECT_THAT(world.broken, IsEmpty());
  world.host("eu-0").wants = true;
  world.facts_changed(world.host("eu-0"));
}

}  // namespace
}  // namespace tykup::fleet::test
