#include "systemd/bus/system_bus.hpp"

#include <gmock/gmock.h>

#include "tests/unit/systemd/bus_world.hpp"

namespace tykup::bus {
namespace {

using fakes::run;
using fakes::run_until;

struct Delay {
  unsigned failures;
  int seconds;
};
class ReconnectDelay : public testing::TestWithParam<Delay> {};
TEST_P(ReconnectDelay, doubles_up_to_a_minute) {
  EXPECT_EQ(backoff_delay(Backoff{}, GetParam().failures), std::chrono::seconds{GetParam().seconds});
}
INSTANTIATE_TEST_SUITE_P(Attempts, ReconnectDelay,
                         testing::Values(Delay{0, 1}, Delay{1, 1}, Delay{2, 2}, Delay{3, 4}, Delay{6, 32}, Delay{7, 60}, Delay{8, 60},
                                         Delay{4000000000U, 60}));

/// A bus that is there or not, and says so.
class KeptBus : public testing::Test {
 protected:
  Result<std::shared_ptr<Connection>> connect() {
    ++attempts;
    if (!up) return fail(ErrorKind::Internal, "no such file");
    return peer.connect();
  }
  Awaitable<Result<void>> set_up(std::shared_ptr<Connection> connection) {
    ++set_ups;
    Message hello = connection->method_call("org.example", "/", "org.example.Test", "Hello");
    Result<Message> answer = co_await connection->call(std::move(hello), std::chrono::seconds{5});
    Result<void> done;
    if (!answer) done = fail(answer.error());
    co_return done;
  }
  void SetUp() override {
    peer.on("Hello", [](Message& call) { return call.reply(); });
    bus.on_connect([this](std::shared_ptr<Connection> connection) { return set_up(std::move(connection)); });
    bus.on_change([this](Error const* why) { changes.push_back(why == nullptr ? "back" : "lost"); });
  }

  boost::asio::io_context loop;
  fakes::Peer peer{loop};
  bool up = true;
  int attempts = 0;
  int set_ups = 0;
  std::vector<std::string> changes;
  SystemBus bus{loop.get_executor(), [this] { return connect(); },
                Backoff{std::chrono::milliseconds{1}, std::chrono::milliseconds{4}}};
};

TEST_F(KeptBus, is_ready_once_its_set_up_is_done) {
  EXPECT_EQ(bus.connection(), nullptr);
  ASSERT_TRUE(run(loop, bus.start()));
  EXPECT_NE(bus.connection(), nullptr);
  EXPECT_EQ(set_ups, 1);
}

TEST_F(KeptBus, comes_back_set_up_again_after_the_bus_was_restarted) {
  ASSERT_TRUE(run(loop, bus.start()));
  peer.hang_up();
  run_until(loop, [&] { return changes == std::vector<std::string>{"lost", "back"}; });
  EXPECT_EQ(set_ups, 2);
  ASSERT_NE(bus.connection(), nullptr);
  EXPECT_TRUE(bus.connection()->alive());
}

TEST_F(KeptBus, says_that_it_is_gone_and_has_no_connection_meanwhile) {
  ASSERT_TRUE(run(loop, bus.start()));
  up = false;
  peer.hang_up();
  run_until(loop, [&] { return changes == std::vector<std::string>{"lost"}; });
  EXPECT_EQ(bus.connection(), nullptr);
  int const tried = attempts;
  run_until(loop, [&] { return attempts >= tried + 3; });
  EXPECT_EQ(bus.connection(), nullptr);
  up = true;
  run_until(loop, [&] { return bus.connection() != nullptr; });
}

TEST_F(KeptBus, a_bus_that_is_not_there_yet_does_not_keep_the_daemon_from_starting) {
  up = false;
  EXPECT_TRUE(run(loop, bus.start()));
  EXPECT_EQ(bus.connection(), nullptr);
  up = true;
  run_until(loop, [&] { return bus.connection() != nullptr; });
  EXPECT_EQ(changes, std::vector<std::string>{"back"});
}

TEST_F(KeptBus, a_set_up_that_is_busy_ends_the_start) {
  peer.on("Hello", [](Message& call) { return error_reply(call, Error{ErrorKind::Busy, "another one"}); });
  auto const started = run(loop, bus.start());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::Busy);
  EXPECT_EQ(started.error().message, "another one");
  EXPECT_EQ(attempts, 1);
}

TEST_F(KeptBus, a_bus_that_hangs_up_during_the_set_up_is_tried_again) {
  int seen = 0;
  peer.on("Hello", [&](Message& call) {
    if (++seen > 1) return call.reply();
    boost::asio::post(loop, [this] { peer.hang_up(); });
    return Message{};
  });
  EXPECT_TRUE(run(loop, bus.start()));
  run_until(loop, [&] { return bus.connection() != nullptr; });
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace tykup::bus
