#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/fleet/steering.hpp"
#include "daemon/wire/fleet_saying.hpp"
#include "tests/unit/agent/fleet_in_memory.hpp"

namespace tykup::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(FleetInMemory, hosts_go_in_the_order_of_their_components_one_after_the_other) {
  auto& web = add("web-1", "web");
  auto& db = add("db-1", "db");
  auto& second = add("web-2", "web");
  make_fleet();
  EXPECT_EQ(web.installed(), "1.0.0");
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << web.member->status_line() << "\n" << db.member->status_line();
  EXPECT_EQ(db.installed(), "1.1.0");
  EXPECT_EQ(web.installed(), "1.1.0");
  EXPECT_EQ(second.installed(), "1.1.0");
  auto const order = this->order();
  ASSERT_THAT(order, SizeIs(3));
  EXPECT_EQ(order.front(), "db-1");
  EXPECT_THAT(seen().slots, IsEmpty());
  EXPECT_GE(db.store.runs.front().started, kSundayOne + std::chrono::hours{1}) << "the window opens at two";
}

TEST_F(FleetInMemory, nothing_moves_before_somebody_says_so) {
  auto& db = add("db-1", "db");
  make_fleet();
  until([&] { return clock_.now() > kSundayOne + std::chrono::hours{2}; });
  EXPECT_EQ(db.installed(), "1.0.0");
  EXPECT_THAT(db.store.runs, IsEmpty());
}

TEST_F(FleetInMemory, a_host_that_fails_stops_everybody) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  db.host.services["db"].sick = {"1.1.0"};
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Stopped));
  until([&] { return clock_.now() > kSundayOne + std::chrono::hours{3}; });
  EXPECT_EQ(db.installed(), "1.0.0");
  EXPECT_EQ(web.installed(), "1.0.0");
  auto const rollout = *seen().rollout;
  ASSERT_THAT(rollout.failures, SizeIs(1));
  EXPECT_EQ(rollout.failures.front().host, "db-1");
  EXPECT_THAT(seen().slots, SizeIs(1)) << "the failed host keeps its slot";
}

TEST_F(FleetInMemory, a_retried_host_tries_the_version_again_that_failed_on_it) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  db.host.services["db"].sick = {"1.1.0"};
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until([&] { return rollout_is(fleet::RolloutState::Stopped) && db.daemon->state() != "running"; }));
  ASSERT_EQ(db.installed(), "1.0.0");
  db.host.services["db"].sick = {};
  std::optional<bool> heard;
  web.desk->steer_fleet({}, wire::said_text({fleet::say::Retry{"db-1"}, {}}), [&](Result<std::string> const& text) { heard = text.has_value(); });
  ASSERT_TRUE(until([&] { return heard.has_value(); }));
  EXPECT_TRUE(*heard);
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << db.member->status_line() << "\n" << web.member->status_line();
  EXPECT_EQ(db.installed(), "1.1.0");
  EXPECT_EQ(web.installed(), "1.1.0");
}

TEST_F(FleetInMemory, a_retried_host_that_fails_again_keeps_its_slot_and_does_not_go_round_in_circles) {
  auto& db = add("db-1", "db");
  add("web-1", "web");
  db.host.services["db"].sick = {"1.1.0"};
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until([&] { return rollout_is(fleet::RolloutState::Stopped) && db.daemon->state() != "running"; }));
  std::optional<bool> heard;
  db.desk->steer_fleet({}, wire::said_text({fleet::say::Retry{"db-1"}, {}}), [&](Result<std::string> const& text) { heard = text.has_value(); });
  ASSERT_TRUE(until([&] { return heard.has_value(); }));
  EXPECT_TRUE(*heard);
  until([&] { return clock_.now() > kSundayOne + std::chrono::hours{3}; });
  EXPECT_TRUE(rollout_is(fleet::RolloutState::Stopped));
  EXPECT_EQ(db.store.runs.size(), 2U) << db.daemon->state() << "\n" << db.member->status_line();
  EXPECT_THAT(seen().slots, SizeIs(1));
}

TEST_F(FleetInMemory, without_etcd_nothing_begins_and_what_has_begun_is_finished) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until([&] { return db.installed() == "1.1.0"; }));
  db.port->set_unreachable(true);
  web.port->set_unreachable(true);
  until([&] { return clock_.now() > kSundayOne + std::chrono::minutes{100}; });
  EXPECT_EQ(db.daemon->state(), "idle");
  EXPECT_EQ(web.installed(), "1.0.0");
  db.port->set_unreachable(false);
  web.port->set_unreachable(false);
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done));
}

