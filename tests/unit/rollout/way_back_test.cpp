#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/history.hpp"

/// The way back, wherever it halts; what a dependency's failure is; a restart of the daemon in the middle.
namespace tykup::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- what is true after the way back halted -----------------------------------------------------------------------

struct Halt {
  std::string name;
  ErrorKind kind;
  std::string version;
  std::string status;
  std::string then;  ///< the phase after the database was read
};

class WhereTheWayBackHalts : public testing::TestWithParam<Halt> {};

TEST_P(WhereTheWayBackHalts, it_goes_on_from_what_is_installed) {
  auto const& [name, kind, version, status, then] = GetParam();
  Ladder host;
  host.to_rolling_back();
  dashboard_is(host, version, status);
  host.failed(kind, "the test says so").inspected();
  EXPECT_EQ(host.phase(), then);
}

INSTANTIATE_TEST_SUITE_P(
    Rollback, WhereTheWayBackHalts,
    testing::Values(Halt{"killed_after_it_was_done", ErrorKind::Interrupted, "5.8.14", "installed", "restoring"},
                    Halt{"killed_before_it_began", ErrorKind::Interrupted, "5.8.15", "installed", "rolling-back"},
                    Halt{"killed_half_way", ErrorKind::Interrupted, "5.8.14", "half-configured", "recovering"},
                    Halt{"killed_with_a_third_version_there", ErrorKind::Interrupted, "5.8.13", "installed", "rolling-back"},
                    Halt{"refused_for_what_is_whole_by_now", ErrorKind::PackageBroken, "5.8.15", "installed", "rolling-back"},
                    Halt{"refused_for_what_is_half_way", ErrorKind::PackageBroken, "5.8.15", "half-configured", "recovering"},
                    Halt{"failed_and_yet_old", ErrorKind::PackageFailed, "5.8.14", "installed", "restoring"},
                    Halt{"failed", ErrorKind::PackageFailed, "5.8.15", "installed", "assessing"},
                    Halt{"its_package_was_changed", ErrorKind::HashMismatch, "5.8.15", "installed", "assessing"},
                    Halt{"its_package_is_gone", ErrorKind::UnknownVersion, "5.8.15", "installed", "assessing"},
                    Halt{"no_space", ErrorKind::NoSpace, "5.8.15", "installed", "assessing"},
                    Halt{"not_allowed", ErrorKind::NotAllowed, "5.8.15", "installed", "assessing"}),
    [](auto const& tested) { return tested.param.name; });

TEST(WayBack, a_killed_rollback_is_recovered_and_goes_on_whatever_window_freeze_hold_or_stop_say) {
  Ladder host;
  host.to_rolling_back();
  host.now = at("09:00");
  host.config.windows.freezes = {{at("08:00"), at("10:00"), "year-end"}};
  host.tell(word::Hold{"", {}, "the audit"});
  host.feed(event::StopAsked{"alice"});
  dashboard_is(host, "5.8.14", "half-configured");
  host.failed(ErrorKind::Interrupted, "killed").inspected();
  EXPECT_EQ(host.submitted(), "recover");
  EXPECT_THAT(host.job(), HasSubstr("recover-back"));
  dashboard_is(host, "5.8.14");
  host.recovered().inspected();
  EXPECT_EQ(host.submitted(), "restore");
  host.restored().restarted().healthy();
  EXPECT_EQ(step_of(host).result, StepResult::RolledBack);
}

TEST(WayBack, a_rollback_that_is_killed_again_and_again_ends_with_an_administrator) {
  Ladder host;
  host.to_rolling_back();
  std::vector<std::string> jobs;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(host.phase(), "rolling-back");
    jobs.push_back(host.job());
    host.failed(ErrorKind::Interrupted, "killed").inspected();
  }
  EXPECT_EQ(host.phase(), "assessing");
  std::ranges::sort(jobs);
  EXPECT_EQ(std::unique(jobs.begin(), jobs.end()), jobs.end()) << "an id that was used names a job that has ended";
  host.inspected();
  EXPECT_THAT(step_of(host).notes, Contains("putting the old package back: killed (interrupted)").Times(3));
}

