#include "tests/fakes/fake_etcd.hpp"

#include <algorithm>
#include <deque>

#include "tests/fakes/fake_etcd_keys.hpp"
#include "tests/fakes/fake_etcd_request.hpp"
#include "tests/fakes/fake_etcd_watches.hpp"

namespace tykup::fakes {

namespace {

using etcd::LeaseId;
using etcd::Revision;
using etcd::Txn;
using etcd::WatchEnd;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kShortestLease{2};
constexpr seconds kLongestLease{9'000'000'000};

struct HeldLease {
  seconds ttl;
  milliseconds end;
  std::set<std::string> keys = {};
};

/// What a snapshot takes with it.
struct Kept {
  Revision revision = 1;
  Revision compacted = 0;
  EtcdKeys keys = {};
  std::deque<EtcdEvent> log = {};
  std::map<LeaseId, HeldLease> leases = {};
};

tl::unexpected<Error> no_lease() { return fail(ErrorKind::LeaseLost, "etcdserver: requested lease not found"); }
tl::unexpected<Error> refuse(std::string why) { return fail(ErrorKind::BadRequest, "etcdserver: " + std::move(why)); }

/// A transaction with every comparison answered: what will be done, before anything is.
struct Path {
  bool succeeded = false;
  std::vector<etcd::Op> const* ops = nullptr;
  std::vector<Path> nested = {};  ///< in the order of `ops`
};

Path path_of(Txn const& txn, EtcdKeys const& keys) {
  Path path;
  path.succeeded = std::ranges::all_of(txn.compares, [&keys](auto const& compare) { return keys.holds(compare); });
  path.ops = path.succeeded ? &txn.then : &txn.otherwise;
  for (auto const& op : *path.ops) {
    if (auto const* nested = std::get_if<etcd::Nested>(&op)) path.nested.push_back(path_of(nested->txn.front(), keys));
  }
  return path;
}

}  // namespace

class FakeEtcd::Snapshot : public Kept {
 public:
  explicit Snapshot(Kept kept) : Kept(std::move(kept)) {}
};

struct FakeEtcd::Store : Kept {
  EtcdWatches watches = {};
  std::set<std::pair<milliseconds, LeaseId>> ends = {};
  milliseconds now = {};
  LeaseId last_lease = 7'587'000'000'000'000'000;
  std::uint64_t term = 2;
  bool changed = false;  ///< something was, in the revision that is being made

  [[nodiscard]] Revision current() const { return revision + (changed ? 1 : 0); }
  /// The revision that is being made is the one that is.
  void close() {
    revision = current();
    changed = false;
  }

  void record(etcd::WatchEvent event) {
    changed = true;
    event.value.mod_revision = revision + 1;
    log.push_back(std::make_shared<etcd::WatchEvent const>(std::move(event)));
    watches.tell(log.back());
  }

  void loosen(etcd::KeyValue const& value) {
    if (auto const found = leases.find(value.lease); found != leases.end()) found->second.keys.erase(value.key);
  }

  etcd::OpDone put(etcd::Put const& put) {
    etcd::WatchEvent event;
    auto& value = event.value;
    value = {put.key, put.value, revision + 1, revision + 1, 1, put.lease};
    if (auto const* old = keys.find(put.key)) {
      loosen(*old);
      value.create_revision = old->create_revision;
      value.version = old->version + 1;
    }
    if (put.lease != 0) leases.at(put.lease).keys.insert(put.key);
    keys.set(value);
    record(std::move(event));
    return etcd::PutDone{};
  }

  void erase(std::string const& key) {
    etcd::WatchEvent event;
    event.kind = etcd::WatchEvent::Kind::Delete;
    event.value.key = key;
    loosen(*keys.find(key));
    keys.erase(key);
    record(std::move(event));
  }

  etcd::OpDone erase(etcd::KeyRange const& range) {
    auto const names = keys.names(range);
    for (auto const& name : names) erase(name);
    return etcd::Deleted{static_cast<std::int64_t>(names.size())};
  }

  /// False: something would be put under a lease that is not there.
  [[nodiscard]] bool leases_exist(Path const& path) const {
    for (auto const& op : *path.ops) {
      auto const* put = std::get_if<etcd::Put>(&op);
      if (put != nullptr && put->lease != 0 && !leases.contains(put->lease)) return false;
    }
    return std::ranges::all_of(path.nested, [this](auto const& nested) { return leases_exist(nested); });
  }

  etcd::TxnDone perform(Path const& path) {
    etcd::TxnDone done;
    done.succeeded = path.succeeded;
    auto nested = path.nested.begin();
    for (auto const& op : *path.ops) {
      if (auto const* get = std::get_if<etcd::Get>(&op)) done.answers.emplace_back(keys.get(*get));
      if (auto const* put = std::get_if<etcd::Put>(&op)) done.answers.push_back(this->put(*put));
      if (auto const* gone = std::get_if<etcd::Delete>(&op)) done.answers.push_back(erase(gone->keys));
      if (std::holds_alternative<etcd::Nested>(op)) done.answers.emplace_back(etcd::NestedDone{{perform(*nested++)}});
    }
    return done;
  }

  void hold(LeaseId id, HeldLease& lease) {
    ends.erase({lease.end, id});
    lease.end = now + lease.ttl;
    ends.emplace(lease.end, id);
  }
  void hold_all() {
    ends.clear();
    for (auto& [id, lease] : leases) hold(id, lease);
  }

  void end_lease(std::map<LeaseId, HeldLease>::iterator at) {
    auto const names = at->second.keys;
    for (auto const& name : names) erase(name);
    ends.erase({at->second.end, at->first});
    leases.erase(at);
    close();
  }

