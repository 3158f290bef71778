#include <algorithm>
#include <utility>

#include "daemon/wire/fleet_operator.hpp"
#include "daemon/wire/fleet_ops.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

constexpr std::size_t kParts = 10;

template <typename Record>
Result<Stored<Record>> stored(etcd::KeyValue const& value) {
  auto record = parse_fleet<Record>(value.value);
  if (!record) return fail(with_context(record.error(), value.key));
  return Stored<Record>{std::move(*record), value.create_revision, value.mod_revision};
}

template <typename Record>
void take(etcd::Got const& got, Stored<Record>& into, std::optional<Error>& error) {
  if (got.values.empty()) return;
  auto record = stored<Record>(got.values.front());
  if (!record) error = record.error();
  else into = std::move(*record);
}

void take_hosts(etcd::Got const& got, Overview& overview) {
  for (auto const& value : got.values) {
    auto record = stored<HostRecord>(value);
    if (record) overview.hosts.push_back(std::move(*record));
    else overview.unreadable.push_back(record.error().message);
  }
}

void take_slots(Keys const& keys, etcd::Got const& got, Overview& overview, std::optional<Error>& error) {
  for (auto const& value : got.values) {
    auto const place = keys.read_slot(value.key);
    auto slot = stored<Slot>(value);
    if (!slot) error = slot.error();
    else if (place) overview.slots.push_back({place->datacenter, place->component, place->k, std::move(*slot)});
  }
}

void take_pending(Keys const& keys, etcd::Got const& got, Overview& overview) {
  for (auto const& value : got.values) {
    auto place = keys.read_pending(value.key);
    auto const pending = parse_fleet<Pending>(value.value);
    if (place && pending) overview.pending.push_back({std::move(*place), pending->component});
  }
}

std::vector<std::string> last_parts(etcd::Got const& got) {
  std::vector<std::string> names;
  for (auto const& value : got.values) names.push_back(value.key.substr(value.key.rfind('/') + 1));
  return names;
}

etcd::Op all(etcd::KeyRange keys) { return etcd::Get{.keys = std::move(keys)}; }
etcd::Op names(etcd::KeyRange keys) { return etcd::Get{.keys = std::move(keys), .keys_only = true}; }

}  // namespace

std::vector<HostRecord> Overview::records() const {
  std::vector<HostRecord> records;
  for (auto const& stored : hosts) records.push_back(*stored);
  return records;
}

Stored<HostRecord> const* Overview::host(std::string_view name) const {
  auto const found = std::ranges::find_if(hosts, [&](auto const& stored) { return stored->host == name; });
  return found == hosts.end() ? nullptr : &*found;
}

etcd::Txn overview_txn(Keys const& keys) {
  return {{},
          {get(keys.meta()), get(keys.policy()), get(keys.rollout()), get(keys.roster()), all(keys.hosts()), all(keys.all_slots()),
           names(keys.lives()), all(keys.all_pending()), names(keys.all_queues()), names(keys.all_unready())},
          {}};
}

Result<Overview> read_overview(Keys const& keys, etcd::TxnDone const& done) {
  std::vector<etcd::Got> got;
  for (auto const& answer : done.answers)
    if (auto const* one = std::get_if<etcd::Got>(&answer)) got.push_back(*one);
  if (got.size() != kParts) return fail(ErrorKind::Internal, "etcd's answer has other parts than the question");
  Overview overview;
  std::optional<Error> error;
  overview.revision = done.revision;
  take(got[0], overview.meta, error);
  take(got[1], overview.policy, error);
  take(got[2], overview.rollout, error);
  overview.roster = got[3].values.empty() ? 0 : got[3].values.front().mod_revision;
  take_hosts(got[4], overview);
  take_slots(keys, got[5], overview, error);
  overview.live = last_parts(got[6]);
  take_pending(keys, got[7], overview);
  overview.queued = last_parts(got[8]);
  overview.unready = last_parts(got[9]);
  if (error) return fail(*error);
  return overview;
}

}  // namespace tykup::wire
