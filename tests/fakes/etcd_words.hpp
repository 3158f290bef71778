#pragma once

#include "daemon/core/etcd.hpp"

/// Short words for transactions in tests.
namespace tykup::fakes::etcd_words {

using etcd::Delete;
using etcd::Get;
using etcd::KeyRange;
using etcd::KeyValue;
using etcd::Op;
using etcd::Put;
using etcd::Txn;

inline KeyRange one(std::string key) { return {std::move(key), ""}; }

inline Get get(std::string key) {
  Get get;
  get.keys.begin = std::move(key);
  return get;
}
inline Get all_under(std::string prefix) {
  Get get;
  get.keys = etcd::under(std::move(prefix));
  return get;
}
inline Put put(std::string key, std::string value, etcd::LeaseId lease = 0) { return {std::move(key), std::move(value), lease}; }
inline Delete gone(std::string key) { return {one(std::move(key))}; }

inline etcd::Compare compare(KeyRange keys, etcd::Compare::Target target, etcd::Compare::Relation relation, std::int64_t number,
                             std::string value = {}) {
  return {std::move(keys), target, relation, number, std::move(value)};
}
inline etcd::Compare absent(std::string key) {
  return compare(one(std::move(key)), etcd::Compare::Target::Version, etcd::Compare::Relation::Equal, 0);
}
inline etcd::Compare exists(std::string key) {
  return compare(one(std::move(key)), etcd::Compare::Target::Version, etcd::Compare::Relation::Greater, 0);
}

inline Txn when(std::vector<etcd::Compare> compares, std::vector<Op> then, std::vector<Op> otherwise = {}) {
  return {std::move(compares), std::move(then), std::move(otherwise)};
}
inline etcd::Nested nested(Txn txn) { return {{std::move(txn)}}; }

}  // namespace tykup::fakes::etcd_words
