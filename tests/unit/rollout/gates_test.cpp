#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

Ladder& tick(Ladder& host, std::string const& hhmm) {
  host.now = at(hhmm);
  host.state.standing.next_refresh = at("12:00");
  return host.feed(event::Ticked{});
}

// ---- none hides another -------------------------------------------------------------------------------------------

TEST(Gates, are_all_reported_in_the_order_of_the_list) {
  Ladder host;
  host.to_waiting();
  host.config.policy.approve = Approve::Manual;
  host.config.windows.freezes = {{at("00:00"), at("23:00"), "year-end"}};
  host.memory.holds = {{"dashboard", "bob", at("00:30")}};
  host.clock_synchronised = false;
  host.state.standing.not_before = at("05:00");
  tick(host, "04:30");
  EXPECT_THAT(host.waits_for(),
              ElementsAre(HasSubstr("hold: held by bob"), HasSubstr("approval: plan"), HasSubstr("freeze: frozen until"),
                          HasSubstr("window: next window"), HasSubstr("window: the last run ended early"),
                          HasSubstr("clock: the clock is not synchronised")));
}

TEST(Gates, say_only_freeze_where_the_window_is_open_but_for_it) {
  Ladder host;
  host.config.windows.freezes = {{at("00:30"), at("03:00"), "year-end"}};
  host.to_waiting();
  tick(host, "02:00");
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("freeze: ")));
  EXPECT_EQ(std::get<phase::Waiting>(host.state.phase).wake, at("03:00"));
}

TEST(Gates, are_asked_again_when_the_backup_is_done) {
  Ladder host;
  host.to_backing_up();
  host.config.windows.freezes = {{at("00:00"), at("23:00"), "an incident"}};
  host.backed_up();
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_THAT(host.history().back().reason, HasSubstr("an incident"));
}

TEST(Gates, of_trust_are_asked_before_each_step) {
  Ladder host;
  host.to_preflight();
  host.facts.components.front().subscription.problem = "its key has expired";
  host.inspected();
  ASSERT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_THAT(host.history().back().reason, HasSubstr("its key has expired"));
}

TEST(Gates, of_the_package_managers_own_hold_are_asked_before_each_step) {
  Ladder host;
  host.to_preflight();
  host.package("dashboard").held = true;
  host.inspected();
  EXPECT_THAT(host.history().back().reason, HasSubstr("tyk-dashboard is held in the package manager"));
}

TEST(Gates, do_not_mind_a_newer_version_that_came_after_the_plan) {
  Ladder host;
  host.config.policy.soak = 1h;
  host.memory.seen = {{"dashboard", "5.8.15", "digest-of-5.8.15", at("00:00")},
                      {"gateway", "5.8.15", "digest-of-5.8.15", at("00:00")},
                      {"pump", "5.8.15", "digest-of-5.8.15", at("00:00")}};
  host.to_preflight();
  auto& candidates = host.facts.components.front().candidates;
  candidates.insert(candidates.begin(), {"tyk-dashboard", "5.8.16", "new", "", 1});
  host.inspected();
  EXPECT_EQ(host.phase(), "baseline");
}

TEST(Soak, forgets_when_a_version_was_first_seen_once_the_host_is_there_or_beyond) {
  Ladder host;
  auto const seen = [](char const* component, char const* version) {
    return SeenVersion{component, version, "digest", at("00:00")};
  };
  host.package("gateway").version = "5.8.14";
  host.memory.seen = {seen("gateway", "5.8.13"), seen("gateway", "5.8.14"), seen("gateway", "5.8.16"), seen("elsewhere", "1.0")};
  host.started().refreshed().inspected();
  std::vector<std::string> left;
  for (auto const& version : host.memory.seen)
    if (version.sha256 == "digest") left.push_back(version.component + " " + version.version);
  EXPECT_THAT(left, ElementsAre("gateway 5.8.16", "elsewhere 1.0"));
}

