#include "daemon/net/addresses.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace tykup::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Endpoints = std::vector<tcp::endpoint>;
using Steady = std::chrono::steady_clock;

/// A look-up that its waiter may leave behind: getaddrinfo cannot be cancelled, and a dead name server takes its time.
struct Lookup {
  explicit Lookup(asio::any_io_executor const& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  error_code error = asio::error::timed_out;
  Endpoints found = {};
};

asio::awaitable<Endpoints> look_up(Target const& target, Steady::time_point deadline, error_code& error) {
  auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
  lookup->done.expires_at(deadline);
  auto finish = [lookup](error_code problem, tcp::resolver::results_type const& results) {
    lookup->error = problem;
    for (auto const& entry : results) lookup->found.push_back(entry.endpoint());
    lookup->done.cancel();
  };
  lookup->resolver.async_resolve(target.host, target.port, std::move(finish));
  error_code woken;
  co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  error = lookup->error;
  co_return lookup->found;
}

/// Addresses that need no look-up. "localhost" is one: services bind to either family.
Endpoints known_addresses(Target const& target) {
  auto const port = static_cast<unsigned short>(std::stoul(target.port));
  if (target.host == "localhost") {
    return {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}};
  }
  error_code error;
  auto const address = asio::ip::make_address(target.host, error);
  if (error) return {};
  return {{address, port}};
}

}  // namespace

bool is_address(std::string const& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

asio::awaitable<Endpoints> addresses_of(Target const& target, Steady::time_point deadline, error_code& error) {
  error = {};
  auto endpoints = known_addresses(target);
  if (endpoints.empty()) endpoints = co_await look_up(target, deadline, error);
  co_return endpoints;
}

}  // namespace tykup::net
