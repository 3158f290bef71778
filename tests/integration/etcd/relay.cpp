#include "tests/integration/etcd/relay.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tykup::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Relay::State {
  State(asio::io_context& loop, std::uint16_t port)
      : acceptor(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), to(asio::ip::address_v4::loopback(), port) {}
  tcp::acceptor acceptor;
  tcp::endpoint to;
  int connections = 0;
  bool loses = false;
};

namespace {

struct Line {
  tcp::socket client;
  tcp::socket server;
  void close() {
    error_code ignored;
    client.close(ignored);
    server.close(ignored);
  }
};

template <typename StatePtr>
asio::awaitable<void> pass_on(StatePtr state, std::shared_ptr<Line> line, bool answers) {
  auto& from = answers ? line->server : line->client;
  auto& to = answers ? line->client : line->server;
  std::array<char, 16384> bytes{};
  error_code error;
  while (!error) {
    auto const size = co_await from.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    if (error || (answers && state->loses)) break;
    co_await asio::async_write(to, asio::buffer(bytes.data(), size), asio::redirect_error(asio::use_awaitable, error));
  }
  line->close();
}

template <typename StatePtr>
asio::awaitable<void> accept_all(StatePtr state) {
  error_code error;
  while (true) {
    auto client = co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    ++state->connections;
    auto line = std::make_shared<Line>(Line{std::move(client), tcp::socket(state->acceptor.get_executor())});
    co_await line->server.async_connect(state->to, asio::redirect_error(asio::use_awaitable, error));
    if (error) continue;
    auto questions = pass_on(state, line, false);
    auto answers = pass_on(state, line, true);
    asio::co_spawn(state->acceptor.get_executor(), std::move(questions), asio::detached);
    asio::co_spawn(state->acceptor.get_executor(), std::move(answers), asio::detached);
  }
}

}  // namespace

Relay::Relay(asio::io_context& loop, std::uint16_t to) : state_(std::make_shared<State>(loop, to)) {
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

Relay::~Relay() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

std::uint16_t Relay::port() const { return state_->acceptor.local_endpoint().port(); }
int Relay::connections() const { return state_->connections; }
void Relay::lose_answers(bool lose) { state_->loses = lose; }

}  // namespace tykup::net
