#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup {

/// One content line of an iCalendar text, its folded parts put together again.
struct IcsLine {
  std::size_t number = 0;  ///< of its first part, from 1
  std::string name;        ///< of the property, in capitals
  std::string text;        ///< the whole line, name included
};

/// The content lines. BadConfig for a text with NUL bytes, which no calendar has.
[[nodiscard]] Result<std::vector<IcsLine>> ics_lines(std::string_view text);

/// What follows the first colon: "VEVENT" of "BEGIN:VEVENT", in capitals.
[[nodiscard]] std::string ics_value(IcsLine const& line);

}  // namespace tykup
