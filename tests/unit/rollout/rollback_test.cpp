#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

StepRecord const& first_step(Ladder const& host) {
  static StepRecord step;
  step = host.history().back().steps.front();
  return step;
}

TEST(Rollback, an_unhealthy_new_version_goes_back_through_the_same_gate) {
  Ladder host;
  host.to_gating_back();
  EXPECT_EQ(std::get<phase::GatingBack>(host.state.phase).expectation.version, "5.8.14");
  host.healthy();
  EXPECT_EQ(first_step(host).result, StepResult::RolledBack);
  EXPECT_EQ(host.history().back().result, RunResult::Stopped);
  EXPECT_THAT(host.said(), Contains("rolled-back"));
}

TEST(Rollback, later_components_stay_untouched) {
  Ladder host;
  host.to_gating_back().healthy();
  EXPECT_EQ(host.history().back().steps[1].result, StepResult::Pending);
  EXPECT_EQ(host.history().back().steps[2].result, StepResult::Pending);
}

TEST(Rollback, the_bad_version_is_remembered_with_a_growing_back_off) {
  Ladder host;
  host.to_gating_back().healthy();
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_EQ(host.memory.bad.front().version, "5.8.15");
  EXPECT_EQ(host.memory.bad.front().until - host.now, bad_version_backoff(1));
  host.inspected();
  auto const* plan = plan_of(host.state.phase);
  EXPECT_TRUE(plan->steps.empty()) << "a bad Dashboard must keep Gateway and Pump behind it";
}

TEST(Rollback, the_status_tells_why_until_a_run_is_done) {
  Ladder host;
  host.to_gating_back().healthy().inspected();
  EXPECT_EQ(public_state(host.state), "stopped") << host.phase();
  EXPECT_THAT(status_line(host.state, host.context()), HasSubstr("answers as the old version"));
}

TEST(Rollback, an_old_version_that_is_unhealthy_too_needs_an_administrator) {
  Ladder host;
  host.to_needs_admin();
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_EQ(first_step(host).result, StepResult::NeedsAdmin);
  EXPECT_THAT(host.said(), Contains("needs-admin"));
  EXPECT_EQ(public_state(host.state), "needs-admin");
}

TEST(Rollback, a_host_that_needs_an_administrator_is_left_alone_until_somebody_says_check) {
  Ladder host;
  host.to_needs_admin();
  host.now = at("02:00") + std::chrono::hours{24 * 7};
  for (Event const& event : {Event{event::Started{}}, Event{event::Ticked{}}, Event{event::ConfigChanged{}},
                             Event{event::RunAsked{"root"}}}) {
    host.feed(event);
    EXPECT_EQ(host.phase(), "needs-admin") << name_of(event);
    EXPECT_TRUE(host.last.commands.empty()) << name_of(event);
  }
  host.feed(event::CheckAsked{"root"}).inspected().healthy();
  EXPECT_EQ(host.phase(), "refreshing");
  EXPECT_FALSE(host.state.standing.trouble);
}

struct Failure {
  std::string at;
  Ladder& (Ladder::*climb)();
  ErrorKind kind;
  std::string expected_phase;
};

class WhereAJobFails : public testing::TestWithParam<Failure> {};

TEST_P(WhereAJobFails, the_host_ends_old_or_loud) {
  Ladder host;
  (host.*GetParam().climb)().failed(GetParam().kind, "the test says so");
  EXPECT_EQ(host.phase(), GetParam().expected_phase);
}

