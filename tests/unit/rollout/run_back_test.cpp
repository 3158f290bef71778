#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/history.hpp"

/// The run that goes back, and an apply that left the old package.
namespace tykup::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

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

}  // namespace
}  // namespace tykup::test
