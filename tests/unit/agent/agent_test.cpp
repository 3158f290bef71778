#include "daemon/agent/agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/agent/host_with_daemon.hpp"

namespace tykup::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Agent, tells_monitoring_of_the_last_run_also_after_a_restart) {
  HostWithDaemon world;
  EXPECT_THAT(world.metrics.text, testing::Not(HasSubstr("tykup_last_run_result")));
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_THAT(world.metrics.text, HasSubstr("tykup_last_run_result{result=\"done\"} 1\n"));
  world.metrics.text.clear();
  world.start_daemon(world.now());
  ASSERT_TRUE(world.until([&] { return !world.metrics.text.empty(); }));
  EXPECT_THAT(world.metrics.text, HasSubstr("tykup_last_run_result{result=\"done\"} 1\n"));
}

TEST(Agent, sets_its_alarm_anew_after_every_check_while_it_waits) {
  HostWithDaemon world;
  auto const waits = [&] { return world.daemon().state() == "waiting"; };
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(world.until(waits));
    ASSERT_TRUE(world.daemon().check({0, "root"}));
    world.life->loop.restart();
    world.life->loop.poll();
  }
  EXPECT_EQ(world.life->clock.sleepers(), 1U);
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
}

TEST(Agent, upgrades_the_host_in_order_when_the_window_opens) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_THAT(world.host.done, ElementsAre("download db", "download web", "apply db 1.1.0", "restart db",
                                           "apply web 1.1.0", "restart web"));
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
  EXPECT_GE(world.now(), kSundayOne + std::chrono::hours{1});
}

TEST(Agent, says_of_a_job_without_progress_that_it_is_slow_and_again_after_twice_the_time) {
  HostWithDaemon world;
  world.host.deaf = true;
  auto const reports = [&] {
    auto const names = world.announcer.names();
    return std::count(names.begin(), names.end(), "job-slow");
  };
  ASSERT_TRUE(world.until([&] { return reports() == 1; }));
  EXPECT_GE(world.now(), kSundayOne + std::chrono::minutes{10});
  EXPECT_LT(world.now(), kSundayOne + std::chrono::minutes{11});
  EXPECT_THAT(world.announcer.status_line, HasSubstr("SLOW: refresh has been at work for 10min; nothing is killed"));
  ASSERT_TRUE(world.until([&] { return reports() == 2; }));
  EXPECT_GE(world.now(), kSundayOne + std::chrono::minutes{20});
  EXPECT_LT(world.now(), kSundayOne + std::chrono::minutes{21});
}

TEST(Agent, makes_room_for_a_successor_that_takes_the_job_up_again) {
  HostWithDaemon world;
  world.host.failing["apply"] = {ErrorKind::OtherVersion, "the executor speaks protocol 2"};
  unsigned told = 0;
  world.daemon().on_other_version([&](Error const&) { return ++told != 0; });
  ASSERT_TRUE(world.until([&] { return told == 1; }));
  EXPECT_EQ(rollout::name_of(world.store.saved.state->phase), "applying");
  EXPECT_EQ(world.store.saved.state->standing.hindrance, "");
  world.host.failing.clear();
  world.host.outcomes.clear();
  world.start_daemon(world.now());
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.size(), 1U);
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
}

TEST(Agent, waits_where_no_successor_is_there_and_goes_on_when_both_are_of_one_version) {
  HostWithDaemon world;
  world.host.failing["apply"] = {ErrorKind::OtherVersion, "the executor speaks protocol 2"};
  ASSERT_TRUE(world.until([&] { return world.announcer.status_line.find("speaks protocol 2") != std::string::npos; }));
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Running);
  world.host.failing.clear();
  world.host.outcomes.clear();
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
}

TEST(Agent, saves_before_it_acts) {
  HostWithDaemon world;
  std::vector<std::size_t> done_at_commit;
  world.store.after_commit = [&] {
    auto const* run = rollout::run_of(world.store.saved.state->phase);
    if (run != nullptr && std::holds_alternative<rollout::phase::Applying>(world.store.saved.state->phase))
      done_at_commit.push_back(world.host.done.size());
  };
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_THAT(done_at_commit, ElementsAre(2U, 4U)) << "the apply must not be under way when its phase is saved";
}

