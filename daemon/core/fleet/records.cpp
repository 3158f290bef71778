#include "daemon/core/fleet/records.hpp"

#include <algorithm>
#include <array>

namespace tykup::fleet {
namespace {

constexpr std::array<std::string_view, 6> kStates{"preparing", "running", "paused", "stopped", "aborted", "done"};
constexpr std::array<std::string_view, 3> kAfter{"first", "stage", "datacenter"};
constexpr std::array<std::string_view, 5> kSlotStates{"in work", "failed", "again", "asking", "promoting"};

template <typename Range>
auto const* find_component(Range const& range, std::string_view component) {
  auto const found = std::ranges::find_if(range, [&](auto const& item) { return item.component == component; });
  return found == range.end() ? nullptr : &*found;
}

}  // namespace

Carried const* HostRecord::find(std::string_view component) const { return find_component(carried, component); }
Pin const* Rollout::pin(std::string_view component) const { return find_component(pins, component); }

std::string_view to_string(RolloutState state) { return kStates.at(static_cast<std::size_t>(state)); }
std::string_view to_string(SlotState state) { return kSlotStates.at(static_cast<std::size_t>(state)); }
std::string_view to_string(After after) { return kAfter.at(static_cast<std::size_t>(after)); }
std::string_view to_string(Direction direction) { return direction == Direction::Back ? "back" : "forwards"; }

}  // namespace tykup::fleet
