#pragma once

#include <string>
#include <vector>

#include "tests/simulation/fleet/fleet_operator.hpp"

namespace tykup::simulation {

/// One fleet from its beginning, through everything that befalls it, until everybody is at the pin.
class FleetLife {
 public:
  FleetLife(std::uint64_t seed, FleetSize const& size, bool tells = false);

  void live();
  [[nodiscard]] FleetTally const& tally() const { return world_.tally; }
  [[nodiscard]] FleetCost const& cost() const { return world_.cost; }
  [[nodiscard]] std::vector<FleetViolation> const& violations() const { return world_.judge.violations(); }
  [[nodiscard]] std::size_t hosts() const { return world_.drawn.hosts.size(); }
  /// Of stages that are past their first host: busy ÷ could be busy, in seconds.
  [[nodiscard]] double busy() const { return busy_; }
  [[nodiscard]] double able() const { return able_; }
  /// What the hosts of a violation went through; only of a life that tells.
  [[nodiscard]] std::string story(FleetViolation const& violation) const;

 private:
  void people();
  void weather();
  void befall();
  void clone(FleetMember& original);
  void republish();
  [[nodiscard]] bool is_last_with_its_components(FleetMember const& one) const;
  [[nodiscard]] Duration meanwhile(FleetMember const& asker, unsigned place);
  void clear_up();
  void measure();
  void stalled();
  FleetMember& any() { return *members_[static_cast<std::size_t>(world_.dice.roll(static_cast<std::int64_t>(members_.size())))]; }
  FleetMember& any_at_work();

  FleetWorld world_;
  FleetNetwork network_;
  FleetMembers members_;
  FleetOperator operator_;
  Instant faults_until_ = {};
  bool over_ = false;
  double busy_ = 0;
  double able_ = 0;
};

}  // namespace tykup::simulation