TEST(Agent, does_nothing_that_it_could_not_save_and_goes_on_when_it_can) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return world.store.commits >= 3; }));
  world.store.fail_next = 5;
  auto const done = world.host.done.size();
  ASSERT_TRUE(world.until([&] { return world.store.fail_next == 4; }));
  EXPECT_EQ(world.host.done.size(), done);
  EXPECT_THAT(world.announcer.status_line, HasSubstr("the disk is full"));
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
}

TEST(Agent, rolls_back_a_version_that_never_becomes_healthy_and_leaves_the_rest) {
  HostWithDaemon world;
  world.host.services["db"].sick = {"1.1.0"};
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.host.services["db"].running, "1.0.0");
  EXPECT_EQ(world.host.services["web"].installed, "1.0.0");
  EXPECT_EQ(world.daemon().state(), "stopped");
  EXPECT_THAT(world.announcer.names(), Contains("rolled-back"));
}

TEST(Agent, keeps_the_watchdog_on_only_while_a_run_is_at_work) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return world.store.commits >= 3; }));
  EXPECT_FALSE(world.announcer.watchdog_on);
  ASSERT_TRUE(world.until([&] { return !world.store.runs.empty(); }));
  EXPECT_TRUE(world.announcer.watchdog_on);
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_FALSE(world.announcer.watchdog_on);
}

TEST(Agent, sleeps_on_one_timer_when_idle) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until_a_run_ended());
  ASSERT_TRUE(world.until([&] { return world.daemon().state() == "idle"; }));
  for (int i = 0; i < 50; ++i) world.until([&, now = world.now()] { return world.now() > now && world.daemon().state() == "idle"; });
  EXPECT_EQ(world.life->clock.sleepers(), 1U);
}

TEST(Agent, keeps_the_last_good_configuration_and_says_so) {
  HostWithDaemon world;
  world.daemon().reject_config({ErrorKind::BadConfig, "/etc/tykup/tykup.toml:3:1: unknown key \"trak\""});
  EXPECT_THAT(world.daemon().status_text(), HasSubstr("tykup.toml:3:1"));
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
}

TEST(Agent, answers_the_bus_with_json_of_the_documented_schema) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return world.daemon().state() == "waiting"; }));
  auto const status = nlohmann::json::parse(world.daemon().status_json());
  EXPECT_EQ(status.at("schema"), 1);
  EXPECT_EQ(status.at("state"), "waiting");
  EXPECT_EQ(status.at("components").at(0).at("installed"), "1.0.0");
  EXPECT_EQ(status.at("components").at(0).at("target"), "1.1.0");
  EXPECT_EQ(status.at("components").at(0).at("reasons").at(0).at("gate"), "window");
  EXPECT_EQ(status.at("window").at("seconds_to_open").get<int>(), 3600 - (world.now() - kSundayOne) / std::chrono::seconds{1});
}

TEST(Agent, refuses_hostile_questions) {
  HostWithDaemon world;
  EXPECT_EQ(world.daemon().history_json(0, "").error().kind, ErrorKind::BadRequest);
  EXPECT_EQ(world.daemon().history_json(1001, "").error().kind, ErrorKind::BadRequest);
  EXPECT_EQ(world.daemon().history_json(10, "no-such-run").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(world.daemon().stop({0, "root"}).error().kind, ErrorKind::NotFound);
  EXPECT_FALSE(world.daemon().run({0, "root"}, "no such plan", {}));
}

/// The daemon dies after each commit of a whole run, in turn; the one that follows finds what the executor has done.
class DaemonDiesAfterCommit : public testing::TestWithParam<unsigned> {};

TEST_P(DaemonDiesAfterCommit, the_run_is_finished_and_nothing_is_installed_twice) {
  HostWithDaemon world;
  world.store.after_commit = [&] { world.host.deaf = world.store.commits == GetParam(); };
  ASSERT_TRUE(world.until([&] { return world.store.commits >= GetParam(); }));
  world.life->loop.restart();
  world.life->loop.poll();
  world.host.deaf = false;
  world.store.after_commit = [] {};
  world.start_daemon(world.now());
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.size(), 1U);
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
  EXPECT_EQ(std::count(world.host.done.begin(), world.host.done.end(), "apply db 1.1.0"), 1);
  EXPECT_EQ(std::count(world.host.done.begin(), world.host.done.end(), "apply web 1.1.0"), 1);
}

INSTANTIATE_TEST_SUITE_P(Agent, DaemonDiesAfterCommit, testing::Range(1U, 18U));

