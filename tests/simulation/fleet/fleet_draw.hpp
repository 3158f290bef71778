#pragma once

#include <string>
#include <vector>

#include "daemon/core/fleet/records.hpp"
#include "tests/simulation/windows_draw.hpp"

namespace tykup::simulation {

/// How big a fleet is, and whether anything goes wrong in it.
struct FleetSize {
  unsigned least = 20;
  unsigned most = 100;
  unsigned centres = 0;  ///< 0: drawn
  bool faults = true;
};

struct DrawnCentre {
  std::string name = {};
  unsigned rank = 0;
  Topology topology = Topology::Custom;
  std::vector<std::string> order = {};  ///< of components, as the manual has it
};

struct DrawnHost {
  std::string name = {};
  unsigned centre = 0;
  unsigned phase = 0;  ///< of its group
  std::string group = {};
  std::string distribution = {};
  std::vector<unsigned> places = {};  ///< of its components in the centre's order, ascending
  Duration opens_every{0};            ///< 0: its window is always open
  Duration open_for{0};
  Duration opens_at{0};
  Duration comes_at{0};
  bool late = false;  ///< nobody knew of it when the first rollout began
  bool wants_run_back = false;  ///< its configuration says on_failure = "rollback-run"
};

struct DrawnFleet {
  std::vector<DrawnCentre> centres = {};
  std::vector<DrawnHost> hosts = {};
  fleet::Policy policy = {};
};

[[nodiscard]] DrawnFleet draw_fleet(Dice& dice, FleetSize const& size);

}  // namespace tykup::simulation
