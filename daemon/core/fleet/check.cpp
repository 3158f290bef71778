#include "daemon/core/fleet/check.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "daemon/core/fleet/keys.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

constexpr std::size_t kLongestFile = 100;
constexpr auto kLongestSoak = std::chrono::hours{24 * 30};

std::string bad_name(std::string_view what, std::string_view name) {
  if (is_key_part(name)) return {};
  return std::string(what) + " " + quoted(name) + " is no name: a-z, 0-9, \".\", \"-\" and \"_\", no dot in front, 253 at most";
}

std::string problem_of(Centre const& centre) {
  if (auto bad = bad_name("data centre", centre.name); !bad.empty()) return bad;
  auto const name = "data centre " + centre.name;
  if (centre.rank > kLastRank) return name + ": its rank is above " + std::to_string(kLastRank);
  bool const custom = centre.topology == Topology::Custom;
  if (custom == centre.order.empty())
    return name + (custom ? ": a custom topology needs an order of components" : ": only a custom topology has an order of its own");
  if (centre.order.size() > kLastRank) return name + ": its order has more than " + std::to_string(kLastRank) + " components";
  std::set<std::string> seen;
  for (auto const& component : centre.order) {
    if (auto bad = bad_name(name + ": component", component); !bad.empty()) return bad;
    if (!seen.insert(component).second) return name + ": its order names " + component + " twice";
  }
  return {};
}

std::string problem_of_groups(Policy const& policy) {
  if (policy.groups.size() > kMostGroups) return "there are more than " + std::to_string(kMostGroups) + " groups";
  std::set<std::string> seen;
  for (auto const& group : policy.groups) {
    if (auto bad = bad_name("group", group); !bad.empty()) return bad;
    if (!seen.insert(group).second) return "group " + group + " is named twice";
  }
  if (policy.strategy == Strategy::Canary && policy.groups.empty()) return "the canary strategy needs a group: the first one is the canary";
  if (policy.strategy == Strategy::BlueGreen && policy.groups.size() < 2) return "the blue-green strategy needs two groups or more";
  return {};
}

std::string problem_of_limits(Policy const& policy) {
  auto const& limit = policy.max_unavailable;
  if (limit.number == 0) return "max_unavailable is 0: nobody could ever start";
  if (limit.percent && limit.number > 100) return "max_unavailable is above 100 %";
  if (policy.max_failed == 0) return "max_failed is 0: the rollout would be stopped from its beginning";
  if (policy.canary_soak < Duration{0} || policy.canary_soak > kLongestSoak) return "canary_soak is not between 0 and 30 days";
  if (policy.hooks.promote <= Duration{0} || policy.hooks.gate <= Duration{0}) return "a hook's limit is not above 0";
  return {};
}

std::string problem_of(OperatorGate const& gate) {
  if (auto bad = bad_name("gate", gate.name); !bad.empty()) return bad;
  auto const name = "gate " + gate.name;
  bool const queries = !gate.prometheus.empty();
  if (queries == !gate.command.empty()) return name + " is either a command or a query of Prometheus";
  if (queries == gate.query.empty()) return name + (queries ? " asks Prometheus nothing" : ": only a gate that asks Prometheus has a query");
  if (std::ranges::any_of(gate.query, [](unsigned char c) { return c < ' '; })) return name + ": its query is not on one line";
  if (!queries && !is_gate_file(gate.command)) return name + ": " + quoted(gate.command) + " is no name of a file: letters, digits, - and _";
  if (queries && !is_prometheus_url(gate.prometheus)) return name + ": " + quoted(gate.prometheus) + " is no URL of a Prometheus";
  return {};
}

}  // namespace

bool is_gate_file(std::string_view name) {
  auto const allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= kLongestFile && std::ranges::all_of(name, allowed);
}

bool is_prometheus_url(std::string_view url) {
  bool const http = url.starts_with("http://") || url.starts_with("https://");
  bool const plain = std::ranges::all_of(url, [](unsigned char c) { return c > ' ' && c < 127; });
  auto const host = http ? url.substr(url.find("//") + 2) : std::string_view{};
  return http && plain && !host.empty() && host.front() != '/' && host.find_first_of("?#@") == std::string_view::npos;
}

std::string problem_of(Meta const& meta) { return meta.epoch < 1 ? "its epoch is below 1" : ""; }

std::string problem_of(Policy const& policy) {
  if (policy.centres.empty()) return "no data centre is named";
  std::set<std::string> seen;
  bool control_plane = false;
  for (auto const& centre : policy.centres) {
    if (auto bad = problem_of(centre); !bad.empty()) return bad;
    if (!seen.insert(centre.name).second) return "data centre " + centre.name + " is named twice";
    control_plane = control_plane || centre.rank == 0;
  }
  bool const elsewhere = policy.control_plane == ControlPlane::Elsewhere;
  if (!control_plane && !elsewhere)
    return "no data centre has rank 0, the control plane's: name it, or say control_plane = \"elsewhere\"";
  if (control_plane && elsewhere) return "control_plane is \"elsewhere\", and a data centre has its rank 0";
  if (auto bad = problem_of_groups(policy); !bad.empty()) return bad;
  seen.clear();
  for (auto const& gate : policy.gates) {
    if (auto bad = problem_of(gate); !bad.empty()) return bad;
    if (!seen.insert(gate.name).second) return "gate " + gate.name + " is named twice";
  }
  return problem_of_limits(policy);
}

/// Every field of it may be anything.
std::string problem_of(FleetFreeze const&) { return {}; }

std::string problem_of(HostRecord const& host) {
  if (auto bad = bad_name("host", host.host); !bad.empty()) return bad;
  if (auto bad = bad_name("data centre", host.datacenter); !bad.empty()) return bad;
  if (host.identity.machine_id.empty() || host.identity.nonce.empty()) return "host " + host.host + " has no identity";
  std::set<std::string> seen;
  for (auto const& carried : host.carried) {
    if (auto bad = bad_name("component", carried.component); !bad.empty()) return bad;
    if (!seen.insert(carried.component).second) return "host " + host.host + " carries " + carried.component + " twice";
  }
  return {};
}

std::string problem_of(Presence const&) { return {}; }

std::string problem_of(Rollout const& rollout) {
  if (auto bad = bad_name("rollout", rollout.id); !bad.empty()) return bad;
  for (auto const& pin : rollout.pins)
    if (auto bad = bad_name("component", pin.component); !bad.empty()) return bad;
  for (auto const& numbers : rollout.stages)
    if (numbers.limit == 0) return "the limit of " + numbers.stage.component + " in " + numbers.stage.datacenter + " is 0";
  return problem_of(rollout.policy);
}

std::string problem_of(Slot const& slot) {
  if (auto bad = bad_name("host", slot.host); !bad.empty()) return bad;
  return bad_name("component", slot.component);
}

std::string problem_of(OutsideStep const& step) {
  if (auto bad = bad_name("host", step.host); !bad.empty()) return bad;
  return bad_name("component", step.component);
}

std::string problem_of(Mark const&) { return {}; }
std::string problem_of(Pending const& pending) { return bad_name("host", pending.host); }
std::string problem_of(Teller const& teller) { return bad_name("host", teller.host); }
std::string problem_of(KnownNews const&) { return {}; }

}  // namespace tykup::fleet
