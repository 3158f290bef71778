#include "systemd/bus/connection.hpp"

#include <gmock/gmock.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/unit/systemd/bus_world.hpp"

namespace tykup::bus {
namespace {

using fakes::run;
using fakes::run_until;
using testing::HasSubstr;

class BusConnection : public testing::Test {
 protected:
  Message question(std::string const& member) { return ours->method_call("org.example", "/", "org.example.Test", member); }
  Result<Message> ask(std::string const& member, Duration limit = std::chrono::seconds{30}) {
    return run(loop, ours->call(question(member), limit));
  }

  boost::asio::io_context loop;
  fakes::Peer peer{loop};
  std::shared_ptr<Connection> ours = peer.connect();
};

TEST_F(BusConnection, a_call_gets_its_answer) {
  peer.on("Greet", [](Message& call) { return call.reply().write("hello"); });
  auto answer = ask("Greet");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->read_string().value(), "hello");
}

TEST_F(BusConnection, arguments_of_every_kind_we_use_arrive) {
  std::string seen;
  peer.on("Take", [&seen](Message& call) {
    seen = call.read_string().value();
    seen += "/" + std::to_string(call.read_u32().value());
    seen += call.read_bool().value() ? "/true" : "/false";
    return call.reply();
  });
  Message call = question("Take");
  call.write("text").write(std::uint32_t{7}).write(true);
  ASSERT_TRUE(run(loop, ours->call(std::move(call), std::chrono::seconds{5})));
  EXPECT_EQ(seen, "text/7/true");
}

TEST_F(BusConnection, text_that_is_not_utf8_is_sent_all_the_same) {
  peer.on("Echo", [](Message& call) { return call.reply().write(call.read_string().value()); });
  Message call = question("Echo");
  call.write("caf\xE9");
  auto answer = run(loop, ours->call(std::move(call), std::chrono::seconds{5}));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->read_string().value(), "caf\xEF\xBF\xBD");
}

TEST_F(BusConnection, many_answers_are_processed_in_one_go_and_after_it) {
  peer.on("Greet", [](Message& call) { return call.reply().write("hello"); });
  int answered = 0;
  for (int i = 0; i < 500; ++i) {
    boost::asio::co_spawn(loop, ours->call(question("Greet"), std::chrono::seconds{8}),
                          [&answered](std::exception_ptr, Result<Message> const& answer) { answered += answer ? 1 : 0; });
  }
  run_until(loop, [&] { return answered == 500; });
}

TEST_F(BusConnection, an_answer_larger_than_the_socket_buffer_goes_through) {
  std::string const large(20U << 20U, 'x');
  peer.on("Large", [&large](Message& call) { return call.reply().write(large); });
  auto answer = ask("Large", std::chrono::seconds{60});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->read_string().value().size(), large.size());
}

TEST_F(BusConnection, a_silent_peer_ends_in_an_error_within_the_limit) {
  peer.on("Silent", [](Message&) { return Message{}; });
  auto const before = std::chrono::steady_clock::now();
  auto const answer = ask("Silent", std::chrono::milliseconds{50});
  ASSERT_FALSE(answer);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{5});
}

TEST_F(BusConnection, an_error_of_ours_keeps_its_kind_on_the_way_through) {
  peer.on("Fail", [](Message& call) { return error_reply(call, Error{ErrorKind::LockHeld, "dpkg (812) has the lock", "since 9:00"}); });
  auto const answer = ask("Fail");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::LockHeld);
  EXPECT_EQ(answer.error().message, "dpkg (812) has the lock\nsince 9:00");
  EXPECT_EQ(answer.error().detail, "org.tykup1.Error.LockHeld");
}

TEST_F(BusConnection, an_unknown_method_is_an_error_not_a_silence) {
  auto const answer = ask("NoSuchMethod");
  ASSERT_FALSE(answer);
}

TEST_F(BusConnection, reading_something_else_than_what_came_is_an_error) {
  peer.on("Greet", [](Message& call) { return call.reply().write("hello"); });
  auto answer = ask("Greet");
  ASSERT_TRUE(answer);
  auto const number = answer->read_u32();
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().kind, ErrorKind::BadRequest);
  EXPECT_THAT(number.error().message, HasSubstr("a number"));
}

