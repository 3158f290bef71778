#include "daemon/core/fleet/board.hpp"

#include <algorithm>

namespace tykup::fleet {

BoardHost const* Board::find(std::string_view host) const {
  auto const found = std::ranges::find_if(hosts, [&](BoardHost const& each) { return each.record.host == host; });
  return found == hosts.end() ? nullptr : &*found;
}

bool Board::is_live(std::string_view host) const { return std::ranges::find(live, host) != live.end(); }

bool Board::is_pending(std::string_view host, std::string_view component) const {
  return std::ranges::any_of(pending, [&](BoardPending const& each) { return each.host == host && each.stage.component == component; });
}

std::vector<HeldSlot> Board::slots_of(std::string_view host) const {
  std::vector<HeldSlot> held;
  for (auto const& each : slots)
    if (each.slot && each.slot->host == host) held.push_back(each);
  return held;
}

BoardMark const* find_mark(std::vector<BoardMark> const& marks, Stage const& stage) {
  auto const found = std::ranges::find_if(marks, [&](BoardMark const& each) {
    return each.datacenter == stage.datacenter && each.component == stage.component && each.phase == stage.phase;
  });
  return found == marks.end() ? nullptr : &*found;
}

}  // namespace tykup::fleet