INSTANTIATE_TEST_SUITE_P(
    Rollback, WhereAJobFails,
    testing::Values(Failure{"preflight", &Ladder::to_preflight, ErrorKind::Internal, "inspecting"},
                    Failure{"backup", &Ladder::to_backing_up, ErrorKind::NoSpace, "inspecting"},
                    Failure{"backup_shutdown", &Ladder::to_backing_up, ErrorKind::Stopping, "backing-up"},
                    Failure{"apply_refused", &Ladder::to_applying, ErrorKind::PlanRefused, "inspecting"},
                    Failure{"apply_no_such_version", &Ladder::to_applying, ErrorKind::UnknownVersion, "inspecting"},
                    Failure{"apply_failed", &Ladder::to_applying, ErrorKind::PackageFailed, "reconciling"},
                    Failure{"apply_killed", &Ladder::to_applying, ErrorKind::Interrupted, "reconciling"},
                    Failure{"apply_shutdown", &Ladder::to_applying, ErrorKind::Stopping, "applying"},
                    Failure{"restart_failed", &Ladder::to_restarting, ErrorKind::UnitFailed, "rolling-back"},
                    Failure{"another_unit_lost", &Ladder::to_restarting, ErrorKind::UnitLost, "rolling-back"},
                    Failure{"restart_killed", &Ladder::to_restarting, ErrorKind::Interrupted, "restarting"},
                    Failure{"restart_shutdown", &Ladder::to_restarting, ErrorKind::Stopping, "restarting"},
                    Failure{"rollback_failed", &Ladder::to_rolling_back, ErrorKind::PackageFailed, "reconciling"},
                    Failure{"rollback_shutdown", &Ladder::to_rolling_back, ErrorKind::Stopping, "rolling-back"},
                    Failure{"restore_shutdown", &Ladder::to_restoring, ErrorKind::Stopping, "restoring"},
                    Failure{"restore_failed", &Ladder::to_restoring, ErrorKind::NoSpace, "assessing"},
                    Failure{"rollback_killed", &Ladder::to_rolling_back, ErrorKind::Interrupted, "reconciling"},
                    Failure{"rollback_over_a_half_done_package", &Ladder::to_rolling_back, ErrorKind::PackageBroken, "reconciling"},
                    Failure{"rollback_kept_package_changed", &Ladder::to_rolling_back, ErrorKind::HashMismatch, "reconciling"},
                    Failure{"rollback_locked_out", &Ladder::to_rolling_back, ErrorKind::LockHeld, "rolling-back"},
                    Failure{"rollback_behind_another", &Ladder::to_rolling_back, ErrorKind::Busy, "rolling-back"},
                    Failure{"restore_killed", &Ladder::to_restoring, ErrorKind::Interrupted, "restoring"},
                    Failure{"restore_behind_another", &Ladder::to_restoring, ErrorKind::Busy, "restoring"},
                    Failure{"restart_locked_out", &Ladder::to_restarting, ErrorKind::LockHeld, "restarting"},
                    Failure{"restart_back_killed", &Ladder::to_restarting_back, ErrorKind::Interrupted, "restarting-back"},
                    Failure{"restart_back_locked_out", &Ladder::to_restarting_back, ErrorKind::LockHeld, "restarting-back"},
                    Failure{"database_killed", &Ladder::to_reconciling, ErrorKind::Interrupted, "reconciling"},
                    Failure{"recovery_back_killed", &Ladder::to_recovering_back, ErrorKind::Interrupted, "recovering"},
                    Failure{"recovery_back_locked_out", &Ladder::to_recovering_back, ErrorKind::LockHeld, "recovering"},
                    Failure{"recovery_back_failed", &Ladder::to_recovering_back, ErrorKind::PackageBroken, "reconciling"},
                    Failure{"strangers_recovery_locked_out", &Ladder::to_recovering, ErrorKind::LockHeld, "inspecting"},
                    Failure{"undoing_unread", &Ladder::to_undoing, ErrorKind::Internal, "assessing"},
                    Failure{"assessing_unread", &Ladder::to_assessing, ErrorKind::ExecutorUnavailable, "needs-admin"},
                    Failure{"checking_unread", &Ladder::to_checking, ErrorKind::ExecutorUnavailable, "needs-admin"},
                    Failure{"restart_back_failed", &Ladder::to_restarting_back, ErrorKind::UnitFailed, "assessing"},
                    Failure{"restart_back_shutdown", &Ladder::to_restarting_back, ErrorKind::Stopping, "restarting-back"}),
    [](auto const& tested) { return tested.param.at; });

