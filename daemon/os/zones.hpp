#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/zone.hpp"

namespace tykup {

/// The zone of that IANA name from the system's tzdata, transitions up to the year 2199. An unknown name is BadConfig
/// with the nearest name that exists.
[[nodiscard]] Result<Zone> load_zone(std::string_view name);

/// Every zone that the system knows, sorted, without the "posix" and "right" copies; empty without tzdata.
[[nodiscard]] std::vector<std::string> const& zone_names();

/// The name of the host's zone now: $TZ, else where /etc/localtime points, else /etc/timezone, else "UTC".
[[nodiscard]] std::string local_zone_name();

}  // namespace tykup
