#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "daemon/core/etcd.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

/// What the agent needs of etcd; for real in net, in memory in tests/fakes. Errors of every function, each with a sentence
/// that names the endpoint and what to do:
///  EtcdUnavailable: nobody answered, or nobody has a leader; nothing was changed.
///  EtcdUnknown: it was asked and the answer was lost; whoever knows that it may be repeated does so.
///  NotAllowed: user, password or permission; BadRequest: etcd's limits; LeaseLost: no such lease. Nothing was changed.
namespace tykup::agent {

class EtcdWatch {
 public:
  virtual ~EtcdWatch() = default;
  /// The next of it. Comes back within 15 silent minutes; after news with an end only that end follows.
  virtual boost::asio::awaitable<etcd::WatchNews> next() = 0;
  /// A `next` that waits comes back with Closed. Before the watch may go, its `next` must be back.
  virtual void close() = 0;
};

class Etcd {
 public:
  virtual ~Etcd() = default;
  /// Never repeated by itself unless it only reads.
  virtual boost::asio::awaitable<Result<etcd::TxnDone>> txn(etcd::Txn txn) = 0;
  /// `wanted` 0: etcd chooses. BadRequest: it is taken.
  virtual boost::asio::awaitable<Result<etcd::Lease>> grant(std::chrono::seconds ttl, etcd::LeaseId wanted) = 0;
  /// What is left of it from now on.
  virtual boost::asio::awaitable<Result<std::chrono::seconds>> keep_alive(etcd::LeaseId lease) = 0;
  virtual boost::asio::awaitable<Result<void>> revoke(etcd::LeaseId lease) = 0;
  /// Every change of those keys from that revision on; 0: from the moment that etcd takes it. It begins with its first `next`.
  virtual std::unique_ptr<EtcdWatch> watch(etcd::KeyRange keys, etcd::Revision from) = 0;
  /// How far etcd's clock was ahead of ours with its last answer, to half a second or so; nothing before the first.
  [[nodiscard]] virtual std::optional<Duration> clock_offset() const = 0;
  /// Of the last answer.
  [[nodiscard]] virtual std::optional<etcd::Header> header() const = 0;
};

}  // namespace tykup::agent
