#pragma once

#include <random>

#include "daemon/core/etcd.hpp"

namespace tykup::net {

/// Random requests over few keys, so that they meet: also ones that etcd refuses.
class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}

  [[nodiscard]] int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  [[nodiscard]] bool one_in(int times) { return below(times) == 0; }
  [[nodiscard]] std::string key();
  [[nodiscard]] etcd::KeyRange range();
  [[nodiscard]] etcd::Txn txn(etcd::Revision now);
  /// A queue's key, alone in its transaction: who came first is certain.
  [[nodiscard]] etcd::Txn queue(etcd::Revision now);
  [[nodiscard]] etcd::LeaseId lease() { return one_in(3) ? 1 + below(6) : 0; }

 private:
  etcd::Txn nested(etcd::Revision now, int depth);
  etcd::Compare compare(etcd::Revision now);
  etcd::Op op(etcd::Revision now, int depth);
  etcd::Get get(etcd::Revision now);

  std::mt19937 random_;
};

}  // namespace tykup::net
