#include "tests/bench/fleet_parts/utilisation.hpp"

#include <algorithm>

#include "daemon/core/fleet/order.hpp"

namespace tykup::bench {

Utilisation::Utilisation(std::vector<HostPlace> const& places, fleet::Limit const& limit) {
  for (auto const& place : places)
    for (auto const& component : place.components) ++stages_[{place.datacenter, component}].behind;
  for (auto& [of, stage] : stages_) stage.limit = fleet::limit_of(limit, stage.behind);
}

void Utilisation::pass(Stage& stage, Steady::time_point now) {
  auto const seconds = std::chrono::duration<double>(now - stage.since).count();
  stage.since = now;
  if (!stage.proven) return;
  stage.busy += stage.at_work * seconds;
  stage.able += std::min(stage.limit, stage.behind) * seconds;
}

void Utilisation::begins(std::string const& datacenter, std::string const& component, Steady::time_point now) {
  auto& stage = stages_.at({datacenter, component});
  pass(stage, now);
  ++stage.at_work;
  kept_the_limits_ = kept_the_limits_ && stage.at_work <= (stage.proven ? stage.limit : 1U);
}

void Utilisation::ends(std::string const& datacenter, std::string const& component, Steady::time_point now) {
  auto& stage = stages_.at({datacenter, component});
  pass(stage, now);
  --stage.at_work;
  --stage.behind;
  stage.proven = true;
  ++done_;
}

double Utilisation::busy() const {
  double busy = 0;
  double able = 0;
  for (auto const& [of, stage] : stages_) {
    busy += stage.busy;
    able += stage.able;
  }
  return able > 0 ? busy / able : 1;
}

}  // namespace tykup::bench
