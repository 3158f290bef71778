#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

/// Steps from which there is no way back: who lets them go, and what becomes of them when they fail.
namespace tykup::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The Dashboard goes to 5.3.0 first, and a hook can save its database.
Ladder over_5_3() {
  Ladder host;
  auto& dashboard = host.facts.components.front();
  dashboard.installed.front().version = "5.2.5";
  dashboard.candidates = {{"tyk-dashboard", "5.3.0", "digest-of-5.3.0", "https://packages.test/tyk bookworm", 1000}};
  dashboard.kept = {{"tyk-dashboard", "5.2.5", "digest-of-5.2.5"}};
  host.facts.hooks = {"backup.d/10-mongo"};
  host.to_waiting();
  return host;
}

std::string hash_of(Ladder const& host) { return plan_of(host.state.phase)->hash; }

Ladder& open_window(Ladder& host) {
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  return host.feed(event::Ticked{});
}

std::vector<NamedVersion> const kDashboard{{"dashboard", "5.3.0"}};

Ladder approved() {
  auto host = over_5_3();
  host.tell(word::Approve{hash_of(host), {}, kDashboard}).inspected();
  return host;
}

/// The database is saved.
Ladder& saved(Ladder& host) { return host.feed(event::Hooked{host.job(), {{"backup.d/10-mongo"}}}); }

/// The step has begun.
Ladder begun() {
  auto host = approved();
  open_window(host);
  host.inspected().healthy();
  return saved(host);
}

StepRecord first_step(Ladder const& host) { return host.history().back().steps.front(); }

// ---- who lets it go -----------------------------------------------------------------------------------------------

TEST(OneWayStep, waits_in_its_window_with_everything_fetched_and_names_the_command) {
  auto host = over_5_3();
  open_window(host);
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("without_rollback: there is no way back from dashboard 5.2.5 → 5.3.0: 5.3.0 migrates")));
  auto const& remedy = std::get<phase::Waiting>(host.state.phase).reasons.front().remedy;
  EXPECT_EQ(remedy, "tykup approve " + hash_of(host).substr(0, 12) +
                        " --without-way-back dashboard=5.3.0; or tykup run --without-way-back dashboard=5.3.0");
}

TEST(OneWayStep, goes_in_its_window_when_an_approval_names_it) {
  auto host = approved();
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("window: ")));
  open_window(host);
  EXPECT_EQ(host.phase(), "preflight");
  host.inspected();
  EXPECT_THAT(run_of(host.state.phase)->at().notes, ElementsAre(HasSubstr("without a way back by the word of alice: 5.3.0 migrates")));
}

TEST(OneWayStep, is_named_in_the_journal_by_whoever_approves_it) {
  auto host = over_5_3();
  host.tell(word::Approve{hash_of(host), {}, kDashboard});
  ASSERT_THAT(host.said(), ElementsAre("plan-approved"));
  auto const& said = std::get<command::Announce>(host.last.commands.front()).announcement;
  EXPECT_THAT(said.message, HasSubstr(", without a way back for dashboard=5.3.0."));
}

TEST(OneWayStep, does_not_go_by_the_approval_of_its_plan_alone) {
  auto host = over_5_3();
  host.config.policy.approve = Approve::Manual;
  host.tell(word::Approve{hash_of(host)}).inspected();
  open_window(host);
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("without_rollback: ")));
}

