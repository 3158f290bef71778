#include "daemon/core/punctuality.hpp"

#include <algorithm>

namespace tykup {
namespace {

// Parts of the room that a host's place is chosen from. The place is a share of the room, so that it moves little when
// the room does.
constexpr Duration kPlaces{1'000'000};
constexpr int kMostStarts = 4'000;

bool is_meant(Window const& window, std::string const& component) {
  return component.empty() || window.components.empty() || std::ranges::count(window.components, component) > 0;
}

/// The last start of the window in (after, now], looked for backwards in steps that double.
std::optional<Instant> last_start(Window const& window, Instant after, Instant now) {
  std::optional<Instant> found;
  for (Duration back = std::chrono::minutes{1}; !found; back *= 2) {
    Instant const from = std::max(after, now - back);
    auto start = window.calendar.next(window.zone, from);
    for (int i = 0; i < kMostStarts && start && *start <= now; ++i) {
      found = start;
      start = window.calendar.next(window.zone, *start);
    }
    if (from == after) break;
  }
  return found;
}

}  // namespace

Liveness look(Liveness const& before, Instant wall, Duration steady) {
  bool const has_gap = wall - before.wall > steady - before.steady + kGrace;
  return {std::min(has_gap ? wall : before.since, wall), wall, steady};
}

Instant start_on_host(Interval const& opening, Duration whole_run, Duration spread, std::string const& machine_id) {
  Duration const room = std::min(spread, (opening.until - opening.from) - whole_run);
  if (room <= Duration::zero()) return opening.from;
  auto const place = spread_offset(machine_id, "window", kPlaces).count();
  auto const offset = static_cast<double>(room.count()) * static_cast<double>(place) / static_cast<double>(kPlaces.count());
  return opening.from + std::chrono::floor<std::chrono::seconds>(Duration{static_cast<Duration::rep>(offset)});
}

Windows without_freezes(Windows windows) {
  windows.freezes.clear();
  return windows;
}

std::optional<Interval> open_at(Windows const& windows, std::string const& component, Instant now) {
  auto const openings = next_openings(windows, component, now, 1);
  if (openings.empty() || openings.front().from > now) return std::nullopt;
  return openings.front();
}

Instant latest_beginning(Windows const& windows, std::string const& component, Interval const& opening, Instant now) {
  Instant latest = opening.from;
  for (auto const& window : windows.windows) {
    if (!is_meant(window, component)) continue;
    if (auto const start = last_start(window, opening.from, now)) latest = std::max(latest, *start);
  }
  return latest;
}

std::optional<Instant> next_beginning(Windows const& windows, std::string const& component, Instant now) {
  std::optional<Instant> next;
  for (auto const& window : windows.windows) {
    auto const start = is_meant(window, component) ? window.calendar.next(window.zone, now) : std::nullopt;
    if (start && (!next || *start < *next)) next = start;
  }
  return next;
}

}  // namespace tykup
