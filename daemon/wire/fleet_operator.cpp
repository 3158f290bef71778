#include "daemon/wire/fleet_operator.hpp"

#include <utility>

#include "daemon/core/fleet/order.hpp"
#include "daemon/wire/fleet_ops.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

constexpr std::size_t kBatch = 100;  ///< etcd allows 128 operations in a transaction

etcd::Txn as_seen(Keys const& keys, Overview const& seen) {
  return {{is_modified_at(keys.meta(), seen.meta.modified), is_modified_at(keys.rollout(), seen.rollout.modified)}, {}, {}};
}

void add(etcd::Txn& txn, etcd::Op op) { txn.then.push_back(std::move(op)); }

/// One host's keys, unless it changed since it was read: then it has registered under this rollout itself.
etcd::Op keys_of_host(Keys const& keys, Rollout const& rollout, HostRecord const& host, Duty const& duty, etcd::Revision read) {
  etcd::Txn txn;
  txn.compares = {is_there(keys.host(host.host)), is_unchanged_since(only(keys.host(host.host)), read)};
  for (auto const& stage : duty.behind) {
    auto const key = keys.pending(place_of(stage, rollout.direction, host.host));
    add(txn, etcd::Put{key, fleet_text(Pending{rollout.id, host.host, stage.component})});
  }
  if (!duty.ready) add(txn, etcd::Put{keys.unready(host.datacenter, host.host), fleet_text(Pending{rollout.id, host.host, {}})});
  return nested(std::move(txn));
}

Leaving leaving(Rollout const& rollout, std::string const& host, Instant at, etcd::LeaseId soak) {
  return {host, rollout.id, rollout.direction, at, soak};
}

/// A stage whose members are all there already is done: nobody leaves it, and the next group waits for its word.
etcd::Op done_where_nobody_is(Keys const& keys, Rollout const& rollout, Stage const& stage) {
  auto const place = place_of(stage, rollout.direction, {});
  Mark const mark{rollout.id, {}, rollout.began.at};
  return nested({{is_absent(keys.pending_of_stage(place))}, {etcd::Put{keys.done(stage), fleet_text(mark)}}, {}});
}

/// A host's steps of a rollout, as `before` asks for them, are taken away with `txn`.
std::vector<std::string> leave_all(Keys const& keys, etcd::Txn& txn, Rollout const& before, HostRecord const& host, Leaving const& leaver) {
  std::vector<std::string> own;
  auto const duty = duty_of(host, before);
  for (auto const* stages : {&duty.behind, &duty.settled}) {
    for (auto const& stage : *stages) {
      auto of_stage = leaver;
      bool const canary = before.policy.strategy == Strategy::Canary && stage.phase == 0;
      if (!canary) of_stage.soak = 0;
      add(txn, leave_stage(keys, stage, of_stage));
      add(txn, drop(keys.queue(stage.datacenter, stage.component, host.host)));
      own.push_back(keys.pending(place_of(stage, before.direction, host.host)));
    }
  }
  add(txn, become_ready(keys, host.datacenter, leaver));
  return own;
}

}  // namespace

etcd::Txn init_txn(Keys const& keys, Meta const& meta) {
  return {{is_absent(only(keys.meta()))}, {etcd::Put{keys.meta(), fleet_text(meta)}}, {}};
}

etcd::Txn policy_txn(Keys const& keys, Overview const& seen, Policy const& policy) {
  auto const text = fleet_text(policy);
  return {{is_modified_at(keys.meta(), seen.meta.modified), is_modified_at(keys.policy(), seen.policy.modified)},
          {etcd::Put{keys.policy(), text}, etcd::Put{keys.past_policy(seen.revision), text}},
          {}};
}

etcd::Txn prepare_txn(Keys const& keys, Overview const& seen, Rollout const& rollout) {
  auto txn = as_seen(keys, seen);
  txn.compares.push_back(is_modified_at(keys.policy(), seen.policy.modified));
  txn.compares.push_back(is_modified_at(keys.roster(), seen.roster));
  txn.compares.push_back(is_unchanged_since(keys.hosts(), seen.revision));
  add(txn, etcd::Put{keys.rollout(), fleet_text(rollout)});
  for (auto const& range : {keys.all_pending(), keys.all_unready(), keys.all_ready(), keys.all_firsts(), keys.all_done(), keys.all_soaks()})
    add(txn, etcd::Delete{range});
  return txn;
}

