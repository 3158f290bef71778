#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/window.hpp"

namespace tykup {

/// The freezes that an iCalendar text tells and that touch `range`: one for each occurrence of each event, whatever its
/// TRANSP; cancelled ones are left out. Ends are elapsed time after the start. All-day and floating times are of the
/// calendar's zone, else of the text's X-WR-TIMEZONE, else of the host. BadConfig for anything that is not understood:
/// "FILE:LINE: what"; nothing of such a text is taken.
[[nodiscard]] Result<std::vector<Freeze>> read_ics(std::string_view text, FreezeCalendar const& calendar,
                                                   Interval range);

/// The same of the file. One that cannot be read, or is larger than 4 MiB, is BadConfig too, with what mends it.
[[nodiscard]] Result<std::vector<Freeze>> read_ics_file(FreezeCalendar const& calendar, Interval range);

}  // namespace tykup