TEST_F(FleetInMemory, a_lost_answer_is_asked_for_again) {
  auto& db = add("db-1", "db");
  make_fleet();
  db.port->loses_answers = true;
  begin_forwards();
  until([&] { return clock_.now() > kSundayOne + std::chrono::minutes{70}; });
  db.port->loses_answers = false;
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << db.member->status_line();
  EXPECT_EQ(std::ranges::count_if(db.host.done, [](auto const& job) { return job.starts_with("apply"); }), 1);
}

/// At its first question, before the host is drained, and at its second one, before its package changes.
TEST_F(FleetInMemory, a_run_whose_daemon_is_killed_at_a_question_of_the_fleet_asks_it_again) {
  auto& db = add("db-1", "db");
  make_fleet();
  Member* at = &db;
  for (auto const point : {fleet::Point::BeforeDrain, fleet::Point::BeforeApply}) {
    auto const asks = [point](Member const& member) {
      auto const* confirming = std::get_if<rollout::phase::Confirming>(&member.store.saved.state->phase);
      return confirming != nullptr && confirming->point == point;
    };
    // The answer does not reach the one that is killed.
    at->store.after_commit = [asks, at] { at->port->set_unreachable(asks(*at)); };
    if (at == &db) begin_forwards();
    ASSERT_TRUE(until([&] { return asks(*at); })) << at->daemon->state() << "\n" << at->member->status_line();
    at = &restart(*at);
  }
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << at->daemon->state() << "\n" << at->member->status_line();
  EXPECT_EQ(at->installed(), "1.1.0");
  EXPECT_EQ(std::ranges::count_if(at->host.done, [](auto const& job) { return job.starts_with("apply"); }), 1);
  EXPECT_THAT(seen().slots, IsEmpty());
}

TEST_F(FleetInMemory, a_pin_that_leaves_the_repository_stops_the_rollout_and_its_return_lets_it_go_on) {
  refresh_ = std::chrono::minutes{10};
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until([&] { return web.fleet_store.kept->record.carried.front().kept.size() == 2; })) << "its packages are fetched";
  web.host.failing["refresh"] = {ErrorKind::RepositoryUnreachable, "no route to host", {}};
  web.host.offered.clear();
  until([&] { return clock_.now() > kSundayOne + std::chrono::minutes{30}; });
  EXPECT_TRUE(rollout_is(fleet::RolloutState::Running));
  web.host.failing.clear();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Stopped)) << web.member->status_line();
  EXPECT_THAT(web.announcer.names(), testing::Contains("fleet-stopped"));
  EXPECT_THAT(db.announcer.names(), testing::Not(testing::Contains("fleet-stopped")));
  auto const rollout = *seen().rollout;
  EXPECT_EQ(rollout.halt, fleet::Halt::Pulled);
  EXPECT_EQ(rollout.last.why, "web-package 1.1.0 for debian 12 amd64 is not offered to web-1 any more");
  std::optional<Result<std::string>> heard;
  auto const resume = [&] {
    heard.reset();
    db.desk->steer_fleet({}, wire::said_text({fleet::say::Resume{}, {}}), [&](Result<std::string> const& text) { heard = text; });
    ASSERT_TRUE(until([&] { return heard.has_value(); }));
  };
  resume();
  ASSERT_FALSE(*heard);
  EXPECT_THAT(heard->error().message, HasSubstr("is not offered to web-1 any more: have it offered again"));
  web.host.offered = {{"web", "1.1.0"}};
  until([&] { return seen().host("web-1")->record->carried.front().candidates.front().version == "1.1.0"; });
  resume();
  EXPECT_TRUE(*heard) << heard->error().message;
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << web.member->status_line();
  EXPECT_EQ(web.installed(), "1.1.0");
}

TEST_F(FleetInMemory, a_gate_of_the_operators_own_that_says_no_stops_everybody_until_it_lets_go_on) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  for (auto* each : {&db, &web}) each->host.hooks = {"gate.d/error-rate"};
  make_fleet({{"errors", fleet::After::Stage, "error-rate", {}, {}}});
  db.host.failing["hook"] = {ErrorKind::HookFailed, "hook /etc/tykup/hooks/gate.d/error-rate ended with exit status 1: 7 % fail", {}};
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Stopped)) << db.member->status_line();
  until([&] { return clock_.now() > kSundayOne + std::chrono::hours{2}; });
  EXPECT_EQ(db.installed(), "1.1.0") << "what is done stays done";
  EXPECT_EQ(web.installed(), "1.0.0");
  auto const rollout = *seen().rollout;
  EXPECT_EQ(rollout.last.why, "gate errors after db in main, asked on db-1, let nobody go on: hook /etc/tykup/hooks/gate.d/error-rate ended with exit status 1: 7 % fail");
  EXPECT_THAT(db.announcer.names(), testing::Contains("fleet-stopped"));
  db.host.failing.clear();
  change(*fleet::resumed(rollout, {"alice", "", clock_.now()}));
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << db.member->status_line() << "\n" << web.member->status_line();
  EXPECT_THAT(db.host.done, testing::Contains("hook gate"));
  EXPECT_EQ(web.installed(), "1.1.0");
}

