// A host whose step failed, and which keeps its slot.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/fleet/scenario.hpp"

namespace tykup::fleet::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class FailedHost : public Scenario {
 protected:
  void fail(unsigned max_failed = 1) {
    policy([&](Policy& made) { made.max_failed = max_failed; });
    fill(2);
    world.host("eu-1").fails = "pump";
    world.start_rollout(kAll);
    ASSERT_TRUE(world.run_until([&] { return !world.overview().rollout->failures.empty(); }));
    world.host("eu-1").fails = "";
    world.run_for(1s);
    ASSERT_THAT(line("eu-1"), HasSubstr("retry eu-1"));
  }
  HostRecord registered(std::string const& host) {
    auto const seen = world.overview();
    auto const* found = seen.host(host);
    return found == nullptr ? HostRecord{} : **found;
  }
  void offer(std::string const& version) {
    auto& host = world.host("eu-1");
    host.record.carried[0].candidates.insert(host.record.carried[0].candidates.begin(), build("pump", version));
    world.facts_changed(host);
    world.run_for(1min);
  }
};

TEST_F(FailedHost, tells_what_it_is_offered_by_now_and_is_failed_still) {
  fail();
  offer("5.8.16");
  EXPECT_EQ(registered("eu-1"), world.host("eu-1").record);
  EXPECT_THAT(line("eu-1"), HasSubstr("retry eu-1"));
  EXPECT_EQ(world.overview().slots.size(), 1U);
}

TEST_F(FailedHost, whose_slot_is_released_takes_part_again_though_no_rollout_runs) {
  fail();
  ASSERT_TRUE(world.change(aborted(*world.overview().rollout, word())));
  world.run_for(1min);
  EXPECT_THAT(line("eu-1"), HasSubstr("release-slot eu-1"));
  ASSERT_TRUE(world.operate({{}, {etcd::Delete{world.keys.all_slots()}}, {}}));
  world.run_for(1min);
  EXPECT_THAT(line("eu-1"), Not(HasSubstr("failed")));
  offer("5.8.16");
  EXPECT_EQ(registered("eu-1"), world.host("eu-1").record);
}

TEST_F(FailedHost, that_was_restarted_waits_for_its_slot_as_before) {
  fail();
  world.crash("eu-1");
  world.start_host("eu-1");
  world.run_for(1min);
  EXPECT_THAT(line("eu-1"), HasSubstr("retry eu-1"));
  ASSERT_TRUE(world.operate({{}, {etcd::Delete{world.keys.all_slots()}}, {}}));
  world.run_for(1min);
  EXPECT_THAT(line("eu-1"), Not(HasSubstr("keeps its slot")));
}

TEST_F(FailedHost, stops_the_rollout_where_it_sees_that_the_pin_was_pulled) {
  fail(2);
  ASSERT_EQ(state(), RolloutState::Running);
  auto& host = world.host("eu-1");
  for (auto& item : host.record.carried) {
    item.current = true;
    item.candidates.clear();
  }
  world.facts_changed(host);
  world.run_for(1s);
  EXPECT_EQ(world.overview().rollout->halt, Halt::Pulled);
  EXPECT_EQ(registered("eu-1"), host.record);
  EXPECT_THAT(line("eu-1"), HasSubstr("retry eu-1"));
}

}  // namespace
}  // namespace tykup::fleet::test
