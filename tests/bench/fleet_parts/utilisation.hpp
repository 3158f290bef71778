#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "tests/bench/fleet_parts/layout.hpp"

namespace tykup::bench {

/// How busy the slots are that could be: hosts at their step ÷ min(slots, hosts of the stage that are behind), over the time
/// from the end of each stage's first step to that of its last one.
class Utilisation {
 public:
  using Steady = std::chrono::steady_clock;

  Utilisation(std::vector<HostPlace> const& places, fleet::Limit const& limit);

  void begins(std::string const& datacenter, std::string const& component, Steady::time_point now);
  void ends(std::string const& datacenter, std::string const& component, Steady::time_point now);
  [[nodiscard]] double busy() const;
  [[nodiscard]] unsigned steps_done() const { return done_; }
  /// The most that were at their step at once, over the slots there are; above 1 a limit was broken.
  [[nodiscard]] bool kept_the_limits() const { return kept_the_limits_; }

 private:
  struct Stage {
    unsigned limit = 1;
    unsigned behind = 0;  ///< those at their step among them
    unsigned at_work = 0;
    bool proven = false;  ///< its first host is past its step
    Steady::time_point since = {};
    double busy = 0;  ///< seconds
    double able = 0;
  };
  static void pass(Stage& stage, Steady::time_point now);

  std::map<std::pair<std::string, std::string>, Stage> stages_;
  unsigned done_ = 0;
  bool kept_the_limits_ = true;
};

}  // namespace tykup::bench
