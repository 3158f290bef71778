#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/way_back.hpp"
#include "tests/unit/rollout/history.hpp"

/// An operator takes a component back to the version before.
namespace tykup::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

template <typename Operation>
Operation submitted_operation(Ladder const& host) {
  for (auto const& command : host.last.commands)
    if (auto const* submit = std::get_if<command::Submit>(&command)) return std::get<Operation>(submit->request.operation);
  throw std::logic_error("nothing was submitted");
}

std::vector<std::string> path_of(Ladder& host, auto... rungs) {
  std::vector<std::string> phases{host.phase()};
  (..., (rungs(host), phases.push_back(host.phase())));
  return phases;
}

TEST(Withdrawal, goes_the_way_of_a_failed_step_with_a_backup_of_today_first) {
  Ladder host;
  host.to_withdrawing();
  EXPECT_THAT(path_of(host, [](Ladder& h) { h.inspected(); }, [](Ladder& h) { h.backed_up(); }, [](Ladder& h) { h.applied(); },
                      [](Ladder& h) { h.restored(); }, [](Ladder& h) { h.restarted(); }, [](Ladder& h) { h.healthy(); }),
              ElementsAre("undoing", "backing-up", "rolling-back", "restoring", "restarting-back", "gating-back", "inspecting"));
  auto const run = run_of_history(host);
  EXPECT_EQ(run.id, "20261122T010000Z-rollback");
  EXPECT_EQ(run.undoes, "20261115T020000Z-abcdef");
  EXPECT_EQ(run.result, RunResult::RolledBack);
  EXPECT_EQ(run.by + ": " + run.reason, "alice: rolled back by alice");
  EXPECT_THAT(results(host), ElementsAre("dashboard rolled-back"));
  EXPECT_EQ(step_of(host).kind, "withdrawn");
  EXPECT_THAT(step_of(host).notes, Contains("backup /backups/x.tar.zst"));
  EXPECT_FALSE(host.state.standing.trouble) << "nothing failed";
}

TEST(Withdrawal, uses_the_executors_record_of_the_run_that_it_undoes) {
  Ladder host;
  host.to_withdrawing().inspected();
  auto const backup = submitted_operation<job::Backup>(host);
  EXPECT_EQ(backup.step.run, "20261122T010000Z-rollback") << "today's configuration is filed under this run";
  EXPECT_EQ(backup.undoes, "20261115T020000Z-abcdef");
  host.backed_up();
  auto const apply = submitted_operation<job::Apply>(host);
  EXPECT_EQ(apply.direction, job::Apply::Direction::Rollback);
  EXPECT_EQ(apply.step, (job::StepId{"20261115T020000Z-abcdef", "dashboard"}));
  EXPECT_EQ(apply.packages.front().version, "5.8.14");
  host.applied();
  EXPECT_EQ(submitted_operation<job::Restore>(host).step.run, "20261115T020000Z-abcdef");
  host.restored();
  EXPECT_EQ(submitted_operation<job::Restart>(host).step.run, "20261115T020000Z-abcdef");
  host.restarted();
  EXPECT_EQ(std::get<phase::GatingBack>(host.state.phase).expectation.version, "5.8.14");
}

TEST(Withdrawal, says_what_it_does_and_which_way) {
  Ladder host;
  host.to_withdrawing();
  EXPECT_THAT(host.message(Said::RunStarted),
              HasSubstr("dashboard 5.8.15 → 5.8.14, back to what stood before run 20261115T020000Z-abcdef (asked for by alice)"));
  EXPECT_THAT(status_line(host.state, host.context()), HasSubstr("ROLLBACK asked for by alice: dashboard 5.8.15 → 5.8.14, reading the host"));
  EXPECT_EQ(public_state(host.state), "running");
  host.inspected();
  EXPECT_THAT(host.message(Said::StepStarted), HasSubstr("dashboard 5.8.15 → 5.8.14"));
  host.backed_up().applied().restored().restarted().healthy();
  EXPECT_THAT(host.message(Said::RolledBack), AllOf(HasSubstr("dashboard is back on 5.8.14 and healthy"), HasSubstr("Why: rolled back by alice")));
  EXPECT_THAT(host.message(Said::RunDone), HasSubstr("is done: dashboard is back on 5.8.14, as alice asked"));
}

