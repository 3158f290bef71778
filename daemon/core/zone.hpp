#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"

namespace tykup {

/// From `at` on, local time is UTC + `offset`.
struct Transition {
  Instant at;
  std::chrono::seconds offset;
  std::string abbreviation;
};

/// A time zone as data: an adapter reads the system's tzdata and fills it; the core only looks things up.
/// `transitions` are sorted and cover at least the years 1970 to 2199.
struct Zone {
  std::string name;
  std::chrono::seconds initial_offset{0};
  std::string initial_abbreviation = "UTC";
  std::vector<Transition> transitions = {};
};

Zone utc_zone();

/// What civil time it is at that instant.
LocalTime to_local(Zone const& zone, Instant at);
std::chrono::seconds offset_at(Zone const& zone, Instant at);
std::string const& abbreviation_at(Zone const& zone, Instant at);

/// How a civil time maps to the time line.
struct LocalLookup {
  enum class Kind { Unique, Gap, Ambiguous } kind;
  /// Unique: the instant. Gap: the first valid instant after the gap. Ambiguous: the earlier of the two.
  Instant first;
  /// Ambiguous: the later one; otherwise equal to `first`.
  Instant second;
};
LocalLookup to_instant(Zone const& zone, LocalTime local);

}  // namespace tykup
