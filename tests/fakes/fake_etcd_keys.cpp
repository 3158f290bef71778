#include "tests/fakes/fake_etcd_keys.hpp"

#include <algorithm>
#include <span>

namespace tykup::fakes {

namespace {

using etcd::Compare;
using etcd::KeyValue;

template <typename T>
bool related(T const& have, Compare::Relation relation, T const& want) {
  switch (relation) {
    case Compare::Relation::Equal: return have == want;
    case Compare::Relation::NotEqual: return have != want;
    case Compare::Relation::Less: return have < want;
    case Compare::Relation::Greater: return have > want;
  }
  return false;
}

bool holds_for(Compare const& compare, KeyValue const& value) {
  auto const number = [&compare](std::int64_t have) { return related(have, compare.relation, compare.number); };
  switch (compare.target) {
    case Compare::Target::Version: return number(value.version);
    case Compare::Target::CreateRevision: return number(value.create_revision);
    case Compare::Target::ModRevision: return number(value.mod_revision);
    case Compare::Target::Lease: return number(value.lease);
    case Compare::Target::Value: return related(value.value, compare.relation, compare.value);
  }
  return false;
}

}  // namespace

KeyValue const* EtcdKeys::find(std::string const& key) const {
  auto const found = tree_.find(key);
  return found == tree_.end() ? nullptr : &found->second;
}

void EtcdKeys::set(KeyValue value) {
  auto key = value.key;
  tree_[std::move(key)] = std::move(value);
}

void EtcdKeys::erase(std::string const& key) { tree_.erase(key); }

EtcdKeys::Span EtcdKeys::span(etcd::KeyRange const& range) const {
  if (range.end.empty()) {
    auto const found = tree_.find(range.begin);
    if (found == tree_.end()) return {tree_.end(), tree_.end()};
    return {found, std::next(found), 1};
  }
  bool const open = range.end == std::string(1, '\0');
  if (!open && range.end <= range.begin) return {tree_.end(), tree_.end()};
  auto const before = tree_.order_of_key(range.begin);
  if (open) return {tree_.lower_bound(range.begin), tree_.end(), tree_.size() - before};
  return {tree_.lower_bound(range.begin), tree_.lower_bound(range.end), tree_.order_of_key(range.end) - before};
}

void EtcdKeys::pick_in_place(etcd::Get const& get, Span const& range, etcd::Got& got) {
  got.more = get.limit > 0 && get.limit < got.count;
  auto wanted = got.more ? get.limit : got.count;
  bool const up = get.order == etcd::Get::Order::Ascending;
  for (auto at = up ? range.begin : range.end; wanted > 0; --wanted) {
    if (!up) --at;
    got.values.push_back(at->second);
    if (up) ++at;
  }
}

void EtcdKeys::pick_sorted(etcd::Get const& get, Span const& range, etcd::Got& got) {
  std::vector<KeyValue const*> found;
  for (auto at = range.begin; at != range.end; ++at) {
    if (get.max_create_revision == 0 || at->second.create_revision <= get.max_create_revision) found.push_back(&at->second);
  }
  auto const size = static_cast<std::int64_t>(found.size());
  got.more = get.limit > 0 && get.limit < size;
  auto const wanted = got.more ? get.limit : size;
  bool const by_key = get.by == etcd::Get::By::Key;
  bool const up = get.order == etcd::Get::Order::Ascending;
  auto const earlier = [by_key, up](KeyValue const* one, KeyValue const* other) {
    if (!up) std::swap(one, other);
    if (by_key || one->create_revision == other->create_revision) return one->key < other->key;
    return one->create_revision < other->create_revision;
  };
  std::ranges::partial_sort(found, found.begin() + wanted, earlier);
  for (auto const* value : std::span(found).first(static_cast<std::size_t>(wanted))) got.values.push_back(*value);
}

etcd::Got EtcdKeys::get(etcd::Get const& get) const {
  auto const range = span(get.keys);
  etcd::Got got;
  got.count = static_cast<std::int64_t>(range.count);
  if (get.count_only) return got;
  bool const plain = get.by == etcd::Get::By::Key && get.max_create_revision == 0;
  plain ? pick_in_place(get, range, got) : pick_sorted(get, range, got);
  if (!get.keys_only) return got;
  for (auto& value : got.values) value.value.clear();
  return got;
}

std::vector<std::string> EtcdKeys::names(etcd::KeyRange const& range) const {
  auto const found = span(range);
  std::vector<std::string> names;
  names.reserve(found.count);
  for (auto at = found.begin; at != found.end; ++at) names.push_back(at->first);
  return names;
}

bool EtcdKeys::holds(Compare const& compare) const {
  auto const range = span(compare.keys);
  if (range.count == 0) return compare.target != Compare::Target::Value && holds_for(compare, KeyValue{});
  for (auto at = range.begin; at != range.end; ++at) {
    if (!holds_for(compare, at->second)) return false;
  }
  return true;
}

}  // namespace tykup::fakes
