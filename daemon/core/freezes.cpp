#include "daemon/core/freezes.hpp"

namespace tykup {
namespace {

constexpr Instant kBegin{};

}  // namespace

Freeze const* freeze_at(std::vector<Freeze> const& freezes, Instant now) {
  Freeze const* longest = nullptr;
  for (auto const& freeze : freezes) {
    bool const holds = freeze.from <= now && now < freeze.until;
    if (holds && (longest == nullptr || freeze.until > longest->until)) longest = &freeze;
  }
  return longest;
}

Freeze unreadable_freeze(FreezeCalendar const& calendar, std::string const& why) {
  return {kBegin, kForever, "the calendar of freezes cannot be read, and until it can everything is frozen: " + why,
          calendar.file};
}

bool is_endless(Freeze const& freeze) {
  return freeze.until >= kForever;
}

std::vector<Freeze> freezes_known_for(FreezeCalendar const& calendar, Interval known, std::vector<Freeze> events) {
  for (auto& event : events) {
    event.file = calendar.file;
    if (calendar.reason.empty()) continue;
    event.reason = event.reason.empty() ? calendar.reason : calendar.reason + ": " + event.reason;
  }
  std::string const outside = "the calendar " + calendar.file + " was not worked out for that time yet";
  if (known.from > kBegin) events.push_back({kBegin, known.from, outside, calendar.file});
  if (known.until < kForever) events.push_back({known.until, kForever, outside, calendar.file});
  return events;
}

void replace_calendar_freezes(Windows& windows, std::vector<Freeze> const& told) {
  std::erase_if(windows.freezes, [](Freeze const& freeze) { return !freeze.file.empty(); });
  windows.freezes.insert(windows.freezes.end(), told.begin(), told.end());
}

std::string freeze_text(Freeze const& freeze) {
  auto const text = is_endless(freeze) ? std::string("frozen") : "frozen until " + to_rfc3339(freeze.until);
  return freeze.reason.empty() ? text : text + ": " + freeze.reason;
}

std::string freeze_remedy(Freeze const& freeze) {
  if (freeze.file.empty()) return "wait, or take the [[freeze]] out of the configuration";
  return (is_endless(freeze) ? "put " : "wait, or change ") + freeze.file +
         (is_endless(freeze) ? " right; the freeze ends by itself then" : "; tykupd sees the change by itself");
}

}  // namespace tykup
