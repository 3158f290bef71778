#include "tests/simulation/fleet/fleet_draw.hpp"

#include <algorithm>

namespace tykup::simulation {
namespace {

using namespace std::chrono_literals;

using Names = std::vector<std::string>;

DrawnCentre control_plane(Dice& dice) {
  switch (dice.roll(3)) {
    case 0:
      return {"control", 0, Topology::MdcbControlPlane, {"mdcb", "pump", "dashboard", "gateway", "identity-broker", "portal"}};
    case 1:
      return {"control", 0, Topology::SelfManaged, {"dashboard", "gateway", "pump", "identity-broker", "portal"}};
    default:
      return {"control", 0, Topology::Custom, {"store", "api", "site"}};
  }
}

DrawnCentre worker(Dice& dice, unsigned number) {
  DrawnCentre centre{"dc-" + std::to_string(number), 1 + static_cast<unsigned>(dice.roll(3)), Topology::MdcbDataPlane,
                     {"pump", "gateway", "identity-broker", "portal"}};
  if (dice.chance(25)) centre = {centre.name, centre.rank, Topology::Custom, {"gateway", "cache", "pump"}};
  return centre;
}

void draw_policy(Dice& dice, FleetSize const& size, fleet::Policy& policy) {
  auto const kind = dice.roll(10);
  if (kind >= 6 && size.faults) {
    policy.strategy = kind < 9 ? fleet::Strategy::Canary : fleet::Strategy::BlueGreen;
    policy.groups = kind < 9 ? Names{"canary", "rest"} : Names{"blue", "green"};
  }
  policy.canary_soak = dice.between(30s, 5min);
  policy.max_failed = 1 + static_cast<unsigned>(dice.roll(4));
  bool const percent = dice.chance(50);
  policy.max_unavailable = {percent ? 10 + static_cast<unsigned>(dice.roll(20)) : 1 + static_cast<unsigned>(dice.roll(4)), percent};
}

/// The first hosts of a centre carry what is at the ends of its order; the others anything.
std::vector<unsigned> draw_places(Dice& dice, DrawnCentre const& centre, unsigned number) {
  auto const count = std::min<std::int64_t>(static_cast<std::int64_t>(centre.order.size()), 4);
  if (number < 2) return {number == 0 ? 0U : static_cast<unsigned>(count - 1)};
  std::vector<unsigned> places{static_cast<unsigned>(dice.roll(count))};
  // Most hosts of a fleet are gateways and the like, at the end.
  if (dice.chance(40)) places.front() = static_cast<unsigned>(count - 1);
  auto const other = static_cast<unsigned>(dice.roll(count));
  if (dice.chance(30) && other != places.front()) places.push_back(other);
  std::ranges::sort(places);
  return places;
}

void draw_window(Dice& dice, DrawnHost& host) {
  if (dice.chance(60)) return;
  host.opens_every = dice.between(20min, 60min);
  host.open_for = dice.between(8min, 15min);
  host.opens_at = dice.between(0s, 20min);
}

DrawnHost draw_host(Dice& dice, FleetSize const& size, DrawnFleet const& fleet, unsigned centre, unsigned number) {
  DrawnHost host;
  host.name = fleet.centres[centre].name + "-" + std::to_string(number);
  host.centre = centre;
  host.phase = fleet.policy.groups.empty() || !dice.chance(25) ? 0 : 1;
  if (!fleet.policy.groups.empty() && number > 1) host.phase = dice.chance(25) ? 0 : 1;
  if (!fleet.policy.groups.empty()) host.group = fleet.policy.groups[host.phase];
  host.distribution = dice.chance(70) ? "debian 12" : "ubuntu 24.04";
  host.places = draw_places(dice, fleet.centres[centre], number);
  host.comes_at = dice.between(1s, 60s);
  if (!size.faults) return host;
  draw_window(dice, host);
  host.late = number > 1 && dice.chance(10);
  host.wants_run_back = dice.chance(50);
  return host;
}

/// A control plane without a Dashboard begins no rollout: where nobody has drawn it, its second host carries that, too.
void need_dashboard(DrawnFleet& fleet) {
  auto const& order = fleet.centres.front().order;
  auto const found = std::ranges::find(order, "dashboard");
  if (found == order.end()) return;
  auto const place = static_cast<unsigned>(found - order.begin());
  DrawnHost* second = nullptr;
  for (auto& host : fleet.hosts) {
    if (host.centre != 0) continue;
    if (std::ranges::find(host.places, place) != host.places.end()) return;
    if (host.name == fleet.centres.front().name + "-1") second = &host;
  }
  second->places.push_back(place);
  std::ranges::sort(second->places);
}

}  // namespace

DrawnFleet draw_fleet(Dice& dice, FleetSize const& size) {
  DrawnFleet fleet;
  auto const count = size.centres > 0 ? size.centres : 1 + static_cast<unsigned>(dice.roll(4));
  fleet.centres.push_back(control_plane(dice));
  for (unsigned number = 1; number < count; ++number) fleet.centres.push_back(worker(dice, number));
  draw_policy(dice, size, fleet.policy);
  for (auto const& [name, rank, topology, order] : fleet.centres)
    fleet.policy.centres.push_back({name, rank, topology, topology == Topology::Custom ? order : Names{}});
  auto const hosts = size.least + static_cast<unsigned>(dice.roll(size.most - size.least + 1));
  std::vector<unsigned> in_centre(count);
  for (unsigned number = 0; number < hosts; ++number) {
    auto const centre = number < 2 * count ? number % count : static_cast<unsigned>(dice.roll(count));
    fleet.hosts.push_back(draw_host(dice, size, fleet, centre, in_centre[centre]++));
  }
  need_dashboard(fleet);
  // Now and then a centre, the control plane more often than others, is what nobody knows of at first.
  if (size.faults && count > 1 && dice.chance(20)) {
    auto const unknown = dice.chance(60) ? 0 : dice.roll(count);
    for (auto& host : fleet.hosts)
      if (host.centre == unknown) host.comes_at += dice.between(8min, 14min);
  }
  return fleet;
}

}  // namespace tykup::simulation
