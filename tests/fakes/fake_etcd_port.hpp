#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>

#include "daemon/agent/etcd_port.hpp"
#include "tests/fakes/fake_etcd.hpp"

namespace tykup::fakes {

/// An etcd in memory for the agents of several hosts on one loop.
class SharedEtcd {
 public:
  explicit SharedEtcd(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  FakeEtcd etcd;
  /// Watches that have something to tell come back. Every port does so after its calls; whoever changes `etcd` itself, or lets
  /// its time pass, does so, too.
  void stir();

 private:
  friend class FakeEtcdWatch;
  boost::asio::any_io_executor executor_;
  std::map<FakeEtcd::WatchId, boost::asio::steady_timer*> waiting_ = {};
};

/// What one host sees of it.
class FakeEtcdPort final : public agent::Etcd {
 public:
  explicit FakeEtcdPort(std::shared_ptr<SharedEtcd> shared);
  ~FakeEtcdPort() override;

  boost::asio::awaitable<Result<etcd::TxnDone>> txn(etcd::Txn txn) override;
  boost::asio::awaitable<Result<etcd::Lease>> grant(std::chrono::seconds ttl, etcd::LeaseId wanted) override;
  boost::asio::awaitable<Result<std::chrono::seconds>> keep_alive(etcd::LeaseId lease) override;
  boost::asio::awaitable<Result<void>> revoke(etcd::LeaseId lease) override;
  std::unique_ptr<agent::EtcdWatch> watch(etcd::KeyRange keys, etcd::Revision from) override;
  [[nodiscard]] std::optional<Duration> clock_offset() const override { return offset; }
  [[nodiscard]] std::optional<etcd::Header> header() const override { return header_; }

  /// Nobody answers this host from now on, or again; its watches end.
  void set_unreachable(bool unreachable);
  bool loses_answers = false;  ///< what is asked is done, and its answer lost
  std::optional<Duration> offset = Duration{};

 private:
  template <typename T>
  Result<T> answer(Result<T> done);
  [[nodiscard]] bool cut_off() const;

  struct Line;
  std::shared_ptr<SharedEtcd> shared_;
  std::shared_ptr<Line> line_;
  std::optional<etcd::Header> header_ = {};
};

}  // namespace tykup::fakes
