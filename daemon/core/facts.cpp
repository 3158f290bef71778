#include "daemon/core/facts.hpp"

#include <algorithm>

namespace tykup {

ComponentFacts const* HostFacts::find(std::string const& component) const {
  auto const found = std::ranges::find(components, component, &ComponentFacts::component);
  return found == components.end() ? nullptr : &*found;
}

}  // namespace tykup
