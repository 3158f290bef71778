#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/agent/fleet_desk.hpp"
#include "daemon/agent/ports.hpp"
#include "daemon/net/etcd_client.hpp"

namespace tykup::bench {

/// The operator's desk, as every daemon has one, at an etcd that counts what it is asked.
class Operator {
 public:
  Operator(boost::asio::io_context& loop, net::EtcdOptions options, agent::Clock& clock);

  /// The answer comes while the loop runs.
  void say(fleet::Saying saying);
  /// Reads everything, as `tykup fleet status` does.
  void look();
  [[nodiscard]] std::optional<Result<std::string>> const& heard() const { return heard_; }
  /// Calls of etcd so far.
  [[nodiscard]] unsigned calls() const { return etcd_.calls; }

 private:
  class Counted final : public agent::Etcd {
   public:
    explicit Counted(net::EtcdOptions options) : etcd_(std::move(options)) {}
    boost::asio::awaitable<Result<etcd::TxnDone>> txn(etcd::Txn txn) override;
    boost::asio::awaitable<Result<etcd::Lease>> grant(std::chrono::seconds ttl, etcd::LeaseId wanted) override;
    boost::asio::awaitable<Result<std::chrono::seconds>> keep_alive(etcd::LeaseId lease) override;
    boost::asio::awaitable<Result<void>> revoke(etcd::LeaseId lease) override;
    std::unique_ptr<agent::EtcdWatch> watch(etcd::KeyRange keys, etcd::Revision from) override;
    [[nodiscard]] std::optional<Duration> clock_offset() const override { return etcd_.clock_offset(); }
    [[nodiscard]] std::optional<etcd::Header> header() const override { return etcd_.header(); }

    unsigned calls = 0;

   private:
    net::EtcdClient etcd_;
  };

  agent::Answered answered();

  Counted etcd_;
  agent::FleetDesk desk_;
  std::optional<Result<std::string>> heard_ = {};
};

}  // namespace tykup::bench
