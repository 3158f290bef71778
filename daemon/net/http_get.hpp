#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "daemon/net/http_connection.hpp"

namespace tykup::net {

/// What is sent with a POST, and by what its server is proven; proof is always demanded.
struct HttpPost {
  std::string body;          ///< JSON
  std::string ca_file = {};  ///< trusted instead of this host's own store; empty: that one
};

/// One GET, no redirect followed, over within `limit` with everything it does: names, connection, TLS, header, body.
/// Never fails and never throws: what went wrong is `problem`.
[[nodiscard]] boost::asio::awaitable<HttpReply> http_get(Target target, ServerProof proof,
                                                         std::chrono::steady_clock::duration limit);

/// One POST in the same manner.
[[nodiscard]] boost::asio::awaitable<HttpReply> http_post(Target target, HttpPost post, std::chrono::steady_clock::duration limit);

/// Connects within `limit` and closes. Empty where that worked, otherwise why not, in the words of `HttpReply`.
[[nodiscard]] boost::asio::awaitable<std::string> tcp_connect(Target target, std::chrono::steady_clock::duration limit);

}  // namespace tykup::net
