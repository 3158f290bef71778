#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using job::Hook;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The hook that is asked for now.
Hook const& asked(Ladder const& host) {
  for (auto const& command : host.last.commands)
    if (auto const* submit = std::get_if<command::Submit>(&command))
      if (auto const* hook = std::get_if<Hook>(&submit->request.operation)) return *hook;
  throw std::out_of_range("no hook is asked for in " + host.phase());
}

std::string told(Ladder const& host) {
  auto const& hook = asked(host);
  return std::string(name_of(hook.point)) + " " + hook.step.component + " " + hook.result;
}

RunRecord const& last_run(Ladder const& host, RunRecord& into) {
  into = host.history().back();
  return into;
}

TEST(Hooks, a_host_without_any_is_asked_nothing) {
  Ladder host;
  host.to_preflight().finish_step().finish_step().finish_step();
  RunRecord run;
  EXPECT_EQ(last_run(host, run).result, RunResult::Done);
  EXPECT_EQ(host.phase(), "inspecting");
}

TEST(Hooks, a_run_is_asked_for_before_its_first_step_and_the_host_is_read_again_then) {
  Ladder host;
  host.to_asking_hooks();
  EXPECT_EQ(told(host), "pre-run  ");
  auto const before = host.history().size();
  host.hooked();
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_THAT(host.job(), HasSubstr("preflight-asked")) << "another job than the first look, whose answer is on record";
  EXPECT_EQ(host.history().size(), before);
}

TEST(Hooks, come_after_the_health_before_the_step_and_before_its_backup) {
  Ladder host;
  host.to_asking_hooks().hooked().inspected();
  EXPECT_EQ(host.phase(), "baseline");
  host.healthy();
  EXPECT_EQ(host.phase(), "asking-hooks");
  auto const& hook = asked(host);
  EXPECT_EQ(hook.point, Hook::Point::PreStep);
  EXPECT_EQ(hook.step.component, "dashboard");
  EXPECT_EQ(hook.from, "5.8.14");
  EXPECT_EQ(hook.to, "5.8.15");
  host.hooked();
  EXPECT_EQ(host.phase(), "backing-up");
}

TEST(Hooks, are_told_of_each_step_and_of_the_run_in_the_end) {
  Ladder host;
  host.to_telling_hooks();
  EXPECT_EQ(told(host), "post-step dashboard done");
  host.hooked();
  EXPECT_EQ(host.phase(), "preflight");
  EXPECT_EQ(host.component(), "gateway");
  auto const rest = [&] { host.inspected().healthy().hooked().backed_up().applied().restarted().healthy(); };
  rest();
  EXPECT_EQ(told(host), "post-step gateway done");
  host.hooked();
  rest();
  EXPECT_EQ(told(host), "post-step pump done");
  host.hooked();
  EXPECT_EQ(told(host), "post-run  done");
  host.hooked();
  RunRecord run;
  EXPECT_EQ(last_run(host, run).result, RunResult::Done);
}

struct Veto {
  char const* name;
  Ladder& (*climb)(Ladder&);
  char const* then;  ///< what is told afterwards
};
class Vetoes : public testing::TestWithParam<Veto> {};

TEST_P(Vetoes, keep_the_component_and_are_asked_again_without_a_bad_mark) {
  Ladder host;
  GetParam().climb(host).failed(ErrorKind::HookFailed, "hook /etc/tykup/hooks/x said no");
  EXPECT_THAT(host.said(), Contains("hook-failed"));
  EXPECT_THAT(host.said(), Contains("step-not-done"));
  while (host.phase() == "telling-hooks") {
    EXPECT_THAT(GetParam().then, HasSubstr(told(host)));
    host.hooked();
  }
  RunRecord run;
  EXPECT_EQ(last_run(host, run).result, RunResult::Partial);
  EXPECT_EQ(run.steps.front().result, StepResult::NotDone);
  EXPECT_THAT(run.steps.front().reason, HasSubstr("said no"));
  EXPECT_THAT(host.memory.bad, IsEmpty());
  EXPECT_FALSE(host.state.standing.trouble);
  host.inspected();
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("hook: put off: hook /etc/tykup/hooks/x said no")));
  host.now += std::chrono::minutes{5};
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "preflight") << "it is asked again";
}

