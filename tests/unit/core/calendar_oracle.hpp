#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/core/zone.hpp"

namespace tykup::test {

/// One item of a list as it was drawn: start, start..stop, start..stop/step or start/step.
struct DrawnItem {
  int start = 0;
  std::optional<int> stop;
  int step = 0;
};

/// A calendar expression together with what it means, drawn at random: the text never has to be parsed to know.
struct DrawnExpression {
  std::string text;
  std::string closed_text;  ///< the same meaning without an open step: "7..57/10" for "7/10"
  std::set<int> weekdays;   ///< 0 is Sunday; empty: all, as with every field here
  std::set<int> years, months, hours, minutes, seconds;  ///< seconds in microseconds
  std::vector<DrawnItem> days;
  bool days_from_end = false;
  bool fractional = false;
};

DrawnExpression draw_expression(std::mt19937_64& random);

/// Answers by trying every civil time of every day, with nothing of the code under test but the zone's lookups.
class Oracle {
 public:
  Oracle(Zone const& zone, DrawnExpression const& expression) : zone_(zone), expression_(expression) {}

  /// Our rule: the first instant after `after` at which a start begins.
  [[nodiscard]] std::optional<Instant> by_rule(Instant after) const;
  /// Without our rule: does the clock show an allowed time within that second?
  [[nodiscard]] bool shows(Instant second) const;
  /// How many allowed civil times fall into the gap that ends then; 0 where no gap ends.
  [[nodiscard]] int starts_in_gap_ending(Instant end) const;
  /// The first instant strictly between at which the clock shows an allowed time that comes only once.
  [[nodiscard]] std::optional<Instant> unique_between(Instant after, Instant before) const;

 private:
  [[nodiscard]] bool has_day(std::chrono::local_days day) const;
  /// Calls `visit(civil)` for the allowed civil times from `from` on, in order, until it returns true.
  template <typename Visit>
  void walk(LocalTime from, Visit visit) const;

  Zone const& zone_;
  DrawnExpression const& expression_;
};

}  // namespace tykup::test
