#pragma once

#include <chrono>
#include <string>

namespace tykup {

/// A point on the UTC time line, microseconds. Wall-clock time as the core knows it: always an argument.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;
using std::chrono::seconds;

/// A civil date and time in some zone, not tied to UTC yet.
using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

/// "2026-11-23T02:00:00Z", fractions only where there are any.
std::string to_rfc3339(Instant at);
/// "1h 30min", "45s", "3d 2h": at most two units, rounded down; "0s" for less than a second. For people.
std::string to_human(Duration length);

}  // namespace tykup
