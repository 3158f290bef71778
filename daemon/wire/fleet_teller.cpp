#include "daemon/wire/fleet_teller.hpp"

#include "daemon/wire/fleet_ops.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

template <typename Record>
Stored<Record> first_of(etcd::TxnDone const& done) {
  for (auto const& answer : done.answers) {
    auto const* got = std::get_if<etcd::Got>(&answer);
    if (got == nullptr || got->values.empty()) continue;
    auto const& value = got->values.front();
    auto record = parse_fleet<Record>(value.value);
    return {record ? std::optional<Record>(std::move(*record)) : std::nullopt, value.create_revision, value.mod_revision};
  }
  return {};
}

}  // namespace

etcd::Txn teller_txn(Keys const& keys) { return {{}, {get(keys.teller())}, {}}; }
Stored<Teller> read_teller(etcd::TxnDone const& done) { return first_of<Teller>(done); }

etcd::Txn claim_txn(Keys const& keys, Teller const& teller, etcd::LeaseId lease, etcd::Revision before) {
  return {{is_there(keys.meta()), is_modified_at(keys.teller(), before)}, {etcd::Put{keys.teller(), fleet_text(teller), lease}, get(keys.told())}, {}};
}
Stored<KnownNews> read_told(etcd::TxnDone const& done) { return first_of<KnownNews>(done); }

etcd::Txn note_txn(Keys const& keys, etcd::Revision mine, etcd::Revision noted, KnownNews const& known) {
  return {{is_modified_at(keys.teller(), mine), is_modified_at(keys.told(), noted)}, {etcd::Put{keys.told(), fleet_text(known)}}, {}};
}

}  // namespace tykup::wire
