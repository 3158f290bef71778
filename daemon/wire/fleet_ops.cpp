#include "daemon/wire/fleet_ops.hpp"

#include <algorithm>
#include <utility>

namespace tykup::wire {

using namespace fleet;
using etcd::Compare;

Compare is_absent(etcd::KeyRange keys) { return {std::move(keys), Compare::Target::Version, Compare::Relation::Equal, 0, {}}; }
Compare is_there(std::string key) { return {only(std::move(key)), Compare::Target::Version, Compare::Relation::Greater, 0, {}}; }
Compare is_modified_at(std::string key, etcd::Revision revision) {
  return {only(std::move(key)), Compare::Target::ModRevision, Compare::Relation::Equal, revision, {}};
}
Compare is_unchanged_since(etcd::KeyRange keys, etcd::Revision revision) {
  return {std::move(keys), Compare::Target::ModRevision, Compare::Relation::Less, revision + 1, {}};
}
Compare is_created_at(std::string key, etcd::Revision revision) {
  return {only(std::move(key)), Compare::Target::CreateRevision, Compare::Relation::Equal, revision, {}};
}

std::vector<Compare> has_no_other(etcd::KeyRange const& range, std::vector<std::string> own) {
  std::ranges::sort(own);
  std::vector<Compare> compares;
  auto rest = range;
  for (auto const& key : own) {
    compares.push_back(is_absent(before(rest, key)));
    rest = behind(rest, key);
  }
  compares.push_back(is_absent(rest));
  return compares;
}

etcd::Op get(std::string key) { return etcd::Get{.keys = only(std::move(key))}; }
etcd::Op drop(std::string key) { return etcd::Delete{only(std::move(key))}; }
etcd::Op nested(etcd::Txn txn) {
  etcd::Nested box;
  box.txn.push_back(std::move(txn));
  return box;
}

namespace {

/// Deletes the own key, which is there, and puts `sign` where the range holds no other.
etcd::Op last_one_signs(etcd::KeyRange const& range, std::string const& own, std::vector<etcd::Op> signs) {
  etcd::Txn txn;
  txn.compares = has_no_other(range, {own});
  txn.compares.push_back(is_there(own));
  txn.then = std::move(signs);
  txn.then.push_back(drop(own));
  txn.otherwise.push_back(drop(own));
  return nested(std::move(txn));
}

std::string mark_of(Leaving const& leaving) { return fleet_text(Mark{leaving.rollout, leaving.host, leaving.at}); }

}  // namespace

etcd::Op leave_stage(Keys const& keys, Stage const& stage, Leaving const& leaving) {
  auto const place = place_of(stage, leaving.direction, leaving.host);
  std::vector<etcd::Op> signs{etcd::Put{keys.done(stage), mark_of(leaving)}};
  if (leaving.soak != 0) signs.emplace_back(etcd::Put{keys.soak(stage), mark_of(leaving), leaving.soak});
  return last_one_signs(keys.pending_of_stage(place), keys.pending(place), std::move(signs));
}

etcd::Op become_ready(Keys const& keys, std::string_view datacenter, Leaving const& leaving) {
  return last_one_signs(keys.unready_of(datacenter), keys.unready(datacenter, leaving.host),
                        {etcd::Put{keys.ready(datacenter), mark_of(leaving)}});
}

etcd::Op end_rollout(Keys const& keys, Rollout rollout, std::vector<std::string> leaving, Instant at,
                     Rollout const* otherwise) {
  rollout.state = RolloutState::Done;
  rollout.halt = Halt::None;
  rollout.last = {{}, "every host is done", at};
  auto const text = fleet_text(rollout);
  etcd::Txn txn;
  txn.compares = has_no_other(keys.all_pending(), std::move(leaving));
  txn.then = {etcd::Put{keys.rollout(), text}, etcd::Put{keys.past_rollout(rollout.id), text}};
  if (otherwise != nullptr) txn.otherwise.emplace_back(etcd::Put{keys.rollout(), fleet_text(*otherwise)});
  return nested(std::move(txn));
}

}  // namespace tykup::wire
