#include <gmock/gmock.h>

#include "daemon/wire/fleet_json.hpp"
#include "tests/unit/fleet/scenario.hpp"

/// What operators say to all at once, and have one host do alone.
namespace tykup::fleet::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Whether etcd takes it, whatever else it compares.
bool passes(World& world, etcd::Txn txn, std::function<bool(etcd::Compare const&)> const& counts) {
  std::erase_if(txn.compares, [&](etcd::Compare const& compare) { return !counts(compare); });
  EXPECT_EQ(txn.compares.size(), 1U);
  txn.then.clear();
  txn.otherwise.clear();
  return world.operate(txn);
}

need::Outside by_alice() { return {"5.8.15", "alice", "a CVE", kStart}; }

std::size_t records_of(World& world) {
  auto const got = world.etcd.txn({{}, {etcd::Get{.keys = etcd::under("/tykup/1/prod/past/outside/")}}, {}});
  return std::get<etcd::Got>(got->answers[0]).values.size();
}

TEST_F(Scenario, a_freeze_lets_nobody_begin_until_its_end_and_a_begun_step_is_finished) {
  fill(2);
  world.start_rollout(kAll);
  until_applied("cp dashboard");
  auto const until = world.now + 3h;
  EXPECT_TRUE(world.freeze(until));
  world.run_for(2h);
  EXPECT_EQ(world.order.back(), "cp dashboard");
  EXPECT_THAT(world.host("cp").log, Contains("done dashboard"));
  EXPECT_THAT(world.overview().slots, IsEmpty());
  EXPECT_THAT(line("cp"), HasSubstr("frozen until"));
  EXPECT_THAT(line("cp"), HasSubstr("tykup fleet unfreeze"));
  EXPECT_EQ(world.host("us-0").view.frozen, world.host("cp").view.frozen);
  EXPECT_TRUE(ends());
  EXPECT_GT(world.now, until);
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_freeze_is_known_without_a_rollout_and_to_a_host_that_starts_in_it) {
  fill(1);
  EXPECT_TRUE(world.freeze(world.now + 1h));
  world.run_for(1min);
  EXPECT_NE(world.host("cp").view.frozen, "");
  world.crash("cp");
  world.start_host("cp");
  world.start_rollout(kAll);
  world.run_for(30min);
  EXPECT_NE(world.host("cp").view.frozen, "");
  EXPECT_THAT(world.order, IsEmpty());
  EXPECT_TRUE(world.freeze(std::nullopt));
  EXPECT_TRUE(ends(20min));
  EXPECT_EQ(world.host("cp").view.frozen, "");
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_freeze_can_be_made_longer_and_shorter) {
  fill(1);
  EXPECT_TRUE(world.freeze(world.now + 10min));
  EXPECT_TRUE(world.freeze(world.now + 2h));
  world.start_rollout(kAll);
  world.run_for(1h);
  EXPECT_THAT(world.order, IsEmpty());
  EXPECT_TRUE(world.freeze(world.now + 5min));
  world.run_for(20min);
  EXPECT_THAT(world.order, Not(IsEmpty()));
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Scenario, a_host_that_read_before_the_freeze_neither_queues_nor_takes_a_slot_nor_begins_after_it) {
  fill(2);
  world.start_rollout(kAll);
  auto& cp = world.host("cp");
  ASSERT_TRUE(world.run_until([&] { return holding_of_host(cp) != nullptr; }));
  auto const holding = *holding_of_host(cp);
  auto const& step = holding.step;
  std::vector<Ask> const asks{ask::Enqueue{step, 1, world.now}, ask::Take{step, {0, false}, 1, world.now, 0, {}}, ask::Confirm{holding}};
  auto const is_freeze = [&](etcd::Compare const& compare) { return compare.keys.begin == world.keys.freeze(); };
  for (auto const& ask : asks) EXPECT_TRUE(passes(world, wire::txn_of(world.keys, ask), is_freeze)) << name_of(ask);
  ASSERT_TRUE(world.freeze(world.now + 1h));
  for (auto const& ask : asks) EXPECT_FALSE(passes(world, wire::txn_of(world.keys, ask), is_freeze)) << name_of(ask);
}

TEST_F(Scenario, a_rollout_that_cannot_be_read_lets_nobody_begin_until_it_can) {
  fill(2);
  world.start_rollout(kAll);
  until_applied("cp mdcb");
  auto const good = wire::fleet_text(*world.overview().rollout);
  for (auto& [name, host] : world.hosts()) host.state = step(host.state, event::SteeringUnreadable{"schema 2"}, {world.keys, world.now, 1, Duration{0}}).next;
  EXPECT_THAT(line("eu-0"), HasSubstr("a record of the fleet cannot be read: schema 2"));
  EXPECT_THAT(trouble_of(world.host("eu-0").state), HasSubstr("schema 2"));
  EXPECT_THAT(line("cp"), HasSubstr("holds a slot of mdcb")) << "what has begun is finished";
  EXPECT_THAT(trouble_of(world.host("cp").state), HasSubstr("nothing is begun: schema 2"));
  EXPECT_TRUE(world.operate({{}, {etcd::Put{world.keys.rollout(), good}}, {}}));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(trouble_of(world.host("cp").state), "");
}