TEST(OneWayStep, goes_whatever_without_rollback_says_only_when_it_is_named) {
  auto host = over_5_3();
  host.config.policy.without_rollback = WithoutRollback::Go;
  open_window(host);
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(OneWayStep, waits_again_when_the_plan_is_another_one) {
  auto host = approved();
  host.facts.components.back().candidates.front().version = "5.8.16";
  host.feed(event::CheckAsked{"root"}).refreshed().inspected();
  EXPECT_THAT(host.said(), Contains("approval-void"));
  host.downloaded().downloaded().downloaded();
  open_window(host);
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(OneWayStep, waits_again_when_the_approval_has_ended) {
  auto host = over_5_3();
  host.tell(word::Approve{hash_of(host), at("01:30"), kDashboard}).inspected();
  open_window(host);
  EXPECT_EQ(host.phase(), "inspecting");
  EXPECT_THAT(host.said(), Contains("approval-void"));
  EXPECT_THAT(host.inspected().waits_for(), ElementsAre(HasSubstr("without_rollback: ")));
}

TEST(OneWayStep, whose_approval_ends_in_mid_run_is_not_begun) {
  auto host = approved();
  host.memory.approval->until = at("02:01");
  open_window(host);
  host.inspected().healthy();
  host.now = at("02:01");
  saved(host);
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_EQ(host.package("dashboard").version, "5.2.5");
}

TEST(OneWayStep, that_comes_later_in_the_run_lets_what_is_before_it_go) {
  Ladder host;
  host.config.policy.without_rollback = WithoutRollback::Go;
  host.started().refreshed().inspected().downloaded().downloaded(Error{ErrorKind::NoWayBack, "5.8.14 is gone"}).downloaded();
  open_window(host);
  ASSERT_EQ(host.phase(), "preflight");
  host.finish_step();
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_THAT(host.history().back().reason, HasSubstr("there is no way back from gateway 5.8.14 → 5.8.15: 5.8.14 is gone"));
  EXPECT_EQ(host.package("gateway").version, "5.8.14");
}

TEST(OneWayStep, left_over_by_a_run_is_still_named_by_the_approval_that_goes_over) {
  Ladder host;
  host.config.policy.without_rollback = WithoutRollback::Go;
  host.facts.components[1].kept.clear();
  host.started().refreshed().inspected().downloaded().downloaded(Error{ErrorKind::NoWayBack, "gone"}).downloaded();
  host.tell(word::Approve{hash_of(host), {}, {{"gateway", "5.8.15"}}}).inspected();
  open_window(host);
  host.inspected().healthy().backed_up();
  host.now = at("03:59");
  host.applied().restarted().healthy();
  ASSERT_TRUE(host.memory.approval);
  EXPECT_EQ(host.memory.approval->without_way_back, (std::vector<NamedVersion>{{"gateway", "5.8.15"}}));
}

TEST(OneWayStep, whose_old_package_is_offered_but_could_not_be_kept_waits_after_every_look_at_the_host) {
  Ladder host;
  host.config.policy.without_rollback = WithoutRollback::Go;
  host.facts.components.front().kept.clear();
  host.started().refreshed().inspected().downloaded(Error{ErrorKind::NoWayBack, "gone"}).downloaded().downloaded();
  host.feed(event::CheckAsked{"root"}).refreshed().inspected();
  open_window(host);
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("tyk-dashboard 5.8.14 could not be kept")));
}

TEST(OneWayStep, whose_old_package_was_taken_away_is_fetched_again_where_such_steps_stay) {
  Ladder host;
  host.to_waiting();
  host.facts.components.front().kept.clear();
  host.feed(event::CheckAsked{"root"}).refreshed().inspected();
  EXPECT_EQ(host.phase(), "downloading");
}

// ---- a run that somebody asks for -----------------------------------------------------------------------------------

Result<void> may(Ladder const& host, std::vector<NamedVersion> const& named) {
  return may_run(host.state, hash_of(host), false, host.context(), named);
}

TEST(OneWayRun, does_not_begin_where_the_operator_does_not_name_the_step) {
  auto const host = over_5_3();
  auto const refused = may(host, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::NotAllowed);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("there is no way back"), HasSubstr("tykup run --without-way-back dashboard=5.3.0")));
}

TEST(OneWayRun, begins_where_the_operator_names_the_step_and_says_so) {
  auto host = over_5_3();
  ASSERT_TRUE(may(host, kDashboard));
  host.feed(event::RunAsked{"bob", false, false, kDashboard});
  ASSERT_EQ(host.phase(), "preflight");
  auto const& said = std::get<command::Announce>(host.last.commands.front()).announcement;
  EXPECT_THAT(said.message, HasSubstr("(asked for by bob), without a way back for dashboard=5.3.0."));
  host.inspected().healthy();
  saved(host).backed_up();
  EXPECT_EQ(host.phase(), "applying");
  EXPECT_THAT(run_of(host.state.phase)->at().notes, Contains(HasSubstr("by the word of bob")));
}

TEST(OneWayRun, begins_by_the_approval_that_names_the_step) { EXPECT_TRUE(may(approved(), {})); }

TEST(OneWayRun, asked_for_without_naming_is_not_begun_by_a_stray_event_either) {
  auto host = over_5_3();
  host.feed(event::RunAsked{"bob"});
  EXPECT_EQ(host.phase(), "waiting");
}

// ---- what makes no sense --------------------------------------------------------------------------------------------

