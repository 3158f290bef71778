#include "daemon/core/notify_news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using notify::Notification;
using notify::Topic;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::chrono_literals;

std::string const kHost = "web1";

notify::NotifyConfig whole_config() {
  notify::NotifyConfig config;
  config.email = {"ops@example.com"};
  return config;
}

/// What people are told of that event; the host goes on as the agent would make it.
std::vector<Notification> told_of(Ladder& host, Event const& event) {
  host.config.notify = whole_config();
  auto const context = host.context();
  auto transition = step(host.state, event, context);
  auto found = notify::news({host.state, event, transition, context, kHost});
  host.feed(event);
  for (auto const& each : found) apply_record(host.memory, record::Told{each, {"email"}});
  return found;
}
std::vector<Notification> told_of_reading(Ladder& host) { return told_of(host, event::Inspected{host.job(), {host.facts}}); }

std::vector<std::string> titles(std::vector<Notification> const& told) {
  std::vector<std::string> found;
  for (auto const& each : told) found.push_back(std::string(to_string(each.topic)) + ": " + each.title);
  return found;
}

Subscription& subscription(Ladder& host, std::size_t component) { return host.facts.components[component].subscription; }

TEST(NewVersion, is_told_once_for_each_component) {
  Ladder host;
  host.started().refreshed();
  auto const told = told_of_reading(host);
  EXPECT_THAT(titles(told), ElementsAre("new-version: dashboard 5.8.15 is available", "new-version: gateway 5.8.15 is available",
                                        "new-version: pump 5.8.15 is available"));
  EXPECT_EQ(told[0].text, "dashboard 5.8.15 is offered; installed is 5.8.14. It is in the plan.");
  EXPECT_THAT(told[0].components, ElementsAre(notify::Subject{"dashboard", "5.8.14", "5.8.15"}));
  EXPECT_EQ(told[0].host, kHost);
  EXPECT_EQ(told[0].at, host.now);
  Ladder again;
  again.memory = host.memory;
  again.started().refreshed();
  EXPECT_THAT(told_of_reading(again), IsEmpty());
}

TEST(NewVersion, in_other_bytes_is_no_news_and_of_several_the_newest_is_told) {
  Ladder host;
  host.to_waiting();
  for (auto& component : host.facts.components) component.candidates.front().sha256 = "rebuilt";
  auto& offered = host.facts.components[1].candidates;
  offered.insert(offered.begin(), {offered.front(), offered.front()});
  offered[0].version = "5.9.0";
  offered[1].version = "5.8.16";
  host.feed(event::CheckAsked{"alice"}).refreshed();
  EXPECT_THAT(titles(told_of_reading(host)), ElementsAre("new-version: gateway 5.9.0 is available"));
}

TEST(NewVersion, that_stays_says_why) {
  Ladder host;
  host.config.policy.soak = std::chrono::hours{48};
  host.started().refreshed();
  auto const told = told_of_reading(host);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_THAT(told[0].text, HasSubstr("It is not taken yet: "));
}

TEST(Key, is_spoken_of_at_thirty_seven_and_one_days_and_when_it_has_ended_and_at_none_twice) {
  Ladder host;
  host.to_waiting();
  auto const expires = host.now + std::chrono::days{31};
  for (std::size_t i = 0; i < 2; ++i) {
    subscription(host, i).key_expires = expires;
    subscription(host, i).key_fingerprint = "ABCD";
  }
  std::vector<std::string> all;
  for (int hour = 0; hour < 24 * 33; hour += 6) {
    host.now += 6h;
    host.state.phase = phase::Inspecting{"inspect-1"};
    for (auto const& title : titles(told_of_reading(host))) all.push_back(title);
  }
  EXPECT_THAT(all, ElementsAre("key-expiring: the repository key of dashboard, gateway expires in 30 days, on 2026-12-23",
                               "key-expiring: the repository key of dashboard, gateway expires in 7 days, on 2026-12-23",
                               "key-expiring: the repository key of dashboard, gateway expires in 1 day, on 2026-12-23",
                               "key-expiring: the repository key of dashboard, gateway expired on 2026-12-23"));
}

TEST(Key, that_is_new_and_ends_soon_is_told_once_not_for_every_threshold) {
  Ladder host;
  host.to_waiting();
  subscription(host, 0).key_expires = host.now + 20h;
  host.state.phase = phase::Inspecting{"inspect-1"};
  EXPECT_EQ(told_of_reading(host).size(), 1U);
  host.state.phase = phase::Inspecting{"inspect-2"};
  EXPECT_THAT(told_of_reading(host), IsEmpty());
}

/// A host whose plan is fetched but for the last package.
Ladder& fetched_but_one(Ladder& host) { return host.started().refreshed().inspected().downloaded().downloaded(); }

