#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "daemon/core/config.hpp"

namespace tykup::simulation {

/// Numbers of one seed; the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  /// 0 to `sides` - 1.
  std::int64_t roll(std::int64_t sides) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(sides)); }
  bool chance(int percent) { return roll(100) < percent; }
  std::chrono::seconds between(std::chrono::seconds low, std::chrono::seconds high) {
    return low + std::chrono::seconds{roll((high - low).count() + 1)};
  }
  template <typename T>
  T const& one_of(std::vector<T> const& all) {
    return all.at(static_cast<std::size_t>(roll(static_cast<std::int64_t>(all.size()))));
  }

 private:
  std::mt19937_64 random_;
};

/// A window as it was drawn: what it means is known without reading its expression.
struct DrawnWindow {
  std::vector<int> weekdays = {};  ///< 0 is Monday; empty: every day
  int month_day = 0;               ///< 0: every day
  int hour = 0;
  int minute = 0;
  std::chrono::seconds length{0};
  Zone zone = {};
  std::vector<std::string> components = {};

  [[nodiscard]] std::string expression() const;
};

/// What an operator wrote.
struct DrawnPolicy {
  std::vector<DrawnWindow> windows;
  std::vector<Freeze> freezes;
};

/// Zones whose clocks change in different ways, loaded once.
[[nodiscard]] std::vector<Zone> const& drawn_zones();

[[nodiscard]] DrawnPolicy draw_policy(Dice& dice, std::vector<std::string> const& components, Instant year);
[[nodiscard]] std::vector<Freeze> draw_freezes(Dice& dice, Instant year);
/// The same for the code under test.
[[nodiscard]] Windows windows_of(DrawnPolicy const& policy);

}  // namespace tykup::simulation
