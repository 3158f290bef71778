#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "daemon/core/time.hpp"

namespace tykup::simulation {

/// Virtual time: what is planned happens in its order, what is planned for one instant in the order of the planning.
class Timeline {
 public:
  explicit Timeline(Instant start) : now_(start) {}

  [[nodiscard]] Instant now() const { return now_; }
  void at(Instant when, std::function<void()> act) {
    planned_.push_back({std::max(when, now_), ++order_, std::move(act)});
    std::ranges::push_heap(planned_, later);
  }
  void after(Duration delay, std::function<void()> act) { at(now_ + delay, std::move(act)); }
  /// The next thing happens. False: nothing is planned.
  bool advance() {
    if (planned_.empty()) return false;
    std::ranges::pop_heap(planned_, later);
    auto const next = std::move(planned_.back());
    planned_.pop_back();
    now_ = next.at;
    next.act();
    return true;
  }

 private:
  struct Planned {
    Instant at;
    std::uint64_t order;
    std::function<void()> act;
  };
  static bool later(Planned const& a, Planned const& b) { return std::pair(a.at, a.order) > std::pair(b.at, b.order); }

  Instant now_;
  std::uint64_t order_ = 0;
  std::vector<Planned> planned_;
};

}  // namespace tykup::simulation
