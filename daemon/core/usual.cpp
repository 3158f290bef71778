#include "daemon/core/usual.hpp"

#include <algorithm>

namespace tykup {

std::optional<Duration> usual_step(Memory const& memory, std::string const& component) {
  auto const known = memory.durations.find(component);
  if (known == memory.durations.end() || known->second.empty()) return std::nullopt;
  auto durations = known->second;
  auto const middle = durations.begin() + static_cast<std::ptrdiff_t>(durations.size() / 2);
  std::ranges::nth_element(durations, middle);
  return *middle;
}

}  // namespace tykup
