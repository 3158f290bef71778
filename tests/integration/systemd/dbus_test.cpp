#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "systemd/service.hpp"
#include "tests/unit/systemd/service_world.hpp"

namespace tykup::systemd {
namespace {

using bus::Message;
using fakes::run;
using fakes::run_until;
using testing::AllOf;
using testing::HasSubstr;

/// A bus of our own with a real dbus-daemon, under our installed policy, with this test's user in tykup's place.
class RealBus : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/tykup-dbus-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder = name;
    address = "unix:path=" + (folder / "socket").string();
    write_config();
    start_daemon();
  }
  void TearDown() override {
    stop_daemon();
    std::filesystem::remove_all(folder);
  }

  void write_config() {
    std::ifstream in(std::string{TYKUP_SOURCE_DIR} + "/systemd/dbus/org.tykup1.conf");
    std::string policy{std::istreambuf_iterator<char>(in), {}};
    policy = std::regex_replace(policy, std::regex("user=\"tykup\""), fmt::format("user=\"{}\"", ::getpwuid(::geteuid())->pw_name));
    std::ofstream(folder / "org.tykup1.conf") << policy;
    std::ofstream(folder / "bus.conf") << fmt::format(
        "<busconfig><type>system</type><listen>{}</listen><policy context=\"default\"><allow user=\"*\"/><deny own=\"*\"/>"
        "<deny send_type=\"method_call\"/><allow send_type=\"signal\"/>"
        "<allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
        "<allow send_requested_reply=\"true\" send_type=\"error\"/>"
        "<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/><allow receive_type=\"error\"/>"
        "<allow receive_type=\"signal\"/><allow send_destination=\"org.freedesktop.DBus\"/></policy>"
        "<include>{}/org.tykup1.conf</include></busconfig>",
        address, folder.string());
  }
  void start_daemon() {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
    std::string const config = "--config-file=" + (folder / "bus.conf").string();
    daemon = ::fork();
    if (daemon == 0) {
      ::dup2(ready[1], 3);
      ::execlp("dbus-daemon", "dbus-daemon", config.c_str(), "--nofork", "--nopidfile", "--nosyslog", "--print-address=3", nullptr);
      ::_exit(127);
    }
    ::close(ready[1]);
    char first = 0;
    ASSERT_EQ(::read(ready[0], &first, 1), 1) << "dbus-daemon did not start";
    ::close(ready[0]);
  }
  void stop_daemon() {
    if (daemon <= 0) return;
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);
    daemon = -1;
    std::filesystem::remove(folder / "socket");
  }

  std::shared_ptr<bus::Connection> caller() { return bus::Connection::to_bus(loop.get_executor(), address).value(); }
  Result<Message> ask(std::shared_ptr<bus::Connection> const& from, std::string const& member) {
    return run(loop, from->call(from->method_call("org.tykup1", "/org/tykup1", "org.tykup1.Manager", member), std::chrono::seconds{5}));
  }
  bus::SystemBus::Connect to_this_bus() {
    return [this] { return bus::Connection::to_bus(loop.get_executor(), address); };
  }

  std::filesystem::path folder;
  std::string address;
  pid_t daemon = -1;
  boost::asio::io_context loop;
  fakes::Controls controls;
  bus::Backoff quick{std::chrono::milliseconds{10}, std::chrono::milliseconds{50}};
};

TEST_F(RealBus, the_service_answers_under_its_name) {
  bus::SystemBus bus{loop.get_executor(), address};
  Service service{loop.get_executor(), bus, controls, "1"};
  ASSERT_TRUE(run(loop, bus.start()));
  auto answer = ask(caller(), "GetStatus");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->read_string().value(), controls.status_json());
}

TEST_F(RealBus, the_bus_proves_who_calls) {
  bus::SystemBus bus{loop.get_executor(), address};
  Service service{loop.get_executor(), bus, controls, "1"};
  ASSERT_TRUE(run(loop, bus.start()));
  auto const answer = ask(caller(), "Check");
  if (::geteuid() == 0) {
    EXPECT_TRUE(answer);
    EXPECT_THAT(controls.asked, testing::ElementsAre("check by root"));
  } else {
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, AllOf(HasSubstr("org.tykup1.check"), HasSubstr("only root may")));
  }
}

TEST_F(RealBus, a_second_daemon_is_told_the_process_of_the_first) {
  bus::SystemBus first{loop.get_executor(), address};
  Service service{loop.get_executor(), first, controls, "1"};
  ASSERT_TRUE(run(loop, first.start()));
  bus::SystemBus second{loop.get_executor(), address};
  Service other{loop.get_executor(), second, controls, "2"};
  auto const started = run(loop, second.start());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::Busy);
  EXPECT_THAT(started.error().message, HasSubstr(fmt::format("(process {})", ::getpid())));
}

TEST_F(RealBus, a_change_of_status_is_heard_by_everybody) {
  bus::SystemBus bus{loop.get_executor(), address};
  Service service{loop.get_executor(), bus, controls, "1"};
  ASSERT_TRUE(run(loop, bus.start()));
  auto const listener = caller();
  bool heard = false;
  auto const note = [](sd_bus_message*, void* userdata, sd_bus_error*) {
    *static_cast<bool*>(userdata) = true;
    return 0;
  };
  ASSERT_GE(sd_bus_match_signal(listener->raw(), nullptr, "org.tykup1", "/org/tykup1", "org.freedesktop.DBus.Properties",
                                "PropertiesChanged", note, &heard),
            0);
  ASSERT_TRUE(ask(listener, "GetStatus"));
  service.status_changed("step 1 of 3");
  run_until(loop, [&] { return heard; });
}

TEST_F(RealBus, the_service_is_back_after_a_restart_of_the_bus) {
  bus::SystemBus bus{loop.get_executor(), to_this_bus(), quick};
  Service service{loop.get_executor(), bus, controls, "1"};
  ASSERT_TRUE(run(loop, bus.start()));
  stop_daemon();
  run_until(loop, [&] { return bus.connection() == nullptr; });
  start_daemon();
  run_until(loop, [&] { return bus.connection() != nullptr; });
  EXPECT_TRUE(ask(caller(), "GetStatus"));
}

TEST_F(RealBus, the_daemon_may_start_before_the_bus) {
  stop_daemon();
  bus::SystemBus bus{loop.get_executor(), to_this_bus(), quick};
  Service service{loop.get_executor(), bus, controls, "1"};
  ASSERT_TRUE(run(loop, bus.start()));
  start_daemon();
  run_until(loop, [&] { return bus.connection() != nullptr; });
  EXPECT_TRUE(ask(caller(), "GetStatus"));
}

TEST_F(RealBus, the_policy_keeps_properties_from_being_set) {
  bus::SystemBus bus{loop.get_executor(), address};
  Service service{loop.get_executor(), bus, controls, "1"};
  ASSERT_TRUE(run(loop, bus.start()));
  auto const from = caller();
  Message call = from->method_call("org.tykup1", "/org/tykup1", "org.freedesktop.DBus.Properties", "Set");
  call.write("org.tykup1.Manager").write("State").open(SD_BUS_TYPE_VARIANT, "s").write("idle").close();
  auto const answer = run(loop, from->call(std::move(call), std::chrono::seconds{5}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::NotAllowed) << answer.error().message;
}

}  // namespace
}  // namespace tykup::systemd
