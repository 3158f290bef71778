#include "tests/fakes/scripted_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/fakes/await_on.hpp"

namespace tykup::fakes {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Heard {
  std::string text;
  error_code end;
};

asio::awaitable<Heard> talk(std::uint16_t port, std::string says) {
  tcp::socket socket(co_await asio::this_coro::executor);
  tcp::endpoint const server(asio::ip::address_v4::loopback(), port);
  co_await socket.async_connect(server, asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(says), asio::use_awaitable);
  Heard heard;
  co_await asio::async_read(socket, asio::dynamic_buffer(heard.text),
                            asio::redirect_error(asio::use_awaitable, heard.end));
  co_return heard;
}

class ScriptedServerTest : public testing::Test {
 protected:
  Heard talk_to(Script script) {
    ScriptedServer const server(loop_, std::move(script));
    auto heard = await_on(loop_, talk(server.port(), "ask\r\n\r\n"));
    requests_ = server.requests();
    return heard;
  }
  asio::io_context loop_;
  std::vector<std::string> requests_;
};

TEST_F(ScriptedServerTest, says_its_lines_after_the_request_and_closes) {
  auto const heard = talk_to({.says = "la", .times = 3});
  EXPECT_EQ(heard.text, "lalala");
  EXPECT_EQ(heard.end, asio::error::eof);
  EXPECT_EQ(requests_, std::vector<std::string>{"ask\r\n\r\n"});
}

TEST_F(ScriptedServerTest, speaks_first_when_told) {
  auto const heard = talk_to({.says = "hello", .waits_for_request = false});
  EXPECT_EQ(heard.text.substr(0, 5), "hello");
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ScriptedServerTest, resets_the_line_when_told) {
  auto const heard = talk_to({.end = Script::End::Reset});
  EXPECT_EQ(heard.end, asio::error::connection_reset);
}

TEST_F(ScriptedServerTest, keeps_a_line_open_when_told) {
  ScriptedServer const server(loop_, {.says = "x", .end = Script::End::Hang});
  EXPECT_THROW(await_on(loop_, talk(server.port(), "ask\r\n\r\n"), std::chrono::milliseconds{200}), std::runtime_error);
}

asio::awaitable<Heard> talk_tls(std::uint16_t port, std::string trusted) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.add_certificate_authority(asio::buffer(trusted));
  asio::ssl::stream<tcp::socket> stream(co_await asio::this_coro::executor, context);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification("gateway.test"));
  tcp::endpoint const server(asio::ip::address_v4::loopback(), port);
  co_await stream.next_layer().async_connect(server, asio::use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  Heard heard;
  co_await asio::async_read(stream, asio::dynamic_buffer(heard.text),
                            asio::redirect_error(asio::use_awaitable, heard.end));
  co_return heard;
}

TEST_F(ScriptedServerTest, speaks_tls_with_the_identity_it_was_given) {
  auto const identity = make_tls_identity("DNS:gateway.test");
  ScriptedServer const server(loop_, {.says = "private", .waits_for_request = false}, identity);
  auto const heard = await_on(loop_, talk_tls(server.port(), identity.certificate_pem));
  EXPECT_EQ(heard.text, "private");
  EXPECT_EQ(heard.end, asio::error::eof);
}

TEST_F(ScriptedServerTest, cuts_tls_without_good_bye_when_told) {
  auto const identity = make_tls_identity("DNS:gateway.test");
  ScriptedServer const server(loop_, {.says = "p", .waits_for_request = false, .end = Script::End::Cut}, identity);
  auto const heard = await_on(loop_, talk_tls(server.port(), identity.certificate_pem));
  EXPECT_EQ(heard.text, "p");
  EXPECT_EQ(heard.end, asio::ssl::error::stream_truncated);
}

}  // namespace
}  // namespace tykup::fakes
