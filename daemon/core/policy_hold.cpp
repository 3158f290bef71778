#include "daemon/core/policy.hpp"

namespace tykup {
namespace {

bool is_in_force(Hold const& hold, std::string const& component, Instant now) {
  bool const is_meant = hold.component.empty() || hold.component == component;
  return is_meant && (!hold.until || now < *hold.until);
}

std::string second_of(Instant at) {
  return to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
}

}  // namespace

std::vector<Reason> hold_reasons(Memory const& memory, std::string const& component, Instant now) {
  std::vector<Reason> reasons;
  for (Hold const& hold : memory.holds) {
    if (!is_in_force(hold, component, now)) continue;
    std::string text = hold.component.empty() ? "everything is held by " : "held by ";
    text += hold.by + " since " + second_of(hold.since);
    if (hold.until) text += " until " + second_of(*hold.until);
    if (!hold.reason.empty()) text += ": " + hold.reason;
    reasons.push_back({Gate::Hold, text, "tykup release" + (hold.component.empty() ? "" : " " + hold.component)});
  }
  return reasons;
}

}  // namespace tykup
