#include "daemon/wire/fleet_txn.hpp"

#include <utility>

#include "daemon/core/fleet/planted.hpp"
#include "daemon/wire/fleet_ops.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

using etcd::Txn;

std::string slot_component(Step const& step) {
  bool const by_rollout = planted(Bug::SlotByRollout) && step.rollout;
  return step.stage.component + (by_rollout ? "." + step.rollout->id : "");
}

class Builder {
 public:
  explicit Builder(Keys const& keys) : keys_(keys) {}

  Txn operator()(ask::Read const& ask) { return {{}, sight_ops(keys_, ask.step, 0), {}}; }
  Txn operator()(ask::Look const& ask) { return {{}, sight_ops(keys_, ask.step, ask.queued), {}}; }

  Txn operator()(ask::Register const& ask) {
    auto txn = as_read(ask.step);
    auto const& step = ask.step;
    add(txn, etcd::Put{keys_.host(step.host), fleet_text(ask.record)});
    if (step.host_revision == 0) {
      add(txn, etcd::Put{keys_.roster(), step.host});
      add(txn, drop(keys_.forgotten(step.host)));
    }
    if (!step.rollout || !step.rollout->open()) return txn;
    for (auto const& stage : ask.join) join(txn, step, stage);
    add_leaving(txn, step, ask.leave, ask.at);
    auto const datacenter = ask.record.datacenter;
    if (!ask.unready) add(txn, become_ready(keys_, datacenter, leaving(step, ask.at)));
    if (ask.unready) add(txn, not_ready(step, datacenter));
    if (ask.join.empty()) add_end(txn, step, ask.leave, ask.at);
    return txn;
  }

  Txn operator()(ask::Dispute const& ask) {
    Txn txn{{is_modified_at(keys_.host(ask.step.host), ask.step.host_revision)}, {}, sight_ops(keys_, ask.step, 0)};
    add(txn, etcd::Put{keys_.host(ask.step.host), fleet_text(ask.record)});
    return txn;
  }

  Txn operator()(ask::Enqueue const& ask) {
    Txn txn{gate(ask.step), queue_ops(keys_, ask.step), sight_ops(keys_, ask.step, 0)};
    auto const own = queue(ask.step);
    txn.compares.push_back(is_absent(only(own)));
    add(txn, etcd::Put{own, presence(ask.step, ask.at), ask.lease});
    return txn;
  }

  Txn operator()(ask::Take const& ask) {
    if (!ask.outside.empty()) return take_outside(ask);
    auto const& stage = ask.step.stage;
    auto const own = slot(ask.step, ask.go.k);
    Txn txn{planted(Bug::GateOutsideTransaction) ? std::vector<etcd::Compare>{} : gate(ask.step), {}, sight_ops(keys_, ask.step, 0)};
    txn.compares.push_back(is_there(queue(ask.step)));
    auto const first = keys_.first(stage);
    txn.compares.push_back(ask.go.first ? is_absent(only(first)) : is_there(first));
    txn.compares.push_back(is_absent(ask.go.first ? keys_.slots_of(stage.datacenter, slot_component(ask.step)) : only(own)));
    // A number that was taken and freed meanwhile tells nothing of those that were taken besides.
    txn.compares.push_back(is_unchanged_since(keys_.slots_of(stage.datacenter, slot_component(ask.step)), ask.seen));
    Slot const record{ask.step.host, ask.step.identity, ask.step.rollout->id, stage.component, SlotState::InWork, {}, ask.at, {}};
    add(txn, etcd::Put{own, fleet_text(record), planted(Bug::SlotUnderLease) ? ask.lease : 0});
    add(txn, drop(queue(ask.step)));
    add(txn, etcd::Put{keys_.live(ask.step.host), presence(ask.step, ask.at), ask.lease});
    return txn;
  }

  Txn operator()(ask::Confirm const& ask) {
    auto txn = holding(ask.holding);
    if (ask.outside) return txn;
    auto const& step = ask.holding.step;
    if (!planted(Bug::PauseOnlyAtTake)) txn.compares.push_back(is_modified_at(keys_.rollout(), step.rollout.modified));
    if (!planted(Bug::FreezeOnlyAtTake)) txn.compares.push_back(is_modified_at(keys_.freeze(), step.freeze.modified));
    txn.compares.push_back(is_modified_at(keys_.host(step.host), step.host_revision));
    txn.compares.push_back(is_modified_at(keys_.meta(), step.meta_revision));
    return txn;
  }

