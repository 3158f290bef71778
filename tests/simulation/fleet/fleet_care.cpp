#include <algorithm>

#include "daemon/core/fleet/order.hpp"
#include "tests/simulation/fleet/fleet_operator.hpp"

/// What an operator does when, and what makes an end of it.
namespace tykup::simulation {

using namespace std::chrono_literals;

void FleetOperator::take_care(bool all) {
  if (!world_.etcd_up) return;
  if (restored_) return after_restore();
  auto const& rollout = look().rollout;
  if (!rollout || !rollout->open()) {
    bool const tidied = care_for_names() || care_for_absent();
    if (!tidied || all) begin_next(all);
    return;
  }
  if (rollout->state == fleet::RolloutState::Preparing) {
    if (!prepares_) say(fleet::say::Start{}, "it was cut short");
    return;
  }
  if (wants_another_pin() && say(fleet::say::Abort{}, "some host cannot have its pinned file")) return;
  install_anew(true);
  care_for_names();
  care_for_absent();
  care_for_failed(all);
  care_for_halted(all);
  auto const& now = look().rollout;
  bool const waits = now && now->open() && now->policy.strategy == fleet::Strategy::BlueGreen;
  if (waits) say(fleet::say::Promote{}, "it is good");
}

/// Forwards; now and then, where the last one went forwards, back from it.
bool FleetOperator::begin_next(bool all) {
  bool const behind = !stragglers().empty();
  auto const& rollout = look().rollout;
  if (all && !behind && rollout) return false;
  bool const forwards = rollout && rollout->direction == fleet::Direction::Forwards;
  if (!all && forwards && world_.dice.chance(rollout->state == fleet::RolloutState::Done ? 30 : 15))
    return say(fleet::say::Rollback{}, "it was no good").has_value();
  if (say(fleet::say::Start{}, "it is time")) return true;
  bool const nothing = refused_ && refused_->nothing_to_do;
  if (free_failed()) return false;
  bool const by_hand = install_anew(false);
  if (nothing || by_hand) aim_at_newest();
  if (by_hand || all || behind) return false;
  world_.repository.release();
  for (auto const& one : members_)
    world_.time.after(world_.dice.between(1s, 30s), [&host = *one] { host.refresh(); });
  return false;
}

/// What failed in an earlier rollout is repaired, and its slot given back.
bool FleetOperator::free_failed() {
  std::set<std::string> hosts;
  for (auto const& held : look().slots)
    if (held.slot->state == fleet::SlotState::Failed) hosts.insert(held.slot->host);
  bool any = false;
  for (auto const& host : hosts) {
    auto* one = member(host);
    if (one == nullptr || !one->is_up() || one->works()) continue;
    one->repair();
    any = release(host) || any;
  }
  return any;
}

/// Hosts with a file that is published no more: no step of a rollout leads them away from it.
bool FleetOperator::install_anew(bool at_pin) {
  bool any = false;
  for (auto const& one : members_) {
    if (!one->install_anew(at_pin)) continue;
    any = true;
    world_.count("operator: installed by hand");
  }
  return any;
}

/// Everybody is at the newest version, or somebody has seen to it that the next rollout can lead there.
void FleetOperator::aim_at_newest() {
  for (auto& [component, goal] : goals_) {
    goal.back = false;
    goal.version = world_.repository.newest();
    // Also of those that the last rollout did not pin: nobody of them was there then.
    for (auto const& one : members_) {
      auto const& distribution = one->drawn().distribution;
      goal.digests[distribution] = digest_text(component, world_.repository.file(component, goal.version, distribution), distribution);
    }
  }
}

bool FleetOperator::care_for_halted(bool all) {
  auto const& rollout = look().rollout;
  if (!rollout) return false;
  bool const rests = rollout->state == fleet::RolloutState::Paused || rollout->state == fleet::RolloutState::Stopped;
  if (!rests || !(all || world_.dice.chance(50))) return false;
  if (!all && rollout->direction == fleet::Direction::Forwards && world_.dice.chance(15)) return say(fleet::say::Rollback{}, "it goes badly").has_value();
  bool const is_pulled = rollout->halt == fleet::Halt::Pulled;
  if (say(fleet::say::Resume{}, "go on")) return true;
  // Nobody publishes it as it was.
  return is_pulled && say(fleet::say::Abort{}, "what was pinned is no more").has_value();
}

bool FleetOperator::release(std::string const& host) {
  if (look().slots_of(host).empty()) return false;
  return say(fleet::say::ReleaseSlot{host}, "nothing is at work there").has_value();
}

bool FleetOperator::care_for_failed(bool all) {
  std::set<std::string> hold;
  for (auto const& held : look().slots)
    if (held.slot->state == fleet::SlotState::Failed) hold.insert(held.slot->host);
  for (auto const& one : members_) {
    bool const has_slot = hold.contains(one->name());
    auto const& rollout = look().rollout;
    if (!rollout || !rollout->open()) return false;
    bool const is_listed = std::ranges::find(rollout->failures, one->name(), &fleet::Failure::host) != rollout->failures.end();
    if (one->has_left() && member(one->name()) == one.get() && is_listed && say(fleet::say::Exclude{one->name(), true}, "it does not come back")) continue;
    if (!(one->has_failed() || has_slot || is_listed) || !one->is_up() || one->works()) continue;
    if (is_excluded(*one) && !has_slot) continue;
    if (!has_slot && !is_listed) {
      one->repair();
    } else if (!is_excluded(*one) && world_.dice.chance(75)) {
      one->repair();
      say(fleet::say::Retry{one->name()}, "it is repaired");
    } else if (is_excluded(*one) || say(fleet::say::Exclude{one->name(), true}, "it must wait")) {
      release(one->name());
    }
    if (!all) return true;
  }
  return false;
}

/// Somebody came whose packages nobody had when the rollout began, or its repository has other bytes by now.
bool FleetOperator::wants_another_pin() {
  auto const& board = look();
  auto const is_unpinned = [&](fleet::BoardHost const& host) {
    return std::ranges::any_of(host.record.carried, [&](fleet::Carried const& carried) {
      auto const* pin = board.rollout->pin(carried.component);
      return pin != nullptr && fleet::packages_for(carried, *pin).empty() && !fleet::is_excluded(*board.rollout, host.record.host);
    });
  };
  if (std::ranges::any_of(board.hosts, is_unpinned)) return true;
  return std::ranges::any_of(members_, [&](auto const& one) { return one->is_up() && !is_excluded(*one) && one->lacks_pinned_file(); });
}

/// Whoever is gone for ever is forgotten, and its slots are released.
bool FleetOperator::care_for_absent() {
  for (auto const& one : members_) {
    if (!one->has_left() || member(one->name()) != one.get()) continue;
    if (release(one->name())) return true;
    auto const& board = look();
    if (board.find(one->name()) == nullptr || board.is_live(one->name())) continue;
    return say(fleet::say::Forget{one->name()}, "it does not come back").has_value();
  }
  return false;
}

/// Of two hosts with one name the copy is switched off.
bool FleetOperator::care_for_names() {
  for (auto const& host : look().hosts) {
    if (!host.record.conflict) continue;
    auto const name = host.record.host;
    auto const* original = member(name);
    for (auto const& one : members_)
      if (one->name() == name && one.get() != original && one->is_on()) one->leave();
    if (original != nullptr && original->has_begun()) return false;
    release(name);
    if (look().is_live(name)) return false;
    return say(fleet::say::Forget{name}, "its copy is switched off").has_value();
  }
  return false;
}

// ---- the end

std::vector<unsigned> FleetOperator::stragglers() const {
  std::vector<unsigned> all;
  for (auto const& one : members_) {
    bool const out = one->has_left() || is_excluded(*one);
    if (!out && !one->is_well_at(goals_)) all.push_back(one->number());
  }
  return all;
}

bool FleetOperator::is_over() { return not_over().empty(); }

std::string FleetOperator::not_over() {
  if (restored_) return "nobody has said resume --after-restore";
  auto const& board = look();
  auto const& rollout = board.rollout;
  if (!rollout) return "there is no rollout";
  if (rollout->state != fleet::RolloutState::Done) {
    auto text = "rollout " + rollout->id + " is " + std::string(to_string(rollout->state)) + ", and waits for";
    for (std::size_t i = 0; i < board.pending.size() && i < 3; ++i) text += " " + board.pending[i].host + " (" + board.pending[i].stage.component + ")";
    return text;
  }
  auto const left = stragglers();
  if (!left.empty()) return members_[left.front()]->name() + " is not at the pin";
  if (is_anyone_at_work()) return "somebody is still at work";
  return {};
}

}  // namespace tykup::simulation
