#include "tests/fakes/scripted_executor.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tykup::fakes {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

struct ScriptedExecutor::Stage {
  Stage(asio::io_context& loop, std::filesystem::path where, std::vector<Turn> what)
      : socket(std::move(where)), turns(std::move(what)), acceptor(loop, stream_protocol::endpoint(socket.string())) {}
  std::filesystem::path socket;
  std::vector<Turn> turns;
  stream_protocol::acceptor acceptor;
  std::size_t connections = 0;
  std::vector<std::string> requests = {};
};

namespace {

asio::awaitable<void> play(Turn const& turn, stream_protocol::socket& socket, std::vector<std::string>& requests) {
  error_code error;
  if (!turn.reads) co_return;
  std::string request;
  auto const size = co_await asio::async_read_until(socket, asio::dynamic_buffer(request), '\n',
                                                    asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  requests.push_back(request.substr(0, size - 1));
  std::string says;
  for (auto const& line : turn.lines) says += line + "\n";
  says += turn.rest;
  co_await asio::async_write(socket, asio::buffer(says), asio::redirect_error(asio::use_awaitable, error));
}

template <typename StagePtr>
asio::awaitable<void> perform(StagePtr stage) {
  error_code error;
  while (true) {
    auto socket = co_await stage->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    auto const& turn = stage->turns.at(std::min(stage->connections++, stage->turns.size() - 1));
    co_await play(turn, socket, stage->requests);
  }
}

}  // namespace

ScriptedExecutor::ScriptedExecutor(asio::io_context& loop, std::filesystem::path socket, std::vector<Turn> turns)
    : stage_(std::make_shared<Stage>(loop, std::move(socket), std::move(turns))) {
  asio::co_spawn(loop, perform(stage_), asio::detached);
}

ScriptedExecutor::~ScriptedExecutor() {
  error_code ignored;
  stage_->acceptor.close(ignored);
  std::filesystem::remove(stage_->socket);
}

std::vector<std::string> const& ScriptedExecutor::requests() const {
  return stage_->requests;
}

}  // namespace tykup::fakes
