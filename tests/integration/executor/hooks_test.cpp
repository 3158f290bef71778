#include "pkg/executor/hooks.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "pkg/executor/operations.hpp"
#include "tests/integration/executor/scratch.hpp"

namespace tykup::executor {
namespace {

using namespace std::chrono_literals;
using Point = job::Hook::Point;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char const* kFolder = "/etc/tykup/hooks/";

struct Hooks : GatewayHost {
  void hook(std::string const& name, std::string const& script, unsigned mode = 0755) const {
    write(kFolder + name, "#!/bin/sh\n" + script + "\n", mode);
  }
  /// A file that the hooks write to, with its path in the host's own terms.
  [[nodiscard]] std::string log() const { return paths.root + "/log"; }
  Result<job::Hooked> run(Point point = Point::PreStep, std::string result = {}) {
    return run_hooks(context(), {step, point, "5.8.14", "5.8.15", std::move(result)});
  }
  Error refused(Point point = Point::PreStep) {
    auto const done = run(point);
    return done ? Error{ErrorKind::Internal, "it went through"} : done.error();
  }
};

/// Whether a process with that number is there and no zombie.
bool alive(std::string const& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string number, name, state;
  return (stat >> number >> name >> state) && state != "Z";
}

TEST_F(Hooks, none_are_nothing_to_run) {
  auto const done = run();
  ASSERT_TRUE(done);
  EXPECT_THAT(done->ran, IsEmpty());
}

TEST_F(Hooks, run_in_the_order_of_their_names) {
  for (auto const* name : {"20-second", "10-first", "a", "B"}) hook(std::string("pre-step.d/") + name, "echo " + std::string(name) + " >> " + log());
  hook("post-step.d/10-other", "echo other >> " + log());
  auto const done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(done->ran, ElementsAre("pre-step.d/10-first", "pre-step.d/20-second", "pre-step.d/B", "pre-step.d/a"));
  EXPECT_EQ(read("/log"), "10-first\n20-second\nB\na\n");
}

TEST_F(Hooks, get_an_environment_of_exactly_what_the_manual_says) {
  setenv("TYKUP_TEST_LEAK", "yes", 1);
  hook("post-step.d/env", "/usr/bin/env > " + log() + "; readlink /proc/self/fd/0 >> " + log() + "; pwd >> " + log());
  ASSERT_TRUE(run(Point::PostStep, "rolled-back"));
  auto const text = read("/log");
  for (auto const* line : {"TYKUP_POINT=post-step\n", "TYKUP_RUN=run-1\n", "TYKUP_COMPONENT=gateway\n", "TYKUP_FROM=5.8.14\n",
                           "TYKUP_TO=5.8.15\n", "TYKUP_UNIT=tyk-gateway.service\n", "TYKUP_RESULT=rolled-back\n", "HOME=/root\n",
                           "LANG=C.UTF-8\n", "PATH=/usr/local/sbin:", "/dev/null\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, Not(HasSubstr("LEAK")));
}

TEST_F(Hooks, of_a_fleet_are_told_of_which_place) {
  hook("gate.d/errors", "/usr/bin/env > " + log());
  hook("promote.d/switch", "/usr/bin/env >> " + log());
  hook("gate.d/other", "exit 1");
  job::Hook gate{step, Point::Gate, "5.8.14", "5.8.15"};
  gate.fleet = {"eu-1", "canary", "stage", "errors", 5s};
  auto const asked = run_hooks(context(), gate);
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_THAT(asked->ran, ElementsAre("gate.d/errors")) << "no other one of its folder";
  for (auto const* line : {"TYKUP_POINT=gate\n", "TYKUP_DATACENTER=eu-1\n", "TYKUP_GROUP=canary\n", "TYKUP_AFTER=stage\n", "TYKUP_TO=5.8.15\n"})
    EXPECT_THAT(read("/log"), HasSubstr(line));
  job::Hook promote{step, Point::Promote, "5.8.14", "5.8.15"};
  promote.fleet = {"eu-1", "blue", {}, {}, 5s};
  ASSERT_TRUE(run_hooks(context(), promote));
  EXPECT_THAT(read("/log"), AllOf(HasSubstr("TYKUP_POINT=promote\n"), HasSubstr("TYKUP_GROUP=blue\n")));
}

TEST_F(Hooks, of_a_fleet_that_are_not_there_or_take_too_long_say_what_to_mend) {
  job::Hook gate{step, Point::Gate};
  gate.fleet = {"eu-1", {}, "first", "errors", 200ms};
  auto const missing = run_hooks(context(), gate);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::HookFailed);
  EXPECT_THAT(missing.error().message, HasSubstr("/etc/tykup/hooks/gate.d/errors is not there"));
  hook("gate.d/errors", "sleep 600");
  auto const slow = run_hooks(context(), gate);
  ASSERT_FALSE(slow);
  EXPECT_THAT(slow.error().message, HasSubstr("([hooks] gate in the fleet's policy)"));
}

TEST_F(Hooks, inherit_neither_the_connection_nor_the_lock) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0) << "on purpose without close-on-exec";
  hook("pre-step.d/fds", "ls -l /proc/$$/fd | grep -c socket: > " + log() + "; true");
  ASSERT_TRUE(run());
  EXPECT_EQ(read("/log"), "0\n");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(Hooks, of_which_one_says_no_end_there_and_say_what_it_said) {
  hook("pre-step.d/10-ok", "echo one >> " + log());
  hook("pre-step.d/20-no", "echo looking; echo 'there are 3 sessions open' >&2; exit 7");
  hook("pre-step.d/30-never", "echo three >> " + log());
  auto const why = refused();
  EXPECT_EQ(why.kind, ErrorKind::HookFailed);
  EXPECT_EQ(why.message, "hook /etc/tykup/hooks/pre-step.d/20-no ended with exit status 7: there are 3 sessions open");
  EXPECT_EQ(why.detail, "looking\nthere are 3 sessions open");
  EXPECT_EQ(read("/log"), "one\n");
}

TEST_F(Hooks, that_die_of_a_signal_say_which) {
  hook("pre-step.d/dies", "kill -SEGV $$");
  EXPECT_THAT(refused().message, HasSubstr("signal 11 (SIGSEGV)"));
}

TEST_F(Hooks, that_no_interpreter_runs_say_so) {
  write(std::string(kFolder) + "pre-step.d/odd", "no interpreter", 0755);
  EXPECT_THAT(refused().message, AllOf(HasSubstr("pre-step.d/odd could not be started"), HasSubstr("#!/bin/sh")));
}

TEST_F(Hooks, end_at_their_limit_with_all_that_they_started) {
  config.hooks.limit = 300ms;
  hook("pre-step.d/slow", "trap '' TERM; sleep 600 & echo $! > " + log() + "; echo waiting; wait; wait");
  auto const begun = std::chrono::steady_clock::now();
  auto const why = refused();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
  EXPECT_THAT(why.message, AllOf(HasSubstr("was not done within its limit"), HasSubstr(": waiting")));
  auto const pid = read("/log");
  EXPECT_FALSE(alive(pid.substr(0, pid.find('\n'))));
}

TEST_F(Hooks, that_leave_something_behind_leave_nothing_behind) {
  hook("pre-step.d/daemon", "setsid sh -c 'echo $$ > " + log() + ".new; mv " + log() + ".new " + log() + "; exec sleep 600' > /dev/null 2>&1 &\n"
                            "while [ ! -e " + log() + " ]; do sleep 0.01; done");
  auto const done = run();
  ASSERT_TRUE(done) << done.error().message;
  auto const pid = read("/log");
  EXPECT_FALSE(alive(pid.substr(0, pid.find('\n'))));
}

TEST_F(Hooks, that_leave_their_output_open_do_not_hold_the_run_up) {
  hook("pre-step.d/daemon", "sleep 600 &");
  auto const begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(run());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
}

TEST_F(Hooks, end_when_the_host_stops_and_are_no_failure) {
  hook("pre-step.d/slow", "touch " + log() + "; sleep 600");
  auto stopping = context();
  stopping.told_to_stop = [this] { return std::filesystem::exists(log()); };
  auto const done = run_hooks(stopping, {step, Point::PreStep});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::Stopping);
}

TEST_F(Hooks, for_a_shared_database_must_be_there) {
  EXPECT_THAT(refused(Point::Backup).message, HasSubstr("backup.d holds no hook"));
  hook("backup.d/dump", "exit 0");
  EXPECT_TRUE(run(Point::Backup));
}

TEST_F(Hooks, are_of_configured_components_only) {
  auto const done = run_hooks(context(), {{"run-1", "nginx"}, Point::PreStep});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::NotAllowed);
}