INSTANTIATE_TEST_SUITE_P(
    table, Vetoes,
    testing::Values(Veto{"of_the_run", [](Ladder& h) -> Ladder& { return h.to_asking_hooks(); }, "post-run  partial"},
                    Veto{"of_the_step", [](Ladder& h) -> Ladder& { return h.to_asking_hooks().hooked().inspected().healthy(); },
                         "post-step dashboard not-done, post-run  partial"}),
    [](auto const& made) { return std::string(made.param.name); });

TEST(Hooks, that_veto_again_and_again_are_asked_less_and_less_often) {
  Ladder host;
  host.to_asking_hooks();
  host.facts.hooks = {"pre-run.d/10-ask"};
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 6; ++i) {
    host.failed(ErrorKind::HookFailed, "no");
    if (host.phase() == "telling-hooks") host.hooked();
    pauses.push_back(std::chrono::duration_cast<std::chrono::minutes>(host.state.standing.not_before - host.now).count());
    host.inspected();
    host.config.windows.windows = {{*Calendar::parse("*-*-* *:*:00"), utc_zone(), std::chrono::minutes{90}}};
    host.now = host.state.standing.not_before;
    host.state.standing.next_refresh = host.now + std::chrono::hours{1};
    host.feed(event::Ticked{});
    ASSERT_EQ(host.phase(), "preflight") << i;
    host.inspected();
    ASSERT_EQ(host.phase(), "asking-hooks") << i;
  }
  EXPECT_THAT(pauses, ElementsAre(5, 10, 20, 40, 60, 60));
}

TEST(Hooks, that_let_the_step_through_end_the_count_of_vetoes) {
  Ladder host;
  host.to_asking_hooks();
  host.state.standing.vetoes = 4;
  host.state.standing.put_off = "no";
  host.hooked().inspected().healthy().hooked().backed_up();
  EXPECT_EQ(host.phase(), "applying");
  EXPECT_EQ(host.state.standing.vetoes, 0U);
  EXPECT_THAT(host.state.standing.put_off, IsEmpty());
}

TEST(Hooks, after_which_the_window_is_over_keep_the_component) {
  Ladder host;
  host.to_asking_hooks().hooked().inspected().healthy();
  host.now = at("03:59");
  host.hooked();
  EXPECT_EQ(told(host), "post-step dashboard not-done") << "what was drained is told so";
}

TEST(Hooks, a_freeze_that_begins_while_they_run_keeps_the_component) {
  Ladder host;
  host.to_asking_hooks();
  host.config.windows.freezes.push_back({at("02:00"), at("12:00"), "audit"});
  host.hooked();
  EXPECT_THAT(host.said(), Contains("step-not-done"));
}

TEST(Hooks, cut_off_before_the_change_are_loud_and_change_nothing) {
  Ladder host;
  host.to_asking_hooks().failed(ErrorKind::Interrupted, "job x ended without an outcome");
  bool loud = false;
  for (auto const& command : host.last.commands)
    if (auto const* announce = std::get_if<command::Announce>(&command))
      loud = loud || (announce->announcement.said == Said::HookFailed && announce->announcement.priority == Priority::Error);
  EXPECT_TRUE(loud);
  host.hooked().inspected();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Hooks, cut_off_after_the_change_are_run_again_and_fail_the_third_time) {
  Ladder host;
  host.to_telling_hooks();
  auto const first = host.job();
  host.failed(ErrorKind::Interrupted, "killed");
  EXPECT_EQ(host.phase(), "telling-hooks");
  EXPECT_EQ(host.job(), first + ".2");
  host.failed(ErrorKind::Interrupted, "killed");
  EXPECT_EQ(host.job(), first + ".3");
  host.failed(ErrorKind::Interrupted, "killed");
  EXPECT_EQ(told(host), "post-run  stopped");
}

TEST(Hooks, put_off_by_a_shutdown_are_asked_for_again_under_the_same_name) {
  Ladder host;
  host.to_asking_hooks();
  auto const first = host.job();
  host.failed(ErrorKind::Stopping, "the host stops").feed(event::Ticked{});
  EXPECT_EQ(host.job(), first);
  EXPECT_EQ(host.submitted(), "hook");
}

