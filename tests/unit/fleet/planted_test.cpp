#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/fleet/planted.hpp"
#include "tests/unit/fleet/world.hpp"

/// Each planted mistake is noticed: something is broken, or the fleet stands still.
namespace tykup::fleet::test {
namespace {

using namespace std::chrono_literals;

std::vector<NamedVersion> const kWorkers{{"pump", "5.8.15"}, {"gateway", "5.8.15"}};

void fill(World& world) {
  world.add(host_record("cp", "cp-1", {"mdcb", "pump", "dashboard", "gateway"}));
  for (auto const* name : {"eu-0", "eu-1", "eu-2"}) world.add(host_record(name, "eu", {"pump", "gateway"}));
  world.add(host_record("us-0", "us", {"gateway"}));
  world.run_for(1min);
}
bool is_done(World& world) { return world.overview().rollout->state == RolloutState::Done; }
bool has_applied(World const& world, std::string const& what) { return std::ranges::find(world.order, what) != world.order.end(); }

/// What goes wrong in a day on which much happens; empty: nothing.
std::string day(std::function<void(World&)> const& happens) {
  World world;
  fill(world);
  world.start_rollout(kWorkers);
  happens(world);
  bool const done = world.run_until([&] { return is_done(world); });
  if (!world.broken.empty()) return world.broken.front();
  return done ? "" : "it stands still";
}

void abort_and_start(World& world) {
  world.host("eu-0").takes = 2h;
  world.run_until([&] { return has_applied(world, "eu-0 pump"); });
  world.change(aborted(*world.overview().rollout, word()));
  world.run_for(1min);
  world.start_rollout(kWorkers, "r2");
}
void holder_vanishes(World& world) {
  world.run_until([&] { return has_applied(world, "eu-0 pump"); });
  world.crash("eu-0");
  world.run_for(10min);
  world.start_host("eu-0");
}
void answers_are_lost(World& world) {
  unsigned turn = 0;
  world.run_until([&] {
    for (auto& [name, host] : world.hosts())
      if (++turn % 101 == 0) host.lose_replies = 1;
    return is_done(world);
  }, 3h);
}
void pause_before_apply(World& world) {
  world.run_until([&] { return world.host("eu-0").view.grant.has_value(); });
  world.change(paused(*world.overview().rollout, word()));
  world.run_for(10min);
  if (world.overview().rollout->state == RolloutState::Paused) world.change(resumed(*world.overview().rollout, word()));
}

struct Planted {
  char const* name;
  Bug bug;
  std::function<void(World&)> happens;
};

class PlantedBug : public testing::Test {
 protected:
  ~PlantedBug() override {
    for (unsigned bug = 0; bug < static_cast<unsigned>(Bug::kCount); ++bug) plant(static_cast<Bug>(bug), false);
  }
};

TEST_F(PlantedBug, is_noticed_and_nothing_is_without_it) {
  for (auto const& [name, bug, happens] : std::vector<Planted>{{"slot by rollout", Bug::SlotByRollout, abort_and_start},
                                                               {"slot under a lease", Bug::SlotUnderLease, holder_vanishes},
                                                               {"a lost reply is a refusal", Bug::LostReplyIsRefusal, answers_are_lost},
                                                               {"pause only at take", Bug::PauseOnlyAtTake, pause_before_apply}}) {
    plant(bug, false);
    EXPECT_EQ(day(happens), "") << name;
    plant(bug, true);
    EXPECT_NE(day(happens), "") << name;
    plant(bug, false);
  }
}

/// The gate is open when it is looked at; a late one of an earlier stage comes before the slot is taken.
std::string late_one_between_look_and_take() {
  World world;
  fill(world);
  world.start_rollout(kWorkers);
  world.run_until([&] { return has_applied(world, "cp gateway"); });
  world.run_until([&] { return std::holds_alternative<phase::Queued>(world.host("eu-1").state.phase); });
  Step step{"eu-1", world.host("eu-1").record.identity, {"eu", 1, "pump", 0, 0}, world.overview().rollout, world.host("eu-1").state.standing.host_revision, world.overview().meta.modified};
  world.add(host_record("cp-late", "cp-1", {"gateway"}));
  world.run_until([&] { return !world.overview().pending.empty() && world.overview().pending.front().place.host == "cp-late"; }, 1min);
  auto const ask = ask::Take{step, {0, false}, *world.host("eu-1").state.standing.lease, world.now};
  auto txn = wire::txn_of(world.keys, ask);
  // Only the gate is looked at here, not who is at work.
  std::erase_if(txn.compares, [&](etcd::Compare const& compare) { return compare.keys.begin.find("/slot/") != std::string::npos || compare.keys.begin.find("/first/") != std::string::npos; });
  return world.operate(txn) ? "taken" : "";
}

TEST_F(PlantedBug, a_gate_that_is_not_in_the_transaction_or_not_a_range_lets_a_late_one_slip_through) {
  EXPECT_EQ(late_one_between_look_and_take(), "");
  for (auto const bug : {Bug::GateOutsideTransaction, Bug::GateByKeys}) {
    plant(bug, true);
    EXPECT_EQ(late_one_between_look_and_take(), "taken");
    plant(bug, false);
  }
}

TEST_F(PlantedBug, a_blind_release_takes_the_next_holders_slot) {
  for (bool const blind : {false, true}) {
    plant(Bug::BlindRelease, blind);
    World world;
    fill(world);
    world.start_rollout(kWorkers);
    world.run_until([&] { return has_applied(world, "eu-0 pump"); });
    auto const holding = *holding_of_host(world.host("eu-0"));
    world.run_until([&] { return has_applied(world, "eu-1 pump"); });
    ASSERT_EQ(world.overview().slots.size(), 1U);
    world.operate(wire::txn_of(world.keys, ask::Release{holding}));
    EXPECT_EQ(world.overview().slots.empty(), blind);
  }
}

TEST_F(PlantedBug, an_empty_control_plane_is_done_only_by_mistake) {
  for (bool const mistaken : {false, true}) {
    plant(Bug::EmptyStageDone, mistaken);
    std::vector<HostRecord> const hosts{host_record("eu-0", "eu", {"gateway"}), host_record("us-0", "us", {"gateway"})};
    EXPECT_EQ(scheduled(policy_of_three_centres(), hosts, {{"gateway", "5.8.15"}}).has_value(), mistaken);
  }
}

TEST_F(PlantedBug, a_restored_etcd_is_trusted_only_by_mistake) {
  for (bool const trusted : {false, true}) {
    plant(Bug::RestoreTrusted, trusted);
    World world;
    fill(world);
    world.start_rollout(kWorkers);
    world.run_for(1s);
    auto const backup = world.etcd.snapshot();
    world.run_until([&] { return world.order.size() >= 5; });
    auto const steps = world.order.size();
    world.etcd.restore(*backup);
    world.run_for(1h);
    EXPECT_EQ(world.order.size() > steps, trusted);
  }
}

TEST_F(PlantedBug, a_percentage_of_those_who_are_there_now_grows_with_them) {
  for (bool const current : {false, true}) {
    plant(Bug::PercentOfCurrent, current);
    Sight sight;
    auto policy = policy_of_three_centres();
    policy.max_unavailable = {50, true};
    std::vector<HostRecord> const hosts{host_record("cp", "cp-1", {"mdcb", "dashboard", "gateway"}), host_record("eu-0", "eu", {"gateway"}), host_record("us-0", "us", {"gateway"})};
    sight.rollout = {*scheduled(policy, hosts, {{"gateway", "5.8.15"}}), 1, 1};
    sight.rollout.record->state = RolloutState::Running;
    sight.pending = sight.begun = true;
    sight.hosts = 10;
    sight.live = {"eu-1"};
    sight.slots = {{"eu", "gateway", 0, {Slot{"eu-1", {}, "r1", "gateway", SlotState::InWork, {}, kStart}, 1, 1}}};
    EXPECT_EQ(std::holds_alternative<decision::Go>(decide(sight, {"eu-0", {"eu", 1, "gateway", 1, 0}}, Keys{"prod"})), current);
  }
}

}  // namespace
}  // namespace tykup::fleet::test