TEST_F(FleetInMemory, a_gate_asks_prometheus_until_it_lets_go_on) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  make_fleet({{"errors", fleet::After::First, {}, "http://prometheus:9090", "errors < bool 1"}});
  auto const answer = [](std::string const& value) { return R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,")" + value + R"("]}]}})"; };
  db.host.prometheus = answer("0");
  web.host.prometheus = answer("1");
  begin_forwards();
  ASSERT_TRUE(until([&] { return db.host.queried.size() == 3; }));
  EXPECT_EQ(db.host.queried.front(), "http://prometheus:9090/api/v1/query?query=errors%20%3C%20bool%201");
  EXPECT_TRUE(rollout_is(fleet::RolloutState::Running));
  db.host.prometheus = answer("1");
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << db.member->status_line();
  EXPECT_EQ(web.host.queried.size(), 1U);
}

TEST_F(FleetInMemory, a_gate_that_prometheus_never_opens_stops_everybody_at_its_limit) {
  auto& db = add("db-1", "db");
  make_fleet({{"errors", fleet::After::First, {}, "http://prometheus:9090", "errors < bool 1"}});
  db.host.prometheus = "no such page";
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Stopped)) << db.member->status_line();
  EXPECT_THAT(seen().rollout->last.why, HasSubstr("let nobody go on: the query results in no vector and no scalar, for 5m"));
  EXPECT_GT(db.host.queried.size(), 10U);
}

TEST_F(FleetInMemory, nobody_begins_while_the_fleet_is_frozen_and_each_host_says_why) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  make_fleet();
  auto const until = kSundayOne + std::chrono::minutes{90};
  say(web, {fleet::say::Freeze{until}, "year end"});
  begin_forwards();
  auto const frozen = "the fleet is frozen until " + to_rfc3339(until) + " by @web-1: year end";
  ASSERT_TRUE(this->until([&] { return db.daemon->status_json().find(frozen) != std::string::npos; })) << db.daemon->status_json();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << db.member->status_line() << "\n" << web.member->status_line();
  EXPECT_GE(db.store.runs.front().started, until);
  EXPECT_EQ(db.daemon->status_json().find("frozen"), std::string::npos);
}

TEST_F(FleetInMemory, a_freeze_between_reading_and_beginning_leaves_the_host_as_it_is) {
  auto& db = add("db-1", "db");
  make_fleet();
  bool frozen = false;
  db.store.after_commit = [&] {
    auto const* confirming = std::get_if<rollout::phase::Confirming>(&db.store.saved.state->phase);
    if (frozen || confirming == nullptr || confirming->point != fleet::Point::BeforeApply) return;
    frozen = done(wire::freeze_txn(keys_, seen(), {kSundayOne + std::chrono::hours{48}, {"alice", {}, clock_.now()}}, 0));
  };
  begin_forwards();
  until([&] { return clock_.now() > kSundayOne + std::chrono::minutes{100}; });
  EXPECT_TRUE(frozen);
  EXPECT_EQ(std::ranges::count_if(db.host.done, [](auto const& job) { return job.starts_with("apply"); }), 0);
  EXPECT_THAT(seen().slots, IsEmpty());
  say(db, {fleet::say::Unfreeze{}, {}});
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << db.member->status_line();
}

TEST_F(FleetInMemory, a_rollout_that_cannot_be_read_is_said_and_begins_nothing) {
  auto& db = add("db-1", "db");
  make_fleet();
  etcd::Txn txn;
  txn.then.emplace_back(etcd::Put{keys_.rollout(), R"({"schema":2})"});
  ASSERT_TRUE(done(txn));
  etcd_->stir();
  ASSERT_TRUE(until([&] { return std::ranges::count(db.announcer.names(), "fleet-trouble") > 0; }));
  EXPECT_THAT(db.member->status_line(), HasSubstr("a record of the fleet cannot be read: /tykup/1/prod/rollout: it is of schema 2"));
}

TEST_F(FleetInMemory, a_run_that_is_asked_for_goes_in_its_turn_and_in_no_window) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until([&] { return web.daemon->state() == "waiting" && db.daemon->state() == "waiting"; }));
  auto const asked = [](Member& member) { return member.daemon->run({0, "alice"}, hash_of(member.daemon->plan_json()), {}); };
  auto const waits = asked(web);
  ASSERT_TRUE(waits) << waits.error().message;
  EXPECT_EQ(*waits, "");
  until([&] { return clock_.now() > kSundayOne + std::chrono::minutes{20}; });
  EXPECT_EQ(web.installed(), "1.0.0") << "db-1 comes first";
  ASSERT_TRUE(asked(db));
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << db.member->status_line() << "\n" << web.member->status_line();
  EXPECT_LT(clock_.now(), kSundayOne + std::chrono::hours{1}) << "before any window";
  EXPECT_THAT(order(), ElementsAre("db-1", "web-1"));
}

