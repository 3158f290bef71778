#pragma once

#include <optional>
#include <vector>

#include "daemon/core/window.hpp"

namespace tykup {

/// The openings of some windows, united where they overlap or touch, without what is frozen, one after the other.
/// The windows must outlive it.
class Openings {
 public:
  using Chosen = std::vector<Window const*>;

  /// `freezes` are sorted and do not overlap. An opening that is open at `from` is told from its true beginning.
  Openings(Chosen const& windows, std::vector<Interval> freezes, Instant from, Instant horizon);

  /// The next one that is not over at `from`; nothing if none begins up to the horizon.
  std::optional<Interval> next();

 private:
  struct Cursor {
    Window const* window;
    std::optional<Instant> start;
  };

  [[nodiscard]] std::optional<Instant> start_after(Window const& window, Instant after) const;
  [[nodiscard]] std::optional<Instant> start_beyond(Cursor const& cursor, Instant until) const;
  [[nodiscard]] Instant begin_of_opening(Chosen const& windows, Instant at) const;
  Cursor* earliest();
  std::optional<Interval> next_united();
  void cut(Interval left);
  void add(Interval const& piece);

  Instant from_;
  Instant horizon_;
  Instant told_ = Instant::min();
  std::vector<Interval> freezes_;
  std::vector<Cursor> cursors_;
  std::vector<Interval> pieces_;
};

}  // namespace tykup
