#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/core/zone.hpp"

namespace tykup::test {

/// What `systemd-analyze calendar` says of one expression.
struct SystemdAnswer {
  bool gave_up = false;  ///< "Infinite loop in calendar calculation": nothing else is known then
  std::string normalized;
  /// In whole seconds; nothing for "never", which is the last one.
  std::vector<std::optional<Instant>> starts;
};

/// Asks the installed systemd, in one process, for the next starts of each expression after `base` in that zone.
std::vector<SystemdAnswer> ask_systemd(Zone const& zone, Instant base, std::vector<std::string> const& expressions,
                                       int iterations);

}  // namespace tykup::test