TEST(Approval, is_asked_for_once_for_each_plan_and_again_when_it_ended) {
  Ladder host;
  host.config.policy.approve = Approve::Manual;
  fetched_but_one(host);
  auto const told = told_of(host, event::Downloaded{host.job(), {}});
  ASSERT_EQ(told.size(), 1U);
  auto const plan = plan_of(host.state.phase)->hash;
  EXPECT_THAT(told[0].title, StartsWith("plan " + plan.substr(0, 12) + " waits for an operator: dashboard 5.8.14 to 5.8.15, "));
  EXPECT_EQ(told[0].topic, Topic::Approval);
  EXPECT_EQ(told[0].next, "read `tykup plan`, then `tykup approve " + plan.substr(0, 12) + "`");
  EXPECT_EQ(told[0].plan, plan);
  EXPECT_THAT(told_of(host, event::Ticked{}), IsEmpty());
  host.memory.approval = Approval{plan, "alice", host.now, host.now + 20min};
  host.now += 30min;
  EXPECT_THAT(titles(told_of(host, event::Ticked{})), ElementsAre(StartsWith("approval: the approval of plan " + plan.substr(0, 12) + " has ended: dashboard")));
  EXPECT_THAT(told_of_reading(host), IsEmpty());
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Approval, is_not_asked_for_where_only_a_window_is_waited_for) {
  Ladder host;
  fetched_but_one(host);
  EXPECT_THAT(told_of(host, event::Downloaded{host.job(), {}}), IsEmpty());
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Run, that_is_done_says_which_versions_are_there) {
  Ladder host;
  host.to_preflight().finish_step().finish_step().inspected().healthy().backed_up().applied().restarted();
  auto const told = told_of(host, event::HealthPassed{host.component()});
  ASSERT_THAT(titles(told), ElementsAre("run-done: run done: dashboard 5.8.14 to 5.8.15, gateway 5.8.14 to 5.8.15, pump 5.8.14 to 5.8.15"));
  EXPECT_EQ(told[0].run, host.history().back().id);
  EXPECT_EQ(told[0].components[2], (notify::Subject{"pump", "5.8.14", "5.8.15", "done"}));
}

TEST(Run, that_failed_and_went_back_tells_of_both) {
  Ladder host;
  host.to_gating_back();
  auto const told = told_of(host, event::HealthPassed{host.component()});
  ASSERT_THAT(titles(told), ElementsAre("rollback: dashboard is back on 5.8.14: 5.8.15 failed", "run-failed: RUN FAILED, dashboard is back on the old version"));
  EXPECT_THAT(told[0].text, HasSubstr("dashboard is back on 5.8.14 and healthy; 5.8.15 is not tried again before"));
  EXPECT_THAT(told[1].text, HasSubstr("answers as the old version"));
  EXPECT_THAT(told[1].next, HasSubstr("`tykup history " + told[1].run + "`"));
  EXPECT_EQ(told[1].components[0].result, "rolled-back");
  EXPECT_EQ(told[1].components[1].result, "pending");
}

TEST(Withdrawal, is_told_once_as_what_an_operator_did) {
  Ladder host;
  host.to_withdrawing().inspected().backed_up().applied().restored().restarted();
  auto const told = told_of(host, event::HealthPassed{"dashboard"});
  EXPECT_THAT(titles(told), ElementsAre("rollback: dashboard is back on 5.8.14: 5.8.15 was taken back by an operator"));
  EXPECT_THAT(told[0].text, HasSubstr("rolled back by alice"));
}

TEST(Withdrawal, that_does_not_begin_is_no_news) {
  Ladder host;
  host.to_withdrawing();
  EXPECT_THAT(told_of(host, event::JobFailed{host.job(), {ErrorKind::Internal, "no answer"}}), IsEmpty());
}

TEST(Run, that_needs_an_administrator_says_what_is_on_disk_and_what_to_type) {
  Ladder host;
  host.to_assessing();
  auto const told = told_of_reading(host);
  ASSERT_THAT(titles(told), ElementsAre("run-failed: RUN FAILED, dashboard NEEDS AN ADMINISTRATOR"));
  EXPECT_THAT(told[0].text, HasSubstr("On disk: installed is tyk-dashboard 5.8.14"));
  EXPECT_THAT(told[0].next, HasSubstr("`systemctl status tyk-dashboard.service`"));
}

TEST(Run, that_is_put_off_again_and_again_is_told_once_for_its_plan) {
  Ladder host;
  host.to_preflight();
  std::vector<Notification> all;
  for (int i = 0; i < 5; ++i) {
    auto facts = host.facts;
    facts.components[0].installed.front().version = "1.0";
    for (auto& each : told_of(host, event::Inspected{host.job(), {facts}})) all.push_back(each);
    ASSERT_EQ(host.phase(), "inspecting");
    host.inspected();
    host.now += 2min;
    host.feed(event::Ticked{});
    ASSERT_EQ(host.phase(), "preflight");
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].topic, Topic::RunFailed);
  EXPECT_THAT(all[0].title, StartsWith("run put off: dashboard: the host changed since the plan was made"));
}

