#include "daemon/core/fleet/steer_retry.hpp"

#include <algorithm>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/steering.hpp"

namespace tykup::fleet {
namespace {

bool is_failed(HeldSlot const& held) { return held.slot && held.slot->state == SlotState::Failed; }

/// Whether the rollout stands still for what a gate or hook on that host has said.
bool is_refused_by(Board const& board, std::string const& host) {
  auto const asks = [](HeldSlot const& held) { return held.slot->state == SlotState::Asking || held.slot->state == SlotState::Promoting; };
  return board.rollout->state == RolloutState::Stopped && board.rollout->halt == Halt::Gate && std::ranges::any_of(board.slots_of(host), asks);
}

std::optional<Stage> stage_in(Board const& board, std::string const& host, std::string const& component) {
  auto const* found = board.find(host);
  if (found == nullptr) return {};
  return stage_of(board.rollout->policy, found->record.datacenter, component, found->record.group);
}

bool is_proven(Board const& board, Stage const& stage) {
  auto const* first = find_mark(board.firsts, stage);
  return first != nullptr && first->mark.rollout == board.rollout->id;
}

/// Who is at work, or tries again, in a stage that nobody has proven yet.
HeldSlot const* first_of(Board const& board, std::string const& host, std::string const& component) {
  auto const stage = stage_in(board, host, component);
  if (!stage || is_proven(board, *stage)) return nullptr;
  auto const found = std::ranges::find_if(board.slots, [&](HeldSlot const& held) {
    bool const works = held.slot && held.slot->host != host && (held.slot->state == SlotState::InWork || held.slot->state == SlotState::Again);
    return works && held.datacenter == stage->datacenter && held.component == component && stage_in(board, held.slot->host, component) == stage;
  });
  return found == board.slots.end() ? nullptr : &*found;
}

}  // namespace

Result<Steered> steer_retry(Board const& board, say::Retry const& saying, Word const& said) {
  auto const& host = saying.host;
  if (is_refused_by(board, host)) {
    auto rollout = resumed(*board.rollout, said);
    if (!rollout) return fail(rollout.error());
    auto text = "rollout " + rollout->id + " runs again, and " + host + " asks again what let nobody go on";
    return Steered{change::SetRollout{std::move(*rollout), board.rollout.modified}, std::move(text)};
  }
  auto const slots = board.slots_of(host);
  auto rollout = retried(*board.rollout, host, std::ranges::any_of(slots, is_failed), said);
  if (!rollout) return fail(rollout.error());
  change::SetRollout change{std::move(*rollout), board.rollout.modified};
  for (auto held : slots) {
    if (!is_failed(held)) continue;
    if (auto const* first = first_of(board, host, held.component))
      return fail(ErrorKind::NotAllowed, first->slot->host + " goes first in " + held.component + " in " + held.datacenter + ": when its step is done, tykup fleet retry " + host +
                                             "; if it never will be, tykup fleet release-slot " + first->slot->host + " before that");
    held.slot.record->state = SlotState::Again;
    change.slots.push_back(std::move(held));
  }
  std::vector<std::string> more;
  if (change.rollout.state == RolloutState::Stopped) more.push_back("the rollout is stopped still: tykup fleet resume, or retry the others");
  return Steered{std::move(change), host + " tries again", std::move(more)};
}

}  // namespace tykup::fleet
