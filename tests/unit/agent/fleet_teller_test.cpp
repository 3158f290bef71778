#include "daemon/agent/fleet_teller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/core/fleet/steering.hpp"
#include "daemon/wire/fleet_json.hpp"
#include "daemon/wire/fleet_saying.hpp"
#include "tests/unit/agent/fleet_in_memory.hpp"

namespace tykup::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using notify::Delivery;

constexpr char const* kUrl = "https://hooks.example.com/x";

notify::NotifyConfig by_webhook() {
  notify::NotifyConfig config;
  config.webhooks = {{kUrl}};
  return config;
}

fleet::Word said() { return {"alice@web-1", "lunch", kSundayOne}; }

/// A fleet whose hosts tell people, all by the same webhook.
class FleetThatTells : public FleetInMemory {
 protected:
  Member& teller(std::string const& name, std::string const& component) { return add(name, component, by_webhook()); }

  /// Event and, where it is of a host, which one: "rollout-done", "run-failed db-1".
  std::vector<std::string> told_by(Member const& member) const {
    std::vector<std::string> found;
    for (auto const& [url, body] : member.post.posts) {
      auto const json = nlohmann::json::parse(body);
      auto const event = json["event"].get<std::string>();
      found.push_back(json["cluster"] == "prod" ? event : event + " " + json["host"].get<std::string>());
    }
    return found;
  }
  std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (auto const& [name, member] : members_)
      for (auto& each : told_by(*member)) all.push_back(std::move(each));
    return all;
  }
  /// New versions are told before anything happens here.
  std::vector<std::string> told_of_rollouts() const {
    auto all = told();
    std::erase(all, "new-version");
    return all;
  }
  Member* the_teller() {
    for (auto const& [name, member] : members_)
      if (member->teller != nullptr && member->teller->is_teller()) return member.get();
    return nullptr;
  }
  void make_fleet_with_teller() {
    make_fleet();
    ASSERT_TRUE(until([&] { return the_teller() != nullptr && std::ranges::count(told(), "new-version") == 2; }));
  }
  fleet::KnownNews known() {
    auto const done = etcd_->etcd.txn({{}, {etcd::Get{{keys_.told(), {}}}}, {}});
    auto const& got = std::get<etcd::Got>(done->answers.front());
    return got.values.empty() ? fleet::KnownNews{} : *wire::parse_fleet<fleet::KnownNews>(got.values.front().value);
  }
  /// Of the rollout.
  std::vector<std::string> noted() {
    auto const all = known();
    return all.rollout.empty() ? std::vector<std::string>{} : all.events;
  }
  bool pass(Duration time) {
    auto const end = clock_.now() + time;
    return until([&] { return clock_.now() >= end; });
  }
};

TEST_F(FleetThatTells, one_message_each_for_the_whole_fleet_of_a_rollout_that_goes_well) {
  teller("db-1", "db");
  teller("web-1", "web");
  teller("web-2", "web");
  make_fleet_with_teller();
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done));
  ASSERT_TRUE(until([&] { return noted().size() == 2; }));
  pass(std::chrono::hours{2});
  EXPECT_THAT(told(), UnorderedElementsAre("new-version", "new-version", "rollout-started", "rollout-done"));
  EXPECT_THAT(noted(), ElementsAre("started", "over"));
}

TEST_F(FleetThatTells, a_host_that_fails_is_told_of_once_and_the_run_of_it_is_not) {
  auto& db = teller("db-1", "db");
  teller("web-1", "web");
  db.host.services["db"].sick = {"1.1.0"};
  make_fleet_with_teller();
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Stopped));
  pass(std::chrono::hours{3});
  EXPECT_THAT(told_of_rollouts(), UnorderedElementsAre("rollout-started", "rollout-stopped"));
}

TEST_F(FleetThatTells, a_pause_and_an_end_by_word_of_an_operator_are_told) {
  teller("db-1", "db");
  teller("web-1", "web");
  make_fleet_with_teller();
  begin_forwards();
  change(*fleet::paused(*seen().rollout.record, said()));
  change(*fleet::resumed(*seen().rollout.record, said()));
  change(*fleet::paused(*seen().rollout.record, said()));
  change(*fleet::aborted(*seen().rollout.record, said()));
  pass(std::chrono::minutes{30});
  EXPECT_THAT(told_of_rollouts(), ElementsAre("rollout-started", "rollout-paused", "rollout-paused", "rollout-paused"));
}

TEST_F(FleetThatTells, hosts_without_notify_never_tell) {
  add("db-1", "db");
  auto& web = teller("web-1", "web");
  make_fleet_with_teller();
  EXPECT_EQ(the_teller(), &web);
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done));
  ASSERT_TRUE(until([&] { return noted().size() == 2; }));
  EXPECT_THAT(told_by(*members_["db-1"]), IsEmpty());
  EXPECT_THAT(told_of_rollouts(), ElementsAre("rollout-started", "rollout-done"));
}

TEST_F(FleetThatTells, nobody_writes_into_a_cluster_that_nobody_made) {
  teller("db-1", "db");
  pass(std::chrono::minutes{30});
  EXPECT_THAT(std::get<etcd::Got>(etcd_->etcd.txn({{}, {etcd::Get{keys_.everything()}}, {}})->answers.front()).values, IsEmpty());
}

TEST_F(FleetThatTells, when_the_one_that_tells_is_lost_another_one_does_and_tells_nothing_again) {
  teller("db-1", "db");
  teller("web-1", "web");
  teller("web-2", "web");
  make_fleet_with_teller();
  begin_forwards();
  ASSERT_TRUE(until([&] { return noted().size() == 1; }));
  auto const& first = kill(*the_teller());
  ASSERT_TRUE(until([&] { return the_teller() != nullptr; }));
  change(*fleet::aborted(*seen().rollout.record, said()));
  ASSERT_TRUE(until([&] { return noted().size() == 2; }));
  EXPECT_THAT(told_by(first), Contains("rollout-started"));
  EXPECT_THAT(told(), ElementsAre("rollout-paused"));
}

