#pragma once

#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>

#include "daemon/core/etcd.hpp"

namespace tykup::fakes {

/// The keys of one revision. How many lie in a range is known without going through it.
class EtcdKeys {
 public:
  [[nodiscard]] etcd::KeyValue const* find(std::string const& key) const;
  void set(etcd::KeyValue value);
  void erase(std::string const& key);
  [[nodiscard]] etcd::Got get(etcd::Get const& get) const;
  [[nodiscard]] std::vector<std::string> names(etcd::KeyRange const& range) const;
  [[nodiscard]] bool holds(etcd::Compare const& compare) const;

 private:
  using Tree = __gnu_pbds::tree<std::string, etcd::KeyValue, std::less<>, __gnu_pbds::rb_tree_tag,
                                __gnu_pbds::tree_order_statistics_node_update>;
  struct Span {
    Tree::const_iterator begin;
    Tree::const_iterator end;
    std::size_t count = 0;
  };
  [[nodiscard]] Span span(etcd::KeyRange const& range) const;
  static void pick_in_place(etcd::Get const& get, Span const& range, etcd::Got& got);
  /// Of keys that were created in one revision those with the lower name are the earlier; etcd itself promises no order.
  static void pick_sorted(etcd::Get const& get, Span const& range, etcd::Got& got);

  Tree tree_ = {};
};

}  // namespace tykup::fakes
