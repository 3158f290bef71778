#include "daemon/os/mail_client.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

namespace tykup::os {

namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t kLongestAnswer = std::size_t{64} << 10U;

notify::Delivery not_now(std::string why) { return {notify::Delivery::End::Again, std::move(why)}; }

/// The socket, which is closed when the time is over: whatever waits on it ends then.
struct Connection {
  explicit Connection(asio::any_io_executor const& executor) : socket(executor), timer(executor) {}
  stream_protocol::socket socket;
  asio::steady_timer timer;
  bool overdue = false;
};

void bound(std::shared_ptr<Connection> const& connection, std::chrono::milliseconds limit) {
  connection->timer.expires_after(limit);
  auto close = [connection](error_code cancelled) {
    if (cancelled) return;
    connection->overdue = true;
    error_code ignored;
    connection->socket.close(ignored);
  };
  connection->timer.async_wait(std::move(close));
}

}  // namespace

notify::Delivery read_mail_answer(std::string_view answer) {
  int status = 0;
  auto const [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), status);
  if (error != std::errc{}) return not_now("nothing is known of what became of it: look at `journalctl -u 'tykup-mail@*'`");
  return notify::judge_mail(status, std::string(answer.substr(static_cast<std::size_t>(end - answer.data()))));
}

agent::Awaitable<notify::Delivery> MailClient::send(std::string message) {
  auto const connection = std::make_shared<Connection>(co_await asio::this_coro::executor);
  bound(connection, limit_);
  error_code problem;
  stream_protocol::endpoint const server(socket_);
  co_await connection->socket.async_connect(server, asio::redirect_error(asio::use_awaitable, problem));
  if (problem) {
    connection->timer.cancel();
    co_return not_now(socket_ + " does not answer (" + problem.message() + "): look at `systemctl status tykup-mail.socket`");
  }
  co_await asio::async_write(connection->socket, asio::buffer(message), asio::redirect_error(asio::use_awaitable, problem));
  // Its end: sendmail reads until then. An answer may be waiting although the message could not be written whole.
  error_code ignored;
  connection->socket.shutdown(stream_protocol::socket::shutdown_send, ignored);
  std::string answer;
  auto into = asio::dynamic_buffer(answer, kLongestAnswer);
  co_await asio::async_read(connection->socket, into, asio::redirect_error(asio::use_awaitable, problem));
  connection->timer.cancel();
  if (connection->overdue) co_return not_now("sendmail was not done in " + to_human(limit_));
  co_return read_mail_answer(answer);
}

}  // namespace tykup::os
