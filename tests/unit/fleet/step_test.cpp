#include <gmock/gmock.h>

#include "daemon/wire/fleet_json.hpp"
#include "tests/unit/fleet/scenario.hpp"

/// What one step asks of etcd, and what goes with what.
namespace tykup::fleet::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class OneStep : public Scenario {
 protected:
  /// The gateway of eu-0 is being changed.
  void until_eu_is_at_work() {
    fill(1);
    world.start_rollout({{"gateway", "5.8.15"}});
    until_applied("eu-0 gateway");
    before = eu().asks;
  }
  /// … and what it has to say after it is said.
  void to_the_end() {
    EXPECT_TRUE(ends());
    world.run_for(1min);
  }
  Host& eu() { return world.host("eu-0"); }
  unsigned asked(std::string const& what) { return eu().asks[what] - before[what]; }
  Stored<HostRecord> stored() {
    auto const got = world.etcd.txn({{}, {etcd::Get{.keys = {world.keys.host("eu-0"), {}}}}, {}});
    auto const& value = std::get<etcd::Got>(got->answers[0]).values.front();
    return {*wire::parse_fleet<HostRecord>(value.value), value.create_revision, value.mod_revision};
  }
  std::map<std::string, unsigned> before;
};

TEST_F(OneStep, tells_with_its_end_what_the_host_carries_now) {
  until_eu_is_at_work();
  to_the_end();
  EXPECT_EQ(asked("complete"), 1U);
  EXPECT_EQ(asked("register"), 0U);
  EXPECT_EQ(stored()->find("gateway")->installed.front().version, "5.8.15");
  EXPECT_EQ(stored().modified, eu().saved.record_revision);
}

TEST_F(OneStep, counts_although_somebody_touched_the_hosts_record_and_the_record_is_told_after_it) {
  until_eu_is_at_work();
  auto record = *stored();
  EXPECT_TRUE(world.operate({{}, {etcd::Put{world.keys.host("eu-0"), wire::fleet_text(record)}}, {}}));
  to_the_end();
  EXPECT_EQ(asked("complete"), 1U);
  EXPECT_EQ(asked("register"), 2U) << "the first one meets what it did not know";
  EXPECT_EQ(stored()->find("gateway")->installed.front().version, "5.8.15");
}

TEST_F(OneStep, whose_answer_is_lost_finds_its_record_there) {
  until_eu_is_at_work();
  eu().lose_replies = 1;
  to_the_end();
  EXPECT_EQ(asked("complete"), 2U);
  EXPECT_EQ(asked("register"), 1U);
  EXPECT_EQ(stored().modified, eu().saved.record_revision);
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(OneStep, at_whose_end_another_component_is_behind_again_is_followed_by_the_whole_record) {
  fill(1);
  world.host("us-0").takes = 1h;
  world.start_rollout(kWorkers);
  until_applied("eu-0 gateway");
  before = eu().asks;
  eu().record.carried.front().installed.front() = build("pump", "5.8.14");
  to_the_end();
  EXPECT_EQ(std::ranges::count(world.order, "eu-0 pump"), 2);
  EXPECT_EQ(asked("register"), 1U) << "its second step's end tells the rest";
}

TEST_F(OneStep, of_a_host_that_the_one_before_lets_go_begins_without_another_look) {
  fill(2);
  world.start_rollout(kWorkers);
  until_applied("eu-1 pump");
  auto& other = world.host("eu-0");
  ASSERT_THAT(line("eu-0"), HasSubstr("waiting for eu-1 (pump)"));
  auto const looks = other.asks["look"];
  until_applied("eu-0 gateway");
  EXPECT_EQ(other.asks["look"], looks);
  EXPECT_TRUE(ends());
  EXPECT_THAT(world.broken, IsEmpty());
}

TEST_F(OneStep, of_a_host_that_is_let_go_by_an_etcd_that_was_put_back_does_not_begin) {
  fill(1);
  world.start_rollout(kWorkers);
  until_applied("eu-0 pump");
  auto& waits = world.host("us-0");
  // What it saw last is ahead of what etcd is now, and everything that its place in the queue compares is as it was.
  waits.state.standing.revision += 1000;
  world.run_for(10min);
  EXPECT_THAT(line("us-0"), HasSubstr("put back to an earlier state"));
  EXPECT_THAT(world.order, Not(Contains("us-0 gateway")));
}

TEST_F(Scenario, a_mark_that_is_older_than_the_hosts_record_is_no_word_on_it) {
  fill(1);
  auto const mark = wire::fleet_text(Mark{{}, "eu-0", kStart});
  EXPECT_TRUE(world.operate({{}, {etcd::Put{world.keys.forgotten("eu-0"), mark}}, {}}));
  auto& eu = world.host("eu-0");
  eu.record.next_opening = kStart + 1h;
  world.facts_changed(eu);
  world.run_for(1min);
  EXPECT_TRUE(world.operate({{}, {etcd::Delete{{world.keys.host("eu-0"), {}}}}, {}}));
  world.crash("eu-0");
  world.start_host("eu-0");
  world.run_for(1min);
  EXPECT_THAT(line("eu-0"), HasSubstr("the record that this host wrote is not there"));

  EXPECT_TRUE(world.operate({{}, {etcd::Put{world.keys.forgotten("eu-0"), mark}}, {}}));
  world.crash("eu-0");
  world.start_host("eu-0");
  world.run_for(1min);
  EXPECT_THAT(line("eu-0"), Not(HasSubstr("is not there"))) << "it was forgotten since: it registers anew";
}

TEST_F(Scenario, who_it_is_and_what_it_has_to_tell_a_host_keeps_when_etcd_is_believed_anew) {
  fill(1);
  auto const backup = world.etcd.snapshot();
  auto& eu = world.host("eu-0");
  eu.record.next_opening = kStart + 1h;
  world.facts_changed(eu);
  world.run_for(1min);
  world.etcd.restore(*backup);
  world.run_for(5min);
  ASSERT_THAT(line("eu-0"), HasSubstr("put back to an earlier state"));
  OutsideStep const untold{"eu-0", "gateway", "5.8.15", {}, {"alice@eu-0", "a CVE", kStart}};
  eu.state.standing.memory.untold = {untold};
  std::vector<Memory> saved;
  EXPECT_TRUE(world.operate(wire::after_restore_txn(world.keys, world.overview())));
  world.run_until([&] {
    saved.push_back(eu.saved);
    return false;
  }, 15min);
  for (auto const& memory : saved) EXPECT_EQ(memory.record.host, "eu-0");
  auto const told = world.etcd.txn({{}, {etcd::Get{.keys = {world.keys.past_outside(untold), {}}}}, {}});
  EXPECT_EQ(std::get<etcd::Got>(told->answers[0]).values.size(), 1U);
}

}  // namespace
}  // namespace tykup::fleet::test
