#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

/// What comes before a run: the repositories are read, a plan is made, and everything that it needs is fetched.
namespace tykup::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Rollout, refreshes_when_the_daemon_starts_for_the_first_time) {
  Ladder host;
  host.started();
  EXPECT_EQ(host.phase(), "refreshing");
  EXPECT_EQ(host.submitted(), "refresh");
}

TEST(Rollout, only_reads_the_host_when_it_starts_again_before_the_next_refresh) {
  Ladder host;
  host.state.standing.next_refresh = host.now + std::chrono::minutes{10};
  host.started();
  EXPECT_EQ(host.submitted(), "inspect");
}

TEST(Rollout, plans_in_the_order_of_the_topology) {
  Ladder host;
  host.started().refreshed().inspected();
  auto const* plan = plan_of(host.state.phase);
  ASSERT_NE(plan, nullptr);
  std::vector<std::string> order;
  for (auto const& step : plan->steps) order.push_back(step.component);
  EXPECT_THAT(order, ElementsAre("dashboard", "gateway", "pump"));
  EXPECT_THAT(host.said(), Contains("plan-made"));
}

TEST(Rollout, says_once_that_a_version_is_new) {
  Ladder host;
  host.started().refreshed().inspected();
  EXPECT_THAT(host.said(), Contains("version-seen").Times(3));
  host.feed(event::Started{});
  host.inspected();
  EXPECT_THAT(host.said(), testing::Not(Contains("version-seen")));
}

TEST(Rollout, fetches_everything_before_the_window_and_then_waits) {
  Ladder host;
  host.to_waiting();
  EXPECT_EQ(host.phase(), "waiting");
  auto const& waiting = std::get<phase::Waiting>(host.state.phase);
  ASSERT_EQ(waiting.reasons.size(), 1U);
  EXPECT_EQ(waiting.reasons.front().gate, Gate::Window);
  EXPECT_LE(waiting.wake, at("02:00"));
}

TEST(Rollout, begins_again_soon_what_was_cut_short_and_later_what_failed) {
  struct Row {
    ErrorKind kind;
    Duration pause;
  };
  using Climb = void (*)(Ladder&);
  constexpr Climb kReading = [](Ladder& host) { host.started().refreshed(); };
  constexpr Climb kFetching = [](Ladder& host) { host.started().refreshed().inspected(); };
  constexpr Climb kAsking = [](Ladder& host) { host.to_checking_plugins(); };
  for (auto const climb : {kReading, kFetching, kAsking})
    for (auto const& [kind, pause] : {Row{ErrorKind::Interrupted, std::chrono::seconds{30}},
                                      Row{ErrorKind::RepositoryUnreachable, std::chrono::minutes{5}}}) {
      Ladder host;
      climb(host);
      host.failed(kind, "its process was killed");
      EXPECT_EQ(host.phase(), "idle");
      EXPECT_EQ(std::get<phase::Idle>(host.state.phase).wake, host.now + pause);
    }
  Ladder host;
  host.started().failed(ErrorKind::Interrupted, "its process was killed");
  EXPECT_EQ(host.state.standing.next_refresh, host.now + std::chrono::seconds{30});
}

TEST(Rollout, does_not_fetch_again_what_an_unchanged_plan_has_fetched) {
  Ladder host;
  host.to_waiting();
  host.feed(event::CheckAsked{"root"}).refreshed().inspected();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Rollout, refreshes_when_the_clock_was_set_back_far) {
  for (auto const back : {std::chrono::hours{27}, std::chrono::hours{24 * 365}}) {
    Ladder waiting;
    waiting.to_waiting();
    waiting.now -= back;
    waiting.feed(event::Ticked{});
    EXPECT_EQ(waiting.phase(), "refreshing") << "the next refresh is not until the clock is there again";
    Ladder idle;
    idle.state.standing.next_refresh = idle.now + back;
    idle.feed(event::Ticked{});
    EXPECT_EQ(idle.phase(), "refreshing");
  }
  Ladder a_little;
  a_little.to_waiting();
  a_little.now -= std::chrono::minutes{10};
  a_little.feed(event::Ticked{});
  EXPECT_EQ(a_little.phase(), "waiting");
}

TEST(Rollout, a_component_whose_repository_is_not_to_be_believed_stays_with_all_after_it) {
  Ladder host;
  host.facts.components[1].subscription.url = "https://packages.test/tyk/tyk-gateway";
  host.started().refreshed({{{"https://packages.test/tyk/tyk-gateway", "bookworm", Error{ErrorKind::RepositoryUnsigned, "is not signed"}}}});
  host.inspected();
  auto const* plan = plan_of(host.state.phase);
  ASSERT_EQ(plan->steps.size(), 1U);
  EXPECT_EQ(plan->steps.front().component, "dashboard");
  ASSERT_EQ(plan->staying.size(), 2U);
  EXPECT_EQ(plan->staying[0].reasons.front().gate, Gate::Trust);
  EXPECT_THAT(plan->staying[0].reasons.front().text, HasSubstr("is not signed (repository_unsigned)"));
  EXPECT_EQ(plan->staying[1].reasons.front().gate, Gate::Order);
}

