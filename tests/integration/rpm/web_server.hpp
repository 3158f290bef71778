#pragma once

#include <sys/types.h>

#include <string>

#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {

/// A server on this machine that serves the world's /srv, notes what it was asked for, and lets /stall wait for ever.
/// Asked as a proxy it answers from /srv too.
class WebServer {
 public:
  enum class Talks { Plainly, Tls };
  explicit WebServer(World const& world, Talks talks = Talks::Plainly);
  WebServer(WebServer const&) = delete;
  WebServer& operator=(WebServer const&) = delete;
  ~WebServer();

  [[nodiscard]] std::string address() const { return "localhost:" + port_; }
  /// Its own, signed by itself.
  [[nodiscard]] std::string certificate() const { return folder_ + "/certificate.pem"; }
  /// A line for each request, as it came.
  [[nodiscard]] std::string asked() const;

 private:
  std::string folder_;
  std::string port_ = {};
  pid_t pid_ = 0;
};

}  // namespace tykup::pkg::rpm::test
