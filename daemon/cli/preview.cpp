#include "daemon/cli/preview.hpp"

#include <algorithm>

namespace tykup::cli {
namespace {

constexpr std::size_t kMostClosed = 1000;

/// Windows for the same components, with the freezes of all.
struct Group {
  std::vector<std::string> components;
  Windows windows;
};

std::vector<Group> groups_of(Windows const& windows, std::string const& component) {
  std::vector<Group> groups;
  if (!component.empty()) {
    groups.push_back({{}, {{}, windows.freezes}});
    for (auto const& window : windows.windows) {
      bool const meant = window.components.empty() ||
                         std::ranges::find(window.components, component) != window.components.end();
      if (meant) groups.back().windows.windows.push_back(window);
    }
    for (auto& window : groups.back().windows.windows) window.components.clear();
    return groups;
  }
  for (auto const& window : windows.windows) {
    auto group = std::ranges::find(groups, window.components, &Group::components);
    if (group == groups.end()) group = groups.insert(groups.end(), {window.components, {{}, windows.freezes}});
    group->windows.windows.push_back(window);
  }
  return groups;
}

/// Of the window that opens then; of the first one where a row begins otherwise (it is open already, or a freeze ends).
Zone const& zone_of(Windows const& windows, Instant opening) {
  for (auto const& window : windows.windows) {
    if (window.calendar.next(window.zone, opening - Duration{1}) == opening) return window.zone;
  }
  return windows.windows.front().zone;
}

void sort_rows(std::vector<PreviewRow>& rows) {
  std::ranges::stable_sort(rows, {}, [](PreviewRow const& row) { return row.when.from; });
}

}  // namespace

Preview preview_windows(Windows const& windows, std::string const& component, Instant from, std::size_t count) {
  auto const groups = groups_of(windows, component);
  Preview preview;
  preview.by_component = groups.size() > 1 || (groups.size() == 1 && !groups.front().components.empty());
  for (auto const& [components, own] : groups) {
    for (auto const& when : next_openings(own, "", from, count))
      preview.rows.push_back({when, zone_of(own, when.from), components});
  }
  sort_rows(preview.rows);
  if (preview.rows.size() > count) preview.rows.erase(preview.rows.begin() + static_cast<std::ptrdiff_t>(count), preview.rows.end());
  // Where nothing opens any more, it is the frozen ones of the time that windows look ahead.
  Interval const span{from, preview.rows.size() < count ? from + kWindowHorizon : preview.rows.back().when.until};
  for (auto const& [components, own] : groups) {
    for (auto const& [when, freeze] : closed_openings(own, "", span, kMostClosed))
      if (when.until > from) preview.rows.push_back({when, zone_of(own, when.from), components, true, freeze});
  }
  sort_rows(preview.rows);
  return preview;
}

DayMark mark_of(Windows const& windows, std::string const& component, Zone const& zone, std::chrono::local_days day) {
  Interval const span{to_instant(zone, day).first, to_instant(zone, day + std::chrono::days{1}).first};
  auto const opening = next_openings(windows, component, span.from, 1);
  if (!opening.empty() && opening.front().from < span.until) return DayMark::Opens;
  if (!closed_openings(windows, component, span, 1).empty()) return DayMark::Closed;
  bool const frozen = std::ranges::any_of(windows.freezes, [&](Freeze const& freeze) {
    return freeze.from < span.until && freeze.until > span.from;
  });
  return frozen ? DayMark::Frozen : DayMark::None;
}

}  // namespace tykup::cli
