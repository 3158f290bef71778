#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

/// The way back, wherever it halts; what a dependency's failure is; the run that goes back; what an administrator finds.
namespace tykup::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RunRecord run_of_history(Ladder const& host) { return host.history().back(); }
StepRecord step_of(Ladder const& host, std::size_t index = 0) { return host.history().back().steps.at(index); }

std::vector<std::string> results(Ladder const& host) {
  std::vector<std::string> out;
  for (auto const& step : run_of_history(host).steps) out.push_back(step.step.component + " " + std::string(to_string(step.result)));
  return out;
}

Ladder& dashboard_is(Ladder& host, std::string const& version, std::string const& status = "installed") {
  auto& package = host.package("dashboard");
  package.version = version;
  package.status = status;
  host.facts.broken_packages.clear();
  if (status != "installed") host.facts.broken_packages = {"tyk-dashboard (" + status + ")"};
  return host;
}

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

// ---- the run goes back ---------------------------------------------------------------------------------------------

TEST(RunGoesBack, only_where_the_operator_asked_for_it) {
  Ladder host;
  host.to_preflight().finish_step();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().healthy();
  EXPECT_THAT(results(host), ElementsAre("dashboard done", "gateway rolled-back", "pump pending"));
}

TEST(RunGoesBack, the_earlier_components_with_package_configuration_restart_and_gate) {
  Ladder host;
  host.to_undoing();
  EXPECT_EQ(host.component(), "dashboard");
  EXPECT_THAT(status_line(host.state, host.context()), HasSubstr("ROLLBACK OF THE RUN, because gateway failed: dashboard 5.8.15 → 5.8.14"));
  host.inspected();
  EXPECT_EQ(host.submitted(), "apply");
  auto const& submit = std::get<command::Submit>(host.last.commands.back());
  auto const& apply = std::get<job::Apply>(submit.request.operation);
  EXPECT_EQ(apply.direction, job::Apply::Direction::Rollback);
  EXPECT_EQ(apply.step.component, "dashboard") << "the executor allows it by this step's record";
  host.applied();
  EXPECT_EQ(host.submitted(), "restore");
  host.restored();
  EXPECT_EQ(host.submitted(), "restart");
  host.restarted();
  EXPECT_EQ(std::get<phase::GatingBack>(host.state.phase).expectation.version, "5.8.14");
  host.healthy();
  EXPECT_THAT(results(host), ElementsAre("dashboard rolled-back", "gateway rolled-back", "pump pending"));
  EXPECT_THAT(step_of(host).reason, AllOf(HasSubstr("gateway 5.8.15 failed"), HasSubstr("rollback-run")));
  EXPECT_EQ(run_of_history(host).result, RunResult::Stopped);
  EXPECT_THAT(run_of_history(host).reason, AllOf(HasSubstr("gateway 5.8.15 failed"), HasSubstr("gone back with it: dashboard")));
  EXPECT_EQ(host.state.standing.trouble->component, "gateway");
}

TEST(RunGoesBack, the_latest_first_and_only_the_one_that_failed_is_bad) {
  Ladder host;
  host.config.policy.on_failure = OnFailure::RollbackRun;
  host.to_preflight().finish_step().finish_step();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().healthy();
  std::vector<std::string> order;
  while (host.phase() == "undoing") {
    order.push_back(host.component());
    host.inspected().applied().restored().restarted().healthy();
  }
  EXPECT_THAT(order, ElementsAre("gateway", "dashboard"));
  EXPECT_THAT(results(host), ElementsAre("dashboard rolled-back", "gateway rolled-back", "pump rolled-back"));
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_EQ(host.memory.bad.front().component, "pump");
}