TEST(WayBack, a_recovery_that_is_killed_is_done_again_under_another_id) {
  for (auto climb : {&Ladder::to_recovering_back, &Ladder::to_recovering}) {
    Ladder host;
    (host.*climb)();
    auto const first = host.job();
    host.failed(ErrorKind::Interrupted, "killed");
    EXPECT_EQ(host.phase(), "recovering");
    EXPECT_NE(host.job(), first);
    EXPECT_EQ(host.submitted(), "recover");
    host.failed(ErrorKind::Interrupted, "killed").failed(ErrorKind::Interrupted, "killed");
    EXPECT_NE(host.phase(), "recovering") << "three times are enough";
  }
}

TEST(WayBack, a_stranger_that_stays_half_configured_does_not_keep_the_old_version_from_being_shown) {
  Ladder host;
  host.to_reconciling_back();
  dashboard_is(host, "5.8.14");
  host.facts.broken_packages = {"nginx (half-configured)"};
  host.inspected().failed(ErrorKind::PackageBroken, "nginx: postinst failed").inspected();
  EXPECT_EQ(host.phase(), "restoring");
}

TEST(WayBack, a_recovered_upgrade_beside_a_stranger_that_stays_broken_goes_on) {
  Ladder host;
  host.to_applying();
  dashboard_is(host, "5.8.15");
  host.facts.broken_packages = {"nginx (half-configured)"};
  host.failed(ErrorKind::Interrupted, "killed").inspected().recovered().inspected();
  EXPECT_EQ(host.phase(), "restarting");
}

TEST(WayBack, an_apply_that_is_killed_half_way_every_time_is_not_done_for_ever) {
  Ladder host;
  host.to_applying();
  int applied = 0;
  while (host.phase() == "applying") {
    ASSERT_LT(++applied, 10);
    dashboard_is(host, "5.8.14", "half-installed");
    host.failed(ErrorKind::Interrupted, "killed").inspected();
    dashboard_is(host, "5.8.14");
    host.recovered().inspected();
  }
  EXPECT_EQ(applied, 3);
  EXPECT_EQ(host.phase(), "restoring");
  host.restored().restarted().healthy();
  EXPECT_EQ(step_of(host).result, StepResult::RolledBack);
}

TEST(WayBack, what_a_recovery_wrote_over_is_put_back_also_where_the_old_version_stands) {
  Ladder host;
  host.to_applying().failed(ErrorKind::PackageFailed, "rpm: %post failed");
  dashboard_is(host, "5.8.14", "duplicate");
  host.facts.broken_packages = {"tyk-dashboard (duplicate)"};
  host.inspected();
  dashboard_is(host, "5.8.14");
  host.facts.broken_packages.clear();
  host.recovered().inspected();
  EXPECT_EQ(host.phase(), "restoring");
  EXPECT_EQ(host.restored().phase(), "restarting-back");
}

// ---- a lock -------------------------------------------------------------------------------------------------------

class LockOnTheWay : public testing::TestWithParam<std::pair<std::string, Ladder& (Ladder::*)()>> {};

TEST_P(LockOnTheWay, is_waited_for_said_once_and_asked_for_by_a_new_job) {
  Ladder host;
  (host.*GetParam().second)();
  auto const operation = host.submitted();
  auto const first = host.job();
  host.failed(ErrorKind::LockHeld, "apt-get (pid 4711) holds the lock");
  EXPECT_EQ(host.phase(), GetParam().first);
  EXPECT_EQ(host.submitted(), "") << "not at once";
  EXPECT_THAT(host.said(), Contains("inspect-failed"));
  EXPECT_THAT(status_line(host.state, host.context()), HasSubstr("apt-get (pid 4711)"));
  host.tell(word::Hold{"pump", {}, "said meanwhile"});
  host.feed(event::Ticked{});
  EXPECT_EQ(host.submitted(), operation);
  EXPECT_NE(host.job(), first);
  host.failed(ErrorKind::LockHeld, "apt-get (pid 4711) holds the lock");
  EXPECT_THAT(host.said(), Not(Contains("inspect-failed")));
}

TEST_P(LockOnTheWay, is_waited_for_within_reason) {
  Ladder host;
  (host.*GetParam().second)();
  int waits = 0;
  while (host.phase() == GetParam().first && waits < 100) {
    host.failed(ErrorKind::LockHeld, "apt-get (pid 4711) holds the lock");
    if (host.phase() == GetParam().first) host.feed(event::Ticked{});
    ++waits;
  }
  EXPECT_EQ(waits, 7);
}

