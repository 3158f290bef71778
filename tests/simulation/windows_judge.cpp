#include "tests/simulation/windows_judge.hpp"

#include <algorithm>

namespace tykup::simulation {
namespace {

using std::chrono::days;
using std::chrono::seconds;

seconds offset(Zone const& zone, Instant at) {
  auto found = zone.initial_offset;
  for (auto const& change : zone.transitions)
    if (change.at <= at) found = change.offset;
  return found;
}

/// The rule in its plainest form: of all instants at which the clock shows that time the first; where it never does,
/// the change of clocks that left it out.
Instant begins(Zone const& zone, LocalTime civil) {
  Instant const as_utc{civil.time_since_epoch()};
  std::optional<Instant> first;
  std::optional<Instant> gap;
  auto const try_offset = [&](seconds by) {
    auto const at = as_utc - by;
    if (offset(zone, at) == by && (!first || at < *first)) first = at;
  };
  auto before = offset(zone, as_utc - days{2});
  try_offset(before);
  for (auto const& change : zone.transitions) {
    if (change.at <= as_utc - days{2} || change.at >= as_utc + days{2}) continue;
    try_offset(change.offset);
    bool const left_out = as_utc - before >= change.at && as_utc - change.offset < change.at;
    if (left_out) gap = change.at;
    before = change.offset;
  }
  return first ? *first : gap.value();
}

bool is_day_of(DrawnWindow const& window, std::chrono::local_days day) {
  int const weekday = static_cast<int>(std::chrono::weekday{day}.iso_encoding()) - 1;
  bool const right_weekday =
      window.weekdays.empty() || std::ranges::find(window.weekdays, weekday) != window.weekdays.end();
  auto const number = static_cast<int>(unsigned{std::chrono::year_month_day{day}.day()});
  return right_weekday && (window.month_day == 0 || window.month_day == number);
}

void add_openings(DrawnWindow const& window, Interval time, std::vector<Interval>& out) {
  auto const first = std::chrono::floor<days>(LocalTime{(time.from - days{3}).time_since_epoch()});
  auto const last = std::chrono::floor<days>(LocalTime{(time.until + days{3}).time_since_epoch()});
  for (auto day = first; day <= last; day += days{1}) {
    if (!is_day_of(window, day)) continue;
    auto const from = begins(window.zone, day + std::chrono::hours{window.hour} + std::chrono::minutes{window.minute});
    out.push_back({from, from + window.length});
  }
}

std::vector<Interval> united(std::vector<Interval> all) {
  std::ranges::sort(all, {}, &Interval::from);
  std::vector<Interval> out;
  for (auto const& one : all) {
    if (!out.empty() && one.from <= out.back().until)
      out.back().until = std::max(out.back().until, one.until);
    else
      out.push_back(one);
  }
  return out;
}

std::vector<Interval> without(std::vector<Interval> openings, Freeze const& freeze) {
  std::vector<Interval> out;
  for (auto const& one : openings) {
    if (freeze.until <= one.from || freeze.from >= one.until) {
      out.push_back(one);
      continue;
    }
    if (one.from < freeze.from) out.push_back({one.from, freeze.from});
    if (freeze.until < one.until) out.push_back({freeze.until, one.until});
  }
  return out;
}

}  // namespace

Judge::Judge(DrawnPolicy const& policy, std::vector<std::string> const& components, Interval time)
    : freezes_(policy.freezes) {
  for (auto const& window : policy.windows) {
    std::vector<Interval> own;
    add_openings(window, time, own);
    for (auto const& component : components) {
      bool const meant = window.components.empty() ||
                         std::ranges::find(window.components, component) != window.components.end();
      auto& all = openings_[component];
      if (meant) all.insert(all.end(), own.begin(), own.end());
    }
  }
  for (auto& [component, all] : openings_) {
    all = united(std::move(all));
    for (auto const& freeze : freezes_) all = without(std::move(all), freeze);
  }
}

std::optional<Interval> Judge::opening(std::string const& component, Instant at) const {
  auto const& all = openings_.at(component);
  auto const after = std::ranges::upper_bound(all, at, {}, &Interval::from);
  if (after == all.begin()) return std::nullopt;
  auto const& one = *std::prev(after);
  return at < one.until ? std::optional(one) : std::nullopt;
}

std::optional<Interval> Judge::next(std::string const& component, Instant after) const {
  auto const& all = openings_.at(component);
  auto const found = std::ranges::upper_bound(all, after, {}, &Interval::from);
  return found == all.end() ? std::nullopt : std::optional(*found);
}

bool Judge::frozen(Instant at) const {
  return std::ranges::any_of(freezes_, [&](Freeze const& freeze) { return freeze.from <= at && at < freeze.until; });
}

}  // namespace tykup::simulation