TEST_F(FleetThatTells, what_happened_while_nobody_could_tell_is_told_later) {
  auto& web = teller("web-1", "web");
  add("db-1", "db");
  make_fleet_with_teller();
  auto const& dead = kill(web);
  begin("r1", fleet::say::Start{{.components = {"db"}}});
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done));
  auto& again = revive(dead);
  ASSERT_TRUE(until([&] { return !again.post.posts.empty(); }));
  pass(std::chrono::minutes{30});
  EXPECT_THAT(told(), ElementsAre("rollout-done"));
}

/// Killed between the saving of a message and its note in etcd.
TEST_F(FleetThatTells, a_host_that_is_killed_in_between_tells_it_when_it_is_there_again) {
  auto& web = teller("web-1", "web");
  add("db-1", "db");
  make_fleet_with_teller();
  web.post.posts.clear();
  web.post.answers[kUrl] = {Delivery::End::Again, "connection refused"};
  begin_forwards();
  ASSERT_TRUE(until([&] { return web.store.outbox.kept.size() == 1; }));
  EXPECT_THAT(noted(), IsEmpty()) << "it is not out";
  revive(kill(web));
  ASSERT_TRUE(until([&] { return noted().size() == 1; }));
  pass(std::chrono::minutes{10});
  EXPECT_THAT(told_of_rollouts(), ElementsAre("rollout-started"));
}

TEST_F(FleetThatTells, a_host_that_is_lost_with_an_untold_message_is_followed_by_one_that_tells_it) {
  teller("web-1", "web");
  teller("web-2", "web");
  add("db-1", "db");
  make_fleet_with_teller();
  auto* const first = the_teller();
  first->post.answers[kUrl] = {Delivery::End::Again, "connection refused"};
  begin_forwards();
  ASSERT_TRUE(until([&] { return first->store.outbox.kept.size() == 1; }));
  kill(*first);
  ASSERT_TRUE(until([&] { return noted().size() == 1; }));
  EXPECT_THAT(told_of_rollouts(), ElementsAre("rollout-started"));
}

TEST_F(FleetThatTells, a_host_whose_ways_do_not_get_through_leaves_it_to_another_one) {
  teller("web-1", "web");
  teller("web-2", "web");
  add("db-1", "db");
  make_fleet_with_teller();
  auto* const first = the_teller();
  first->post.answers[kUrl] = {Delivery::End::Again, "connection refused"};
  begin_forwards();
  ASSERT_TRUE(until([&] { return first->store.outbox.kept.size() == 1; }));
  ASSERT_TRUE(until([&] { return noted().size() == 1; }));
  EXPECT_NE(the_teller(), first);
  EXPECT_THAT(told_by(*the_teller()), Contains("rollout-started"));
}

TEST_F(FleetThatTells, while_etcd_is_away_nothing_is_told_and_afterwards_each_thing_once) {
  auto& web = teller("web-1", "web");
  add("db-1", "db");
  make_fleet_with_teller();
  web.port->set_unreachable(true);
  begin_forwards();
  pass(std::chrono::minutes{10});
  EXPECT_THAT(told_of_rollouts(), IsEmpty());
  web.port->set_unreachable(false);
  ASSERT_TRUE(until([&] { return noted().size() == 1; }));
  EXPECT_THAT(told_of_rollouts(), ElementsAre("rollout-started"));
}

TEST_F(FleetThatTells, a_stall_is_told_once_with_its_host_and_command) {
  auto& db = teller("db-1", "db");
  teller("web-1", "web");
  make_fleet_with_teller();
  ASSERT_TRUE(db.daemon->tell({1000, "alice"}, word::Hold{"db", {}, "the CRM"}));
  pass(std::chrono::minutes{10});
  begin_forwards();
  ASSERT_TRUE(until([&] { return std::ranges::count(told(), "rollout-stalled") == 1; }));
  pass(std::chrono::hours{3});
  EXPECT_THAT(told_of_rollouts(), UnorderedElementsAre("rollout-started", "rollout-stalled"));
  auto const last = nlohmann::json::parse(the_teller()->post.posts.back().second);
  ASSERT_EQ(last["components"].size(), 1U);
  EXPECT_EQ(last["components"][0]["host"], "db-1");
  EXPECT_EQ(last["components"][0]["next"], "tykup release db");
}

TEST_F(FleetThatTells, a_cut_short_beginning_is_finished_by_start_from_any_host) {
  teller("db-1", "db");
  auto& web = teller("web-1", "web");
  make_fleet_with_teller();
  begin_and_die("r1", fleet::say::Start{});
  ASSERT_TRUE(until([&] { return std::ranges::count(told(), "rollout-stalled") == 1; }));
  EXPECT_TRUE(rollout_is(fleet::RolloutState::Preparing));
  std::optional<bool> heard;
  web.desk->steer_fleet({}, wire::said_text({fleet::say::Start{}, {}}), [&](Result<std::string> const& text) { heard = text.has_value(); });
  ASSERT_TRUE(until([&] { return heard.has_value(); }));
  EXPECT_TRUE(*heard);
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done));
  ASSERT_TRUE(until([&] { return noted().size() == 3; }));
  EXPECT_THAT(told_of_rollouts(), UnorderedElementsAre("rollout-stalled", "rollout-started", "rollout-done"));
}

}  // namespace
}  // namespace tykup::test
