#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "daemon/net/etcd_client.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::net {

/// One member of a real etcd on this host's loopback, with data of its own that a restart keeps. Found in PATH.
class RealEtcd {
 public:
  struct Setup {
    std::string cert_file = {};  ///< TLS towards clients
    std::string key_file = {};
    std::vector<std::string> options = {};
  };
  RealEtcd() : RealEtcd(Setup{}) {}
  explicit RealEtcd(Setup setup);
  ~RealEtcd();
  RealEtcd(RealEtcd const&) = delete;
  RealEtcd& operator=(RealEtcd const&) = delete;

  /// Until it takes connections. Throws where it does not.
  void start();
  /// As an operator stops it.
  void stop();
  /// Its processes, all of them, stand still or go on.
  void freeze();
  void thaw();
  [[nodiscard]] std::string url(std::string const& host = "127.0.0.1") const;
  [[nodiscard]] std::uint16_t port() const { return client_port_; }
  /// What is done by an operator: a body for a path such as "auth/enable". Throws unless it is answered with 200.
  std::string administer(std::string const& path, std::string const& body, std::string const& token = {});

 private:
  void await_port();
  void await_answer();

  fakes::TemporaryFolder folder_;
  Setup setup_;
  std::uint16_t client_port_ = 0;
  std::uint16_t peer_port_ = 0;
  pid_t process_ = 0;
};

/// Options with short waits and a chance that is always the same.
[[nodiscard]] EtcdOptions quick_options(std::vector<std::string> const& urls);

}  // namespace tykup::net
