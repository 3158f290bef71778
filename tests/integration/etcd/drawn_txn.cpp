#include "tests/integration/etcd/drawn_txn.hpp"

namespace tykup::net {

namespace {

using etcd::Compare;
using etcd::Txn;

std::string const kKeys[] = {"a",        "b",         "p/",        "p/1", "p/10", "p/2", "p/3/x", "p/3/y", "q",   std::string("p/\0", 3),
                             "p/\xff\xff", "\xff\xff", "p/4", "p/5", "r/1",  "r/2", "r/3",   "r/4",   "r/5", "r/6"};
std::string const kPrefixes[] = {"p/", "p/1", "p/3/", "r/", "none/", "\xff"};
std::string const kLast(1, '\0');

}  // namespace

std::string Draw::key() {
  if (one_in(200)) return {};
  return kKeys[below(static_cast<int>(std::size(kKeys)))];
}

etcd::KeyRange Draw::range() {
  switch (below(6)) {
    case 0: return etcd::under(kPrefixes[below(static_cast<int>(std::size(kPrefixes)))]);
    case 1: return {key(), key()};
    case 2: return one_in(4) ? etcd::KeyRange{kLast, kLast} : etcd::KeyRange{key(), kLast};
    default: return {key(), {}};
  }
}

Compare Draw::compare(etcd::Revision now) {
  Compare compare;
  compare.keys = range();
  compare.target = static_cast<Compare::Target>(below(5));
  compare.relation = static_cast<Compare::Relation>(below(4));
  bool const of_revisions = compare.target == Compare::Target::CreateRevision || compare.target == Compare::Target::ModRevision;
  compare.number = of_revisions && one_in(2) ? now - below(40) : below(4);
  if (compare.target == Compare::Target::Value) compare.value = std::string(1, static_cast<char>('x' + below(3)));
  return compare;
}

etcd::Get Draw::get(etcd::Revision now) {
  etcd::Get get;
  get.keys = range();
  if (one_in(2)) get.limit = below(4);
  if (one_in(2)) get.order = etcd::Get::Order::Descending;
  get.keys_only = one_in(4);
  get.count_only = one_in(5);
  if (one_in(5)) get.max_create_revision = now - below(40);
  return get;
}

etcd::Op Draw::op(etcd::Revision now, int depth) {
  auto const kind = below(depth < 2 ? 10 : 8);
  if (kind < 3) return get(now);
  if (kind < 6) return etcd::Put{key(), std::string(static_cast<std::size_t>(below(2)), static_cast<char>('x' + below(3))), lease()};
  if (kind < 8) return etcd::Delete{range()};
  return etcd::Nested{{nested(now, depth + 1)}};
}

Txn Draw::nested(etcd::Revision now, int depth) {
  Txn txn;
  for (int i = below(3); i > 0; --i) txn.compares.push_back(compare(now));
  for (int i = below(4); i > 0; --i) txn.then.push_back(op(now, depth));
  for (int i = below(3); i > 0; --i) txn.otherwise.push_back(op(now, depth));
  return txn;
}

Txn Draw::txn(etcd::Revision now) { return nested(now, 0); }

Txn Draw::queue(etcd::Revision now) {
  auto const name = "queue/" + std::to_string(below(12));
  Txn txn;
  if (one_in(3)) {
    txn.then = {etcd::Delete{{name, {}}}};
  } else if (one_in(2)) {
    txn.then = {etcd::Put{name, "x", 0}};
  } else {
    auto found = get(now);
    found.keys = etcd::under("queue/");
    found.by = etcd::Get::By::CreateRevision;
    txn.then = {found};
  }
  return txn;
}

}  // namespace tykup::net
