#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <vector>

#include "daemon/net/target.hpp"

namespace tykup::net {

[[nodiscard]] bool is_address(std::string const& host);

/// Where a target may be reached: at once for an address and for "localhost", by a look-up for any other name. `error` is
/// timed_out where that took longer.
[[nodiscard]] boost::asio::awaitable<std::vector<boost::asio::ip::tcp::endpoint>> addresses_of(
    Target const& target, std::chrono::steady_clock::time_point deadline, boost::system::error_code& error);

}  // namespace tykup::net