// ---- overrides ----------------------------------------------------------------------------------------------------

TEST(OverrideFreeze, runs_in_a_freeze_and_in_it_alone) {
  Ladder host;
  host.config.windows.freezes = {{at("00:00"), at("23:00"), "year-end"}};
  host.to_waiting();
  auto const hash = plan_of(host.state.phase)->hash;
  EXPECT_FALSE(may_run(host.state, hash, false, host.context()));
  ASSERT_TRUE(may_run(host.state, hash, true, host.context()));
  host.feed(event::RunAsked{"root", false, true});
  host.finish_step().finish_step().finish_step();
  EXPECT_EQ(host.history().back().result, RunResult::Done);
}

TEST(OverrideFreeze, overrides_no_hold) {
  Ladder host;
  host.config.windows.freezes = {{at("00:00"), at("23:00"), "year-end"}};
  host.to_waiting();
  host.memory.holds = {{"", "bob", at("00:30")}};
  EXPECT_FALSE(may_run(host.state, plan_of(host.state.phase)->hash, true, host.context()));
  host.feed(event::RunAsked{"root", false, true});
  EXPECT_EQ(host.phase(), "waiting");
}

// ---- the clock ----------------------------------------------------------------------------------------------------

TEST(Clock, is_waited_for_a_while_and_then_gone_by_with_a_warning) {
  Ladder host;
  host.clock_synchronised = false;
  host.to_waiting();
  tick(host, "02:00");
  ASSERT_THAT(host.waits_for(), ElementsAre(HasSubstr("clock: ")));
  EXPECT_EQ(std::get<phase::Waiting>(host.state.phase).wake, at("02:00") + 10s);
  EXPECT_FALSE(may_run(host.state, plan_of(host.state.phase)->hash, false, host.context()));
  host.life.steady = 10min;
  tick(host, "02:10");
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_THAT(host.said(), Contains("clock-unsynchronised"));
}

TEST(Clock, that_is_synchronised_is_no_news) {
  Ladder host;
  host.to_preflight();
  EXPECT_THAT(host.said(), Not(Contains("clock-unsynchronised")));
}

// ---- spread -------------------------------------------------------------------------------------------------------