TEST(Withdrawal, keeps_the_version_away_longer_than_the_next_window_needs) {
  for (auto const* calendar : {"Sun *-*-* 02:00", "2027-03-01 02:00"}) {
    Ladder host;
    host.to_waiting();
    host.config.windows.windows = {{*Calendar::parse(calendar), utc_zone(), std::chrono::hours{2}}};
    host.package("dashboard").version = "5.8.15";
    host.feed(event::RollBackAsked{"alice", "r1", host.taken_back("dashboard")});
    host.inspected().backed_up().applied().restored().restarted().healthy();
    ASSERT_EQ(host.memory.bad.size(), 1U);
    auto const& bad = host.memory.bad.front();
    EXPECT_EQ(bad.version + ": " + bad.reason, "5.8.15: rolled back by alice");
    EXPECT_GE(bad.until, host.now + std::chrono::hours{24 * 14});
    EXPECT_GE(bad.until, next_openings(host.config.windows, "dashboard", host.now, 1).front().until) << calendar;
    host.refreshed().inspected();
    EXPECT_EQ(plan_of(host.state.phase)->staying.front().reasons.front().gate, Gate::BadVersion);
  }
}

TEST(Withdrawal, is_no_matter_of_windows_holds_and_freezes) {
  Ladder host;
  host.memory.holds = {{"", "bob", host.now, {}, "audit"}};
  host.config.windows.freezes = {{at("00:00"), at("23:00"), "sale"}};
  host.to_withdrawing().inspected().backed_up().applied().restored().restarted().healthy();
  EXPECT_EQ(run_of_history(host).result, RunResult::RolledBack);
  EXPECT_EQ(host.memory.holds.size(), 1U);
}

TEST(Withdrawal, goes_on_after_a_restart_of_the_daemon_wherever_that_was) {
  Ladder host;
  host.to_withdrawing();
  auto const again = [&](auto rung) {
    auto const job = host.job();
    auto const phase = host.phase();
    host.started();
    EXPECT_EQ(host.phase(), phase == "backing-up" ? "undoing" : phase) << "what was not begun is looked at once more";
    if (phase == "backing-up") host.inspected();
    EXPECT_EQ(host.job(), job);
    rung();
  };
  again([&] { host.inspected(); });
  again([&] { host.backed_up(); });
  again([&] { host.applied(); });
  again([&] { host.restored(); });
  again([&] { host.restarted(); });
  again([&] { host.healthy(); });
  EXPECT_EQ(run_of_history(host).result, RunResult::RolledBack);
}

TEST(Withdrawal, asks_and_tells_the_hooks_of_a_run_and_of_a_step_in_its_own_direction) {
  Ladder host;
  host.facts.hooks = {"pre-run.d/10-ask", "pre-step.d/10-drain", "post-step.d/10-undrain", "post-run.d/10-tell"};
  host.to_withdrawing().inspected();
  std::vector<std::string> told;
  auto const note = [&] {
    auto const hook = submitted_operation<job::Hook>(host);
    told.push_back(std::string(name_of(hook.point)) + " " + hook.from + ">" + hook.to + " " + hook.result);
  };
  note();
  host.hooked().inspected();
  note();
  host.hooked().backed_up().applied().restored().restarted().healthy();
  note();
  host.hooked();
  note();
  host.hooked();
  EXPECT_THAT(told, ElementsAre("pre-run > ", "pre-step 5.8.15>5.8.14 ", "post-step 5.8.15>5.8.14 done", "post-run > done"));
  EXPECT_EQ(run_of_history(host).result, RunResult::RolledBack);
}

struct Before {
  std::string name;
  std::function<void(Ladder&)> change;
  std::string says;
};

class WithdrawalThatDoesNotBegin : public testing::TestWithParam<Before> {};

