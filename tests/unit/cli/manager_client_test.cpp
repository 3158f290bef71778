#include "systemd/client/manager_client.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

namespace tykup::systemd {
namespace {

using namespace std::chrono_literals;
using Kind = cli::Refusal::Kind;

/// A tykupd at the other end of a socket pair, in a thread of its own: answers each call as the test told it.
class FakeManager {
 public:
  std::string error_name = {};  ///< every call fails with it where it is set
  std::string error_text = "the reason";
  bool silent = false;   ///< hangs up at the first call
  bool signals = false;  ///< says PropertiesChanged after each answer

  FakeManager() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    client_end = ends[0];
    server_end_ = ends[1];
  }
  ~FakeManager() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  FakeManager(FakeManager const&) = delete;
  FakeManager& operator=(FakeManager const&) = delete;

  ManagerClient connect() {
    thread_ = std::thread([this] { serve(); });
    return ManagerClient::to_peer(client_end);
  }

  int client_end = -1;
  std::string heard;  ///< the last call and its arguments; read it only after the answer

 private:
  void serve() {
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    sd_id128_randomize(&id);
    sd_bus_new(&bus);
    sd_bus_set_fd(bus, server_end_, server_end_);
    sd_bus_set_server(bus, 1, id);
    sd_bus_set_anonymous(bus, 1);
    sd_bus_set_trusted(bus, 1);
    sd_bus_start(bus);
    sd_bus_add_object(bus, nullptr, "/org/tykup1", &FakeManager::handle, this);
    while (!stop_ && !hung_up_) {
      int const handled = sd_bus_process(bus, nullptr);
      if (handled < 0) break;
      if (handled == 0) sd_bus_wait(bus, 20'000);
    }
    sd_bus_flush_close_unref(bus);
  }

  static int handle(sd_bus_message* call, void* self, sd_bus_error*) {
    return static_cast<FakeManager*>(self)->answer(call);
  }

  int answer(sd_bus_message* call) {
    if (silent) {
      hung_up_ = true;
      return 1;
    }
    std::string const member = sd_bus_message_get_member(call);
    heard = std::string(sd_bus_message_get_destination(call)) + " " + sd_bus_message_get_interface(call) + " " + member;
    if (!error_name.empty()) {
      sd_bus_error const error = SD_BUS_ERROR_MAKE_CONST(error_name.c_str(), error_text.c_str());
      return sd_bus_reply_method_error(call, &error);
    }
    read_arguments(call, member);
    int const sent = member == "Check" || member == "Stop"
                         ? sd_bus_reply_method_return(call, "")
                         : sd_bus_reply_method_return(call, "s", ("text of " + member).c_str());
    if (signals) {
      sd_bus_emit_signal(sd_bus_message_get_bus(call), "/org/tykup1", "org.freedesktop.DBus.Properties",
                         "PropertiesChanged", "sa{sv}as", "org.tykup1.Manager", 1, "State", "s", "idle", 0);
    }
    return sent < 0 ? sent : 1;
  }

  static std::string list_in(sd_bus_message* call) {
    std::string list = " (";
    char const* text = nullptr;
    if (sd_bus_message_enter_container(call, 'a', "s") <= 0) return " no list";
    while (sd_bus_message_read_basic(call, 's', &text) > 0) list += std::string(text) + ",";
    return list + ")";
  }

  void read_arguments(sd_bus_message* call, std::string const& member) {
    char const* text = nullptr;
    std::uint32_t number = 0;
    int flag = 0;
    if (member == "GetHistory" && sd_bus_message_read(call, "us", &number, &text) > 0)
      heard += " " + std::to_string(number) + " " + text;
    if (member == "Run" && sd_bus_message_read(call, "sb", &text, &flag) > 0)
      heard += std::string(" ") + text + (flag != 0 ? " true" : " false");
    if (member == "RunInFreeze" && sd_bus_message_read(call, "sb", &text, &flag) > 0) heard += std::string(" ") + text;
    int other = 0;
    if (member == "RunWithoutWayBack" && sd_bus_message_read(call, "sbb", &text, &flag, &other) > 0)
      heard += std::string(" ") + text + (flag != 0 ? " true" : " false") + (other != 0 ? " true" : " false") + list_in(call);
    char const* reason = nullptr;
    if (member == "RunOutsideFleet" && sd_bus_message_read(call, "sbbs", &text, &flag, &other, &reason) > 0)
      heard += std::string(" ") + text + (flag != 0 ? " true" : " false") + (other != 0 ? " true" : " false") + " [" + reason + "]" + list_in(call);
    if (member == "ApproveWithoutWayBack") {
      for (int i = 0; i < 2 && sd_bus_message_read(call, "s", &text) > 0; ++i) heard += std::string(" [") + text + "]";
      heard += list_in(call);
    }
    for (char const* word : {"Hold", "Release", "Approve", "ForgetBad"}) {
      while (member == word && sd_bus_message_read(call, "s", &text) > 0) heard += std::string(" [") + text + "]";
    }
  }

  int server_end_ = -1;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> hung_up_ = false;
  std::thread thread_;
};

TEST(ManagerClient, CallsTheDocumentedMethods) {
  FakeManager manager;
  auto client = manager.connect();
  std::string const prefix = "org.tykup1 org.tykup1.Manager ";
  EXPECT_EQ(client.status().value(), "text of GetStatus");
  EXPECT_EQ(client.plan().value(), "text of GetPlan");
  EXPECT_EQ(client.history(7, "r1").value(), "text of GetHistory");
  EXPECT_EQ(manager.heard, prefix + "GetHistory 7 r1");
  EXPECT_EQ(client.run("abc", true, false, {}).value(), "text of Run");
  EXPECT_EQ(manager.heard, prefix + "Run abc true");
  EXPECT_TRUE(client.run("abc", false, false, {}));
  EXPECT_EQ(manager.heard, prefix + "Run abc false");
  EXPECT_TRUE(client.run("abc", false, true, {}));
  EXPECT_EQ(manager.heard, prefix + "RunInFreeze abc");
  Instant const until{std::chrono::sys_days{std::chrono::year{2026} / 12 / 18}};
  EXPECT_TRUE(client.tell(word::Hold{"gateway", until, "why"}));
  EXPECT_EQ(manager.heard, prefix + "Hold [gateway] [2026-12-18T00:00:00Z] [why]");
  EXPECT_TRUE(client.tell(word::Hold{}));
  EXPECT_EQ(manager.heard, prefix + "Hold [] [] []");
  EXPECT_TRUE(client.tell(word::Release{"pump"}));
  EXPECT_EQ(manager.heard, prefix + "Release [pump]");
  EXPECT_EQ(client.tell(word::Approve{"abcd", {}}).value(), "text of Approve");
  EXPECT_EQ(manager.heard, prefix + "Approve [abcd] []");
  EXPECT_EQ(client.tell(word::Approve{"abcd", {}, {{"dashboard", "5.3.0"}}}).value(), "text of ApproveWithoutWayBack");
  EXPECT_EQ(manager.heard, prefix + "ApproveWithoutWayBack [abcd] [] (dashboard=5.3.0,)");
  EXPECT_EQ(client.plan_outside_fleet().value(), "text of GetPlanOutsideFleet");
  EXPECT_EQ(client.run_outside_fleet({"abc", true, false, {}, "a CVE"}).value(), "text of RunOutsideFleet");
  EXPECT_EQ(manager.heard, prefix + "RunOutsideFleet abc true false [a CVE] ()");
  EXPECT_EQ(client.run_outside_fleet({"abc", false, true, {{"dashboard", "5.3.0"}}, "a CVE"}).value(), "text of RunOutsideFleet");
  EXPECT_EQ(manager.heard, prefix + "RunOutsideFleet abc false true [a CVE] (dashboard=5.3.0,)");
  EXPECT_EQ(client.run("abc", true, false, {{"dashboard", "5.3.0"}, {"portal", "1.0"}}).value(), "text of RunWithoutWayBack");
  EXPECT_EQ(manager.heard, prefix + "RunWithoutWayBack abc true false (dashboard=5.3.0,portal=1.0,)");
  EXPECT_TRUE(client.run("abc", false, true, {{"dashboard", "5.3.0"}}));
  EXPECT_EQ(manager.heard, prefix + "RunWithoutWayBack abc false true (dashboard=5.3.0,)");
  EXPECT_TRUE(client.tell(word::ForgetBad{}));
  EXPECT_EQ(manager.heard, prefix + "ForgetBad []");
  EXPECT_TRUE(client.check());
  EXPECT_EQ(manager.heard, prefix + "Check");
  EXPECT_TRUE(client.stop());
  EXPECT_EQ(manager.heard, prefix + "Stop");
}

TEST(ManagerClient, TellsRefusalsApart) {
  struct Row {
    std::string name;
    Kind kind;
    ErrorKind error;
  } const rows[] = {
      {"org.tykup1.Error.Busy", Kind::Failed, ErrorKind::Busy},
      {"org.tykup1.Error.NotFound", Kind::Failed, ErrorKind::NotFound},
      {"org.tykup1.Error.StateUnusable", Kind::Failed, ErrorKind::StateUnusable},
      {"org.tykup1.Error.NotAllowed", Kind::Failed, ErrorKind::NotAllowed},
      {"org.tykup1.Error.OfTomorrow", Kind::Failed, ErrorKind::Internal},
      {"org.freedesktop.DBus.Error.AccessDenied", Kind::Denied, ErrorKind::NotAllowed},
      {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", Kind::Denied, ErrorKind::NotAllowed},
      {"org.freedesktop.DBus.Error.ServiceUnknown", Kind::Unreachable, ErrorKind::NotFound},
      {"org.freedesktop.DBus.Error.NameHasNoOwner", Kind::Unreachable, ErrorKind::NotFound},
      {"org.freedesktop.DBus.Error.NoReply", Kind::Unreachable, ErrorKind::NotFound},
      {"org.freedesktop.DBus.Error.UnknownMethod", Kind::Failed, ErrorKind::Internal},
  };
  for (auto const& row : rows) {
    FakeManager manager;
    manager.error_name = row.name;
    manager.error_text = "A sentence.\ndetail one\ndetail two";
    auto client = manager.connect();
    auto const got = client.stop();
    ASSERT_FALSE(got) << row.name;
    EXPECT_EQ(got.error().kind, row.kind) << row.name;
    EXPECT_EQ(got.error().error, (Error{row.error, "A sentence.", "detail one\ndetail two"})) << row.name;
  }
}

TEST(ManagerClient, IsTheOnlyOneLeftWhenTheDaemonHangsUp) {
  FakeManager manager;
  manager.silent = true;
  auto client = manager.connect();
  for (int i = 0; i < 2; ++i) {
    auto const got = client.status();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Kind::Unreachable) << got.error().error.message;
  }
}

TEST(ManagerClient, WakesWhenTheDaemonReportsAChange) {
  FakeManager manager;
  manager.signals = true;
  auto client = manager.connect();
  ASSERT_TRUE(client.status());
  auto const before = std::chrono::steady_clock::now();
  client.wait(1min);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 30s);
}

TEST(ManagerClient, WaitsNoLongerThanItMayWithAndWithoutADaemon) {
  FakeManager manager;
  auto client = manager.connect();
  auto const before = std::chrono::steady_clock::now();
  client.wait(50ms);
  ASSERT_TRUE(client.status());
  client.wait(50ms);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 30s);
}

}  // namespace
}  // namespace tykup::systemd
