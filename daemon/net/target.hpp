#pragma once

#include <string>
#include <string_view>

#include "daemon/core/result.hpp"

namespace tykup::net {

/// Where a probe goes. `host` is a name or an address without brackets.
struct Target {
  bool tls = false;
  std::string host;
  std::string port;
  std::string path = {};       ///< path and query as they go on the request line, at least "/"
  std::string authority = {};  ///< for the Host header: host and, unless it is the scheme's own, port

  /// This host itself: "localhost" and the loopback addresses.
  [[nodiscard]] bool loopback() const;
};

/// "http://127.0.0.1:8080/hello", "https://[::1]:3000/health?full=1". BadConfig for every other scheme, a user name,
/// a fragment, a missing host and a port that is none.
[[nodiscard]] Result<Target> parse_url(std::string_view url);

/// "127.0.0.1:6379", "[::1]:6379", "cache.internal:6379". BadConfig without a port.
[[nodiscard]] Result<Target> parse_host_port(std::string_view text);

}  // namespace tykup::net
