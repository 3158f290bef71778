#include "tests/fakes/scripted_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>

namespace tykup::fakes {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct ScriptedServer::Stage {
  Stage(asio::io_context& loop, Script what, std::string const& address)
      : script(std::move(what)), acceptor(loop, tcp::endpoint(asio::ip::make_address(address), 0)) {}
  Script script;
  tcp::acceptor acceptor;
  std::optional<asio::ssl::context> tls = {};
  std::vector<std::string> requests = {};
};

namespace {

template <typename Stream>
asio::awaitable<void> perform(Stream& stream, Script const& script, std::vector<std::string>& requests) {
  error_code error;
  std::string heard;
  if (script.waits_for_request) {
    co_await asio::async_read_until(stream, asio::dynamic_buffer(heard), "\r\n\r\n",
                                    asio::redirect_error(asio::use_awaitable, error));
    requests.push_back(heard);
  }
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (std::size_t i = 0; i < script.times && !error; ++i) {
    timer.expires_after(script.pause);
    co_await timer.async_wait(asio::use_awaitable);
    co_await asio::async_write(stream, asio::buffer(script.says), asio::redirect_error(asio::use_awaitable, error));
  }
  if (script.end != Script::End::Hang) co_return;
  std::string ignored;
  co_await asio::async_read_until(stream, asio::dynamic_buffer(ignored), "never said",
                                  asio::redirect_error(asio::use_awaitable, error));
}

void hang_up(tcp::socket& socket, Script::End end) {
  error_code error;
  if (end == Script::End::Reset) socket.set_option(asio::socket_base::linger(true, 0), error);
  if (end != Script::End::Reset) socket.shutdown(tcp::socket::shutdown_send, error);
  socket.close(error);
}

template <typename StagePtr>
asio::awaitable<void> serve(StagePtr stage, tcp::socket socket) {
  error_code error;
  if (!stage->tls) {
    co_await perform(socket, stage->script, stage->requests);
    hang_up(socket, stage->script.end);
    co_return;
  }
  asio::ssl::stream<tcp::socket> stream(std::move(socket), *stage->tls);
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_await perform(stream, stage->script, stage->requests);
  if (stage->script.end == Script::End::Close) {
    co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  }
  hang_up(stream.next_layer(), stage->script.end);
}

template <typename StagePtr>
asio::awaitable<void> accept_all(StagePtr stage) {
  error_code error;
  while (true) {
    auto socket = co_await stage->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    auto performance = serve(stage, std::move(socket));
    asio::co_spawn(stage->acceptor.get_executor(), std::move(performance), asio::detached);
  }
}

}  // namespace

ScriptedServer::ScriptedServer(asio::io_context& loop, Script script, std::string const& address)
    : stage_(std::make_shared<Stage>(loop, std::move(script), address)) {
  asio::co_spawn(loop, accept_all(stage_), asio::detached);
}

ScriptedServer::ScriptedServer(asio::io_context& loop, Script script, TlsIdentity const& identity)
    : ScriptedServer(loop, std::move(script), "127.0.0.1") {
  auto& tls = stage_->tls.emplace(asio::ssl::context::tls_server);
  tls.use_certificate(asio::buffer(identity.certificate_pem), asio::ssl::context::pem);
  tls.use_private_key(asio::buffer(identity.key_pem), asio::ssl::context::pem);
}

ScriptedServer::~ScriptedServer() {
  error_code ignored;
  stage_->acceptor.close(ignored);
}

std::uint16_t ScriptedServer::port() const {
  return stage_->acceptor.local_endpoint().port();
}

std::vector<std::string> const& ScriptedServer::requests() const {
  return stage_->requests;
}

std::uint16_t closed_port(asio::io_context& loop) {
  tcp::acceptor const taken(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return taken.local_endpoint().port();
}

}  // namespace tykup::fakes