TEST(RunGoesBack, what_has_no_way_back_stays_and_that_is_said) {
  Ladder host;
  host.config.policy.on_failure = OnFailure::RollbackRun;
  host.config.policy.without_rollback = WithoutRollback::Go;
  host.facts.components.front().kept.clear();
  host.now = at("02:00");
  host.started().refreshed().inspected().downloaded(Error{ErrorKind::NoWayBack, "gone"}).downloaded().downloaded();
  host.tell(word::Approve{plan_of(host.state.phase)->hash, {}, {{"dashboard", "5.8.15"}}}).inspected();
  host.finish_step();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().healthy();
  EXPECT_THAT(host.said(), Contains("not-taken-back"));
  EXPECT_THAT(results(host), ElementsAre("dashboard done", "gateway rolled-back", "pump pending"));
  EXPECT_THAT(run_of_history(host).reason, HasSubstr("no way back for dashboard"));
}

TEST(RunGoesBack, nothing_further_is_touched_where_the_one_that_failed_needs_an_administrator) {
  Ladder host;
  host.config.policy.on_failure = OnFailure::RollbackRun;
  host.to_preflight().finish_step();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().unhealthy("ill too");
  host.inspected();
  EXPECT_THAT(results(host), ElementsAre("dashboard done", "gateway needs-admin", "pump pending"));
  EXPECT_EQ(host.phase(), "needs-admin");
}

TEST(RunGoesBack, one_that_does_not_come_back_needs_an_administrator_and_ends_it) {
  Ladder host;
  host.config.policy.on_failure = OnFailure::RollbackRun;
  host.to_preflight().finish_step().finish_step();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().healthy();
  ASSERT_EQ(host.component(), "gateway");
  host.inspected().applied().restored().restarted().unhealthy("ill as well").inspected();
  EXPECT_THAT(results(host), ElementsAre("dashboard done", "gateway needs-admin", "pump rolled-back"));
  EXPECT_EQ(host.state.standing.trouble->component, "gateway");
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_EQ(host.memory.bad.front().component, "pump") << "the Gateway's new version had passed its gate";
}

TEST(RunGoesBack, after_the_hooks_of_the_step_that_failed_and_before_those_of_the_run) {
  Ladder host;
  host.config.policy.on_failure = OnFailure::RollbackRun;
  host.to_asking_hooks().hooked().inspected().healthy().hooked().backed_up().applied().restarted().healthy().hooked();
  host.inspected().healthy().hooked().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().healthy();
  EXPECT_EQ(host.phase(), "telling-hooks");
  host.hooked();
  EXPECT_EQ(host.phase(), "undoing");
  host.inspected().applied().restored().restarted().healthy();
  EXPECT_EQ(host.phase(), "telling-hooks") << "of the run: what was told of the Dashboard's step stands";
  EXPECT_EQ(std::get<phase::TellingHooks>(host.state.phase).point, job::Hook::Point::PostRun);
  host.hooked();
  EXPECT_EQ(run_of_history(host).result, RunResult::Stopped);
  EXPECT_THAT(run_of_history(host).reason, HasSubstr("gone back with it: dashboard"));
}

TEST(RunGoesBack, whatever_the_window_says_and_however_the_configuration_changes_meanwhile) {
  Ladder host;
  host.config.policy.on_failure = OnFailure::RollbackRun;
  host.to_preflight().finish_step().finish_step();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().healthy();
  host.now = at("09:00");
  host.config.policy.on_failure = OnFailure::Stop;
  host.feed(event::Started{}).inspected().applied().restored().restarted().healthy();
  EXPECT_EQ(host.phase(), "undoing");
  EXPECT_EQ(host.component(), "dashboard");
}

TEST(RunGoesBack, a_step_begins_only_where_the_window_has_room_for_it) {
  for (bool const goes : {true, false}) {
    Ladder host;
    host.config.policy.on_failure = goes ? OnFailure::Stop : OnFailure::RollbackRun;
    host.to_preflight();
    auto const& steps = run_of(host.state.phase)->record.steps;
    host.now = at("04:00") - steps[1].step.estimate;
    host.finish_step();
    EXPECT_EQ(host.phase() == "preflight", goes);
    EXPECT_EQ(run_of_history(host).reason.find("of the run's earlier components too") == std::string::npos, goes);
  }
}