TEST_F(Scenario, a_host_outside_the_order_goes_at_once_is_written_down_and_others_see_one_slot_less) {
  fill(3);
  world.start_rollout(kWorkers);
  until_applied("cp pump");
  auto& eu = world.host("eu-2");
  eu.takes = 2h;
  world.send_outside(eu, by_alice());
  ASSERT_TRUE(world.run_until([&] { return std::ranges::find(world.order, "eu-2 pump") != world.order.end(); }, 5min)) << line("eu-2");
  EXPECT_EQ(records_of(world), 1U);
  auto const slots = world.overview().slots;
  auto const own = std::ranges::find_if(slots, [](HeldSlot const& held) { return held.slot->host == "eu-2"; });
  ASSERT_NE(own, slots.end());
  EXPECT_EQ(own->slot->outside, "by alice: a CVE");
  world.run_for(1h);
  EXPECT_THAT(world.order, Not(Contains("eu-0 pump"))) << "the only slot is held";
  EXPECT_THAT(world.order, Not(Contains("eu-1 pump")));
  eu.outside.reset();
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(std::ranges::count(world.order, "eu-2 pump"), 1);
}

TEST_F(Scenario, an_over_full_stage_waits_until_it_is_below_its_limit_again) {
  fill(3);
  world.start_rollout(kWorkers);
  world.host("eu-0").takes = 30min;
  until_applied("eu-0 pump");
  auto& eu = world.host("eu-2");
  eu.takes = 3h;
  world.send_outside(eu, by_alice());
  ASSERT_TRUE(world.run_until([&] { return world.overview().slots.size() == 2; }, 5min));
  world.run_for(2h);
  EXPECT_THAT(world.host("eu-0").log, Contains("done pump"));
  EXPECT_THAT(world.order, Not(Contains("eu-1 pump")));
  eu.outside.reset();
  EXPECT_TRUE(ends());
}

TEST_F(Scenario, a_failure_outside_the_order_is_one_of_the_rollout) {
  fill(2);
  world.start_rollout(kWorkers);
  until_applied("cp pump");
  auto& eu = world.host("eu-1");
  eu.fails = "pump";
  world.send_outside(eu, by_alice());
  ASSERT_TRUE(world.run_until([&] { return state() == RolloutState::Stopped; }));
  ASSERT_EQ(world.overview().rollout->failures.size(), 1U);
  EXPECT_EQ(world.overview().rollout->failures.front().host, "eu-1");
  auto const slots = world.overview().slots;
  EXPECT_TRUE(std::ranges::any_of(slots, [](HeldSlot const& held) { return held.slot->host == "eu-1" && held.slot->state == SlotState::Failed; }));
}

TEST_F(Scenario, a_host_outside_the_order_holds_a_slot_without_a_rollout_and_the_next_one_counts_it) {
  fill(2);
  auto& eu = world.host("eu-1");
  world.send_outside(eu, by_alice());
  ASSERT_TRUE(world.run_until([&] { return world.overview().slots.size() == 1; }, 5min)) << line("eu-1");
  EXPECT_EQ(world.overview().slots.front().slot->rollout, "");
  EXPECT_EQ(records_of(world), 1U);
}

TEST_F(Scenario, what_went_outside_the_order_without_etcd_is_written_down_when_it_is_back) {
  fill(1);
  auto& eu = world.host("eu-0");
  eu.lose_requests = 1000;
  world.send_outside(eu, by_alice());
  world.run_for(2min);
  EXPECT_EQ(records_of(world), 0U);
  EXPECT_EQ(eu.saved.untold.size(), 1U);
  eu.outside.reset();
  eu.need = need::Nothing{};
  world.crash("eu-0");
  world.host("eu-0").lose_requests = 0;
  world.start_host("eu-0");
  ASSERT_TRUE(world.run_until([&] { return records_of(world) == 1; }, 10min)) << line("eu-0");
  world.run_for(1min);
  EXPECT_THAT(world.host("eu-0").saved.untold, IsEmpty());
}

TEST_F(Scenario, a_slot_is_not_taken_where_another_one_was_since_it_was_read) {
  fill(2);
  world.start_rollout(kAll);
  auto& cp = world.host("cp");
  ASSERT_TRUE(world.run_until([&] { return holding_of_host(cp) != nullptr; }));
  auto const step = holding_of_host(cp)->step;
  ask::Take const take{step, {0, false}, 1, world.now, world.etcd.header().revision, {}};
  auto const are_slots = [&](etcd::Compare const& compare) { return compare.target == etcd::Compare::Target::ModRevision && compare.keys == world.keys.slots_of("cp-1", "mdcb"); };
  EXPECT_TRUE(passes(world, wire::txn_of(world.keys, take), are_slots));
  Slot const other{"cp-9", {"m", "n"}, "r1", "mdcb", SlotState::InWork, {}, world.now, "by alice"};
  ASSERT_TRUE(world.operate({{}, {etcd::Put{world.keys.slot("cp-1", "mdcb", 7), wire::fleet_text(other)}}, {}}));
  EXPECT_FALSE(passes(world, wire::txn_of(world.keys, take), are_slots));
}

}  // namespace
}  // namespace tykup::fleet::test
