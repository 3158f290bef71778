#include "systemd/bus/system_bus.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace tykup::bus {
namespace {

void report_defect(std::exception_ptr const& problem) {
  if (!problem) return;
  try {
    std::rethrow_exception(problem);
  } catch (std::exception const& e) {
    spdlog::error("the connection to the system bus is not tried again: {}", e.what());
  }
}

}  // namespace

Duration backoff_delay(Backoff const& backoff, unsigned failures) {
  Duration delay = backoff.first;
  for (unsigned i = 1; i < failures && delay < backoff.most; ++i) delay *= 2;
  return std::min(delay, backoff.most);
}

SystemBus::SystemBus(boost::asio::any_io_executor executor, std::string address)
    : SystemBus(
          executor, [executor, address = std::move(address)] { return Connection::to_bus(executor, address); },
          Backoff{}) {}

SystemBus::SystemBus(boost::asio::any_io_executor executor, Connect connect, Backoff backoff)
    : executor_(std::move(executor)), connect_(std::move(connect)), backoff_(backoff), timer_(executor_) {}

void SystemBus::on_connect(Setup setup) { setups_.push_back(std::move(setup)); }

Awaitable<Result<void>> SystemBus::start() {
  Result<void> connected = co_await connect_once();
  if (!connected && connected.error().kind != ErrorKind::Busy) {
    spdlog::warn("{}; trying again in the background, until then `tykup` cannot reach this daemon",
                 connected.error().message);
    retry_in_background();
    connected = Result<void>{};
  }
  co_return connected;
}

Awaitable<Result<void>> SystemBus::connect_once() {
  auto opened = connect_();
  if (!opened) {
    Result<void> refused = fail(opened.error());
    co_return refused;
  }
  std::shared_ptr<Connection> const connection = *opened;
  for (std::size_t i = 0; i < setups_.size(); ++i) {
    Result<void> const done = co_await setups_[i](connection);
    if (!done) co_return done;
  }
  if (!connection->alive()) {
    Result<void> gone = fail(ErrorKind::Internal, "the bus closed the connection at once");
    co_return gone;
  }
  connection_ = connection;
  ready_ = true;
  connection_->on_lost([this](Error const& why) { lost(why); });
  co_return Result<void>{};
}

void SystemBus::lost(Error const& why) {
  ready_ = false;
  // We are called from inside the connection: it goes once it is out of its own functions.
  boost::asio::post(executor_, [gone = std::exchange(connection_, nullptr)] {});
  spdlog::warn("the system bus is gone ({}); connecting again, until then `tykup` cannot reach this daemon", why.message);
  if (changed_) changed_(&why);
  retry_in_background();
}

void SystemBus::retry_in_background() { boost::asio::co_spawn(executor_, connect_again(), report_defect); }

Awaitable<void> SystemBus::connect_again() {
  for (unsigned failures = 1; !ready_; ++failures) {
    timer_.expires_after(backoff_delay(backoff_, failures));
    boost::system::error_code ended;
    auto wait = boost::asio::redirect_error(boost::asio::use_awaitable, ended);
    co_await timer_.async_wait(std::move(wait));
    if (ended) co_return;
    Result<void> const connected = co_await connect_once();
    if (!connected) spdlog::debug("the system bus: attempt {}: {}", failures, connected.error().message);
  }
  spdlog::info("connected to the system bus");
  if (changed_) changed_(nullptr);
}

}  // namespace tykup::bus