  [[nodiscard]] std::deque<EtcdEvent>::const_iterator since(Revision from) const {
    return std::ranges::lower_bound(log, from, {}, [](EtcdEvent const& event) { return event->value.mod_revision; });
  }
};

namespace {

/// The outer revision is everybody's.
void stamp(etcd::TxnDone& done, Revision revision) {
  done.revision = revision;
  for (auto& answer : done.answers) {
    if (auto* nested = std::get_if<etcd::NestedDone>(&answer)) stamp(nested->done.front(), revision);
  }
}

}  // namespace

FakeEtcd::FakeEtcd() : store_(std::make_unique<Store>()) {}
FakeEtcd::~FakeEtcd() = default;

Result<etcd::TxnDone> FakeEtcd::txn(Txn const& txn) {
  if (auto checked = check_request(txn); !checked) return fail(std::move(checked.error()));
  auto const path = path_of(txn, store_->keys);
  if (!store_->leases_exist(path)) return no_lease();
  auto done = store_->perform(path);
  store_->close();
  stamp(done, store_->revision);
  return done;
}

Result<etcd::Lease> FakeEtcd::grant(seconds ttl, LeaseId wanted) {
  if (ttl > kLongestLease) return refuse("too large lease TTL");
  if (store_->leases.contains(wanted)) return refuse("lease already exists");
  auto const id = wanted != 0 ? wanted : ++store_->last_lease;
  auto& lease = store_->leases.emplace(id, HeldLease{std::max(ttl, kShortestLease), {}}).first->second;
  store_->hold(id, lease);
  return etcd::Lease{id, lease.ttl};
}

Result<seconds> FakeEtcd::keep_alive(LeaseId lease) {
  auto const found = store_->leases.find(lease);
  if (found == store_->leases.end()) return no_lease();
  store_->hold(lease, found->second);
  return found->second.ttl;
}

Result<void> FakeEtcd::revoke(LeaseId lease) {
  auto const found = store_->leases.find(lease);
  if (found == store_->leases.end()) return no_lease();
  store_->end_lease(found);
  return {};
}

void FakeEtcd::advance(milliseconds time) {
  auto const until = store_->now + time;
  while (!store_->ends.empty() && store_->ends.begin()->first <= until) {
    store_->now = store_->ends.begin()->first;
    store_->end_lease(store_->leases.find(store_->ends.begin()->second));
  }
  store_->now = until;
}

milliseconds FakeEtcd::now() const { return store_->now; }

std::optional<milliseconds> FakeEtcd::next_expiry() const {
  if (store_->ends.empty()) return std::nullopt;
  return store_->ends.begin()->first;
}

FakeEtcd::WatchId FakeEtcd::watch(etcd::KeyRange keys, Revision from) {
  if (from == 0) from = store_->revision + 1;
  auto const id = store_->watches.add(keys, from);
  bool const to_the_last = keys.end == std::string(1, '\0');
  if (!keys.end.empty() && !to_the_last && keys.end <= keys.begin) {
    end(id, WatchEnd::Reason::Refused);
    return id;
  }
  if (from < store_->compacted) {
    WatchEnd end;
    end.reason = WatchEnd::Reason::Compacted;
    end.compacted = store_->compacted;
    store_->watches.end(id, std::move(end));
    return id;
  }
  for (auto at = store_->since(from); at != store_->log.end(); ++at) {
    if (holds(keys, (*at)->value.key)) store_->watches.tell(id, *at);
  }
  return id;
}

etcd::WatchNews FakeEtcd::take(WatchId watch) { return store_->watches.take(watch, store_->revision); }
std::vector<FakeEtcd::WatchId> FakeEtcd::take_ready() { return store_->watches.take_ready(); }
void FakeEtcd::cancel(WatchId watch) { store_->watches.remove(watch); }

void FakeEtcd::end(WatchId watch, WatchEnd::Reason reason) {
  WatchEnd end;
  end.reason = reason;
  store_->watches.end(watch, std::move(end));
}

void FakeEtcd::end_all(WatchEnd::Reason reason) {
  WatchEnd end;
  end.reason = reason;
  store_->watches.end_all(end);
}

Result<void> FakeEtcd::compact(Revision revision) {
  if (revision <= store_->compacted) return refuse("mvcc: required revision has been compacted");
  if (revision > store_->revision) return refuse("mvcc: required revision is a future revision");
  auto& log = store_->log;
  log.erase(log.cbegin(), store_->since(revision));
  // etcd 3.4 loses the deletions of that very revision, too.
  std::erase_if(log, [revision](EtcdEvent const& event) {
    return event->value.mod_revision == revision && event->kind == etcd::WatchEvent::Kind::Delete;
  });
  store_->compacted = revision;
  return {};
}

etcd::Header FakeEtcd::header() const {
  etcd::Header header;
  header.cluster_id = 0xcdf818194e3a8c32;
  header.member_id = 0x8e9e05c52164694d;
  header.revision = store_->revision;
  header.raft_term = store_->term;
  return header;
}

void FakeEtcd::elect() {
  ++store_->term;
  store_->hold_all();
}

std::shared_ptr<FakeEtcd::Snapshot const> FakeEtcd::snapshot() const { return std::make_shared<Snapshot const>(*store_); }

void FakeEtcd::restore(Snapshot const& snapshot) {
  static_cast<Kept&>(*store_) = snapshot;
  store_->hold_all();
  end_all(WatchEnd::Reason::Closed);
}

}  // namespace tykup::fakes