TEST(Spread, has_this_host_begin_at_its_own_time) {
  Ladder host;
  host.config.policy.spread = 30min;
  host.to_waiting();
  tick(host, "02:00");
  ASSERT_THAT(host.waits_for(), ElementsAre(HasSubstr("window: the window opened 2026-11-22T02:00:00Z; this host begins 2026-11-22T02:")));
  auto const wake = std::get<phase::Waiting>(host.state.phase).wake;
  EXPECT_GT(wake, at("02:00"));
  EXPECT_LE(wake, at("02:30"));
  host.now = wake;
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(Spread, is_nothing_where_the_run_takes_the_whole_window) {
  Ladder host;
  host.config.policy.spread = 30min;
  host.config.windows.windows.front().duration = 18min;
  host.to_waiting();
  tick(host, "02:00");
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(Spread, does_not_keep_a_run_that_an_operator_asks_for) {
  Ladder host;
  host.config.policy.spread = 30min;
  host.to_waiting();
  host.now = at("02:00");
  EXPECT_TRUE(may_run(host.state, plan_of(host.state.phase)->hash, false, host.context()));
}

// ---- missed windows -----------------------------------------------------------------------------------------------

/// A daemon that comes to life at that time, inside the window that opened at 02:00, with everything fetched.
Ladder born_at(std::string const& hhmm) {
  Ladder host;
  host.now = at(hhmm);
  host.life.since = host.now;
  host.started().refreshed().inspected().downloaded().downloaded().downloaded();
  return host;
}

TEST(MissedWindow, is_skipped_and_that_is_said_once) {
  Ladder host;
  host.now = host.life.since = at("02:30");
  host.started().refreshed().inspected();
  EXPECT_THAT(host.said(), Contains("window-missed"));
  host.downloaded().downloaded().downloaded();
  EXPECT_THAT(host.waits_for(), ElementsAre("window: the window opened 2026-11-22T02:00:00Z and was missed: tykupd watches since 2026-11-22T02:30:00Z"));
  tick(host, "02:40");
  EXPECT_THAT(host.said(), IsEmpty());
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(MissedWindow, is_run_while_it_is_open_where_that_is_wanted) {
  Ladder host;
  host.config.policy.missed = Missed::RunIfOpen;
  host.now = host.life.since = at("02:30");
  host.started().refreshed().inspected().downloaded().downloaded().downloaded();
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(MissedWindow, is_not_run_outside_of_it_whatever_is_wanted) {
  Ladder host;
  host.config.policy.missed = Missed::RunIfOpen;
  host.now = host.life.since = at("04:30");
  host.started().refreshed().inspected().downloaded().downloaded().downloaded();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(MissedWindow, is_none_within_the_grace) { EXPECT_EQ(born_at("02:05").phase(), "preflight"); }
TEST(MissedWindow, is_one_after_the_grace) { EXPECT_EQ(born_at("02:06").phase(), "waiting"); }

TEST(MissedWindow, is_none_for_a_daemon_that_is_restarted_in_mid_window) {
  Ladder host;
  host.to_waiting();
  host.memory.holds = {{"", "bob", at("00:30")}};
  tick(host, "02:00");
  ASSERT_EQ(host.phase(), "waiting");
  host.memory.holds.clear();
  host.now = host.life.since = at("02:30");
  host.started().inspected();
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(MissedWindow, is_none_for_a_version_that_comes_out_while_the_window_is_open) {
  Ladder host;
  host.facts.components.clear();
  host.started().refreshed().inspected();
  ASSERT_EQ(host.phase(), "idle");
  EXPECT_LE(std::get<phase::Idle>(host.state.phase).wake, at("02:00"));
  host.now = at("02:40");
  host.facts = Ladder{}.facts;
  host.feed(event::CheckAsked{"root"}).refreshed().inspected().downloaded().downloaded().downloaded();
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(MissedWindow, is_one_after_a_clock_that_was_set_ahead_into_it) {
  Ladder host;
  host.to_waiting();
  host.life.since = at("03:00");
  tick(host, "03:00");
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(MissedWindow, ends_with_the_next_start_even_where_windows_touch) {
  Ladder host;
  host.config.windows.windows = {{*Calendar::parse("hourly"), utc_zone(), 1h}};
  host.now = host.life.since = at("02:30");
  host.started().refreshed().inspected().downloaded().downloaded().downloaded();
  ASSERT_EQ(host.phase(), "waiting");
  EXPECT_EQ(std::get<phase::Waiting>(host.state.phase).wake, std::min(at("03:00"), host.state.standing.next_refresh));
  tick(host, "03:00");
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(Window, is_judged_anew_before_the_next_step_after_a_jump_of_the_clock) {
  Ladder host;
  host.to_applying();
  host.now = at("05:00");
  host.applied().restarted().healthy();
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
}

// ---- never fits ---------------------------------------------------------------------------------------------------

TEST(Budget, that_no_window_has_is_trouble_with_both_figures) {
  Ladder host;
  host.config.windows.windows.front().duration = 5min;
  host.started().refreshed().inspected();
  EXPECT_THAT(host.said(), Contains("concern-raised").Times(3));
  host.downloaded().downloaded().downloaded();
  tick(host, "02:00");
  EXPECT_THAT(host.waits_for(),
              ElementsAre("budget: never fits: dashboard needs 6min with a rollback, and the longest window of the next 35 days has 5min"));
  host.feed(event::CheckAsked{"root"}).refreshed().inspected();
  EXPECT_THAT(host.said(), Not(Contains("concern-raised")));
}

}  // namespace
}  // namespace tykup::test