// ---- an apply that left the old package in place ------------------------------------------------------------------

class ApplyThatLeftTheOldOne : public testing::TestWithParam<std::pair<ErrorKind, bool>> {};

TEST_P(ApplyThatLeftTheOldOne, is_remembered_where_the_package_is_at_fault) {
  auto const [kind, is_bad] = GetParam();
  Ladder host;
  host.to_applying().failed(kind, "the test says so");
  if (host.phase() == "reconciling") host.inspected();
  EXPECT_EQ(step_of(host).result, StepResult::NotDone);
  EXPECT_EQ(step_of(host).kind, to_string(kind));
  EXPECT_EQ(!host.memory.bad.empty(), is_bad);
  EXPECT_EQ(step_of(host).reason.find("is not tried again before") != std::string::npos, is_bad);
}

INSTANTIATE_TEST_SUITE_P(Rollback, ApplyThatLeftTheOldOne,
                         testing::Values(std::pair{ErrorKind::PackageFailed, true}, std::pair{ErrorKind::Internal, true},
                                         std::pair{ErrorKind::LockHeld, false}, std::pair{ErrorKind::Busy, false},
                                         std::pair{ErrorKind::NoSpace, false}, std::pair{ErrorKind::HookFailed, false},
                                         std::pair{ErrorKind::PackageHeld, false}, std::pair{ErrorKind::PackageBroken, false},
                                         std::pair{ErrorKind::HashMismatch, false}),
                         [](auto const& tested) { return std::string(to_string(tested.param.first)); });

TEST(ApplyThatFailed, backs_off_further_each_time) {
  Ladder host;
  host.to_reconciling().inspected();
  EXPECT_EQ(host.memory.bad.front().failures, 1U);
  host.now = host.memory.bad.front().until + std::chrono::hours{24 * 7};
  host.memory.bad.front().until = host.now;
  host.state = {};
  host.started().refreshed().inspected().downloaded().downloaded().downloaded();
  ASSERT_EQ(host.phase(), "waiting");
  host.feed(event::RunAsked{"alice"}).inspected().healthy().backed_up().failed(ErrorKind::PackageFailed, "again").inspected();
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_EQ(host.memory.bad.front().until - host.now, bad_version_backoff(2));
}

// ---- needs-admin ---------------------------------------------------------------------------------------------------

TEST(NeedsAdmin, says_what_was_tried_what_is_on_disk_and_what_to_do) {
  Ladder host;
  host.to_rolling_back();
  dashboard_is(host, "5.8.15", "half-configured");
  host.unit("dashboard").active_state = "failed";
  host.unit("dashboard").sub_state = "failed";
  host.failed(ErrorKind::PackageFailed, "dpkg: error processing").inspected().failed(ErrorKind::PackageBroken, "postinst failed");
  host.inspected().inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_EQ(step_of(host).result, StepResult::NeedsAdmin);
  auto const said = host.message(Said::NeedsAdmin);
  for (auto const* part : {"answers as the old version", "putting the old package back failed: dpkg: error processing (package_failed)",
                           "tyk-dashboard 5.8.15 (half-configured)", "tyk-dashboard.service is failed (failed)",
                           "/backups/x.tar.zst", "kept: tyk-dashboard 5.8.14", "`dpkg --configure -a`",
                           "/var/cache/tykup-executor/archives/tyk-dashboard_5.8.14_*.deb", "`tykup check`", "Nothing more is touched"})
    EXPECT_THAT(said, HasSubstr(part));
  EXPECT_THAT(step_of(host).notes, Contains("finishing the interrupted package change failed: postinst failed (package_broken)"));
  EXPECT_THAT(host.state.standing.trouble->text, HasSubstr("half-configured"));
  EXPECT_THAT(host.state.standing.trouble->remedy, AllOf(HasSubstr("tykup check"), HasSubstr("tykup history")));
}