INSTANTIATE_TEST_SUITE_P(Rollback, LockOnTheWay,
                         testing::Values(std::pair{"restarting", &Ladder::to_restarting},
                                         std::pair{"rolling-back", &Ladder::to_rolling_back},
                                         std::pair{"restoring", &Ladder::to_restoring},
                                         std::pair{"restarting-back", &Ladder::to_restarting_back},
                                         std::pair{"recovering", &Ladder::to_recovering_back}));

TEST(WayBack, waits_for_a_lock_as_long_as_the_configuration_says) {
  Ladder host;
  host.config.policy.lock_wait = std::chrono::seconds{90};
  host.to_rolling_back();
  auto const& submit = std::get<command::Submit>(host.last.commands.back());
  EXPECT_EQ(std::get<job::Apply>(submit.request.operation).lock_wait, std::chrono::seconds{90});
  host.failed(ErrorKind::LockHeld, "apt-get (pid 4711) holds the lock");
  EXPECT_EQ(std::get<command::WakeAt>(host.last.commands.back()).at, host.now + std::chrono::seconds{90});
}

TEST(WayBack, a_restart_that_was_locked_out_for_ever_goes_back_and_blames_no_version) {
  Ladder host;
  host.to_restarting();
  while (host.phase() == "restarting") host.failed(ErrorKind::Busy, "another operation is at work").feed(event::Ticked{});
  ASSERT_EQ(host.phase(), "rolling-back");
  host.applied().restored().restarted().healthy();
  EXPECT_THAT(host.memory.bad, IsEmpty());
}

// ---- a dependency -------------------------------------------------------------------------------------------------

TEST(DependencyFailure, that_lasts_with_the_old_version_goes_back_without_a_mark_and_names_it) {
  Ladder host;
  host.to_gating().without({"redis"});
  EXPECT_EQ(host.phase(), "rolling-back");
  host.applied().restored().restarted().without({"redis"});
  EXPECT_EQ(step_of(host).result, StepResult::RolledBack);
  EXPECT_EQ(step_of(host).kind, "dependency");
  EXPECT_EQ(run_of_history(host).result, RunResult::Stopped);
  EXPECT_THAT(host.memory.bad, IsEmpty());
  ASSERT_TRUE(host.state.standing.trouble);
  EXPECT_THAT(host.state.standing.trouble->text, AllOf(HasSubstr("what it depends on is away"), HasSubstr("redis")));
}

TEST(DependencyFailure, that_is_none_with_the_old_version_was_the_new_versions_own) {
  Ladder host;
  host.to_gating().without({"redis"}).applied().restored().restarted().healthy();
  EXPECT_EQ(step_of(host).kind, "unhealthy");
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_THAT(host.memory.bad.front().reason, HasSubstr("with 5.8.14 all that it depends on is well"));
}

TEST(DependencyFailure, that_comes_on_the_way_back_needs_no_administrator_and_does_not_clear_the_version) {
  Ladder host;
  host.to_gating_back().without({"redis"});
  EXPECT_EQ(step_of(host).result, StepResult::RolledBack);
  EXPECT_EQ(step_of(host).kind, "unhealthy");
  EXPECT_EQ(host.memory.bad.size(), 1U);
  EXPECT_THAT(step_of(host).notes, Contains(HasSubstr("its dependencies are not well with it either")));
}

TEST(DependencyFailure, beside_a_trouble_of_its_own_needs_an_administrator) {
  Ladder host;
  host.to_gating().without({"redis"}).applied().restored().restarted().unhealthy(Unwell{{"unit"}, {"redis"}}, "the unit failed");
  EXPECT_EQ(host.phase(), "assessing");
}

struct Before {
  std::string name;
  Unwell before;
  Unwell after;
  StepResult result;
};

class WhatWasBadBefore : public testing::TestWithParam<Before> {};