/// The same for a run whose second component fails and takes the first one back with it.
class DaemonDiesOnTheWayBack : public testing::TestWithParam<unsigned> {};

TEST_P(DaemonDiesOnTheWayBack, the_run_goes_back_whole_and_nothing_goes_back_twice) {
  HostWithDaemon world;
  world.on_failure = OnFailure::RollbackRun;
  world.host.services["web"].sick = {"1.1.0"};
  world.start_daemon(kSundayOne);
  world.store.after_commit = [&] { world.host.deaf = world.store.commits == GetParam(); };
  ASSERT_TRUE(world.until([&] { return world.store.commits >= GetParam(); }));
  world.life->loop.restart();
  world.life->loop.poll();
  world.host.deaf = false;
  world.store.after_commit = [] {};
  world.start_daemon(world.now());
  ASSERT_TRUE(world.until_a_run_ended());
  auto const& run = world.store.runs.back();
  EXPECT_EQ(world.store.runs.size(), 1U);
  EXPECT_EQ(run.result, rollout::RunResult::Stopped);
  for (auto const& step : run.steps) EXPECT_EQ(step.result, rollout::StepResult::RolledBack) << step.step.component;
  for (auto const* job : {"apply db 1.1.0", "apply web 1.1.0", "apply web 1.0.0", "apply db 1.0.0"})
    EXPECT_EQ(std::count(world.host.done.begin(), world.host.done.end(), job), 1) << job;
  ASSERT_EQ(world.store.saved.memory.bad.size(), 1U);
  EXPECT_EQ(world.store.saved.memory.bad.front().component, "web");
}

INSTANTIATE_TEST_SUITE_P(Agent, DaemonDiesOnTheWayBack, testing::Range(1U, 27U));

/// A host that is well neither way.
struct HostBeyondHelp : HostWithDaemon {
  HostBeyondHelp() {
    host.services["db"].sick = {"1.1.0"};
    store.after_commit = [this] {
      if (std::holds_alternative<rollout::phase::RollingBack>(store.saved.state->phase)) host.services["db"].sick.insert("1.0.0");
    };
    EXPECT_TRUE(until_a_run_ended());
  }
};

TEST(Agent, leaves_a_host_that_needs_an_administrator_alone_over_restarts_and_says_what_a_check_finds) {
  HostBeyondHelp world;
  EXPECT_EQ(world.daemon().state(), "needs-admin");
  EXPECT_THAT(world.announcer.status_line, HasSubstr("`tykup check`"));
  auto const done = world.host.done.size();
  world.start_daemon(world.now() + std::chrono::hours{3});
  EXPECT_FALSE(world.until([&] { return world.daemon().state() != "needs-admin"; })) << "nobody has said that it was put right";
  world.host.services["db"].sick = {"1.1.0"};
  ASSERT_TRUE(world.daemon().check({0, "root"}));
  ASSERT_TRUE(world.until([&] { return world.daemon().state() == "idle"; }));
  EXPECT_EQ(world.host.done.size(), done);
  auto const& said = world.announcer.announced;
  auto const cleared = std::ranges::find(said, rollout::Said::TroubleCleared, &rollout::Announcement::said);
  ASSERT_NE(cleared, said.end());
  EXPECT_THAT(cleared->message, HasSubstr("db is at db-package 1.0.0, the old version, and healthy"));
}

TEST(Agent, that_dies_while_it_checks_still_needs_an_administrator_until_the_check_is_over) {
  for (bool const proving : {false, true}) {
    HostBeyondHelp world;
    world.store.after_commit = [&] {
      auto const& phase = world.store.saved.state->phase;
      world.host.deaf = proving ? std::holds_alternative<rollout::phase::Proving>(phase) : std::holds_alternative<rollout::phase::Checking>(phase);
    };
    ASSERT_TRUE(world.daemon().check({0, "root"}));
    ASSERT_TRUE(world.until([&] { return world.host.deaf; }));
    world.host.deaf = false;
    world.store.after_commit = [] {};
    world.start_daemon(world.now());
    EXPECT_TRUE(world.store.saved.state->standing.trouble);
    ASSERT_TRUE(world.until([&] { return !world.store.saved.state->standing.trouble; }));
    EXPECT_THAT(world.announcer.names(), Contains("trouble-cleared").Times(1));
  }
}