TEST(Hooks, that_fail_after_a_step_stop_the_run_and_the_step_stays_done) {
  Ladder host;
  host.to_telling_hooks().failed(ErrorKind::HookFailed, "hook post-step.d/10-undrain ended with exit status 1");
  EXPECT_THAT(host.said(), Contains("hook-failed"));
  EXPECT_EQ(told(host), "post-run  stopped");
  host.hooked();
  RunRecord run;
  last_run(host, run);
  EXPECT_EQ(run.result, RunResult::Stopped);
  EXPECT_EQ(run.steps[0].result, StepResult::Done);
  EXPECT_THAT(run.steps[0].notes, Contains(HasSubstr("10-undrain")));
  EXPECT_EQ(run.steps[1].result, StepResult::Pending);
  EXPECT_THAT(host.memory.bad, IsEmpty());
  ASSERT_TRUE(host.state.standing.trouble);
  EXPECT_THAT(host.state.standing.trouble->text, HasSubstr("10-undrain"));
}

TEST(Hooks, are_told_of_a_rollback) {
  Ladder host;
  host.to_asking_hooks().hooked().inspected().healthy().hooked().backed_up().applied().restarted().unhealthy("ill");
  host.applied().restored().restarted().healthy();
  EXPECT_EQ(told(host), "post-step dashboard rolled-back");
  host.failed(ErrorKind::HookFailed, "no undrain").hooked();
  RunRecord run;
  EXPECT_EQ(last_run(host, run).steps[0].result, StepResult::RolledBack);
  EXPECT_THAT(run.reason, testing::AllOf(HasSubstr("rolled back: ill"), HasSubstr("no undrain")));
}

TEST(Hooks, are_not_run_where_an_administrator_is_needed) {
  Ladder host;
  host.to_asking_hooks().hooked().inspected().healthy().hooked().backed_up().applied().restarted().unhealthy("ill");
  host.applied().restored().restarted().unhealthy("ill, too").inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
  RunRecord run;
  EXPECT_THAT(last_run(host, run).steps[0].notes, Contains(HasSubstr("hooks after the step are not run")));
}

TEST(Hooks, of_which_one_may_not_be_run_keep_a_run_from_beginning) {
  Ladder host;
  host.facts.hook_problems = {"/etc/tykup/hooks/pre-run.d/x can be written by others than root"};
  host.to_waiting();
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{});
  EXPECT_EQ(host.phase(), "inspecting") << "the host is looked at again";
  host.inspected();
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("pre-run.d/x can be written by others")));
  host.facts.hook_problems.clear();
  host.now += std::chrono::minutes{5};
  host.feed(event::Ticked{});
  host.inspected();
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(Room, that_is_missing_keeps_a_run_from_beginning_and_it_begins_by_itself_when_it_is_there) {
  Ladder host;
  host.facts.file_systems = {{"/var", 1 << 20, {}}};
  host.facts.folders = {{"backups", "/var"}};
  host.to_waiting();
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{}).inspected();
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("room: the file system /var has 1.0 MiB free")));
  host.facts.file_systems.front().bytes = std::uint64_t{1} << 30;
  host.now += std::chrono::minutes{5};
  host.feed(event::Ticked{}).inspected();
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(Room, that_ran_out_before_anything_changed_puts_the_run_off) {
  for (auto const& climb : {&Ladder::to_backing_up, &Ladder::to_applying}) {
    Ladder host;
    (host.*climb)().failed(ErrorKind::NoSpace, "the file system /opt has 1.0 MiB free").inspected();
    EXPECT_FALSE(host.state.standing.trouble);
    EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("/opt has 1.0 MiB free")));
    host.now += std::chrono::minutes{5};
    host.feed(event::Ticked{});
    EXPECT_EQ(host.phase(), "preflight");
  }
}

TEST(Reboot, that_is_asked_for_waits_for_a_word_and_a_shutdown_for_itself) {
  Ladder host;
  host.facts.reboots = {{"linux-image-6.1.0-18-amd64", {}}};
  host.to_waiting();
  auto const* plan = plan_of(host.state.phase);
  EXPECT_TRUE(may_run(host.state, plan->hash, false, host.context())) << "the operator may";
  host.state.standing.obstacles = {{Gate::Shutdown, "shutdown -r at 02:10", ""}};
  EXPECT_FALSE(may_run(host.state, plan->hash, false, host.context()));
}

}  // namespace
}  // namespace tykup::test
