#include "tests/fakes/scripted_executor.hpp"

#include <gtest/gtest.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/fakes/await_on.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::fakes {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;

asio::awaitable<std::string> talk(std::string socket, std::string says) {
  stream_protocol::socket line(co_await asio::this_coro::executor);
  stream_protocol::endpoint const server(socket);
  boost::system::error_code error;
  co_await line.async_connect(server, asio::use_awaitable);
  co_await asio::async_write(line, asio::buffer(says), asio::redirect_error(asio::use_awaitable, error));
  std::string heard;
  co_await asio::async_read(line, asio::dynamic_buffer(heard), asio::redirect_error(asio::use_awaitable, error));
  co_return heard;
}

TEST(ScriptedExecutorTest, each_connection_gets_its_turn_and_the_last_turn_is_repeated) {
  TemporaryFolder const folder;
  asio::io_context loop;
  auto const socket = folder / "sock";
  ScriptedExecutor const executor(loop, socket, {{.lines = {"one", "two"}}, {.rest = "half"}, {.reads = false}});
  EXPECT_EQ(await_on(loop, talk(socket, "a\n")), "one\ntwo\n");
  EXPECT_EQ(await_on(loop, talk(socket, "b\n")), "half");
  EXPECT_EQ(await_on(loop, talk(socket, "c\n")), "");
  EXPECT_EQ(await_on(loop, talk(socket, "d\n")), "");
  EXPECT_EQ(executor.requests(), (std::vector<std::string>{"a", "b"}));
}

TEST(ScriptedExecutorTest, the_socket_is_gone_with_its_server) {
  TemporaryFolder const folder;
  asio::io_context loop;
  { ScriptedExecutor const executor(loop, folder / "sock", {{}}); }
  EXPECT_FALSE(std::filesystem::exists(folder / "sock"));
}

}  // namespace
}  // namespace tykup::fakes