TEST(NeedsAdmin, names_rpms_own_commands_on_an_rpm_host) {
  Ladder host;
  host.facts.format = PackageFormat::Rpm;
  host.to_needs_admin();
  EXPECT_THAT(host.message(Said::NeedsAdmin), AllOf(HasSubstr("`rpm -U --oldpackage"), HasSubstr("5.8.14_*.rpm"), Not(HasSubstr("dpkg"))));
}

TEST(NeedsAdmin, offers_no_package_that_is_not_there) {
  Ladder host;
  host.to_assessing();
  for (auto& found : host.facts.components) found.kept.clear();
  host.inspected();
  EXPECT_THAT(host.message(Said::NeedsAdmin), HasSubstr("no package of the old version is kept"));
}

TEST(NeedsAdmin, is_said_also_where_nothing_can_be_read) {
  Ladder host;
  host.to_assessing().failed(ErrorKind::ExecutorUnavailable, "/run/tykup/executor.sock does not answer");
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_THAT(host.message(Said::NeedsAdmin), AllOf(HasSubstr("the host could not be read"), HasSubstr("/backups/x.tar.zst")));
}

TEST(NeedsAdmin, remembers_the_version_that_led_there) {
  Ladder host;
  host.to_needs_admin();
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_EQ(host.memory.bad.front().version, "5.8.15");
}

struct Found {
  std::string name;
  std::string version;
  std::string status;
  std::string unit;
  std::optional<bool> healthy;  ///< nothing: it is not asked
  std::string said;
};

class WhatTheCheckFinds : public testing::TestWithParam<Found> {};

TEST_P(WhatTheCheckFinds, is_said_and_leads_out) {
  auto const& [name, version, status, unit, healthy, said] = GetParam();
  Ladder host;
  host.to_needs_admin();
  dashboard_is(host, version, status);
  host.unit("dashboard").active_state = unit;
  host.feed(event::CheckAsked{"alice"});
  EXPECT_EQ(public_state(host.state), "inspecting");
  host.inspected();
  if (healthy) *healthy ? host.healthy() : host.unhealthy("/hello does not answer");
  EXPECT_THAT(host.message(Said::TroubleCleared), HasSubstr(said));
  EXPECT_EQ(host.phase(), "refreshing");
  EXPECT_FALSE(host.state.standing.trouble);
}

INSTANTIATE_TEST_SUITE_P(
    Rollback, WhatTheCheckFinds,
    testing::Values(Found{"old_and_healthy", "5.8.14", "installed", "active", true, "5.8.14, the old version, and healthy"},
                    Found{"new_and_healthy", "5.8.15", "installed", "active", true, "5.8.15, the new version, and healthy"},
                    Found{"old_and_ill", "5.8.14", "installed", "active", false, "but not healthy: /hello does not answer"},
                    Found{"old_and_stopped", "5.8.14", "installed", "inactive", {}, "is inactive"},
                    Found{"half_way", "5.8.15", "half-configured", "active", {}, "neither the old version (5.8.14) nor the new one"},
                    Found{"another_version", "5.8.13", "installed", "active", {}, "neither the old version"}),
    [](auto const& tested) { return tested.param.name; });

TEST(NeedsAdmin, a_check_that_sees_nothing_leads_nowhere) {
  Ladder host;
  host.to_checking().failed(ErrorKind::Internal, "status file corrupt");
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_TRUE(host.state.standing.trouble);
  EXPECT_THAT(host.said(), Contains("inspect-failed"));
}

TEST(NeedsAdmin, a_check_is_asked_again_after_a_restart_of_the_daemon_and_the_trouble_stands_until_its_end) {
  for (auto climb : {&Ladder::to_checking, &Ladder::to_proving}) {
    Ladder host;
    (host.*climb)().feed(event::Started{});
    EXPECT_TRUE(host.state.standing.trouble);
    EXPECT_FALSE(host.last.commands.empty());
  }
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