  Txn operator()(ask::Appear const& ask) {
    auto txn = holding(ask.holding);
    add(txn, etcd::Put{keys_.live(ask.holding.step.host), presence(ask.holding.step, ask.at), ask.lease});
    add(txn, etcd::Put{slot(ask.holding.step, ask.holding.k), fleet_text(ask.slot)});
    return txn;
  }

  Txn operator()(ask::Complete const& ask) {
    auto txn = freed(ask.holding);
    auto const& step = ask.holding.step;
    txn.compares.push_back(is_modified_at(keys_.rollout(), step.rollout.modified));
    for (auto const& other : ask.others) txn.compares.push_back(is_there(other));
    if (!ask.of_this_rollout) return txn;
    auto leaver = leaving(step, ask.at);
    leaver.soak = ask.soak;
    add(txn, leave_stage(keys_, step.stage, leaver));
    // Who owed no step, and was found at the pin, proves the stage to nobody.
    auto const first = keys_.first(step.stage);
    add(txn, nested({{is_absent(only(first)), is_there(keys_.pending(step.place()))}, {etcd::Put{first, fleet_text(Mark{step.rollout->id, step.host, ask.at})}}, {}}));
    add(txn, end_rollout(keys_, *step.rollout, {keys_.pending(step.place())}, ask.at));
    if (ask.record) add(txn, record_untouched(step, *ask.record));
    return txn;
  }

  Txn operator()(ask::Fail const& ask) {
    auto txn = holding(ask.holding);
    auto const& step = ask.holding.step;
    txn.compares.push_back(is_modified_at(keys_.rollout(), step.rollout.modified));
    if (ask.rollout.id == ask.slot.rollout && ask.rollout.open()) add(txn, etcd::Put{keys_.rollout(), fleet_text(ask.rollout)});
    add(txn, etcd::Put{slot(step, ask.holding.k), fleet_text(ask.slot)});
    add(txn, drop(keys_.live(step.host)));
    return txn;
  }

  Txn operator()(ask::Release const& ask) { return freed(ask.holding); }

  Txn operator()(ask::Record const& ask) {
    Txn txn{{is_modified_at(keys_.meta(), ask.step.meta_revision)}, {}, sight_ops(keys_, ask.step, 0)};
    add(txn, etcd::Put{keys_.past_outside(ask.what), fleet_text(ask.what)});
    return txn;
  }

  Txn operator()(ask::End const& ask) {
    auto txn = as_read(ask.step);
    add(txn, end_rollout(keys_, *ask.step.rollout, {}, ask.at));
    return txn;
  }

  Txn operator()(ask::Review const& ask) { return {{}, review_ops(keys_, ask.holding.step), {}}; }

  Txn operator()(ask::Note const& ask) {
    auto txn = holding(ask.holding);
    add(txn, etcd::Put{slot(ask.holding.step, ask.holding.k), fleet_text(ask.slot)});
    return txn;
  }

  Txn operator()(ask::Promote const& ask) {
    auto txn = as_read(ask.step);
    auto const& stage = ask.step.stage;
    txn.compares.push_back(is_absent(keys_.slots_of(stage.datacenter, stage.component)));
    Slot const record{ask.step.host, ask.step.identity, ask.step.rollout->id, stage.component, SlotState::Promoting, {}, ask.at};
    add(txn, etcd::Put{slot(ask.step, 0), fleet_text(record)});
    add(txn, etcd::Put{keys_.live(ask.step.host), presence(ask.step, ask.at), ask.lease});
    return txn;
  }

  Txn operator()(ask::Promoted const& ask) {
    auto txn = freed(ask.holding);
    txn.compares.push_back(is_modified_at(keys_.rollout(), ask.holding.step.rollout.modified));
    add(txn, etcd::Put{keys_.rollout(), fleet_text(ask.rollout)});
    return txn;
  }

  Txn operator()(ask::Stop const& ask) {
    auto txn = as_read(ask.step);
    add(txn, etcd::Put{keys_.rollout(), fleet_text(ask.rollout)});
    return txn;
  }

 private:
  Txn take_outside(ask::Take const& ask) const {
    auto txn = as_read(ask.step);
    auto const own = slot(ask.step, ask.go.k);
    txn.compares.push_back(is_absent(only(own)));
    Slot const record{ask.step.host, ask.step.identity, ask.step.open_rollout(), ask.step.stage.component, SlotState::InWork, {}, ask.at, ask.outside};
    add(txn, etcd::Put{own, fleet_text(record)});
    add(txn, drop(queue(ask.step)));
    add(txn, etcd::Put{keys_.live(ask.step.host), presence(ask.step, ask.at), ask.lease});
    return txn;
  }