TEST_P(WhatWasBadBefore, is_not_held_against_the_old_version) {
  Ladder host;
  host.to_waiting().feed(event::RunAsked{"alice", true});
  host.inspected().unhealthy(GetParam().before, "as the operator knows").backed_up().applied().restarted();
  host.unhealthy("answers as the old version").applied().restored().restarted().unhealthy(GetParam().after, "it still does");
  if (host.phase() == "assessing") host.inspected();
  EXPECT_EQ(step_of(host).result, GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Rollback, WhatWasBadBefore,
    testing::Values(Before{"the_same", {{"hello"}, {}}, {{"hello"}, {}}, StepResult::RolledBack},
                    Before{"less_than_before", {{"hello", "ready"}, {}}, {{"ready"}, {}}, StepResult::RolledBack},
                    Before{"the_same_and_a_dependency", {{"hello"}, {}}, {{"hello"}, {"redis"}}, StepResult::RolledBack},
                    Before{"only_a_dependency", {{"hello"}, {}}, {{}, {"redis"}}, StepResult::RolledBack},
                    Before{"something_else", {{"hello"}, {}}, {{"unit"}, {}}, StepResult::NeedsAdmin},
                    Before{"more_than_before", {{"hello"}, {}}, {{"hello", "unit"}, {}}, StepResult::NeedsAdmin},
                    Before{"own_where_only_a_dependency_was", {{}, {"redis"}}, {{"hello"}, {}}, StepResult::NeedsAdmin},
                    Before{"own_where_nothing_is_known", {}, {{"hello"}, {}}, StepResult::NeedsAdmin},
                    Before{"the_other_version", {{"hello"}, {}}, {{"version"}, {}}, StepResult::NeedsAdmin},
                    Before{"unsettled_to_the_end", {{"hello"}, {}}, {}, StepResult::NeedsAdmin}),
    [](auto const& tested) { return tested.param.name; });

TEST(DependencyFailure, the_baseline_of_one_component_says_nothing_of_the_next) {
  Ladder host;
  host.to_waiting().feed(event::RunAsked{"alice", true});
  host.inspected().unhealthy(Unwell{{"hello"}, {}}, "known").backed_up().applied().restarted().healthy();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted();
  host.unhealthy(Unwell{{"hello"}, {}}, "/hello does not answer");
  EXPECT_EQ(host.phase(), "assessing");
}

// ---- a restart of the daemon --------------------------------------------------------------------------------------

TEST(RestartOfTheDaemonLate, gates_on_with_the_instant_of_the_restart) {
  for (auto climb : {&Ladder::to_gating, &Ladder::to_gating_back}) {
    Ladder host;
    (host.*climb)();
    auto const restarted = host.now;
    host.now = at("09:00");
    host.feed(event::Started{});
    EXPECT_EQ(std::get<command::Gate>(host.last.commands.back()).expectation.restarted, restarted);
  }
}

class BegunStep : public testing::TestWithParam<std::pair<std::string, Ladder& (Ladder::*)()>> {};

TEST_P(BegunStep, goes_on_after_a_restart_whatever_is_shut) {
  Ladder host;
  (host.*GetParam().second)();
  auto const job = host.job();
  host.now = at("09:00");
  host.config.windows.freezes = {{at("08:00"), at("10:00"), "year-end"}};
  host.config.policy.approve = Approve::Manual;
  host.memory.holds.push_back({"", "bob", host.now});
  host.feed(event::Started{});
  EXPECT_EQ(host.phase(), GetParam().first);
  EXPECT_EQ(host.job(), job);
  EXPECT_FALSE(host.last.commands.empty());
  EXPECT_THAT(host.last.records, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Rollout, BegunStep,
                         testing::Values(std::pair{"applying", &Ladder::to_applying}, std::pair{"restarting", &Ladder::to_restarting},
                                         std::pair{"gating", &Ladder::to_gating}, std::pair{"reconciling", &Ladder::to_reconciling},
                                         std::pair{"rolling-back", &Ladder::to_rolling_back},
                                         std::pair{"reconciling", &Ladder::to_reconciling_back},
                                         std::pair{"recovering", &Ladder::to_recovering_back},
                                         std::pair{"restoring", &Ladder::to_restoring},
                                         std::pair{"restarting-back", &Ladder::to_restarting_back},
                                         std::pair{"gating-back", &Ladder::to_gating_back}, std::pair{"undoing", &Ladder::to_undoing}));

}  // namespace
}  // namespace tykup::test
