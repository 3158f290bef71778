#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/window.hpp"
#include "daemon/os/ics_lines.hpp"

/// One VEVENT as we understand it. Private to the reading of iCalendar files.
namespace tykup {

/// A date, or a date with a time of day, of some zone.
struct IcsTime {
  LocalTime civil;
  bool date_only = false;
  std::string zone = {};  ///< TZID; "UTC" for "…Z"; empty: floating
};

/// RFC 5545: days are civil days, the rest is elapsed time.
struct IcsLength {
  std::chrono::days days{0};
  std::chrono::seconds rest{0};
};

/// How long something lasts: to a moment, or for a length.
using IcsEnd = std::variant<IcsTime, IcsLength>;

/// A repetition as its text says it.
struct IcsRule {
  std::string text;
  std::size_t line = 0;
};

struct IcsEvent {
  std::size_t line = 0;
  std::string uid;
  std::string summary;
  bool cancelled = false;
  std::optional<IcsTime> start = {};
  std::optional<IcsEnd> end = {};
  std::optional<IcsTime> replaces = {};  ///< RECURRENCE-ID: the instance of the same UID that this one stands for
  std::vector<IcsRule> rules = {};
  std::vector<std::pair<IcsTime, std::optional<IcsEnd>>> more = {};  ///< RDATE
  std::vector<IcsTime> except = {};                                  ///< EXDATE
};

/// Takes what one line says into the event; lines that say nothing about time are passed over. BadConfig: what is wrong.
[[nodiscard]] Result<void> take_ics_line(IcsEvent& event, IcsLine const& line);

/// The civil starts of a repetition, in order, up to `until` and no more than `most`. BadConfig: a rule that is no rule,
/// or that repeats more often.
[[nodiscard]] Result<std::vector<LocalTime>> ics_occurrences(IcsRule const& rule, IcsTime const& start, LocalTime until,
                                                             std::size_t most);

/// The UNTIL of a repetition.
[[nodiscard]] std::optional<IcsTime> ics_until(IcsRule const& rule);

}  // namespace tykup
