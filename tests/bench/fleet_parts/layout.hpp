#pragma once

#include <string>
#include <vector>

#include "daemon/core/fleet/records.hpp"

/// The fleet that is measured: its data centres, hosts and what these carry.
namespace tykup::bench {

struct HostPlace {
  std::string name;
  std::string datacenter;
  std::vector<std::string> components;  ///< in the order of their upgrade
};

/// One centre for 50 hosts, at least two. The first is the control plane with two hosts, the others lie in two ranks after it;
/// each of their hosts carries pump, gateway and identity broker.
[[nodiscard]] fleet::Policy policy_of(unsigned hosts);
[[nodiscard]] std::vector<HostPlace> places_of(unsigned hosts);

}  // namespace tykup::bench
