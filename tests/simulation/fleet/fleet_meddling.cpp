#include <algorithm>

#include "tests/simulation/fleet/fleet_operator.hpp"

/// Operators' words at random, and backups of etcd.
namespace tykup::simulation {

using namespace std::chrono_literals;

void FleetOperator::meddle() {
  if (!world_.etcd_up || restored_) return;
  auto const& rollout = look().rollout;
  if (!rollout || !rollout->open()) return;
  switch (world_.dice.roll(11)) {
    case 0:
    case 1:
      say(fleet::say::Pause{}, "wait");
      return;
    case 2:
      if (say(fleet::say::Abort{}, "no")) say(fleet::say::Start{}, "yes, after all");
      return;
    case 3:
      return stop();
    case 4:
      if (world_.dice.chance(30)) say(fleet::say::Exclude{world_.dice.one_of(members_)->name(), world_.dice.chance(50)}, "not this one");
      return;
    case 5:
      if (world_.dice.chance(50) && say(fleet::say::Pause{}, "it goes badly")) say(fleet::say::Rollback{}, "back");
      return;
    case 6:
      say(fleet::say::Freeze{world_.time.now() + world_.dice.between(30s, 8min)}, "not now");
      return;
    case 7:
      say(fleet::say::Unfreeze{}, "now, after all");
      return;
    default:
      return release_some_slot();
  }
}

/// One that nothing was begun under.
void FleetOperator::release_some_slot() {
  for (auto const& held : look().slots) {
    auto const* one = member(held.slot->host);
    if ((one != nullptr && one->has_begun()) || !world_.dice.chance(40)) continue;
    say(fleet::say::ReleaseSlot{held.slot->host}, "it hangs");
    return;
  }
}

void FleetOperator::interfere(FleetMember& one, bool take) {
  if (!world_.faults || !world_.etcd_up || restored_ || one.has_left()) return;
  // An operator does not say more because the fleet is bigger.
  auto const luck = world_.dice.roll(static_cast<std::int64_t>(std::max<std::size_t>(1000, 2 * members_.size())));
  if (luck >= 24) return;
  world_.count("fault: an operator's word at the worst moment");
  auto const& rollout = look().rollout;
  if (!rollout || rollout->state != fleet::RolloutState::Running) return;
  if (luck < 8) {
    say(fleet::say::Pause{}, "at once");
  } else if (luck < 11) {
    if (say(fleet::say::Abort{}, "at once")) say(fleet::say::Start{}, "anew");
  } else if (luck < 13) {
    if (say(fleet::say::Pause{}, "at once")) say(fleet::say::Rollback{}, "back");
  } else if (luck < 17) {
    say(fleet::say::Freeze{world_.time.now() + world_.dice.between(1min, 5min)}, "at once");
  } else if (!take) {
    release(one.name());
  }
}

// ---- backups

void FleetOperator::keep_snapshot() {
  if (!world_.etcd_up || restored_ || !world_.dice.chance(30)) return;
  world_.catch_up();
  snapshot_ = world_.etcd.snapshot();
  snapshot_revision_ = world_.etcd.header().revision;
  snapshot_at_ = world_.time.now();
  world_.judge.backed_up();
}

bool FleetOperator::restore() {
  if (!snapshot_ || !world_.etcd_up || restored_ || world_.time.now() - snapshot_at_ < 90s) return false;
  world_.catch_up();
  world_.tell(FleetWorld::kEverybody, "etcd is put back to what it was at " + to_rfc3339(snapshot_at_));
  world_.etcd.restore(*snapshot_);
  snapshot_.reset();
  board_is_old_ = true;
  ++preparing_;
  prepares_ = false;
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
  auto const& rollout = look().rollout;
  if (rollout && rollout->open() && !say(fleet::say::Abort{}, "etcd was restored")) return;
  // What the backup knows of a freeze is as old as all else.
  if (look().freeze && look().freeze->holds_at(world_.time.now()) && !say(fleet::say::Unfreeze{}, "etcd was restored")) return;
  world_.judge.frozen({}, world_.changes);
  if (!say(fleet::say::Resume{true}, "etcd was restored")) return;
  restored_ = false;
  world_.judge.trusted_again();
  for (auto const& one : members_) {
    if (!look().slots_of(one->name()).empty()) continue;
    if (one->has_failed()) one->repair();
    world_.judge.accounted_for(one->number());
  }
}

}  // namespace tykup::simulation
