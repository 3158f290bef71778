#include <algorithm>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/steering.hpp"
#include "tests/simulation/fleet/fleet_operator.hpp"

/// What an operator does when, and what makes an end of it.
namespace tykup::simulation {

using namespace std::chrono_literals;

void FleetOperator::take_care(bool all) {
  if (!world_.etcd_up) return;
  if (restored_) return after_restore();
  auto const rollout = see_rollout();
  if (!rollout || !rollout->open()) {
    bool const behind = !stragglers().empty();
    if (all && !behind && rollout) return;
    if (!all && !behind && target_ == world_.released) {
      ++world_.released;
      for (auto const& one : members_)
        world_.time.after(world_.dice.between(1s, 30s), [&host = *one] { host.learn_releases(); });
    }
    bool const back = !all && !behind && target_ > 2 && world_.dice.chance(20);
    care_for_names(see());
    return start(back);
  }
  auto const seen = see();
  if (has_unpinned(seen) && change(seen, fleet::aborted(*seen.rollout, word("some host has no file in its pin")), "abort")) return;
  care_for_names(seen);
  care_for_absent(see());
  care_for_failed(see());
  care_for_halted(see(), all);
  if (world_.drawn.policy.strategy == fleet::Strategy::BlueGreen) promote(see());
}

void FleetOperator::care_for_halted(Seen const& seen, bool all) {
  if (!seen.rollout) return;
  bool const rests = seen.rollout->state == fleet::RolloutState::Paused || seen.rollout->state == fleet::RolloutState::Stopped;
  if (rests && (all || world_.dice.chance(50))) change(seen, fleet::resumed(*seen.rollout, word("go on")), "resume");
}

void FleetOperator::care_for_failed(Seen const& seen) {
  if (!seen.rollout || !seen.rollout->open()) return;
  for (auto const& one : members_) {
    auto const has_slot = std::ranges::any_of(seen.slots, [&](fleet::HeldSlot const& held) {
      return held.slot->host == one->name() && held.slot->state == fleet::SlotState::Failed;
    });
    if (!(one->has_failed() || has_slot) || !one->is_up() || one->works()) continue;
    auto const is_listed = std::ranges::find(seen.rollout->failures, one->name(), &fleet::Failure::host) != seen.rollout->failures.end();
    if (is_excluded(*one) && !has_slot) continue;
    if (!has_slot && !is_listed) return one->repair();
    if (world_.dice.chance(75) && !is_excluded(*one)) return retry(seen, *one);
    if (!is_excluded(*one) && !exclude(seen, *one)) return;
    for (auto const& held : seen.slots)
      if (held.slot->host == one->name()) release(held);
    return;
  }
}

/// Somebody came whose packages nobody had when the rollout began: no file is pinned for it.
bool FleetOperator::has_unpinned(Seen const& seen) const {
  return std::ranges::any_of(seen.hosts, [&](auto const& host) {
    return std::ranges::any_of(host->carried, [&](fleet::Carried const& carried) {
      auto const* pin = seen.rollout->pin(carried.component);
      return pin != nullptr && !fleet::is_excluded(*seen.rollout, host->host) && fleet::packages_for(carried, *pin).empty();
    });
  });
}

/// Whoever is gone for ever is forgotten, and its slots are released.
void FleetOperator::care_for_absent(Seen const& seen) {
  for (auto const& one : members_) {
    if (!one->has_left() || seen.host(one->name()) == nullptr) continue;
    auto const* named = member(one->name());
    if (named != one.get()) continue;
    forget(seen, one->name());
    for (auto const& held : seen.slots)
      if (held.slot->host == one->name()) release(held);
    return;
  }
  for (auto const& held : seen.slots) {
    auto const* one = member(held.slot->host);
    if (one != nullptr && one->has_left()) release(held);
  }
}

/// Of two hosts with one name the copy is switched off.
void FleetOperator::care_for_names(Seen const& seen) {
  for (auto const& host : seen.hosts) {
    if (!host->conflict) continue;
    for (auto const& one : members_)
      if (one->name() == host->host && one.get() != member(host->host) && one->is_on()) one->leave();
    return forget(seen, host->host);
  }
}

void FleetOperator::meddle() {
  if (!world_.etcd_up || restored_) return;
  auto const seen = see();
  if (!seen.rollout || !seen.rollout->open()) return;
  auto const& rollout = *seen.rollout;
  switch (world_.dice.roll(8)) {
    case 0:
    case 1:
      change(seen, fleet::paused(rollout, word("wait")), "pause");
      return;
    case 2:
      if (change(seen, fleet::aborted(rollout, word("no")), "abort")) start(false);
      return;
    case 3:
      change(seen, fleet::stopped(rollout, fleet::Halt::Operator, word("stop")), "stop");
      return;
    case 4:
      if (world_.dice.chance(70)) return;
      static_cast<void>(exclude(seen, *world_.dice.one_of(members_)));
      return;
    default: {
      // A slot that nothing was begun under, now and then another one.
      for (auto const& held : seen.slots) {
        auto const* one = member(held.slot->host);
        bool const begun = one != nullptr && (one->doing() == Doing::Applying || one->doing() == Doing::Watching || one->doing() == Doing::Undoing);
        if (!begun && world_.dice.chance(40)) return release(held);
      }
    }
  }
}

void FleetOperator::interfere(FleetMember& one, bool take) {
  if (!world_.faults || !world_.etcd_up || restored_ || one.has_left()) return;
  auto const luck = world_.dice.roll(1000);
  if (luck >= 20) return;
  world_.count("fault: something happens at the worst moment");
  auto const seen = see();
  if (!seen.rollout || seen.rollout->state != fleet::RolloutState::Running) return;
  if (luck < 8) {
    change(seen, fleet::paused(*seen.rollout, word("at once")), "pause");
  } else if (luck < 12) {
    if (change(seen, fleet::aborted(*seen.rollout, word("at once")), "abort")) start(false);
  } else if (!take) {
    for (auto const& held : seen.slots)
      if (held.slot->host == one.name()) return release(held);
  }
}

// ---- the end

std::vector<unsigned> FleetOperator::stragglers() const {
  std::vector<unsigned> all;
  for (auto const& one : members_) {
    bool const out = one->has_left() || is_excluded(*one);
    if (!out && !one->is_well_at(target_, back_)) all.push_back(one->number());
  }
  return all;
}

bool FleetOperator::is_over() { return not_over().empty(); }

std::string FleetOperator::not_over() {
  if (restored_) return "nobody has said resume --after-restore";
  auto const rollout = see_rollout();
  if (!rollout) return "there is no rollout";
  if (rollout->state != fleet::RolloutState::Done) {
    auto text = "rollout " + rollout->id + " is " + std::string(to_string(rollout->state)) + ", and waits for";
    auto const pending = see().pending;
    for (std::size_t i = 0; i < pending.size() && i < 3; ++i) text += " " + pending[i].place.host + " (" + pending[i].component + ")";
    return text;
  }
  auto const left = stragglers();
  if (!left.empty()) return members_[left.front()]->name() + " is not at the pin";
  if (is_anyone_at_work()) return "somebody is still at work";
  return {};
}

}  // namespace tykup::simulation
