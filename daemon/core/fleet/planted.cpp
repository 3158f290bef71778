#include "daemon/core/fleet/planted.hpp"

#ifdef TYKUP_PLANTED

#include <array>

namespace tykup::fleet {
namespace {

std::array<bool, static_cast<std::size_t>(Bug::kCount)>& switches() {
  static std::array<bool, static_cast<std::size_t>(Bug::kCount)> all{};
  return all;
}

}  // namespace

bool planted(Bug bug) { return switches().at(static_cast<std::size_t>(bug)); }
void plant(Bug bug, bool on) { switches().at(static_cast<std::size_t>(bug)) = on; }

}  // namespace tykup::fleet

#endif
