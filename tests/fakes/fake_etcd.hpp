#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/etcd.hpp"

namespace tykup::fakes {

/// One etcd 3.4 in memory: what it does with transactions, leases and watches, without a cluster, a network or a clock of its
/// own. Every call is over when it returns; who plays an outage or a lost reply does so before or after the call. Errors have
/// the kinds of the real client's, with etcd's own words.
class FakeEtcd {
 public:
  using WatchId = std::uint64_t;

  FakeEtcd();
  ~FakeEtcd();
  FakeEtcd(FakeEtcd const&) = delete;
  FakeEtcd& operator=(FakeEtcd const&) = delete;

  /// BadRequest: etcd's limits; LeaseLost: a put under a lease that is not there. Either way nothing was changed.
  Result<etcd::TxnDone> txn(etcd::Txn const& txn);

  /// At least two seconds. `wanted` 0: etcd chooses. BadRequest: longer than etcd allows, or the id is taken.
  Result<etcd::Lease> grant(std::chrono::seconds ttl, etcd::LeaseId wanted = 0);
  /// The lease's whole length from now on. LeaseLost: there is none.
  Result<std::chrono::seconds> keep_alive(etcd::LeaseId lease);
  /// Its keys go in one revision. LeaseLost: there is none.
  Result<void> revoke(etcd::LeaseId lease);
  /// Time passes; leases that end on the way do so in their order, each in a revision of its own (none without keys).
  void advance(std::chrono::milliseconds time);
  [[nodiscard]] std::chrono::milliseconds now() const;
  /// When the next lease ends.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_expiry() const;

  /// Every change of those keys from that revision on; 0: from now on. One that lies ahead is waited for.
  /// Refused: a range in which no key can be.
  WatchId watch(etcd::KeyRange keys, etcd::Revision from);
  /// What it has to tell by now; after an end the watch is gone. Of a watch that is gone: closed.
  etcd::WatchNews take(WatchId watch);
  /// Those that have something to tell, oldest first, and each once until it has something new.
  std::vector<WatchId> take_ready();
  /// Its owner wants it no longer.
  void cancel(WatchId watch);
  /// Ends it from this side, after what it has to tell.
  void end(WatchId watch, etcd::WatchEnd::Reason reason);
  void end_all(etcd::WatchEnd::Reason reason);

  /// BadRequest: done already, or it lies ahead.
  Result<void> compact(etcd::Revision revision);
  [[nodiscard]] etcd::Header header() const;
  /// Another term; every lease has its whole length again.
  void elect();

  /// Keys, leases and history. What is taken back keeps the ids of cluster and member and the term: nothing but a lower
  /// revision tells of it. Every watch is closed.
  class Snapshot;
  [[nodiscard]] std::shared_ptr<Snapshot const> snapshot() const;
  void restore(Snapshot const& snapshot);

 private:
  struct Store;
  std::unique_ptr<Store> store_;
};

}  // namespace tykup::fakes