TEST_F(BusConnection, a_lost_peer_ends_the_calls_under_way_and_is_reported_once) {
  peer.on("Silent", [](Message&) { return Message{}; });
  int lost = 0;
  ours->on_lost([&lost](Error const&) { ++lost; });
  std::optional<Result<Message>> answer;
  boost::asio::co_spawn(loop, ours->call(question("Silent"), std::chrono::minutes{1}),
                        [&answer](std::exception_ptr, Result<Message> result) { answer.emplace(std::move(result)); });
  run_until(loop, [&] { return !peer.calls.empty(); });
  peer.hang_up();
  run_until(loop, [&] { return answer.has_value() && lost > 0; });
  EXPECT_FALSE(*answer);
  EXPECT_EQ(lost, 1);
  EXPECT_FALSE(ours->alive());
}

TEST_F(BusConnection, closing_our_end_ends_the_calls_under_way) {
  peer.on("Silent", [](Message&) { return Message{}; });
  std::optional<Result<Message>> answer;
  boost::asio::co_spawn(loop, ours->call(question("Silent"), std::chrono::minutes{1}),
                        [&answer](std::exception_ptr, Result<Message> result) { answer.emplace(std::move(result)); });
  run_until(loop, [&] { return !peer.calls.empty(); });
  ours.reset();
  run_until(loop, [&] { return answer.has_value(); });
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().kind, ErrorKind::Stopping);
}

TEST_F(BusConnection, a_call_on_a_dead_connection_fails_at_once) {
  ours->on_lost([](Error const&) {});
  peer.hang_up();
  run_until(loop, [&] { return !ours->alive(); });
  auto const answer = ask("Greet");
  ASSERT_FALSE(answer);
}

Awaitable<bool> give_up_early(std::shared_ptr<Connection> connection, Message call) {
  using boost::asio::experimental::awaitable_operators::operator||;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds{20});
  auto first = co_await (connection->call(std::move(call), std::chrono::minutes{1}) || timer.async_wait(boost::asio::use_awaitable));
  co_return first.index() == 1;
}

TEST_F(BusConnection, a_call_can_be_given_up_and_its_late_answer_harms_nobody) {
  std::optional<Message> late;
  peer.on("Late", [&late](Message& call) {
    late = call.reply().write("too late");
    return Message{};
  });
  peer.on("Greet", [](Message& call) { return call.reply().write("hello"); });
  EXPECT_TRUE(run(loop, give_up_early(ours, question("Late"))));
  ASSERT_TRUE(peer.connection()->send(late.value()));
  EXPECT_TRUE(ask("Greet"));
}

TEST_F(BusConnection, a_call_without_traffic_keeps_the_loop_asleep) {
  peer.on("Silent", [](Message&) { return Message{}; });
  boost::asio::co_spawn(loop, ours->call(question("Silent"), std::chrono::minutes{1}), [](std::exception_ptr, Result<Message> const&) {});
  run_until(loop, [&] { return !peer.calls.empty(); });
  while (loop.run_one_for(std::chrono::milliseconds{50}) > 0) {
  }
  EXPECT_EQ(loop.run_for(std::chrono::milliseconds{100}), 0U) << "a handler ran although nothing happened";
}

TEST(BusErrors, every_kind_has_a_name_on_the_bus_and_back) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::Internal); ++i) {
    auto const kind = static_cast<ErrorKind>(i);
    auto const name = error_name(kind);
    EXPECT_EQ(error_from_bus(name.c_str(), "x").kind, kind) << name;
  }
  EXPECT_EQ(error_name(ErrorKind::LockHeld), "org.tykup1.Error.LockHeld");
  EXPECT_EQ(error_name(ErrorKind::Internal), "org.tykup1.Error.Internal");
}

struct Foreign {
  char const* name;
  ErrorKind kind;
};
class BusForeignErrors : public testing::TestWithParam<Foreign> {};
TEST_P(BusForeignErrors, become_ours) { EXPECT_EQ(error_from_bus(GetParam().name, "x").kind, GetParam().kind); }
INSTANTIATE_TEST_SUITE_P(Names, BusForeignErrors,
                         testing::Values(Foreign{"org.freedesktop.DBus.Error.AccessDenied", ErrorKind::NotAllowed},
                                         Foreign{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", ErrorKind::NotAllowed},
                                         Foreign{"org.freedesktop.DBus.Error.ServiceUnknown", ErrorKind::NotFound},
                                         Foreign{"org.freedesktop.DBus.Error.NameHasNoOwner", ErrorKind::NotFound},
                                         Foreign{"org.freedesktop.DBus.Error.InvalidArgs", ErrorKind::BadRequest},
                                         Foreign{"org.tykup1.Error.FromTheFuture", ErrorKind::Internal},
                                         Foreign{"", ErrorKind::Internal}));

}  // namespace
}  // namespace tykup::bus
