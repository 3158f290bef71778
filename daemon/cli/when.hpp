#pragma once

#include <string>

#include "daemon/cli/text.hpp"
#include "daemon/core/time.hpp"

namespace tykup::cli {

/// "Sun 2026-11-29 02:00 GMT" in that zone.
[[nodiscard]] std::string civil(Zone const& zone, Instant at);

/// "Sun 2026-11-29 GMT", and "02:00:03" of that day.
[[nodiscard]] std::string civil_day(Zone const& zone, Instant at);
[[nodiscard]] std::string civil_clock(Zone const& zone, Instant at);

/// "in 5d 12h", "12min ago", "now".
[[nodiscard]] std::string relative(Instant at, Instant now);

/// "Sun 2026-11-29 02:00 GMT (in 5d 12h)".
[[nodiscard]] std::string when(View const& view, Instant at);

}  // namespace tykup::cli