  static void add(Txn& txn, etcd::Op op) { txn.then.push_back(std::move(op)); }

  [[nodiscard]] std::string queue(Step const& step) const {
    return keys_.queue(step.stage.datacenter, step.stage.component, step.host);
  }
  [[nodiscard]] std::string slot(Step const& step, unsigned k) const {
    return keys_.slot(step.stage.datacenter, slot_component(step), k);
  }
  static std::string presence(Step const& step, Instant at) {
    return fleet_text(Presence{step.identity, step.rollout ? step.rollout->id : "", at});
  }
  static Leaving leaving(Step const& step, Instant at) {
    return {step.host, step.rollout ? step.rollout->id : "", step.direction(), at, 0};
  }

  /// What was read of everybody's records and of the own one is so still.
  [[nodiscard]] Txn as_read(Step const& step) const {
    return {{is_modified_at(keys_.meta(), step.meta_revision), is_modified_at(keys_.rollout(), step.rollout.modified),
             is_modified_at(keys_.host(step.host), step.host_revision)},
            {},
            sight_ops(keys_, step, 0)};
  }

  /// The gate of a step, but for queue and slots. Ranges, never the keys that were read: a new one would slip through.
  [[nodiscard]] std::vector<etcd::Compare> gate(Step const& step) const {
    auto compares = as_read(step).compares;
    compares.push_back(is_modified_at(keys_.freeze(), step.freeze.modified));
    auto const place = step.place();
    compares.push_back(is_there(keys_.pending(place)));
    if (!planted(Bug::GateByKeys)) {
      compares.push_back(is_absent(keys_.pending_of_lower_ranks(place)));
      compares.push_back(is_absent(keys_.pending_of_lower_steps(place)));
    }
    compares.push_back(is_absent(keys_.unready_of(step.stage.datacenter)));
    if (auto const before = proven_before(*step.rollout, step.stage)) {
      compares.push_back(is_there(keys_.done(*before)));
      compares.push_back(is_absent(only(keys_.soak(*before))));
    }
    return compares;
  }

  [[nodiscard]] Txn holding(Holding const& held) const {
    return {{is_created_at(slot(held.step, held.k), held.created)}, {}, sight_ops(keys_, held.step, 0)};
  }
  [[nodiscard]] Txn freed(Holding const& held) const {
    auto txn = holding(held);
    if (planted(Bug::BlindRelease)) txn.compares.clear();
    txn.then = {drop(slot(held.step, held.k)), drop(keys_.live(held.step.host))};
    return txn;
  }

  /// The own record, where it is as this host knows it; the step counts either way.
  [[nodiscard]] etcd::Op record_untouched(Step const& step, HostRecord const& record) const {
    auto const key = keys_.host(step.host);
    return nested({{is_modified_at(keys_.meta(), step.meta_revision), is_modified_at(key, step.host_revision)},
                   {etcd::Put{key, fleet_text(record)}},
                   {}});
  }

  void join(Txn& txn, Step const& step, Stage const& stage) const {
    auto const place = place_of(stage, step.direction(), step.host);
    add(txn, etcd::Put{keys_.pending(place), fleet_text(Pending{step.rollout->id, step.host, stage.component})});
    add(txn, drop(keys_.done(stage)));
  }
  void add_leaving(Txn& txn, Step const& step, std::vector<Stage> const& stages, Instant at) const {
    for (auto const& stage : stages) add(txn, leave_stage(keys_, stage, leaving(step, at)));
  }
  /// Before a data centre's first slot only: later ones ask nobody but themselves.
  [[nodiscard]] etcd::Op not_ready(Step const& step, std::string const& datacenter) const {
    auto const text = fleet_text(Pending{step.rollout->id, step.host, {}});
    return nested({{is_absent(keys_.firsts_of(datacenter))}, {etcd::Put{keys_.unready(datacenter, step.host), text}}, {}});
  }
  void add_end(Txn& txn, Step const& step, std::vector<Stage> const& leave, Instant at) const {
    if (step.rollout->state == RolloutState::Preparing) return;
    std::vector<std::string> own;
    for (auto const& stage : leave) own.push_back(keys_.pending(place_of(stage, step.direction(), step.host)));
    add(txn, end_rollout(keys_, *step.rollout, std::move(own), at));
  }

  Keys const& keys_;
};

}  // namespace

etcd::Txn txn_of(Keys const& keys, Ask const& ask) { return std::visit(Builder{keys}, ask); }

}  // namespace tykup::wire