TEST_F(FleetInMemory, a_run_outside_the_fleet_needs_no_rollout_and_is_in_its_history) {
  auto& db = add("db-1", "db");
  add("web-1", "web");
  make_fleet();
  ASSERT_TRUE(until([&] { return db.daemon->state() == "idle"; }));
  auto const plan = db.daemon->plan_outside_json();
  ASSERT_TRUE(plan) << plan.error().message;
  agent::RunOptions options;
  options.outside = "a CVE";
  auto const run = db.daemon->run({0, "alice"}, hash_of(*plan), options);
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_TRUE(until([&] { return db.installed() == "1.1.0" && db.daemon->state() == "idle"; })) << db.daemon->status_text();
  EXPECT_LT(clock_.now(), kSundayOne + std::chrono::hours{1});
  EXPECT_THAT(seen().slots, IsEmpty());
  EXPECT_EQ(outside_records(), 1U);
  EXPECT_EQ(std::ranges::count(db.announcer.names(), "fleet-trouble"), 0);
}

TEST_F(FleetInMemory, a_run_outside_the_fleet_does_not_wait_for_etcd_and_is_recorded_when_it_is_back) {
  auto& db = add("db-1", "db");
  make_fleet();
  ASSERT_TRUE(until([&] { return db.daemon->state() == "idle"; }));
  db.port->set_unreachable(true);
  auto const plan = db.daemon->plan_outside_json();
  ASSERT_TRUE(plan);
  agent::RunOptions options;
  options.outside = "a CVE";
  ASSERT_TRUE(db.daemon->run({0, "alice"}, hash_of(*plan), options));
  ASSERT_TRUE(until([&] { return db.installed() == "1.1.0"; })) << db.daemon->status_text();
  EXPECT_GT(std::ranges::count(db.announcer.names(), "fleet-trouble"), 0);
  EXPECT_EQ(outside_records(), 0U);
  db.port->set_unreachable(false);
  ASSERT_TRUE(until([&] { return outside_records() == 1; })) << db.member->status_line();
}

TEST_F(FleetInMemory, goes_back_in_the_opposite_order) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done));
  begin("r2", fleet::say::Rollback{});
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done)) << web.member->status_line() << "\n" << web.daemon->status_text() << "\n" << db.member->status_line();
  EXPECT_EQ(db.installed(), "1.0.0");
  EXPECT_EQ(web.installed(), "1.0.0");
  EXPECT_LT(web.store.runs.back().started, db.store.runs.back().started);
}

TEST_F(FleetInMemory, tells_monitoring_its_part_and_whether_etcd_is_there) {
  auto& db = add("db-1", "db");
  auto& web = add("web-1", "web");
  make_fleet();
  begin_forwards();
  ASSERT_TRUE(until([&] { return db.installed() == "1.1.0"; }));
  EXPECT_THAT(db.metrics.text, HasSubstr("tykup_fleet_part{cluster=\"prod\",part=\"working\"} 1\n"));
  EXPECT_THAT(web.metrics.text, HasSubstr("tykup_fleet_part{cluster=\"prod\",part=\"waiting\"} 1\n"));
  EXPECT_THAT(web.metrics.text, testing::Not(HasSubstr("state=\"pending\"} 0\n"))) << "nothing was read of it yet";
  web.port->set_unreachable(true);
  ASSERT_TRUE(until([&] { return web.metrics.text.find("tykup_fleet_etcd_reachable{cluster=\"prod\"} 0\n") != std::string::npos; }));
  web.port->set_unreachable(false);
  ASSERT_TRUE(until_it_is(fleet::RolloutState::Done));
  until([&] { return clock_.now() > kSundayOne + std::chrono::hours{3}; });
  EXPECT_THAT(web.metrics.text, HasSubstr("tykup_fleet_etcd_reachable{cluster=\"prod\"} 1\n"));
  EXPECT_THAT(web.metrics.text, HasSubstr("tykup_fleet_rollout_state{cluster=\"prod\",state=\"done\"} 1\n"));
  EXPECT_THAT(web.metrics.text, HasSubstr("tykup_fleet_steps{cluster=\"prod\",state=\"pending\"} 0\n"));
}

TEST_F(FleetInMemory, what_it_has_to_know_is_on_disk_before_it_asks) {
  auto& db = add("db-1", "db");
  db.fleet_store.fail_next = 3;
  make_fleet();
  EXPECT_TRUE(db.fleet_store.kept);
  EXPECT_THAT(db.announcer.names(), testing::Contains("fleet-trouble"));
}

}  // namespace
}  // namespace tykup::test
