#include "tests/fakes/fake_etcd_request.hpp"

#include <algorithm>
#include <set>

namespace tykup::fakes {

namespace {

using etcd::Op;
using etcd::Txn;
constexpr std::size_t kMostOps = 128;
constexpr std::size_t kLargest = 1536 * 1024;

/// What a list of operations may change, whichever way its nested ones go.
struct Changes {
  std::set<std::string> puts = {};
  std::vector<etcd::KeyRange> deletes = {};

  [[nodiscard]] bool deletes_key(std::string const& key) const {
    return std::ranges::any_of(deletes, [&key](auto const& range) {
      // As etcd does it: "to the last key" is an end before every key here, so that it meets no put.
      return range.end.empty() ? key == range.begin : range.begin <= key && key < range.end;
    });
  }
};

std::optional<Changes> changes_of(std::vector<Op> const& ops);

/// False: the two ways of a nested one meet what is there already.
bool add_nested(Changes& all, Txn const& nested) {
  auto const then = changes_of(nested.then);
  auto const otherwise = changes_of(nested.otherwise);
  if (!then || !otherwise) return false;
  auto const before = all.puts;
  for (auto const* way : {&*then, &*otherwise}) {
    for (auto const& key : way->puts) {
      if (before.contains(key) || all.deletes_key(key)) return false;
      all.puts.insert(key);
    }
  }
  for (auto const* way : {&*then, &*otherwise}) all.deletes.insert(all.deletes.end(), way->deletes.begin(), way->deletes.end());
  return true;
}

/// Nothing: a key is put twice, or put and deleted. Deletes of this level count first, then nested ones in their order.
std::optional<Changes> changes_of(std::vector<Op> const& ops) {
  Changes all;
  for (auto const& op : ops) {
    if (auto const* gone = std::get_if<etcd::Delete>(&op)) all.deletes.push_back(gone->keys);
  }
  for (auto const& op : ops) {
    auto const* nested = std::get_if<etcd::Nested>(&op);
    if (nested != nullptr && !add_nested(all, nested->txn.front())) return std::nullopt;
  }
  for (auto const& op : ops) {
    auto const* put = std::get_if<etcd::Put>(&op);
    if (put == nullptr) continue;
    if (all.deletes_key(put->key) || !all.puts.insert(put->key).second) return std::nullopt;
  }
  return all;
}

tl::unexpected<Error> refuse(std::string why) { return fail(ErrorKind::BadRequest, "etcdserver: " + std::move(why)); }

Result<void> check_sizes(Txn const& txn, std::size_t most);

struct OpCheck {
  std::size_t left;
  static Result<void> key(std::string const& key) {
    if (key.empty()) return refuse("key is not provided");
    return {};
  }
  Result<void> operator()(etcd::Get const& get) const { return key(get.keys.begin); }
  Result<void> operator()(etcd::Put const& put) const { return key(put.key); }
  Result<void> operator()(etcd::Delete const& gone) const { return key(gone.keys.begin); }
  Result<void> operator()(etcd::Nested const& nested) const { return check_sizes(nested.txn.front(), left); }
};

Result<void> check_sizes(Txn const& txn, std::size_t most) {
  auto const here = std::max({txn.compares.size(), txn.then.size(), txn.otherwise.size()});
  if (here > most) return refuse("too many operations in txn request");
  for (auto const& compare : txn.compares) {
    if (auto checked = OpCheck::key(compare.keys.begin); !checked) return checked;
  }
  for (auto const* ops : {&txn.then, &txn.otherwise}) {
    for (auto const& op : *ops) {
      if (auto checked = std::visit(OpCheck{most - here}, op); !checked) return checked;
    }
  }
  return {};
}

std::size_t size_of(Txn const& txn) {
  std::size_t size = 0;
  for (auto const& compare : txn.compares) size += compare.keys.begin.size() + compare.keys.end.size() + compare.value.size();
  for (auto const* ops : {&txn.then, &txn.otherwise}) {
    for (auto const& op : *ops) {
      if (auto const* put = std::get_if<etcd::Put>(&op)) size += put->key.size() + put->value.size();
      if (auto const* nested = std::get_if<etcd::Nested>(&op)) size += size_of(nested->txn.front());
    }
  }
  return size;
}

}  // namespace

Result<void> check_request(Txn const& txn) {
  if (auto sizes = check_sizes(txn, kMostOps); !sizes) return sizes;
  if (!changes_of(txn.then) || !changes_of(txn.otherwise)) return refuse("duplicate key given in txn request");
  if (size_of(txn) > kLargest) return refuse("request is too large");
  return {};
}

}  // namespace tykup::fakes
