#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/calendar.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/zone.hpp"

namespace tykup {

/// One `[[window]]`: opens at each occurrence of `calendar` in `zone`, for `duration` of elapsed time.
struct Window {
  Calendar calendar;
  Zone zone;
  Duration duration;
  std::vector<std::string> components = {};  ///< empty: all
};

/// The end of time as tykup knows it, and of a freeze that has no end.
inline constexpr Instant kForever = std::chrono::sys_days{std::chrono::year{2200} / 1 / 1};

/// Nothing begins in [from, until).
struct Freeze {
  Instant from;
  Instant until;
  std::string reason;
  std::string file = {};  ///< the calendar file that tells it; empty: the configuration itself
};

/// A `[[freeze]]` whose times stand in a calendar file (iCalendar). An adapter reads it, again whenever it changes.
struct FreezeCalendar {
  std::string file;
  std::string reason = {};
  std::optional<Zone> zone = {};  ///< of all-day and floating times; absent: the file's own, else the host's
};

/// A half-open stretch of time, [from, until).
struct Interval {
  Instant from;
  Instant until;
  friend bool operator==(Interval const&, Interval const&) = default;
};

struct Windows {
  std::vector<Window> windows;
  std::vector<Freeze> freezes;                 ///< those of the configuration and those that its calendars tell
  std::vector<FreezeCalendar> calendars = {};  ///< each has at least one entry in `freezes` until it was read
};

/// What the windows say at one instant about one component ("" stands for the run as a whole: any component).
struct WindowVerdict {
  bool open = false;
  /// open: the first instant at which it is no longer (overlapping windows united, cut by the next freeze); where it does
  /// not close within `kWindowHorizon`, some later instant at which to ask again.
  Instant until = {};
  /// closed: when it opens next (freezes taken out), nothing if it does not within `kWindowHorizon`.
  std::optional<Instant> opens = {};
  /// closed: why, in words ("no window is configured", "freeze until 2027-01-04: year-end change freeze", "next window
  /// Sun 2026-11-29 02:00 GMT"); open: empty.
  std::string reason = {};
};

inline constexpr auto kWindowHorizon = std::chrono::hours{24 * 400};

[[nodiscard]] WindowVerdict window_at(Windows const& windows, std::string const& component, Instant now);

/// The next `count` openings from `from` on (one that is open at `from` included, from its beginning), united and cut by
/// freezes. One that hardly ever closes is told in parts that touch.
[[nodiscard]] std::vector<Interval> next_openings(Windows const& windows, std::string const& component, Instant from,
                                                  std::size_t count);

/// A stretch of an opening that a freeze takes away.
struct ClosedOpening {
  Interval when;
  Freeze freeze;
};

/// What freezes take away of the openings that begin or last within `span`, in order, at most so many.
[[nodiscard]] std::vector<ClosedOpening> closed_openings(Windows const& windows, std::string const& component,
                                                         Interval span, std::size_t most);

/// A stable offset in [0, room) for this host: uniform over hosts, the same at every start.
[[nodiscard]] Duration spread_offset(std::string const& machine_id, std::string const& what, Duration room);

}  // namespace tykup
