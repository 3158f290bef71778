#pragma once

#include <string>
#include <vector>

#include "daemon/core/window.hpp"

/// Freezes that stand in calendar files, as data. What is not known is frozen: a file that cannot be read, and time for
/// which its recurrences were not worked out.
namespace tykup {

/// The freeze that holds at that instant, of several the one that ends last; null: none does.
[[nodiscard]] Freeze const* freeze_at(std::vector<Freeze> const& freezes, Instant now);

/// All time is frozen, because the calendar's file cannot be read; `why` says how to mend it.
[[nodiscard]] Freeze unreadable_freeze(FreezeCalendar const& calendar, std::string const& why);
[[nodiscard]] bool is_endless(Freeze const& freeze);

/// The freezes of a calendar whose events were worked out for `known`; the time before and after is frozen.
[[nodiscard]] std::vector<Freeze> freezes_known_for(FreezeCalendar const& calendar, Interval known,
                                                    std::vector<Freeze> events);

/// Puts these in the place of all that the windows have from calendar files.
void replace_calendar_freezes(Windows& windows, std::vector<Freeze> const& told);

/// "frozen until 2027-01-04T00:00:00Z: year-end", "frozen: the calendar … cannot be read"; and what would change it.
[[nodiscard]] std::string freeze_text(Freeze const& freeze);
[[nodiscard]] std::string freeze_remedy(Freeze const& freeze);

}  // namespace tykup
