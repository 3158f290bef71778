#include "systemd/notify.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "systemd/announcer.hpp"
#include "tests/unit/systemd/bus_world.hpp"

namespace tykup::systemd {
namespace {

using fakes::run_until;
using testing::ElementsAre;
using testing::IsEmpty;

/// The service manager's end of $NOTIFY_SOCKET.
class ServiceManager : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/tykup-notify-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string const path = folder_ / "notify";
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ASSERT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
    std::filesystem::remove_all(folder_);
  }
  std::vector<std::string> heard() {
    std::vector<std::string> all;
    std::array<char, 8192> buffer{};
    for (ssize_t n = 0; (n = ::recv(socket_, buffer.data(), buffer.size(), 0)) > 0;) {
      all.emplace_back(buffer.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

  boost::asio::io_context loop;

 private:
  std::filesystem::path folder_;
  int socket_ = -1;
};

TEST_F(ServiceManager, hears_of_start_reload_status_and_end) {
  Notifier notifier(loop.get_executor());
  notifier.ready("idle");
  notifier.status("waiting for the window");
  notifier.reloading("reading the configuration");
  notifier.stopping("ending");
  EXPECT_THAT(heard(), ElementsAre("READY=1\nSTATUS=idle", "STATUS=waiting for the window",
                                   "RELOADING=1\nSTATUS=reading the configuration", "STOPPING=1\nSTATUS=ending"));
}

TEST_F(ServiceManager, cannot_be_told_other_things_through_the_status) {
  Notifier notifier(loop.get_executor());
  notifier.status("failed:\nMAINPID=1\r\x7F!");
  EXPECT_THAT(heard(), ElementsAre("STATUS=failed: MAINPID=1  !"));
}

TEST_F(ServiceManager, is_fed_every_half_of_the_interval_while_a_run_is_at_work) {
  Notifier notifier(loop.get_executor(), std::chrono::milliseconds{20});
  notifier.watchdog(true);
  EXPECT_THAT(heard(), ElementsAre("WATCHDOG_USEC=20000", "WATCHDOG=1"));
  std::size_t fed = 0;
  run_until(loop, [&] { return (fed += heard().size()) >= 3; });
}

TEST_F(ServiceManager, expects_nothing_more_once_the_run_is_over) {
  Notifier notifier(loop.get_executor(), std::chrono::milliseconds{20});
  notifier.watchdog(true);
  (void)heard();
  notifier.watchdog(false);
  EXPECT_THAT(heard(), ElementsAre("WATCHDOG_USEC=0"));
  loop.run();
  EXPECT_THAT(heard(), IsEmpty()) << "and the loop has nothing left to do";
}

TEST_F(ServiceManager, is_told_of_the_watchdog_once_each_way) {
  Notifier notifier(loop.get_executor());
  notifier.watchdog(false);
  EXPECT_THAT(heard(), IsEmpty());
  notifier.watchdog(true);
  notifier.watchdog(true);
  EXPECT_THAT(heard(), ElementsAre("WATCHDOG_USEC=60000000", "WATCHDOG=1"));
}

TEST_F(ServiceManager, hears_what_the_announcer_says_and_so_does_the_bus) {
  Notifier notifier(loop.get_executor());
  Announcer announcer(Journal{[](auto const&) { return 0; }}, notifier);
  std::vector<std::string> on_the_bus;
  announcer.status("before anybody listens");
  announcer.on_status([&](std::string const& line) { on_the_bus.push_back(line); });
  announcer.status("idle");
  EXPECT_THAT(heard(), ElementsAre("STATUS=before anybody listens", "STATUS=idle"));
  EXPECT_THAT(on_the_bus, ElementsAre("idle"));
}

TEST(NotifierByHand, does_nothing_without_a_service_manager) {
  ::unsetenv("NOTIFY_SOCKET");
  boost::asio::io_context loop;
  Notifier notifier(loop.get_executor());
  notifier.ready("idle");
  notifier.watchdog(true);
  notifier.watchdog(false);
  EXPECT_GT(loop.run(), 0U) << "the cancelled timer";
}

TEST(StatusText, is_cut_between_characters) {
  std::string const umlauts = [] {
    std::string text = "x";
    while (text.size() <= kMostStatus) text += "\xC3\xBC";
    return text;
  }();
  auto const cut = status_text(umlauts);
  EXPECT_LE(cut.size(), kMostStatus);
  EXPECT_GE(cut.size(), kMostStatus - 3);
  EXPECT_EQ(cut.substr(cut.size() - 2), "\xC3\xBC");
  EXPECT_EQ(status_text("short"), "short");
}

}  // namespace
}  // namespace tykup::systemd
