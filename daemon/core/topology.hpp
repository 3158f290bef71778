#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/version.hpp"

namespace tykup {

enum class Topology { Oss, Hybrid, SelfManaged, MdcbControlPlane, MdcbDataPlane, Custom };
std::string_view to_string(Topology topology);

/// The knowledge that a health gate uses: one value for each service that Tyk ships, `Generic` for the operator's own.
enum class ServiceKind { Gateway, Dashboard, Pump, Mdcb, IdentityBroker, Portal, Generic };

/// A probe that the operator wrote for a custom component, or added to a known one.
struct Probe {
  enum class Kind { Tcp, Http } kind = Kind::Tcp;
  std::string target;               ///< "host:port", or the URL
  std::optional<int> status = {};   ///< Http: the code that must be answered; default any 2xx
  std::string body = {};            ///< Http: text that the body must contain
};

/// What is known of one component, built in and then overridden by `[component.NAME]`.
struct Component {
  std::string name;                         ///< "gateway"
  std::string title;                        ///< "Tyk Gateway"
  ServiceKind kind = ServiceKind::Generic;
  std::vector<std::string> editions = {};   ///< alternatives: the one that is installed is kept ("tyk-gateway", "-ee", "-fips")
  std::vector<std::string> packages = {};   ///< custom: all of these move together; empty for a Tyk component
  std::string unit;                         ///< "tyk-gateway.service"
  std::string repository = {};              ///< packagecloud's name, "tyk-gateway"; custom: empty
  std::string origin = {};                  ///< custom: the `Origin:` of the signed repository that may provide it
  std::string folder = {};                  ///< "/opt/tyk-gateway"
  std::string config_file = {};             ///< "/opt/tyk-gateway/tyk.conf"
  std::string binary = {};                  ///< "/opt/tyk-gateway/tyk"
  std::string environment_prefix = {};      ///< "TYK_GW_"
  bool quiet = false;                       ///< its package scripts bear SYSTEMD_OFFLINE=1
  std::vector<Probe> probes = {};
  std::optional<Duration> expected = {};    ///< the operator's estimate of one step
};

/// Every component that Tyk ships, by name ("gateway", "dashboard", "pump", "mdcb", "identity-broker", "portal").
std::vector<Component> const& tyk_components();
/// The components of a topology in their order, Identity Broker and Portal last; empty for `Custom`.
std::vector<std::string> order_of(Topology topology);

}  // namespace tykup
