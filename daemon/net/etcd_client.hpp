#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/agent/etcd_port.hpp"
#include "daemon/net/etcd_endpoints.hpp"
#include "daemon/net/http_connection.hpp"

namespace tykup::net {

struct EtcdOptions {
  std::vector<Target> endpoints = {};  ///< of `parse_etcd_endpoints`
  Trust trust = {};
  std::string user = {};           ///< empty: etcd has no users
  std::string password_file = {};  ///< its first line; read whenever a token is wanted
  /// For one endpoint to connect and answer. etcd itself gives a request up after seven seconds, and then says so.
  std::chrono::milliseconds limit = std::chrono::seconds{10};
  /// For a password's check alone, which costs etcd much by intent: a thousand hosts that come at once wait forty seconds for
  /// it. Whoever gives up before asks again, and etcd never comes to the end.
  std::chrono::milliseconds password_limit = std::chrono::minutes{1};
  std::chrono::milliseconds silence = std::chrono::minutes{15};  ///< that ends a watch; etcd says something every ten
  EtcdEndpoints::Rest rest = {};
  /// Within it a token that etcd no longer takes is renewed: all hosts lose theirs at once, and etcd checks some 27 a second.
  std::chrono::milliseconds renewal_spread = std::chrono::seconds{12};
  std::function<double()> chance = {};  ///< in [0, 1)
  std::function<Instant()> now = {};    ///< this host's own clock
};

/// etcd through its JSON gateway (3.4 and later). A call asks one endpoint after the other, each at most once and only those
/// that do not rest after a failure, until one has said something of it; so it is over after `limit` for each, and as much
/// again, `password_limit` and `renewal_spread` where a token is renewed. BadConfig: the password's file cannot be read.
class EtcdClient final : public agent::Etcd {
 public:
  explicit EtcdClient(EtcdOptions options);
  ~EtcdClient() override;

  boost::asio::awaitable<Result<etcd::TxnDone>> txn(etcd::Txn txn) override;
  boost::asio::awaitable<Result<etcd::Lease>> grant(std::chrono::seconds ttl, etcd::LeaseId wanted) override;
  boost::asio::awaitable<Result<std::chrono::seconds>> keep_alive(etcd::LeaseId lease) override;
  boost::asio::awaitable<Result<void>> revoke(etcd::LeaseId lease) override;
  std::unique_ptr<agent::EtcdWatch> watch(etcd::KeyRange keys, etcd::Revision from) override;
  [[nodiscard]] std::optional<Duration> clock_offset() const override;
  [[nodiscard]] std::optional<etcd::Header> header() const override;

 private:
  std::shared_ptr<class EtcdSession> session_;
};

}  // namespace tykup::net
