#include "tests/bench/fleet_parts/layout.hpp"

#include <algorithm>

namespace tykup::bench {
namespace {

constexpr unsigned kHostsOfACentre = 50;
constexpr unsigned kHostsOfTheControlPlane = 2;
constexpr unsigned kRanksOfWorkers = 2;

unsigned centres_of(unsigned hosts) { return std::max(hosts / kHostsOfACentre, 2U); }
std::string name_of(unsigned centre) { return centre == 0 ? "core" : "dc-" + std::to_string(centre); }

}  // namespace

fleet::Policy policy_of(unsigned hosts) {
  fleet::Policy policy;
  policy.max_unavailable = {33, true};
  policy.centres.push_back({name_of(0), 0, Topology::Custom, {"mdcb", "dashboard", "gateway"}});
  for (unsigned centre = 1; centre < centres_of(hosts); ++centre)
    policy.centres.push_back({name_of(centre), 1 + centre % kRanksOfWorkers, Topology::Custom, {"pump", "gateway", "identity-broker"}});
  return policy;
}

std::vector<HostPlace> places_of(unsigned hosts) {
  auto const policy = policy_of(hosts);
  auto const workers = static_cast<unsigned>(policy.centres.size()) - 1;
  std::vector<HostPlace> places;
  for (unsigned number = 0; number < hosts; ++number) {
    auto const& centre = policy.centres[number < kHostsOfTheControlPlane ? 0 : 1 + number % workers];
    places.push_back({centre.name + "-" + std::to_string(number), centre.name, centre.order});
  }
  return places;
}

}  // namespace tykup::bench