std::vector<etcd::Txn> preparation(Keys const& keys, Overview const& seen) {
  std::vector<etcd::Txn> all;
  if (!seen.rollout || seen.rollout->state != RolloutState::Preparing) return all;
  auto const& rollout = *seen.rollout;
  for (auto const& host : seen.hosts) {
    auto const duty = duty_of(*host, rollout);
    if (duty.behind.empty()) continue;
    if (all.empty() || all.back().then.size() == kBatch) all.push_back(as_seen(keys, seen));
    add(all.back(), keys_of_host(keys, rollout, *host, duty, seen.revision));
  }
  std::size_t in_batch = kBatch;
  for (auto const& numbers : rollout.stages) {
    if (in_batch == kBatch) all.push_back(as_seen(keys, seen));
    in_batch = in_batch == kBatch ? 1 : in_batch + 1;
    add(all.back(), done_where_nobody_is(keys, rollout, numbers.stage));
  }
  auto running = rollout;
  running.state = RolloutState::Running;
  all.push_back(change_txn(keys, seen, running));
  return all;
}

etcd::Txn change_txn(Keys const& keys, Overview const& seen, Rollout const& after) {
  auto txn = as_seen(keys, seen);
  auto const text = fleet_text(after);
  add(txn, etcd::Put{keys.rollout(), text});
  if (!after.open()) add(txn, etcd::Put{keys.past_rollout(after.id), text});
  return txn;
}

etcd::Txn exclude_txn(Keys const& keys, Overview const& seen, Rollout const& after, std::string const& host, Instant at, etcd::LeaseId soak) {
  auto txn = as_seen(keys, seen);
  auto const* stored = seen.host(host);
  if (stored == nullptr) return change_txn(keys, seen, after);
  txn.compares.push_back(is_modified_at(keys.host(host), stored->modified));
  auto own = leave_all(keys, txn, *seen.rollout, **stored, leaving(after, host, at, soak));
  // Before everybody is in the books an empty rollout is none that is done.
  if (after.state == RolloutState::Preparing) add(txn, etcd::Put{keys.rollout(), fleet_text(after)});
  else add(txn, end_rollout(keys, after, std::move(own), at, &after));
  return txn;
}

etcd::Txn retry_txn(Keys const& keys, Overview const& seen, Rollout const& after, std::string const& host) {
  auto txn = change_txn(keys, seen, after);
  for (auto const& held : seen.slots) {
    if (held.slot->host != host || held.slot->state != SlotState::Failed) continue;
    auto slot = *held.slot;
    slot.state = SlotState::Again;
    slot.rollout = after.id;
    auto const key = keys.slot(held.datacenter, held.component, held.k);
    txn.compares.push_back(is_created_at(key, held.slot.created));
    add(txn, etcd::Put{key, fleet_text(slot)});
  }
  return txn;
}

etcd::Txn forget_txn(Keys const& keys, Overview const& seen, std::string const& host, Instant at) {
  auto txn = as_seen(keys, seen);
  auto const* stored = seen.host(host);
  txn.compares.push_back(is_modified_at(keys.host(host), stored == nullptr ? 0 : stored->modified));
  add(txn, drop(keys.host(host)));
  add(txn, drop(keys.live(host)));
  add(txn, etcd::Put{keys.roster(), host});
  bool const open = seen.rollout && seen.rollout->open();
  add(txn, etcd::Put{keys.forgotten(host), fleet_text(Mark{open ? seen.rollout->id : "", host, at})});
  if (stored == nullptr || !open) return txn;
  auto own = leave_all(keys, txn, *seen.rollout, **stored, leaving(*seen.rollout, host, at, 0));
  if (seen.rollout->state != RolloutState::Preparing) add(txn, end_rollout(keys, *seen.rollout, std::move(own), at));
  return txn;
}

etcd::Txn freeze_txn(Keys const& keys, Overview const& seen, FleetFreeze const& freeze, etcd::Revision before) {
  auto const text = fleet_text(freeze);
  return {{is_modified_at(keys.meta(), seen.meta.modified), is_modified_at(keys.freeze(), before)},
          {etcd::Put{keys.freeze(), text}, etcd::Put{keys.past_freeze(seen.revision), text}},
          {}};
}

etcd::Txn release_slot_txn(Keys const& keys, HeldSlot const& held) {
  auto const key = keys.slot(held.datacenter, held.component, held.k);
  return {{is_created_at(key, held.slot.created)}, {drop(key)}, {}};
}

etcd::Txn after_restore_txn(Keys const& keys, Overview const& seen) {
  auto meta = seen.meta.record.value_or(Meta{});
  ++meta.epoch;
  return {{is_modified_at(keys.meta(), seen.meta.modified)}, {etcd::Put{keys.meta(), fleet_text(meta)}}, {}};
}

}  // namespace tykup::wire
