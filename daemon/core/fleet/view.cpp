#include "daemon/core/fleet/view.hpp"

#include <algorithm>

namespace tykup::fleet {

std::string_view to_string(Point point) { return point == Point::BeforeDrain ? "before-drain" : "before-apply"; }

PinnedPackage const* View::pin(std::string const& component) const {
  auto const found = std::ranges::find(pins, component, &PinnedPackage::component);
  return found == pins.end() ? nullptr : &*found;
}

}  // namespace tykup::fleet
