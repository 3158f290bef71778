#include "daemon/core/topology.hpp"

#include <array>

namespace tykup {
namespace {

/// What differs from one Tyk service to the next; the rest follows from the folder.
struct Facts {
  std::string_view name;
  std::string_view title;
  ServiceKind kind;
  std::string_view package;  ///< of the standard edition; folder and unit bear its name in every edition
  bool enterprise = false;   ///< there is a "-ee" edition
  std::string_view repository;
  std::string_view config_file;
  std::string_view binary;
  std::string_view environment_prefix;
};

constexpr std::array kFacts{
    Facts{"gateway", "Tyk Gateway", ServiceKind::Gateway, "tyk-gateway", true, "tyk-gateway", "tyk.conf", "tyk",
          "TYK_GW_"},
    Facts{"dashboard", "Tyk Dashboard", ServiceKind::Dashboard, "tyk-dashboard", false, "tyk-dashboard",
          "tyk_analytics.conf", "tyk-analytics", "TYK_DB_"},
    Facts{"pump", "Tyk Pump", ServiceKind::Pump, "tyk-pump", false, "tyk-pump", "pump.conf", "tyk-pump", "TYK_PMP_"},
    Facts{"mdcb", "Tyk MDCB", ServiceKind::Mdcb, "tyk-sink", false, "tyk-mdcb-stable", "tyk_sink.conf", "tyk-sink",
          "TYK_MDCB_"},
    Facts{"identity-broker", "Tyk Identity Broker", ServiceKind::IdentityBroker, "tyk-identity-broker", false,
          "tyk-identity-broker", "tib.conf", "tyk-identity-broker", "TYK_IB_"},
    Facts{"portal", "Tyk Developer Portal", ServiceKind::Portal, "portal", false, "portal", "portal.conf", "dev-portal",
          "PORTAL_"},
};

std::vector<std::string> editions_of(Facts const& facts) {
  std::string const package(facts.package);
  std::vector<std::string> editions{package};
  if (facts.enterprise) editions.push_back(package + "-ee");
  if (facts.kind != ServiceKind::IdentityBroker) editions.push_back(package + "-fips");
  return editions;
}

Component component_of(Facts const& facts) {
  std::string const folder = "/opt/" + std::string(facts.package);
  Component component;
  component.name = facts.name;
  component.title = facts.title;
  component.kind = facts.kind;
  component.editions = editions_of(facts);
  component.unit = std::string(facts.package) + ".service";
  component.repository = facts.repository;
  component.folder = folder;
  component.config_file = folder + "/" + std::string(facts.config_file);
  component.binary = folder + "/" + std::string(facts.binary);
  component.environment_prefix = facts.environment_prefix;
  component.quiet = true;
  return component;
}

std::vector<Component> all_components() {
  std::vector<Component> all;
  for (Facts const& facts : kFacts) all.push_back(component_of(facts));
  return all;
}

std::vector<std::string> core_order(Topology topology) {
  switch (topology) {
    case Topology::Oss:
      return {"gateway", "pump"};
    case Topology::Hybrid:
      return {"pump", "gateway"};
    case Topology::SelfManaged:
      return {"dashboard", "gateway", "pump"};
    case Topology::MdcbControlPlane:
      return {"mdcb", "pump", "dashboard", "gateway"};
    case Topology::MdcbDataPlane:
      return {"pump", "gateway"};
    case Topology::Custom:
      break;
  }
  return {};
}

}  // namespace

std::string_view to_string(Topology topology) {
  switch (topology) {
    case Topology::Oss:
      return "oss";
    case Topology::Hybrid:
      return "hybrid";
    case Topology::SelfManaged:
      return "self-managed";
    case Topology::MdcbControlPlane:
      return "mdcb-control-plane";
    case Topology::MdcbDataPlane:
      return "mdcb-data-plane";
    case Topology::Custom:
      break;
  }
  return "custom";
}

std::vector<Component> const& tyk_components() {
  static std::vector<Component> const components = all_components();
  return components;
}

std::vector<std::string> order_of(Topology topology) {
  if (topology == Topology::Custom) return {};
  std::vector<std::string> order = core_order(topology);
  order.insert(order.end(), {"identity-broker", "portal"});
  return order;
}

}  // namespace tykup
