#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/fleet/world.hpp"

/// Gates of the operator's own and promote hooks, asked on one host between steps.
namespace tykup::fleet::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<NamedVersion> const kWorkers{{"pump", "5.8.15"}, {"gateway", "5.8.15"}};
Error const kNo{ErrorKind::HookFailed, "hook /etc/tykup/hooks/gate.d/errors ended with exit status 1: 7 % of all requests fail", {}};

OperatorGate gate(std::string const& name, After after) { return {name, after, name, {}, {}}; }

class Gates : public testing::Test {
 protected:
  /// Two at once, hosts of eu and one of us.
  void fill(unsigned hosts, std::vector<OperatorGate> gates) {
    auto policy = policy_of_three_centres();
    policy.control_plane = ControlPlane::Elsewhere;
    policy.centres = {{"eu", 1, Topology::MdcbDataPlane, {}}, {"us", 2, Topology::MdcbDataPlane, {}}};
    policy.max_unavailable = {2, false};
    policy.gates = std::move(gates);
    world.set_policy(policy);
    for (unsigned i = 0; i < hosts; ++i) add("eu-" + std::to_string(i), "eu");
    add("us-0", "us");
    world.run_for(1min);
    world.start_rollout({{"gateway", "5.8.15"}});
  }
  /// With every gate's file.
  void add(std::string const& name, std::string const& centre) {
    auto record = host_record(name, centre, {"gateway"});
    record.gates = {"centre", "errors", "first", "stage"};
    world.add(record);
  }
  RolloutState state() { return world.overview().rollout->state; }
  bool ends(Duration at_most = 10h) {
    return world.run_until([&] { return state() == RolloutState::Done; }, at_most);
  }
  bool until_stopped() {
    return world.run_until([&] { return state() == RolloutState::Stopped; });
  }
  std::vector<std::string> asked() {
    std::vector<std::string> found;
    for (auto const& each : world.order)
      if (each.find(" asks ") != std::string::npos) found.push_back(each);
    return found;
  }
  /// Steps that had begun when the first one of that text was noted.
  std::ptrdiff_t steps_before(std::string const& text) {
    auto const at = std::ranges::find_if(world.order, [&](auto const& each) { return each.find(text) != std::string::npos; });
    return std::count_if(world.order.begin(), at, [](auto const& each) { return each.find(" asks ") == std::string::npos; });
  }
  World world;
};

TEST_F(Gates, are_asked_on_one_host_after_the_first_step_the_stage_and_the_centre_before_anybody_goes_on) {
  fill(3, {gate("centre", After::Datacenter), gate("stage", After::Stage), gate("first", After::First)});
  ASSERT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  auto const all = asked();
  ASSERT_EQ(all.size(), 6U) << testing::PrintToString(world.order);
  EXPECT_THAT(all[0], HasSubstr("gate first after the first host of gateway in eu"));
  EXPECT_THAT(all[1], HasSubstr("gate stage after gateway in eu"));
  EXPECT_THAT(all[2], HasSubstr("gate centre after eu"));
  EXPECT_THAT(all, ElementsAre(testing::_, testing::_, testing::_, "us-0 asks gate first after the first host of gateway in us",
                               "us-0 asks gate stage after gateway in us", "us-0 asks gate centre after us"));
  EXPECT_EQ(steps_before("gate first"), 1) << "nobody begins while the first host's gate is asked";
  EXPECT_EQ(steps_before("gate stage"), 3);
  EXPECT_EQ(steps_before("gate centre"), 3);
  EXPECT_EQ(steps_before("us-0 gateway"), 3);
}

TEST_F(Gates, of_two_hosts_that_are_done_at_once_the_last_one_is_asked_and_no_other) {
  fill(3, {gate("stage", After::Stage)});
  ASSERT_TRUE(ends());
  EXPECT_EQ(asked().size(), 2U) << testing::PrintToString(world.order);
  EXPECT_EQ(steps_before("asks"), 3);
}

