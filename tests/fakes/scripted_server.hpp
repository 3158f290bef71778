#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/tls_identity.hpp"

namespace tykup::fakes {

/// What a server does with every connection.
struct Script {
  enum class End {
    Close,  ///< says good-bye as the protocol wants it
    Reset,  ///< cuts the line: TCP reset
    Cut,    ///< TLS: closes TCP without TLS's own good-bye
    Hang    ///< keeps the line until the other end goes
  };
  std::string says = {};
  bool waits_for_request = true;
  std::size_t times = 1;                 ///< `says` is said so often
  std::chrono::milliseconds pause = {};  ///< before each time
  End end = End::Close;
};

/// A TCP or TLS server on the test's own loop that says what it is told to, well-formed or not.
class ScriptedServer {
 public:
  ScriptedServer(boost::asio::io_context& loop, Script script, std::string const& address = "127.0.0.1");
  /// With TLS.
  ScriptedServer(boost::asio::io_context& loop, Script script, TlsIdentity const& identity);
  ~ScriptedServer();
  ScriptedServer(ScriptedServer const&) = delete;
  ScriptedServer& operator=(ScriptedServer const&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// The header blocks that arrived, in order.
  [[nodiscard]] std::vector<std::string> const& requests() const;

 private:
  struct Stage;
  std::shared_ptr<Stage> stage_;
};

/// A local port on which nobody listens.
std::uint16_t closed_port(boost::asio::io_context& loop);

}  // namespace tykup::fakes