TEST_F(Hooks, are_an_operation_of_the_executor_and_seen_by_inspect) {
  hook("pre-run.d/10-ask", "exit 0");
  hook("post-run.d/10-tell", "exit 0");
  hook("pre-step.d/bad.sh", "exit 0");
  auto const done = perform(context(), job::Hook{{"run-1", ""}, Point::PreRun});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(std::get<job::Hooked>(*done).ran, ElementsAre("pre-run.d/10-ask"));
  auto const seen = inspect(context(), {});
  ASSERT_TRUE(seen);
  EXPECT_THAT(seen->facts.hooks, ElementsAre("pre-run.d/10-ask", "post-run.d/10-tell"));
  EXPECT_THAT(seen->facts.hook_problems, ElementsAre(HasSubstr("/etc/tykup/hooks/pre-step.d/bad.sh has a name")));
}

struct Refusal {
  char const* name;
  void (*make)(Hooks const&);
  char const* says;
};
class RefusedHooks : public Hooks, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedHooks, are_named_and_none_is_run) {
  hook("pre-step.d/10-good", "echo ran >> " + log());
  GetParam().make(*this);
  auto const why = refused();
  EXPECT_EQ(why.kind, ErrorKind::HookFailed);
  EXPECT_THAT(why.message, HasSubstr(GetParam().says));
  EXPECT_EQ(read("/log"), "(none)");
}

