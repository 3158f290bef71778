#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/calendar.hpp"

namespace tykup {

inline constexpr int kFirstYear = 1970;
inline constexpr int kLastYear = 2199;
inline constexpr int kSecond = 1'000'000;
inline constexpr unsigned kEveryWeekday = 0x7F;

/// One item of a comma list: `start`, `start..stop/step` or `start/step`. Seconds are in microseconds.
struct CalendarItem {
  int start = 0;
  std::optional<int> stop = {};
  int step = 0;        ///< 0: `start` alone
  std::size_t at = 0;  ///< where the text has it
};

/// What a field allows; empty means everything ("*").
using CalendarItems = std::vector<CalendarItem>;

struct CalendarFields {
  unsigned weekdays = 0;  ///< bit 0 is Monday; 0: every day
  CalendarItems year, month, day, hour, minute, second;
  bool from_month_end = false;  ///< `day` counts from the last day of the month
  std::string zone;
};

/// An expression made ready for search: bit n of a mask is the value n. Only seconds, which have fractions, stay items.
struct Calendar::Spec {
  std::bitset<kLastYear - kFirstYear + 1> years;
  std::uint32_t months = 0;
  std::array<std::uint32_t, 4> days_by_length = {};   ///< of months with 28, 29, 30 and 31 days
  std::array<std::uint32_t, 7> days_by_weekday = {};  ///< of months whose first day is Sunday, Monday, …
  std::uint32_t hours = 0;
  std::uint64_t minutes = 0;
  CalendarItems seconds;
  std::string zone;
  std::string normalized;
};

/// What the parser or the check did not like: where, and what it wants there.
struct CalendarMistake {
  std::size_t at = 0;
  std::string expected;
};

/// Sorts the lists, ends ranges at their last step, writes two-digit years out, drops what is said twice.
void normalize(CalendarFields& fields);
/// The first value of normalized fields that is out of its range, or a repetition that never comes.
std::optional<CalendarMistake> find_mistake(CalendarFields const& fields);
/// The text of normalized fields.
std::string format_calendar(CalendarFields const& fields);
/// Makes normalized and checked fields ready for search.
Calendar::Spec compile(CalendarFields const& fields);

}  // namespace tykup