TEST(Rollback, a_job_that_was_put_off_because_something_stops_is_asked_for_again_by_its_own_id) {
  Ladder host;
  host.to_applying();
  auto const asked = host.last.commands;
  host.failed(ErrorKind::Stopping, "the executor was told to end before it began");
  EXPECT_TRUE(std::holds_alternative<command::WakeAt>(host.last.commands.back())) << "no storm of requests while a host goes down";
  host.feed(event::Ticked{});
  ASSERT_EQ(host.last.commands.size(), 1U);
  EXPECT_EQ(std::get<command::Submit>(host.last.commands.back()).request.id,
            std::get<command::Submit>(asked.back()).request.id);
  EXPECT_TRUE(host.last.records.empty());
}

TEST(Shutdown, a_restart_that_is_put_off_is_saved_as_pending_and_said_once) {
  Ladder host;
  host.to_restarting().failed(ErrorKind::Stopping, "the host is going down: the restart of dashboard is left for after the next start");
  EXPECT_EQ(host.phase(), "restarting");
  EXPECT_THAT(host.said(), testing::ElementsAre("step-put-off"));
  EXPECT_THAT(status_line(host.state, host.context()), HasSubstr("is left for after the next start"));
  host.feed(event::Ticked{}).failed(ErrorKind::Stopping, "the host is going down: the restart of dashboard is left for after the next start");
  EXPECT_THAT(host.said(), testing::IsEmpty());
  host.feed(event::Started{"the next boot"});
  EXPECT_EQ(host.submitted(), "restart");
  EXPECT_EQ(host.state.standing.hindrance, "");
  host.restarted().healthy();
  EXPECT_THAT(host.said(), Contains("step-done"));
}

TEST(Shutdown, what_was_only_fetched_or_read_is_no_failure_and_begins_anew) {
  for (auto climb : {+[](Ladder& host) { host.started(); }, +[](Ladder& host) { host.started().refreshed(); },
                     +[](Ladder& host) { host.started().refreshed().inspected(); }}) {
    Ladder host;
    climb(host);
    auto const job = host.submitted();
    ASSERT_NE(job, "");
    host.failed(ErrorKind::Stopping, "the executor was told to end while it fetched metadata");
    EXPECT_EQ(host.phase(), "idle") << job;
    EXPECT_THAT(host.said(), testing::IsEmpty()) << job;
    EXPECT_TRUE(host.state.standing.source_problems.empty()) << job;
    host.now += std::chrono::seconds{3};
    host.feed(event::Ticked{});
    EXPECT_EQ(host.submitted(), job == "refresh" ? "refresh" : "inspect");
  }
}

TEST(SelfUpgrade, an_executor_of_another_version_is_waited_for_in_every_phase_of_a_run) {
  for (auto climb : {&Ladder::to_preflight, &Ladder::to_backing_up, &Ladder::to_applying, &Ladder::to_restarting,
                     &Ladder::to_recovering, &Ladder::to_reconciling, &Ladder::to_rolling_back, &Ladder::to_restoring,
                     &Ladder::to_restarting_back}) {
    Ladder host;
    (host.*climb)();
    auto const phase = host.phase();
    auto const job = host.job();
    host.failed(ErrorKind::OtherVersion, "the executor speaks protocol 2, the request is of 1: restart tykupd");
    EXPECT_EQ(host.phase(), phase);
    EXPECT_THAT(status_line(host.state, host.context()), HasSubstr("restart tykupd"));
    host.feed(event::Started{});
    EXPECT_EQ(host.job().empty(), job.empty());
    EXPECT_TRUE(host.history().back().result == RunResult::Running);
  }
}

TEST(Shutdown, a_gate_of_an_earlier_boot_is_asked_anew_after_the_service_was_looked_at) {
  for (auto const& [climb, then] : {std::pair{&Ladder::to_gating, "restarting"}, std::pair{&Ladder::to_gating_back, "restarting-back"}}) {
    Ladder host;
    (host.*climb)();
    host.state.standing.boot = "first";
    auto const gating = host.phase();
    host.feed(event::Started{"first"});
    EXPECT_EQ(host.phase(), gating) << "only the daemon was restarted";
    host.feed(event::Started{"second"});
    EXPECT_EQ(host.phase(), then);
    EXPECT_EQ(host.submitted(), "restart");
    host.restarted();
    EXPECT_EQ(host.phase(), gating);
  }
}

