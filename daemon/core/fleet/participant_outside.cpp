#include <algorithm>
#include <utility>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/participant_machine.hpp"

/// A step that somebody has begin whatever the others do: it is written down, and holds a slot, so that others see one less.
namespace tykup::fleet {

need::Outside const* Machine::wanted_outside() const {
  auto const& need = state_.standing.need;
  auto const* wants = need ? std::get_if<need::Wants>(&*need) : nullptr;
  return wants != nullptr && wants->outside ? &*wants->outside : nullptr;
}

std::string Machine::rollout_at_work() const {
  auto const& rollout = state_.standing.rollout;
  return rollout && rollout->open() ? rollout->id : std::string{};
}

/// Kept until etcd has it; said anew after a restart it is the same key.
void Machine::note_outside() {
  auto const* word = wanted_outside();
  if (word == nullptr || !standing().facts) return;
  auto const& host = standing().facts->host;
  OutsideStep step{host, *wanted(), word->version, rollout_at_work(), {word->by + "@" + host, word->why, word->at}};
  auto const is_it = [&](OutsideStep const& other) { return other.component == step.component && other.said == step.said; };
  if (standing().noted && is_it(*standing().noted)) return;
  standing().noted = step;
  auto& untold = standing().memory.untold;
  if (std::ranges::any_of(untold, is_it)) return;
  untold.push_back(std::move(step));
  save();
}

void Machine::told(phase::Recording const& at, Told const& answer) {
  if (auto const* refused = std::get_if<told::Refused>(&answer)) {
    if (adopted(refused->sight)) settle();
    return;
  }
  if (!std::holds_alternative<told::Settled>(answer)) return;
  std::erase(standing().memory.untold, at.what);
  save();
  enter(phase::Idle{});
  settle();
}

void Machine::want_outside(need::Outside const&, std::string const& component) {
  auto const& record = *standing().facts;
  auto const& rollout = standing().rollout;
  bool const runs = !rollout_at_work().empty();
  auto stage = runs ? stage_of(rollout->policy, record.datacenter, component, record.group) : std::nullopt;
  if (!stage) stage = Stage{record.datacenter, 0, component, 0, 0};
  enter(phase::Looking{*stage, 0, true});
}

/// The least that is free, whatever the limit: others count it.
void Machine::looked_outside(Stage const& stage, Sight const& sight) {
  if (wanted_outside() == nullptr) return settle();
  if (!standing().lease) return enter(phase::Leasing{stage, true});
  auto const is_held = [&](unsigned k) {
    return std::ranges::any_of(sight.slots, [&](HeldSlot const& held) {
      return held.datacenter == stage.datacenter && held.component == stage.component && held.k == k;
    });
  };
  unsigned k = 0;
  while (is_held(k)) ++k;
  enter(phase::Taking{stage, sight.queued, {k, false}, sight.revision, true});
}

}  // namespace tykup::fleet