std::string at(Hooks const& host, std::string const& name) { return host.paths.root + kFolder + name; }

INSTANTIATE_TEST_SUITE_P(
    table, RefusedHooks,
    testing::Values(
        Refusal{"dot_in_name", [](Hooks const& h) { h.hook("pre-step.d/check.sh", "exit 0"); }, "pre-step.d/check.sh has a name with something else"},
        Refusal{"editors_copy", [](Hooks const& h) { h.hook("pre-step.d/check~", "exit 0"); }, "check~ has a name"},
        Refusal{"hidden", [](Hooks const& h) { h.hook("pre-step.d/.check", "exit 0"); }, ".check has a name"},
        Refusal{"not_executable", [](Hooks const& h) { h.hook("pre-step.d/check", "exit 0", 0644); }, "check is not executable: chmod +x"},
        Refusal{"writable_by_all", [](Hooks const& h) { h.hook("pre-step.d/check", "exit 0", 0757); }, "check can be written by others than root"},
        Refusal{"writable_by_a_group", [](Hooks const& h) { h.hook("pre-step.d/check", "exit 0", 0775); }, "check can be written by others than root"},
        Refusal{"a_link", [](Hooks const& h) { symlink("/bin/true", at(h, "pre-step.d/check").c_str()); }, "check is a link"},
        Refusal{"a_folder", [](Hooks const& h) { std::filesystem::create_directory(at(h, "pre-step.d/check")); }, "check is no regular file"},
        Refusal{"a_pipe", [](Hooks const& h) { mkfifo(at(h, "pre-step.d/check").c_str(), 0755); }, "check is no regular file"},
        Refusal{"of_somebody_else",
                [](Hooks const& h) {
                  h.hook("pre-step.d/check", "exit 0");
                  if (chown(at(h, "pre-step.d/check").c_str(), 65534, 65534) != 0) throw std::runtime_error("these tests are root's");
                },
                "check does not belong to root"},
        Refusal{"folder_writable_by_all", [](Hooks const& h) { chmod(at(h, "pre-step.d").c_str(), 0777); }, "/etc/tykup/hooks/pre-step.d can be written"},
        Refusal{"folder_above_writable_by_all", [](Hooks const& h) { chmod(at(h, "").c_str(), 0777); }, "/etc/tykup/hooks can be written"}),
    [](auto const& made) { return std::string(made.param.name); });

}  // namespace
}  // namespace tykup::executor