TEST(Shutdown, a_boot_that_nobody_tells_apart_is_none) {
  for (auto const& [known, told] : {std::pair{"", "second"}, std::pair{"first", ""}, std::pair{"", ""}}) {
    Ladder host;
    host.to_gating();
    host.state.standing.boot = known;
    host.feed(event::Started{told});
    EXPECT_EQ(host.phase(), "gating");
  }
}

TEST(Reconcile, an_apply_that_was_killed_before_it_changed_anything_is_done_again) {
  Ladder host;
  host.to_applying().failed(ErrorKind::Interrupted, "killed").inspected();
  EXPECT_EQ(host.phase(), "applying");
  EXPECT_THAT(host.job(), HasSubstr(".apply.2"));
}

TEST(Reconcile, an_apply_that_was_killed_after_it_was_done_goes_on) {
  Ladder host;
  host.to_applying();
  host.package("dashboard").version = "5.8.15";
  host.failed(ErrorKind::Interrupted, "killed").inspected();
  EXPECT_EQ(host.phase(), "restarting");
}

TEST(Reconcile, a_half_configured_package_is_finished_and_then_goes_on) {
  Ladder host;
  host.to_applying();
  auto& package = host.package("dashboard");
  package.version = "5.8.15";
  package.status = "half-configured";
  host.facts.broken_packages = {"tyk-dashboard (half-configured)"};
  host.failed(ErrorKind::Interrupted, "killed").inspected();
  EXPECT_EQ(host.submitted(), "recover");
  package.status = "installed";
  host.facts.broken_packages.clear();
  host.recovered().inspected();
  EXPECT_EQ(host.phase(), "restarting");
}

TEST(Reconcile, a_package_that_failed_and_stands_at_neither_version_goes_back) {
  Ladder host;
  host.to_reconciling();
  host.package("dashboard").version = "5.8.15";
  host.inspected();
  EXPECT_EQ(host.phase(), "rolling-back");
}

TEST(Reconcile, a_package_that_failed_and_still_is_the_old_one_stops_the_run) {
  Ladder host;
  host.to_reconciling().inspected();
  EXPECT_EQ(first_step(host).result, StepResult::NotDone);
  EXPECT_EQ(host.history().back().result, RunResult::Stopped);
}

class SilenceOfTheExecutor : public testing::TestWithParam<std::pair<std::string, Ladder& (Ladder::*)()>> {};

TEST_P(SilenceOfTheExecutor, gives_up_no_step_that_has_begun) {
  Ladder host;
  (host.*GetParam().second)();
  auto const job = host.job();
  host.failed(ErrorKind::ExecutorUnavailable, "/run/tykup/executor.sock does not answer");
  EXPECT_EQ(host.phase(), GetParam().first);
  EXPECT_THAT(host.said(), Contains("inspect-failed"));
  EXPECT_THAT(status_line(host.state, host.context()), HasSubstr("does not answer"));
  host.feed(event::Ticked{});
  EXPECT_EQ(host.job(), job);
  EXPECT_NE(host.submitted(), "");
  host.failed(ErrorKind::ExecutorUnavailable, "/run/tykup/executor.sock does not answer");
  EXPECT_THAT(host.said(), testing::Not(Contains("inspect-failed"))) << "said once is enough";
}

INSTANTIATE_TEST_SUITE_P(Reconcile, SilenceOfTheExecutor,
                         testing::Values(std::pair{"applying", &Ladder::to_applying},
                                         std::pair{"restarting", &Ladder::to_restarting},
                                         std::pair{"reconciling", &Ladder::to_reconciling},
                                         std::pair{"rolling-back", &Ladder::to_rolling_back},
                                         std::pair{"restoring", &Ladder::to_restoring},
                                         std::pair{"restarting-back", &Ladder::to_restarting_back},
                                         std::pair{"recovering", &Ladder::to_recovering_back},
                                         std::pair{"undoing", &Ladder::to_undoing}));

