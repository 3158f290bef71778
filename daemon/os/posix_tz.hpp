#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/zone.hpp"

namespace tykup {

/// A day of the year at which clocks change, as POSIX writes it: "M10.5.0/1", "J60", "59/2:30".
struct ChangeDay {
  enum class Kind { MonthWeekday, JulianNoLeap, DayOfYear } kind = Kind::DayOfYear;
  int month = 0;
  int week = 0;  ///< 5 is the last one
  int day = 0;   ///< weekday (0 is Sunday) or day of the year
  std::chrono::seconds time{7200};

  [[nodiscard]] LocalTime in(std::chrono::year year) const;
};

/// A POSIX TZ string, the rule for the time after the last transition of a zone file: "GMT0BST,M3.5.0/1,M10.5.0".
struct PosixTz {
  struct Period {
    std::string abbreviation;
    std::chrono::seconds offset{0};  ///< east of Greenwich is positive, unlike in the text
  };
  Period standard;
  std::optional<Period> daylight;
  ChangeDay begin;
  ChangeDay end;

  /// Nothing if the text is not one, or has daylight time without its days.
  [[nodiscard]] static std::optional<PosixTz> parse(std::string_view text);

  /// The transitions of the years, sorted.
  [[nodiscard]] std::vector<Transition> transitions(std::chrono::year first, std::chrono::year last) const;
};

}  // namespace tykup