TEST(Rollout, a_repository_that_cannot_be_reached_keeps_nobody_back) {
  Ladder host;
  host.started().refreshed({{{"https://packages.test/tyk", "bookworm", Error{ErrorKind::RepositoryUnreachable, "no route"}}}});
  host.inspected();
  EXPECT_EQ(plan_of(host.state.phase)->steps.size(), 3U);
}

TEST(Rollout, a_failed_download_is_said_and_tried_again) {
  Ladder host;
  host.started().refreshed().inspected().failed(ErrorKind::HashMismatch, "the bytes differ");
  EXPECT_THAT(host.said(), Contains("download-failed"));
  EXPECT_THAT(host.state.standing.hindrance, HasSubstr("the bytes differ"));
  EXPECT_EQ(host.phase(), "idle");
  host.now = std::get<phase::Idle>(host.state.phase).wake;
  host.feed(event::Ticked{}).inspected();
  EXPECT_EQ(host.submitted(), "download");
}

TEST(Rollout, no_way_back_holds_the_component_and_all_after_it) {
  Ladder host;
  host.started().refreshed().inspected().downloaded();
  host.downloaded(Error{ErrorKind::NoWayBack, "5.8.14 is gone from the repository"});
  auto const* plan = plan_of(host.state.phase);
  ASSERT_EQ(plan->steps.size(), 1U);
  EXPECT_EQ(plan->steps.front().component, "dashboard");
  ASSERT_EQ(plan->staying.size(), 2U);
  EXPECT_EQ(plan->staying[0].reasons.front().gate, Gate::WithoutRollback);
  EXPECT_EQ(plan->staying[1].reasons.front().gate, Gate::Order);
}

TEST(Rollout, no_way_back_may_go_where_the_operator_said_so) {
  Ladder host;
  host.config.policy.without_rollback = WithoutRollback::Go;
  host.started().refreshed().inspected();
  host.downloaded(Error{ErrorKind::NoWayBack, "gone"}).downloaded().downloaded();
  EXPECT_EQ(plan_of(host.state.phase)->steps.size(), 3U);
  EXPECT_FALSE(plan_of(host.state.phase)->steps.front().way_back);
}

TEST(Rollout, a_source_that_fails_is_said_once_and_its_recovery_too) {
  Ladder host;
  job::Refreshed bad{{{"https://packages.test/tyk", "bookworm", Error{ErrorKind::RepositoryUnreachable, "no route"}}}};
  host.started().refreshed(bad);
  EXPECT_THAT(host.said(), Contains("source-failed"));
  host.inspected().downloaded().downloaded().downloaded().feed(event::CheckAsked{"root"}).refreshed(bad);
  EXPECT_THAT(host.said(), testing::Not(Contains("source-failed")));
  job::Refreshed good{{{"https://packages.test/tyk", "bookworm", {}}}};
  host.inspected().feed(event::CheckAsked{"root"}).refreshed(good);
  EXPECT_THAT(host.said(), Contains("source-recovered"));
}

TEST(Rollout, a_check_asked_while_the_host_is_read_is_a_refresh_and_not_the_answer_that_was_on_its_way) {
  Ladder host;
  host.started().refreshed();
  auto const reading = host.job();
  host.now += std::chrono::milliseconds{5};
  host.feed(event::CheckAsked{"root"});
  EXPECT_EQ(host.phase(), "refreshing");
  host.feed(event::Inspected{reading, {host.facts}});
  EXPECT_EQ(host.phase(), "refreshing");
  host.refreshed().inspected();
  EXPECT_EQ(host.phase(), "downloading");
}

TEST(Rollout, a_check_asked_during_a_download_is_a_refresh_after_it) {
  Ladder host;
  host.started().refreshed().inspected().feed(event::CheckAsked{"root"});
  EXPECT_EQ(host.phase(), "downloading");
  host.downloaded().downloaded().downloaded();
  EXPECT_EQ(host.phase(), "refreshing");
  host.refreshed().inspected();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Rollout, refreshes_lie_on_a_grid_of_this_host) {
  Ladder host;
  host.started().refreshed();
  auto const first = host.state.standing.next_refresh;
  EXPECT_GT(first, host.now);
  EXPECT_LE(first, host.now + host.config.repository.refresh);
  host.now = first;
  host.state.phase = phase::Idle{{}, first};
  host.feed(event::Ticked{}).refreshed();
  EXPECT_EQ(host.state.standing.next_refresh, first + host.config.repository.refresh);
}

}  // namespace
}  // namespace tykup::test