TEST(Run, that_ended_early_with_something_done_is_told_as_done) {
  Ladder host;
  host.to_preflight().finish_step();
  auto facts = host.facts;
  facts.components[1].installed.front().version = "1.0";
  auto const told = told_of(host, event::Inspected{host.job(), {facts}});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].topic, Topic::RunDone);
  EXPECT_THAT(told[0].title, StartsWith("run ended early, dashboard done: gateway: the host changed"));
}

// ---- in a fleet, of which one host tells people

TEST(NewsOfAFleetsHost, are_neither_of_versions_nor_of_plans) {
  Ladder host;
  host.in_a_fleet().started().refreshed();
  EXPECT_THAT(told_of_reading(host), IsEmpty());
  host.config.policy.approve = Approve::Manual;
  EXPECT_THAT(told_of(host, event::Downloaded{host.job(), {}}), IsEmpty());
}

TEST(NewsOfAFleetsHost, are_not_of_its_steps) {
  Ladder well;
  well.in_a_fleet().to_confirming().fleet_says().backed_up().fleet_says().applied().restarted();
  EXPECT_THAT(told_of(well, event::HealthPassed{"dashboard"}), IsEmpty());
  ASSERT_EQ(well.history().back().result, RunResult::Done);
  Ladder back;
  back.in_a_fleet().to_confirming().fleet_says().backed_up().fleet_says().applied().restarted().unhealthy("answers 500").applied().restored().restarted();
  EXPECT_THAT(told_of(back, event::HealthPassed{"dashboard"}), IsEmpty());
  ASSERT_EQ(back.history().back().result, RunResult::Stopped);
  Ladder refused;
  refused.in_a_fleet().to_confirming();
  refused.fleet->confirmed = fleet::Confirmed{7, fleet::Point::BeforeDrain, "alice paused the rollout"};
  EXPECT_THAT(told_of(refused, event::FleetChanged{}), IsEmpty());
}

TEST(NewsOfAFleetsHost, are_of_its_keys_and_of_what_needs_an_administrator) {
  Ladder host;
  host.in_a_fleet().started().refreshed();
  subscription(host, 0).key_expires = host.now + std::chrono::days{5};
  EXPECT_THAT(titles(told_of_reading(host)), ElementsAre(StartsWith("key-expiring: the repository key of dashboard")));
  Ladder lost;
  lost.in_a_fleet().to_confirming().fleet_says().backed_up().fleet_says().applied().restarted().unhealthy("answers 500").applied().restored().restarted().unhealthy("none");
  EXPECT_THAT(titles(told_of_reading(lost)), ElementsAre("run-failed: RUN FAILED, dashboard NEEDS AN ADMINISTRATOR"));
}

TEST(News, are_those_that_were_asked_for) {
  Ladder host;
  host.to_gating_back();
  host.config.notify.events = {Topic::Rollback};
  auto const context = host.context();
  Event const event = event::HealthPassed{host.component()};
  auto const transition = step(host.state, event, context);
  auto const told = notify::news({host.state, event, transition, context, kHost});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].topic, Topic::Rollback);
}

TEST(News, of_one_thing_bear_one_id_however_often_they_are_made_and_another_on_another_host) {
  Ladder host;
  host.to_gating_back();
  auto const context = host.context();
  Event const event = event::HealthPassed{host.component()};
  auto const transition = step(host.state, event, context);
  notify::NewsQuery const query{host.state, event, transition, context, kHost};
  EXPECT_EQ(notify::news(query), notify::news(query));
  std::string const other = "another machine";
  Context elsewhere{host.config, host.memory, host.now, other, context.digest};
  EXPECT_NE(notify::news(query)[0].id, notify::news({host.state, event, transition, elsewhere, kHost})[0].id);
}

TEST(News, go_with_the_transition_to_every_way_and_nowhere_without_one) {
  Digest const digest = [](std::string_view text) { return "digest-" + std::string(text); };
  Notification const told{.key = "run x", .title = "run done"};
  rollout::Transition transition;
  EXPECT_FALSE(notify::add_news(transition, {told}, {}, digest));
  EXPECT_THAT(transition.records, IsEmpty());
  auto config = whole_config();
  config.webhooks = {{"https://hooks.example.com/x"}};
  EXPECT_FALSE(notify::add_news(transition, {}, config, digest));
  EXPECT_TRUE(notify::add_news(transition, {told}, config, digest));
  ASSERT_EQ(transition.records.size(), 1U);
  EXPECT_THAT(std::get<record::Told>(transition.records[0]).ways, ElementsAre("email", StartsWith("webhook-")));
}

}  // namespace
}  // namespace tykup::test