struct Wrong {
  char const* name;
  NamedVersion named;
  ErrorKind kind;
  char const* said;
};
class WronglyNamed : public testing::TestWithParam<Wrong> {};
TEST_P(WronglyNamed, is_refused_with_what_the_plan_says) {
  auto const host = over_5_3();
  auto const event = event_of(host.state, "alice", word::Approve{hash_of(host), {}, {GetParam().named}}, host.context());
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().kind, GetParam().kind);
  EXPECT_THAT(event.error().message, HasSubstr(GetParam().said));
  auto const refused = may(host, {GetParam().named});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::BadRequest);
  EXPECT_THAT(refused.error().message, HasSubstr(GetParam().said));
}
INSTANTIATE_TEST_SUITE_P(
    All, WronglyNamed,
    testing::Values(Wrong{"a_stranger", {"dashbord", "5.3.0"}, ErrorKind::NotFound, "did you mean \"dashboard\"?"},
                    Wrong{"a_component_that_does_not_move", {"portal", "1.0"}, ErrorKind::NotFound, "no component \"portal\""},
                    Wrong{"another_version", {"dashboard", "5.3.1"}, ErrorKind::BadRequest,
                          "does not take dashboard to \"5.3.1\": it is dashboard 5.2.5 → 5.3.0, named dashboard=5.3.0."},
                    Wrong{"the_version_that_is_installed", {"dashboard", "5.2.5"}, ErrorKind::BadRequest, "does not take dashboard"},
                    Wrong{"a_step_with_a_way_back", {"gateway", "5.8.15"}, ErrorKind::BadRequest,
                          "gateway 5.8.14 → 5.8.15 has a way back and needs no such word: leave gateway=5.8.15 out."}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(WronglyNamedStep, of_a_component_that_stays_is_refused_with_the_plan) {
  auto host = over_5_3();
  host.tell(word::Hold{"pump"}).inspected();
  auto const event = event_of(host.state, "alice", word::Approve{hash_of(host), {}, {{"pump", "5.8.15"}}}, host.context());
  ASSERT_FALSE(event);
  EXPECT_THAT(event.error().message, HasSubstr("no step of pump: it is dashboard 5.2.5 → 5.3.0, gateway 5.8.14 → 5.8.15."));
}

TEST(ApprovalWithoutNames, where_plans_need_none_tells_what_wants_to_be_named) {
  auto const host = over_5_3();
  auto const event = event_of(host.state, "alice", word::Approve{hash_of(host)}, host.context());
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().kind, ErrorKind::BadRequest);
  EXPECT_THAT(event.error().message, AllOf(HasSubstr("need no approval here"), HasSubstr("--without-way-back dashboard=5.3.0.")));
}

TEST(OneWayStep, has_its_database_saved_by_another_job_than_its_configuration) {
  Ladder host = approved();
  open_window(host);
  host.inspected().healthy();
  ASSERT_EQ(host.phase(), "asking-hooks");
  auto const hooks = host.job();
  host.feed(event::Hooked{hooks, {}});
  ASSERT_EQ(host.phase(), "backing-up");
  EXPECT_NE(host.job(), hooks);
}

TEST(OneWayStep, is_not_begun_without_the_backup_of_its_database) {
  auto host = approved();
  open_window(host);
  host.inspected().healthy();
  ASSERT_EQ(host.phase(), "asking-hooks");
  host.failed(ErrorKind::HookFailed, "backup.d/10-mongo ended with status 1");
  EXPECT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_EQ(host.package("dashboard").version, "5.2.5");
}

// ---- when it fails --------------------------------------------------------------------------------------------------

TEST(OneWayFailure, before_the_restart_goes_back_like_any_other) {
  auto host = begun();
  host.backed_up().feed(event::Applied{host.job(), {{{"tyk-dashboard", "5.3.0", "amd64", "half-configured"}}}});
  EXPECT_EQ(host.phase(), "rolling-back");
}

TEST(OneWayFailure, found_by_reading_the_host_goes_back_if_the_service_was_not_started_since) {
  auto host = begun();
  host.backed_up().failed(ErrorKind::PackageFailed, "dpkg: error processing");
  host.package("dashboard").version = "5.3.0";
  host.inspected();
  EXPECT_EQ(host.phase(), "rolling-back");
}

TEST(OneWayFailure, of_a_host_that_was_booted_in_mid_change_does_not_go_back) {
  auto host = begun();
  host.backed_up().failed(ErrorKind::PackageFailed, "dpkg: error processing");
  host.package("dashboard").version = "5.3.0";
  host.unit("dashboard").started = at("02:00");
  host.inspected().inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
}

TEST(OneWayFailure, of_a_package_that_starts_its_service_itself_does_not_go_back) {
  auto host = begun();
  host.config.components.front().quiet = false;
  host.backed_up().feed(event::Applied{host.job(), {{{"tyk-dashboard", "5.3.0", "amd64", "half-configured"}}}}).inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
}

TEST(OneWayFailure, that_cannot_be_recovered_does_not_go_back) {
  auto host = begun();
  host.backed_up().failed(ErrorKind::Interrupted, "killed");
  host.facts.broken_packages = {"tyk-dashboard (unpacked)"};
  host.inspected().failed(ErrorKind::PackageFailed, "dpkg: error processing").inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
}

TEST(OneWayFailure, of_the_restart_does_not_go_back) {
  auto host = begun();
  host.backed_up().applied().failed(ErrorKind::UnitFailed, "tyk-dashboard.service is failed");
  EXPECT_THAT(host.said(), Not(Contains("rollback-started")));
  EXPECT_EQ(host.inspected().phase(), "needs-admin");
}

TEST(OneWayFailure, of_the_gate_needs_an_administrator_who_is_told_what_was_saved) {
  auto host = begun();
  host.backed_up().applied().restarted().unhealthy("/hello answers HTTP 500").inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_THAT(first_step(host).reason,
              AllOf(HasSubstr("/hello answers HTTP 500; the new version may have run, and 5.3.0 migrates"),
                    HasSubstr("The old package does not go back over that"), HasSubstr("(hook backup.d/10-mongo succeeded; backup /backups/x.tar.zst)")));
  EXPECT_EQ(host.package("dashboard").version, "5.3.0");
}

TEST(OneWayFailure, of_a_later_step_with_a_way_back_is_rolled_back) {
  auto host = begun();
  host.backed_up().applied().restarted().healthy();
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill");
  EXPECT_EQ(host.phase(), "rolling-back");
}

// ---- bad versions -----------------------------------------------------------------------------------------------------

Ladder& fail_gateway(Ladder& host) {
  host.finish_step().inspected().healthy().backed_up().applied().restarted().unhealthy("ill");
  return host.applied().restored().restarted().healthy();
}

TEST(BadVersions, of_a_component_that_reached_a_newer_one_are_forgotten) {
  Ladder host;
  host.memory.bad = {{"dashboard", "5.8.13", "old", at("00:00"), 3, at("00:30")},
                     {"dashboard", "5.8.15", "the same", at("00:00"), 1, at("00:30")},
                     {"dashboard", "5.8.16", "newer", at("00:00"), 1, at("23:00")},
                     {"gateway", "5.8.13", "another component", at("00:00"), 1, at("00:30")}};
  host.to_preflight().finish_step();
  ASSERT_EQ(host.memory.bad.size(), 2U);
  EXPECT_EQ(host.memory.bad[0].version, "5.8.16");
  EXPECT_EQ(host.memory.bad[1].component, "gateway");
}

TEST(BadVersions, are_kept_by_a_run_that_fails_and_count_for_each_version_alone) {
  Ladder host;
  host.memory.bad = {{"gateway", "5.8.15", "before", at("00:00"), 2, at("00:30")}};
  host.to_preflight();
  fail_gateway(host);
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_EQ(host.memory.bad[0].failures, 3U) << "a version that fails again after its back-off counts on";
  EXPECT_EQ(host.memory.bad[0].until - host.memory.bad[0].since, std::chrono::hours{32});
}

TEST(BadVersions, do_not_count_for_a_newer_one_which_is_taken_at_once) {
  Ladder host;
  host.memory.bad = {{"gateway", "5.8.15", "before", at("00:00"), 5, at("23:00")}};
  host.facts.components[1].candidates.insert(host.facts.components[1].candidates.begin(),
                                             {"tyk-gateway", "5.8.16", "digest-of-5.8.16", "x", 1});
  host.to_preflight();
  EXPECT_EQ(run_of(host.state.phase)->record.steps[1].step.to_version(), "5.8.16");
  fail_gateway(host);
  ASSERT_EQ(host.memory.bad.size(), 2U);
  EXPECT_EQ(host.memory.bad[1].version, "5.8.16");
  EXPECT_EQ(host.memory.bad[1].failures, 1U);
  EXPECT_EQ(host.memory.bad[1].until - host.memory.bad[1].since, std::chrono::hours{8});
}

TEST(BadVersions, are_tried_again_after_their_back_off_to_the_second) {
  for (auto const& [until, is_planned] : {std::pair{at("01:01"), false}, std::pair{at("01:00"), true}}) {
    Ladder host;
    host.memory.bad = {{"dashboard", "5.8.15", "before", at("00:00"), 1, until}};
    host.started().refreshed().inspected();
    EXPECT_EQ(plan_of(host.state.phase)->steps.size() == 3U, is_planned);
  }
}

}  // namespace
}  // namespace tykup::test