TEST(Reconcile, an_executor_that_answers_again_is_no_trouble_any_more) {
  Ladder host;
  host.to_applying().failed(ErrorKind::ExecutorUnavailable, "silence").feed(event::Ticked{});
  host.applied();
  EXPECT_EQ(host.phase(), "restarting");
  EXPECT_EQ(host.state.standing.hindrance, "");
}

TEST(Reconcile, a_database_that_cannot_be_read_needs_an_administrator) {
  Ladder host;
  host.to_reconciling().failed(ErrorKind::Internal, "status file corrupt").inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
}

TEST(Rollback, without_a_kept_package_there_is_no_blind_try) {
  Ladder host;
  host.config.policy.without_rollback = WithoutRollback::Go;
  host.facts.components.front().kept.clear();
  host.now = at("02:00");
  host.started().refreshed().inspected().downloaded(Error{ErrorKind::NoWayBack, "gone"}).downloaded().downloaded();
  host.tell(word::Approve{plan_of(host.state.phase)->hash, {}, {{"dashboard", "5.8.15"}}}).inspected();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("broken").inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_THAT(first_step(host).reason, HasSubstr("no package of the old version"));
}

struct Rung {
  std::string name;
  Ladder& (Ladder::*climb)();
  std::string after;  ///< phase after a restart of the daemon
};

class RestartOfTheDaemon : public testing::TestWithParam<Rung> {};

TEST_P(RestartOfTheDaemon, enters_the_saved_phase_again_with_the_same_job) {
  Ladder host;
  (host.*GetParam().climb)();
  auto const job = host.job();
  host.feed(event::Started{});
  EXPECT_EQ(host.phase(), GetParam().after);
  if (GetParam().after == GetParam().name) {
    EXPECT_EQ(host.job(), job);
  }
  EXPECT_FALSE(host.last.commands.empty());
}

INSTANTIATE_TEST_SUITE_P(Rollout, RestartOfTheDaemon,
                         testing::Values(Rung{"preflight", &Ladder::to_preflight, "preflight"},
                                         Rung{"baseline", &Ladder::to_baseline, "preflight"},
                                         Rung{"backing-up", &Ladder::to_backing_up, "preflight"},
                                         Rung{"applying", &Ladder::to_applying, "applying"},
                                         Rung{"restarting", &Ladder::to_restarting, "restarting"},
                                         Rung{"gating", &Ladder::to_gating, "gating"},
                                         Rung{"reconciling", &Ladder::to_reconciling, "reconciling"},
                                         Rung{"rolling-back", &Ladder::to_rolling_back, "rolling-back"},
                                         Rung{"restoring", &Ladder::to_restoring, "restoring"},
                                         Rung{"restarting-back", &Ladder::to_restarting_back, "restarting-back"},
                                         Rung{"gating-back", &Ladder::to_gating_back, "gating-back"},
                                         Rung{"strangers-recovering", &Ladder::to_recovering, "preflight"},
                                         Rung{"recovering", &Ladder::to_recovering_back, "recovering"},
                                         Rung{"undoing", &Ladder::to_undoing, "undoing"},
                                         Rung{"assessing", &Ladder::to_assessing, "assessing"},
                                         Rung{"checking", &Ladder::to_checking, "checking"},
                                         Rung{"proving", &Ladder::to_proving, "proving"}),
                         [](auto const& tested) {
                           auto name = tested.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(RestartOfTheDaemonLate, does_not_begin_a_step_that_had_not_begun_when_the_window_is_shut) {
  for (auto climb : {&Ladder::to_preflight, &Ladder::to_baseline, &Ladder::to_backing_up, &Ladder::to_recovering}) {
    Ladder host;
    (host.*climb)();
    host.now = at("09:00");
    host.feed(event::Started{});
    EXPECT_EQ(host.history().back().result, RunResult::Partial);
  }
}

}  // namespace
}  // namespace tykup::test
