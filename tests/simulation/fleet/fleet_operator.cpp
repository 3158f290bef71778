#include "tests/simulation/fleet/fleet_operator.hpp"

#include <algorithm>

#include "daemon/core/fleet/begin.hpp"
#include "daemon/core/fleet/steering.hpp"
#include "daemon/wire/fleet_json.hpp"

/// The operator's own commands.
namespace tykup::simulation {

using namespace std::chrono_literals;

void FleetOperator::init() {
  world_.catch_up();
  commit(wire::init_txn(world_.keys, {}));
  auto policy = world_.drawn.policy;
  policy.said = word("the beginning");
  commit(wire::policy_txn(world_.keys, see(), policy));
}

FleetOperator::Seen FleetOperator::see() {
  world_.catch_up();
  auto const done = world_.etcd.txn(wire::overview_txn(world_.keys));
  auto seen = wire::read_overview(world_.keys, *done);
  if (seen) return std::move(*seen);
  world_.judge.violation("records", "the overview cannot be read: " + seen.error().message, {});
  return {};
}

fleet::Stored<fleet::Rollout> FleetOperator::see_rollout() {
  auto const done = world_.etcd.txn({{}, {etcd::Get{.keys = {world_.keys.rollout(), {}}}}, {}});
  auto const& got = std::get<etcd::Got>(done->answers.front());
  if (got.values.empty()) return {};
  auto rollout = wire::parse_fleet<fleet::Rollout>(got.values.front().value);
  if (!rollout) return {};
  return {std::move(*rollout), got.values.front().create_revision, got.values.front().mod_revision};
}

bool FleetOperator::commit(etcd::Txn const& txn) {
  if (!world_.etcd_up) return false;
  world_.catch_up();
  auto const done = world_.etcd.txn(txn);
  if (!done) world_.judge.violation("records", "an operator's transaction is refused by etcd: " + done.error().message, {});
  if (!done || !done->succeeded) return false;
  ++world_.changes;
  network_.pump();
  return true;
}

bool FleetOperator::change(Seen const& seen, Result<fleet::Rollout> const& after, char const* what) {
  if (!after || !commit(wire::change_txn(world_.keys, seen, *after))) return false;
  world_.count(std::string("operator: ") + what);
  world_.tell(FleetWorld::kEverybody, std::string("operator: ") + what);
  world_.judge.rollout_runs(after->state == fleet::RolloutState::Running, world_.changes);
  return true;
}

/// Every component of the fleet to one number.
void FleetOperator::start(bool back) {
  auto const seen = see();
  if (seen.rollout && seen.rollout->open()) return;
  fleet::BeginAsked asked{"r-" + std::to_string(++number_), back ? fleet::Direction::Back : fleet::Direction::Forwards, {}, {}, word("it is time")};
  auto target = back ? std::max(1, target_ - 1) : world_.released;
  std::set<std::string> components;
  for (auto const& host : seen.hosts) {
    for (auto const& carried : host->carried) {
      components.insert(carried.component);
      if (!back) target = std::min(target, number_of(carried.candidates.front().version));
    }
  }
  for (auto const& component : components) asked.targets.push_back({component, version_text(target)});
  auto const rollout = fleet::begin(asked, *seen.policy, seen.records());
  if (!rollout) {
    world_.count(back ? "operator: rollback refused" : "operator: start refused");
    world_.tell(FleetWorld::kEverybody, "start refused: " + rollout.error().message);
    return;
  }
  if (back) world_.backwards.insert(rollout->id);
  if (!commit(wire::prepare_txn(world_.keys, seen, *rollout))) return;
  auto const prepared = see();
  for (auto const& txn : wire::preparation(world_.keys, prepared))
    if (!commit(txn)) return;
  target_ = target;
  back_ = back;
  world_.count(back ? "operator: rollback" : "operator: start");
  begun(*rollout, prepared);
}

/// The numbers of that moment, counted once more and in another way.
void FleetOperator::begun(fleet::Rollout const& rollout, Seen const& seen) {
  excluded_.clear();
  Ordered ordered{rollout.id, target_, back_, rollout.policy.max_failed, {}, {}};
  for (auto const& pin : rollout.pins) ordered.components.insert(pin.component);
  std::map<std::pair<unsigned, unsigned>, unsigned> members;
  for (auto const& host : seen.hosts) {
    auto const* one = member(host->host);
    for (auto const place : one->drawn().places) ++members[{one->drawn().centre, place}];
  }
  auto const& most = rollout.policy.max_unavailable;
  for (unsigned centre = 0; centre < world_.drawn.centres.size(); ++centre) {
    ordered.limits.emplace_back();
    for (unsigned place = 0; place < world_.drawn.centres[centre].order.size(); ++place) {
      auto const there = members[{centre, place}];
      ordered.limits.back().push_back(std::max(1U, most.percent ? there * most.number / 100 : most.number));
    }
  }
  world_.tell(FleetWorld::kEverybody, "rollout " + rollout.id + " begins, to " + std::to_string(target_) + (back_ ? ", back" : ""));
  world_.judge.rollout_begins(std::move(ordered), world_.changes);
}

FleetMember* FleetOperator::member(std::string const& name) const {
  auto const found = std::ranges::find_if(members_, [&](auto const& one) { return one->name() == name; });
  return found == members_.end() ? nullptr : found->get();
}

bool FleetOperator::is_anyone_at_work() const {
  return std::ranges::any_of(members_, [](auto const& one) {
    auto const doing = one->doing();
    bool const begun = doing == Doing::Applying || doing == Doing::Watching || doing == Doing::Undoing || doing == Doing::Inspecting;
    return begun && !one->has_left();
  });
}

// ---- single hosts

void FleetOperator::retry(Seen const& seen, FleetMember& one) {
  auto const has_slot = std::ranges::any_of(seen.slots, [&](fleet::HeldSlot const& held) {
    return held.slot->host == one.name() && held.slot->state == fleet::SlotState::Failed;
  });
  one.repair();
  auto const after = fleet::retried(*seen.rollout, one.name(), has_slot, word("it is repaired"));
  if (!after || !commit(wire::retry_txn(world_.keys, seen, *after, one.name()))) return;
  world_.count("operator: retry");
  world_.tell(one.number(), "operator: retry");
  world_.judge.retried(one.number(), world_.changes);
  world_.judge.rollout_runs(after->state == fleet::RolloutState::Running, world_.changes);
}

bool FleetOperator::exclude(Seen const& seen, FleetMember& one) {
  auto const* record = seen.host(one.name());
  if (record == nullptr) return false;
  auto const after = fleet::excluded(*seen.rollout, **record, true, word("it must wait"));
  if (!after || !commit(wire::exclude_txn(world_.keys, seen, *after, one.name(), world_.time.now()))) return false;
  world_.count("operator: exclude");
  world_.tell(one.number(), "operator: exclude");
  // Whoever has that name is: the copy of a host, too.
  for (auto const& other : members_) {
    if (other->name() != one.name()) continue;
    excluded_.insert(other->number());
    world_.judge.excluded(other->number(), world_.changes);
  }
  end_if_empty();
  return true;
}

void FleetOperator::forget(Seen const& seen, std::string const& host) {
  if (!commit(wire::forget_txn(world_.keys, seen, host, world_.time.now()))) return;
  world_.count("operator: forget");
  for (auto const& one : members_) {
    if (one->name() != host) continue;
    world_.tell(one->number(), "operator: forget");
    world_.judge.forgotten(one->number(), world_.changes);
  }
  end_if_empty();
}

void FleetOperator::release(fleet::HeldSlot const& held) {
  if (!commit(wire::release_slot_txn(world_.keys, held))) return;
  world_.count("operator: release-slot");
  auto const* one = member(held.slot->host);
  if (one == nullptr) return;
  world_.tell(one->number(), "operator: release-slot of " + held.component);
  auto const& order = world_.drawn.centres[one->drawn().centre].order;
  auto const place = static_cast<unsigned>(std::ranges::find(order, held.component) - order.begin());
  world_.judge.released(one->number(), place, world_.changes);
}

/// What an operator's word ends may be the rollout.
void FleetOperator::end_if_empty() {
  auto const rollout = see_rollout();
  if (rollout) world_.judge.rollout_runs(rollout->state == fleet::RolloutState::Running, world_.changes);
}

void FleetOperator::promote(Seen const& seen) {
  for (auto const& [stage, members, limit] : seen.rollout->stages) {
    auto const is_promoted = std::ranges::any_of(seen.rollout->promoted, [&](fleet::Promotion const& one) {
      return one.datacenter == stage.datacenter && one.component == stage.component && one.phase == stage.phase;
    });
    if (is_promoted) continue;
    if (change(seen, fleet::promoted(*seen.rollout, stage, seen.pending, word("it is good")), "promote")) return;
  }
}

// ---- backups

void FleetOperator::keep_snapshot() {
  if (!world_.etcd_up || restored_ || !world_.dice.chance(30)) return;
  world_.catch_up();
  snapshot_ = world_.etcd.snapshot();
  snapshot_revision_ = world_.etcd.header().revision;
  snapshot_at_ = world_.time.now();
}

bool FleetOperator::restore() {
  if (!snapshot_ || !world_.etcd_up || restored_ || world_.time.now() - snapshot_at_ < 90s) return false;
  world_.catch_up();
  world_.tell(FleetWorld::kEverybody, "etcd is put back to what it was at " + to_rfc3339(snapshot_at_));
  world_.etcd.restore(*snapshot_);
  snapshot_.reset();
  ++world_.changes;
  world_.judge.restored(snapshot_revision_, world_.changes);
  restored_ = true;
  restored_at_ = world_.time.now();
  network_.pump();
  return true;
}

/// Somebody looks at the hosts, waits until nobody is in work, ends what was going on and says that it may be trusted.
void FleetOperator::after_restore() {
  if (world_.time.now() - restored_at_ < 3min || is_anyone_at_work()) return;
  auto const seen = see();
  if (seen.rollout && seen.rollout->open()) {
    if (!change(seen, fleet::aborted(*seen.rollout, word("etcd was restored")), "abort")) return;
  }
  if (!commit(wire::after_restore_txn(world_.keys, see()))) return;
  world_.count("operator: resume --after-restore");
  world_.tell(FleetWorld::kEverybody, "operator: resume --after-restore");
  restored_ = false;
  world_.judge.trusted_again();
}

}  // namespace tykup::simulation
