#pragma once

#include <string>
#include <vector>

#include "daemon/core/window.hpp"

/// What `tykup windows` shows, worked out: openings and what freezes take of them. Pure.
namespace tykup::cli {

struct PreviewRow {
  Interval when;
  Zone zone;                                ///< of the window that opens then
  std::vector<std::string> components = {}; ///< empty: all
  bool closed = false;                      ///< by `freeze`
  Freeze freeze = {};
};

struct Preview {
  std::vector<PreviewRow> rows;  ///< in the order of their beginning
  bool by_component = false;     ///< windows differ in whom they are for
};

/// The next `count` openings that are not frozen, and the frozen ones up to the last of them. Windows for the same
/// components are united; where `component` is given, all that it may use are.
[[nodiscard]] Preview preview_windows(Windows const& windows, std::string const& component, Instant from,
                                      std::size_t count);

enum class DayMark { None, Opens, Closed, Frozen };

/// What happens on a civil day of that zone: a window opens or is open, all of it is frozen, or a freeze without one.
[[nodiscard]] DayMark mark_of(Windows const& windows, std::string const& component, Zone const& zone,
                              std::chrono::local_days day);

}  // namespace tykup::cli