TEST_F(Gates, that_say_no_stop_the_rollout_and_are_asked_again_when_it_is_resumed) {
  fill(2, {gate("errors", After::First)});
  for (auto& [name, host] : world.hosts()) host.says_no = kNo;
  ASSERT_TRUE(until_stopped());
  auto const stopped = *world.overview().rollout;
  EXPECT_EQ(stopped.halt, Halt::Gate);
  auto const first = stopped.last.by;
  EXPECT_EQ(stopped.last.why, "gate errors after the first host of gateway in eu, asked on " + first + ", let nobody go on: " + kNo.message);
  world.run_for(1h);
  EXPECT_THAT(world.host(first).log, Contains(HasSubstr("is stopped: gate errors")));
  EXPECT_EQ(world.order.size(), 2U) << "nobody goes on, and nobody asks again: " << testing::PrintToString(world.order);
  ASSERT_EQ(world.overview().slots.size(), 1U);
  EXPECT_EQ(world.overview().slots.front().slot->state, SlotState::Asking);
  EXPECT_TRUE(world.change(resumed(stopped, word())));
  ASSERT_TRUE(world.run_until([&] { return asked().size() == 2; }));
  ASSERT_TRUE(until_stopped());
  for (auto& [name, host] : world.hosts()) host.says_no = {};
  EXPECT_TRUE(world.change(resumed(*world.overview().rollout, word())));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(Gates, that_cannot_be_asked_are_asked_later_and_no_reason_to_stop) {
  fill(1, {gate("errors", After::Stage)});
  world.host("eu-0").says_no = Error{ErrorKind::Busy, "the executor is at work", {}};
  ASSERT_TRUE(world.run_until([&] { return asked().size() == 3; }));
  EXPECT_EQ(state(), RolloutState::Running);
  world.host("eu-0").says_no = {};
  EXPECT_TRUE(ends());
}

TEST_F(Gates, are_asked_again_where_their_host_crashed_meanwhile_and_nobody_overtakes_it) {
  fill(2, {gate("first", After::First), gate("stage", After::Stage)});
  std::string asker;
  ASSERT_TRUE(world.run_until([&] {
    for (auto const& [name, host] : world.hosts())
      if (std::holds_alternative<phase::Asking>(host.state.phase)) asker = name;
    return !asker.empty();
  }));
  world.crash(asker);
  world.run_for(30min);
  EXPECT_EQ(world.order.size(), 1U) << testing::PrintToString(world.order);
  world.start_host(asker);
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(steps_before("gate first"), 1);
}

TEST_F(Gates, survive_every_answer_that_is_lost) {
  fill(3, {gate("first", After::First), gate("stage", After::Stage), gate("centre", After::Datacenter)});
  unsigned turn = 0;
  EXPECT_TRUE(world.run_until([&] {
    for (auto& [name, host] : world.hosts()) {
      if (++turn % 31 == 0) host.lose_replies = 1;
      if (turn % 57 == 0) host.lose_requests = 1;
    }
    return state() == RolloutState::Done;
  }));
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(steps_before("gate first"), 1);
  EXPECT_EQ(steps_before("gate stage after gateway in eu"), 3);
  EXPECT_THAT(world.overview().slots, IsEmpty());
}

TEST_F(Gates, ask_nobody_on_the_way_back_and_let_an_aborted_rollout_go) {
  fill(1, {gate("stage", After::Stage)});
  world.host("eu-0").says_no = kNo;
  ASSERT_TRUE(until_stopped());
  auto const before = *world.overview().rollout;
  EXPECT_TRUE(world.change(aborted(before, word())));
  world.run_for(5min);
  EXPECT_THAT(world.overview().slots, IsEmpty()) << "the slot goes with the rollout";
  world.start_rollback("r2");
  EXPECT_TRUE(ends());
  EXPECT_EQ(asked().size(), 1U);
  EXPECT_EQ(world.host("eu-0").record.carried.front().version(), "5.8.14");
}

// ---- promote hooks --------------------------------------------------------------------------------------------------

class PromoteHooks : public Gates {
 protected:
  void fill_groups() {
    auto policy = policy_of_three_centres();
    policy.control_plane = ControlPlane::Elsewhere;
    policy.centres = {{"eu", 1, Topology::MdcbDataPlane, {}}};
    policy.strategy = Strategy::BlueGreen;
    policy.groups = {"blue", "green"};
    world.set_policy(policy);
    for (auto const* name : {"blue-0", "blue-1", "green-0"}) {
      auto record = host_record(name, "eu", {"gateway"});
      record.group = std::string(name).substr(0, std::string(name).find('-'));
      record.promotes = true;
      world.add(record);
    }
    world.run_for(1min);
    world.start_rollout({{"gateway", "5.8.15"}});
    EXPECT_TRUE(world.run_until([&] { return world.order.size() == 2; }));
    world.run_for(5min);
  }
  void promote() { EXPECT_TRUE(world.change(promoted(*world.overview().rollout, {"eu", 1, "gateway", 1, 0}, {}, word(), true))); }
};

TEST_F(PromoteHooks, run_on_one_host_of_the_promoted_group_before_the_next_one_begins) {
  fill_groups();
  EXPECT_THAT(world.order, Not(Contains("green-0 gateway")));
  promote();
  ASSERT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
  ASSERT_EQ(world.order.size(), 4U) << testing::PrintToString(world.order);
  EXPECT_THAT(world.order[2], testing::MatchesRegex("blue-[01] asks the promote hooks of gateway in eu \\(blue\\)"));
  EXPECT_EQ(world.order[3], "green-0 gateway");
  auto const promotion = world.overview().rollout->promoted.front();
  EXPECT_FALSE(promotion.hook_due);
  EXPECT_EQ(promotion.hooked, world.order[2].substr(0, 6));
  EXPECT_THAT(world.overview().slots, IsEmpty());
}

TEST_F(PromoteHooks, that_fail_stop_the_rollout_and_run_again_when_it_is_resumed) {
  fill_groups();
  for (auto& [name, host] : world.hosts()) host.says_no = kNo;
  promote();
  ASSERT_TRUE(until_stopped());
  EXPECT_EQ(world.overview().rollout->halt, Halt::Gate);
  EXPECT_THAT(world.overview().rollout->last.why, HasSubstr("the promote hooks of gateway in eu (blue), asked on blue-"));
  world.run_for(1h);
  EXPECT_EQ(world.order.size(), 3U);
  for (auto& [name, host] : world.hosts()) host.says_no = {};
  EXPECT_TRUE(world.change(resumed(*world.overview().rollout, word())));
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(PromoteHooks, run_again_where_their_host_crashed_and_are_no_other_hosts_meanwhile) {
  fill_groups();
  promote();
  std::string holder;
  ASSERT_TRUE(world.run_until([&] {
    for (auto const& [name, host] : world.hosts())
      if (std::holds_alternative<phase::Promoting>(host.state.phase)) holder = name;
    return !holder.empty();
  }));
  world.crash(holder);
  world.run_for(1h);
  EXPECT_EQ(world.order.size(), 2U) << testing::PrintToString(world.order);
  world.start_host(holder);
  EXPECT_TRUE(ends());
  EXPECT_EQ(world.order[2].substr(0, 6), holder);
}

TEST_F(PromoteHooks, survive_every_answer_that_is_lost) {
  fill_groups();
  promote();
  unsigned turn = 0;
  EXPECT_TRUE(world.run_until([&] {
    for (auto& [name, host] : world.hosts())
      if (++turn % 7 == 0) host.lose_replies = 1;
    return state() == RolloutState::Done;
  }));
  EXPECT_EQ(asked().size(), 1U) << testing::PrintToString(world.order);
}

TEST_F(PromoteHooks, give_their_slot_back_when_the_rollout_is_aborted) {
  fill_groups();
  for (auto& [name, host] : world.hosts()) host.says_no = kNo;
  promote();
  ASSERT_TRUE(until_stopped());
  EXPECT_TRUE(world.change(aborted(*world.overview().rollout, word())));
  world.run_for(5min);
  EXPECT_THAT(world.overview().slots, IsEmpty());
}

}  // namespace
}  // namespace tykup::fleet::test