TEST_P(WithdrawalThatDoesNotBegin, changes_nothing_and_leaves_no_trouble) {
  Ladder host;
  host.to_withdrawing();
  GetParam().change(host);
  auto const run = run_of_history(host);
  EXPECT_EQ(run.result, RunResult::Partial);
  EXPECT_THAT(results(host), ElementsAre("dashboard not-done"));
  EXPECT_THAT(run.reason, HasSubstr(GetParam().says));
  EXPECT_THAT(host.message(Said::RunPartial), HasSubstr("Nothing was changed"));
  EXPECT_FALSE(host.state.standing.trouble);
  EXPECT_EQ(host.state.standing.not_before, Instant{}) << "the next window is not put off";
  EXPECT_THAT(host.memory.bad, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Rollback, WithdrawalThatDoesNotBegin,
    testing::Values(
        Before{"unreadable_host", [](Ladder& h) { h.failed(ErrorKind::Internal, "no answer"); }, "the host could not be read: no answer"},
        Before{"other_version", [](Ladder& h) { h.package("dashboard").version = "5.9.0"; h.inspected(); }, "installed is tyk-dashboard 5.9.0"},
        Before{"package_gone", [](Ladder& h) { h.facts.components.front().kept.clear(); h.inspected(); }, "tyk-dashboard 5.8.14 is not kept any more"},
        Before{"half_way", [](Ladder& h) { h.facts.broken_packages = {"nginx (half-configured)"}; h.inspected(); }, "nginx (half-configured)"},
        Before{"veto",
               [](Ladder& h) {
                 h.facts.hooks = {"pre-step.d/10-drain"};
                 h.inspected().failed(ErrorKind::HookFailed, "not now");
               },
               "not now"},
        Before{"no_backup", [](Ladder& h) { h.inspected().failed(ErrorKind::NotFound, "the backup is not kept any more"); }, "not kept any more"},
        Before{"no_room", [](Ladder& h) { h.inspected().failed(ErrorKind::NoSpace, "/var is full"); }, "/var is full"},
        Before{"stopped",
               [](Ladder& h) {
                 h.facts.hooks = {"pre-step.d/10-drain"};
                 h.inspected().feed(event::StopAsked{"bob"}).hooked();
               },
               "asked the run to stop"}),
    [](auto const& tested) { return tested.param.name; });

TEST(Withdrawal, whose_package_change_did_not_begin_stops_with_the_version_that_stands) {
  Ladder host;
  host.to_withdrawing().inspected().backed_up().failed(ErrorKind::NotAllowed, "it is no rollback of that step").inspected();
  EXPECT_EQ(run_of_history(host).result, RunResult::Stopped);
  EXPECT_THAT(host.last.records, Not(IsEmpty()));
  EXPECT_THAT(step_of(host).reason, HasSubstr("putting the old package back failed: it is no rollback of that step"));
  EXPECT_EQ(host.state.standing.trouble->component, "dashboard");
}

TEST(Withdrawal, that_ends_between_the_versions_needs_an_administrator) {
  Ladder host;
  host.to_withdrawing().inspected().backed_up();
  dashboard_is(host, "5.8.14", "half-installed");
  host.failed(ErrorKind::PackageFailed, "dpkg died").inspected().recovered().inspected().inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
  Ladder ill;
  ill.to_withdrawing().inspected().backed_up().applied().restored().restarted().unhealthy("answers 500").inspected();
  EXPECT_EQ(ill.phase(), "needs-admin");
  EXPECT_THAT(ill.state.standing.trouble->text, HasSubstr("is not healthy either: answers 500"));
}

TEST(Withdrawal, of_a_service_that_does_not_run_leaves_it_so) {
  Ladder host;
  host.to_withdrawing().inspected().backed_up().applied().restored().restarted(false);
  EXPECT_EQ(run_of_history(host).result, RunResult::RolledBack);
  EXPECT_THAT(step_of(host).notes, Contains("back on 5.8.14, not running, as before"));
}

// ---- where a component would go back to ----------------------------------------------------------------------------

/// A host on which one run brought the Gateway from 5.8.14 to 5.8.15.
struct Asked {
  Ladder host;
  std::vector<RunRecord> runs;

  Asked() {
    host.to_waiting();
    host.package("gateway").version = "5.8.15";
    add("r1", StepResult::Done, host.taken_back("gateway"));
  }
  void add(std::string const& id, StepResult result, PlanStep const& step) {
    RunRecord run{.id = id, .plan_hash = {}, .steps = {{step, result}}};
    run.steps.front().notes = {"backup /b/" + id + ".tar.zst"};
    runs.insert(runs.begin(), run);
  }
  PlanStep from_to(std::string const& from, std::string const& to) {
    return {"gateway", {{"tyk-gateway", from, "a"}}, {{"tyk-gateway", to, "b"}}, true};
  }
  ComponentFacts& gateway() { return host.facts.components.at(1); }
  Result<WayBack> look(std::string const& component = "gateway") {
    return way_back_of(component, {host.state, runs, &host.facts, host.config});
  }
};

TEST(WayBack, is_that_of_the_run_that_brought_the_version) {
  Asked asked;
  auto const way = asked.look();
  ASSERT_TRUE(way);
  EXPECT_FALSE(way->hindrance) << way->hindrance->message;
  EXPECT_EQ(way->run + " " + way->installed + " " + way->step.from_version() + " " + way->backup, "r1 5.8.15 5.8.14 /b/r1.tar.zst");
  auto const event = may_roll_back(*way, "5.8.14", "alice");
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<event::RollBackAsked>(*event).run, "r1");
  EXPECT_TRUE(may_roll_back(*way, "", "alice")) << "whichever it is";
}

