#include "daemon/core/fleet/steer_freeze.hpp"

#include "daemon/core/fleet/overview_parts.hpp"

namespace tykup::fleet {
namespace {

std::string second_of(Instant at) { return to_rfc3339(std::chrono::floor<std::chrono::seconds>(at)); }

std::vector<std::string> in_work(Board const& board) {
  std::vector<std::string> names;
  for (auto const& held : board.slots)
    if (held.slot && held.slot->state == SlotState::InWork) names.push_back(held.slot->host + " (" + held.component + ")");
  return names;
}

}  // namespace

Result<Steered> steer_freeze(Board const& board, say::Freeze const& saying, Word const& said) {
  if (saying.until <= said.at) return fail(ErrorKind::NotAllowed, "the end " + second_of(saying.until) + " is not after now, " + second_of(said.at));
  std::vector<std::string> more;
  if (auto const busy = in_work(board); !busy.empty()) more.push_back("a step whose package has changed is finished: " + some_of(busy));
  if (board.freeze && board.freeze->holds_at(said.at)) more.push_back("before, it was " + frozen(*board.freeze, said.at)->text);
  more.push_back("tykup fleet unfreeze ends it earlier");
  return Steered{change::SetFreeze{{saying.until, said}, board.freeze.modified}, "no host of the fleet begins a step before " + second_of(saying.until), std::move(more)};
}

Result<Steered> lift_freeze(Board const& board, Word const& said) {
  if (!board.freeze || !board.freeze->holds_at(said.at)) return fail(ErrorKind::NotFound, "the fleet is not frozen; tykup fleet freeze --until T does that");
  std::vector<std::string> more{"it was " + frozen(*board.freeze, said.at)->text, "a freeze in a host's own configuration holds there still"};
  return Steered{change::SetFreeze{{std::nullopt, said}, board.freeze.modified}, "the fleet is not frozen any more", std::move(more)};
}

}  // namespace tykup::fleet
