#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/windows_draw.hpp"

namespace tykup::simulation {

/// Says when what was drawn is open, by trying every day of the time it is asked about and with nothing of the code
/// under test: neither its calendars and windows nor its zone look-ups.
class Judge {
 public:
  Judge(DrawnPolicy const& policy, std::vector<std::string> const& components, Interval time);

  /// The opening, united and cut by freezes, that the component has at that instant.
  [[nodiscard]] std::optional<Interval> opening(std::string const& component, Instant at) const;
  /// The first one that begins after that instant.
  [[nodiscard]] std::optional<Interval> next(std::string const& component, Instant after) const;
  [[nodiscard]] bool frozen(Instant at) const;

 private:
  std::vector<Freeze> freezes_;
  std::map<std::string, std::vector<Interval>> openings_;  ///< by component, sorted
};

}  // namespace tykup::simulation
