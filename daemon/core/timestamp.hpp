#pragma once

#include <optional>
#include <string_view>

#include "daemon/core/time.hpp"

namespace tykup {

/// A date, with or without a time of day and an offset from UTC, as somebody wrote it.
struct Timestamp {
  LocalTime local;
  std::optional<std::chrono::seconds> offset = {};  ///< absent: civil time of some zone
  bool date_only = false;
};

/// RFC 3339 and its short forms: "2026-12-18", "2026-12-18 18:00", "2026-12-18T18:00:00.5+01:00", "…Z". Nothing for any
/// other text, for a date or time that does not exist, and for years outside 1970 to 2199.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);

/// The instant of a text that bears its offset; nothing for civil time.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text);

}  // namespace tykup
