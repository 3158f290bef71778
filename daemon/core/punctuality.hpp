#pragma once

#include <string>

#include "daemon/core/window.hpp"

/// When in an opening this host begins, and whether somebody was there when it began.
namespace tykup {

/// A window is not missed by a daemon that comes to watch within this time of its beginning.
inline constexpr Duration kGrace = std::chrono::minutes{5};

/// How long the daemon has watched the clock without a gap: neither a sleep of the host nor a clock that was set ahead.
struct Liveness {
  Instant since = {};
  Instant wall = {};     ///< at the last look
  Duration steady = {};  ///< since the start of the daemon, whatever was done to the clock, at the last look
};
/// A look at both clocks. Wall time that ran ahead of steady time by more than the grace is a gap: the watch begins anew.
[[nodiscard]] Liveness look(Liveness const& before, Instant wall, Duration steady);

/// The beginning of that opening on this host: its own stable offset behind `opening.from`, uniform over hosts between
/// nothing and the lesser of `spread` and what the opening is longer than the whole run.
[[nodiscard]] Instant start_on_host(Interval const& opening, Duration whole_run, Duration spread,
                                    std::string const& machine_id);

/// The windows as if nothing were frozen.
[[nodiscard]] Windows without_freezes(Windows windows);

/// The opening that is open for the component; nothing where none is.
[[nodiscard]] std::optional<Interval> open_at(Windows const& windows, std::string const& component, Instant now);

/// The latest beginning inside `opening` up to now: its own, or a later start of a window that is part of it.
[[nodiscard]] Instant latest_beginning(Windows const& windows, std::string const& component, Interval const& opening,
                                       Instant now);
/// The next start of a window after now; nothing where none comes any more.
[[nodiscard]] std::optional<Instant> next_beginning(Windows const& windows, std::string const& component, Instant now);

}  // namespace tykup