// ---- what operators say -------------------------------------------------------------------------------------------

bool waits(HostWithDaemon& world) { return world.daemon().state() == "waiting"; }

nlohmann::json status_of(HostWithDaemon& world) { return nlohmann::json::parse(world.daemon().status_json()); }

TEST(Agent, keeps_a_hold_before_it_answers_and_over_a_restart) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return waits(world); }));
  ASSERT_TRUE(world.daemon().tell({1000, "alice"}, word::Hold{"web", {}, "the audit"}));
  ASSERT_EQ(world.store.saved.memory.holds.size(), 1U);
  world.start_daemon(world.now());
  auto const held = status_of(world)["holds"];
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0]["by"], "alice");
  EXPECT_EQ(held[0]["reason"], "the audit");
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_THAT(world.host.done, testing::Not(Contains("apply web 1.1.0")));
  EXPECT_THAT(world.host.done, Contains("apply db 1.1.0"));
}

TEST(Agent, does_not_say_that_a_hold_is_kept_that_could_not_be_saved) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return waits(world); }));
  world.store.fail_next = 1;
  auto const kept = world.daemon().tell({0, "root"}, word::Hold{"web"});
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().message, HasSubstr("not in force yet"));
  ASSERT_TRUE(world.until([&] { return !world.store.saved.memory.holds.empty(); }));
}

TEST(Agent, refuses_a_word_that_makes_no_sense_and_keeps_nothing) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return waits(world); }));
  auto const commits = world.store.commits;
  EXPECT_FALSE(world.daemon().tell({0, "root"}, word::Hold{"wbe"}));
  EXPECT_FALSE(world.daemon().tell({0, "root"}, word::Release{}));
  EXPECT_FALSE(world.daemon().tell({0, "root"}, word::Approve{"0123456789"}));
  EXPECT_EQ(world.store.commits, commits);
}

// ---- the clock ----------------------------------------------------------------------------------------------------

TEST(Agent, begins_nothing_by_a_clock_that_is_not_synchronised_until_it_is) {
  HostWithDaemon world;
  world.host.synchronised = false;
  world.start_daemon(kSundayOne + std::chrono::minutes{58});
  ASSERT_TRUE(world.until([&] { return waits(world) && world.now() > kSundayOne + std::chrono::minutes{61}; }));
  EXPECT_THAT(world.announcer.status_line, HasSubstr("the clock is not synchronised yet"));
  EXPECT_TRUE(world.store.runs.empty());
  world.host.synchronised = true;
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_LT(world.now(), kSundayOne + std::chrono::minutes{66});
  EXPECT_THAT(world.announcer.names(), testing::Not(Contains("clock-unsynchronised")));
}

TEST(Agent, goes_by_a_clock_that_nobody_synchronises_after_a_while_and_says_so) {
  HostWithDaemon world;
  world.host.synchronised = false;
  world.start_daemon(kSundayOne + std::chrono::minutes{58});
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_GE(world.store.runs.back().started, kSundayOne + std::chrono::minutes{68});
  EXPECT_THAT(world.announcer.names(), Contains("clock-unsynchronised"));
}

TEST(Agent, does_not_begin_because_the_clock_was_set_ahead_into_a_window) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return waits(world); }));
  world.life->clock.jump(kSundayOne + std::chrono::minutes{90});
  ASSERT_TRUE(world.until([&] { return world.now() > kSundayOne + std::chrono::minutes{150}; }));
  EXPECT_TRUE(world.store.runs.empty());
  EXPECT_THAT(world.announcer.names(), Contains("window-missed"));
}

TEST(Agent, that_is_started_anew_in_a_window_that_it_watched_has_missed_nothing) {
  HostWithDaemon world;
  ASSERT_TRUE(world.until([&] { return waits(world); }));
  ASSERT_TRUE(world.daemon().tell({0, "root"}, word::Hold{"", kSundayOne + std::chrono::minutes{90}, ""}));
  ASSERT_TRUE(world.until([&] { return world.now() >= kSundayOne + std::chrono::minutes{60}; }));
  world.life->loop.restart();
  world.life->loop.poll();
  world.start_daemon(kSundayOne + std::chrono::minutes{80});
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Done);
  EXPECT_LT(world.now(), kSundayOne + std::chrono::minutes{100});
}

}  // namespace
}  // namespace tykup::test