TEST(WayBack, is_another_one_than_was_shown) {
  Asked asked;
  auto const refused = may_roll_back(*asked.look(), "5.8.13", "alice");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::NotFound);
}

TEST(WayBack, goes_on_over_what_was_taken_back_already) {
  Asked asked;
  asked.add("r2", StepResult::Done, asked.from_to("5.8.15", "5.8.16"));
  asked.add("r3", StepResult::RolledBack, asked.from_to("5.8.15", "5.8.16"));
  EXPECT_EQ(asked.look()->run, "r1");
}

TEST(WayBack, is_not_confused_by_steps_that_changed_nothing) {
  Asked asked;
  asked.add("r2", StepResult::NotDone, asked.from_to("5.8.15", "5.8.16"));
  asked.add("r3", StepResult::NeedsAdmin, asked.from_to("5.8.15", "5.8.16"));
  EXPECT_EQ(asked.look()->run, "r1");
}

struct Hindered {
  std::string name;
  std::function<void(Asked&)> change;
  ErrorKind kind;
  std::string says;
};

class WayBackThatIsNone : public testing::TestWithParam<Hindered> {};

TEST_P(WayBackThatIsNone, says_why_and_what_to_do) {
  Asked asked;
  GetParam().change(asked);
  auto const way = asked.look();
  ASSERT_TRUE(way);
  ASSERT_TRUE(way->hindrance);
  EXPECT_EQ(way->hindrance->kind, GetParam().kind);
  EXPECT_THAT(way->hindrance->message, HasSubstr(GetParam().says));
  EXPECT_FALSE(way->remedy.empty());
  auto const refused = may_roll_back(*way, "", "alice");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("gateway does not go back: "), HasSubstr(way->remedy)));
}

INSTANTIATE_TEST_SUITE_P(
    Rollback, WayBackThatIsNone,
    testing::Values(
        Hindered{"no_run", [](Asked& a) { a.runs.clear(); }, ErrorKind::NoWayBack, "no run of tykup on this host brought tyk-gateway 5.8.15"},
        Hindered{"changed_since", [](Asked& a) { a.host.package("gateway").version = "5.8.20"; }, ErrorKind::NoWayBack,
                 "installed is tyk-gateway 5.8.20, and run r1 had left 5.8.15"},
        Hindered{"half_installed", [](Asked& a) { a.host.package("gateway").status = "half-configured"; }, ErrorKind::NoWayBack, "half-configured"},
        Hindered{"not_installed", [](Asked& a) { a.gateway().installed.clear(); }, ErrorKind::NoWayBack, "is not installed"},
        Hindered{"not_kept", [](Asked& a) { a.gateway().kept.clear(); }, ErrorKind::NoWayBack, "tyk-gateway 5.8.14 is not kept on this host"},
        Hindered{"one_way", [](Asked& a) { a.runs.front().steps.front().step.one_way = "5.8.15 migrates the keys"; }, ErrorKind::NoWayBack,
                 "5.8.15 migrates the keys: the old package does not go back over that"},
        Hindered{"run_at_work", [](Asked& a) { a.host.now = at("02:00"); a.host.state.standing.next_refresh = at("12:00"); a.host.feed(event::Ticked{}); },
                 ErrorKind::Busy, "is at work on dashboard"},
        Hindered{"refreshing", [](Asked& a) { a.host.feed(event::CheckAsked{"bob"}); }, ErrorKind::Busy, "tykupd is refreshing"},
        Hindered{"needs_admin",
                 [](Asked& a) {
                   a.host.state.phase = phase::NeedsAdmin{};
                   a.host.state.standing.trouble = Trouble{"r9", "pump", "neither version", "look at it", a.host.now};
                 },
                 ErrorKind::NotAllowed, "pump needs an administrator"}),
    [](auto const& tested) { return tested.param.name; });

TEST(WayBack, of_no_component_is_told_with_the_nearest_name) {
  Asked asked;
  EXPECT_EQ(asked.look("").error().kind, ErrorKind::BadRequest);
  auto const mistyped = asked.look("gatway");
  ASSERT_FALSE(mistyped);
  EXPECT_THAT(mistyped.error().message, HasSubstr("did you mean \"gateway\"?"));
  auto const unread = way_back_of("gateway", {asked.host.state, asked.runs, nullptr, asked.host.config});
  EXPECT_THAT(unread->hindrance->message, HasSubstr("not read yet"));
}

}  // namespace
}  // namespace tykup::test
