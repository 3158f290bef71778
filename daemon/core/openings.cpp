#include "daemon/core/openings.hpp"

#include <algorithm>

namespace tykup {
namespace {

using std::chrono::microseconds;

// A calendar that starts every second must not keep the loop busy: one opening is put together of at most this many
// starts, and its beginning is looked for over at most so many. What is longer is told in parts that touch.
constexpr int kMostStarts = 10'000;
constexpr int kMostStartsBack = 100;

}  // namespace

Openings::Openings(Chosen const& windows, std::vector<Interval> freezes, Instant from, Instant horizon)
    : from_(from), horizon_(horizon), freezes_(std::move(freezes)) {
  auto const begin = begin_of_opening(windows, from);
  for (auto const* window : windows) {
    cursors_.push_back({window, start_after(*window, begin - window->duration - microseconds{1})});
  }
}

std::optional<Interval> Openings::next() {
  while (pieces_.empty()) {
    auto const whole = next_united();
    if (!whole) return std::nullopt;
    cut(*whole);
  }
  Interval const piece = pieces_.front();
  pieces_.erase(pieces_.begin());
  return piece;
}

/// The first start after `after` whose window is not frozen from end to end: a long freeze is passed in one step.
std::optional<Instant> Openings::start_after(Window const& window, Instant after) const {
  auto start = window.calendar.next(window.zone, after);
  for (auto const& freeze : freezes_) {
    if (!start) break;
    if (freeze.from <= *start && *start + window.duration <= freeze.until) {
      start = window.calendar.next(window.zone, freeze.until - window.duration);
    }
  }
  return start;
}

/// The start to look at after the cursor's own. Where starts are dense, one that reaches further by half a duration or
/// more: those between add nothing.
std::optional<Instant> Openings::start_beyond(Cursor const& cursor, Instant until) const {
  auto const following = start_after(*cursor.window, *cursor.start);
  if (!following || *following > until) return following;
  auto const far = start_after(*cursor.window, std::max(*cursor.start, until - cursor.window->duration / 2));
  return far && *far <= until ? far : following;
}

/// Where the opening that covers `at` began, one window leading back to another; `at` itself if none is open.
Instant Openings::begin_of_opening(Chosen const& windows, Instant at) const {
  Instant begin = at;
  for (int steps = 0; steps < kMostStartsBack; ++steps) {
    Instant earlier = begin;
    for (auto const* window : windows) {
      auto const start = start_after(*window, begin - window->duration - microseconds{1});
      if (start) earlier = std::min(earlier, *start);
    }
    if (earlier == begin) break;
    begin = earlier;
  }
  return begin;
}

Openings::Cursor* Openings::earliest() {
  Cursor* best = nullptr;
  for (auto& cursor : cursors_) {
    if (cursor.start && (best == nullptr || *cursor.start < *best->start)) best = &cursor;
  }
  return best;
}

std::optional<Interval> Openings::next_united() {
  auto* cursor = earliest();
  if (cursor == nullptr || *cursor->start > horizon_) return std::nullopt;
  Interval opening{*cursor->start, *cursor->start};
  for (int starts = 0; cursor != nullptr && *cursor->start <= opening.until; ++starts) {
    if (starts == kMostStarts || opening.until > horizon_) break;
    opening.until = std::max(opening.until, *cursor->start + cursor->window->duration);
    cursor->start = start_beyond(*cursor, opening.until);
    cursor = earliest();
  }
  opening.from = std::max(opening.from, told_);
  told_ = std::max(told_, opening.until);
  return opening;
}

void Openings::cut(Interval left) {
  for (auto const& freeze : freezes_) {
    if (freeze.until <= left.from) continue;
    if (freeze.from >= left.until) break;
    add({left.from, freeze.from});
    left.from = freeze.until;
  }
  add(left);
}

void Openings::add(Interval const& piece) {
  if (piece.from < piece.until && piece.until > from_) pieces_.push_back(piece);
}

}  // namespace tykup
