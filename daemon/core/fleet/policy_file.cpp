#include "daemon/core/fleet/policy_file.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/core/config_reader.hpp"
#include "daemon/core/fleet/check.hpp"
#include "daemon/core/fleet/keys.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

constexpr std::int64_t kLastRank = 99;
constexpr std::size_t kMostGroups = 10;
constexpr std::int64_t kMostHosts = 100'000;
constexpr Duration kLongestSoak = std::chrono::hours{24 * 30};
constexpr std::string_view kNames = "names have a-z, 0-9, \".\", \"-\" and \"_\", no dot in front, 253 at most";

std::vector<std::string> const& topology_names() {
  static std::vector<std::string> const names = [] {
    std::vector<std::string> all;
    for (auto const topology : {Topology::Oss, Topology::Hybrid, Topology::SelfManaged, Topology::MdcbControlPlane,
                                Topology::MdcbDataPlane, Topology::Custom})
      all.emplace_back(to_string(topology));
    return all;
  }();
  return names;
}

void check_name(ConfigTable& table, std::string const& key, TextAt const& name) {
  if (!is_key_part(name.text)) table.defect_at(name.at, key, quoted(name.text) + " is no name; " + std::string(kNames));
}

std::vector<std::string> read_names(ConfigTable& table, std::string const& key) {
  std::vector<std::string> names;
  for (auto const& name : table.texts(key)) {
    check_name(table, key, name);
    names.push_back(name.text);
  }
  return names;
}

/// A number of hosts, or a part of them: 1, "25%".
std::optional<Limit> limit_in(ConfigValue const& value) {
  if (auto const* number = std::get_if<std::int64_t>(&value.value)) {
    if (*number < 1 || *number > kMostHosts) return {};
    return Limit{static_cast<unsigned>(*number), false};
  }
  auto const* text = std::get_if<std::string>(&value.value);
  if (text == nullptr || value.date_time || !text->ends_with('%')) return {};
  unsigned percent = 0;
  auto const* end = text->data() + text->size() - 1;
  auto const [at, error] = std::from_chars(text->data(), end, percent);
  if (error != std::errc{} || at != end || percent < 1 || percent > 100) return {};
  return Limit{percent, true};
}

void read_limit(ConfigTable& table, Policy& policy) {
  auto const* value = table.take("max_unavailable");
  if (value == nullptr) return;
  if (auto const limit = limit_in(*value)) {
    policy.max_unavailable = *limit;
    return;
  }
  table.defect("max_unavailable", "expected a number of hosts from 1 on, such as 2, or a part of them from \"1%\" to \"100%\"");
}

/// The components of a custom data centre; of another one its topology knows them.
void read_order(ConfigTable& table, Centre& centre) {
  centre.order = read_names(table, "order");
  bool const custom = centre.topology == Topology::Custom;
  if (custom && centre.order.empty()) table.defect("order", "topology = \"custom\" needs the components in their order, such as [\"cache\", \"web\"]");
  if (!custom && table.has("order")) table.defect("order", "only topology = \"custom\" has an order of its own");
  if (centre.order.size() > static_cast<std::size_t>(kLastRank)) table.defect("order", "more than " + std::to_string(kLastRank) + " components are named");
}

Centre read_centre(ConfigTable& table) {
  Centre centre;
  if (auto const name = table.text("name")) {
    check_name(table, "name", *name);
    centre.name = name->text;
  } else if (!table.has("name")) {
    table.defect("name", "the key is missing; what do the hosts call it in [fleet] datacenter?");
  }
  if (!table.has("rank")) table.defect("rank", "the key is missing; 0 is the control plane's, 1 and above are those that follow it");
  if (auto const rank = table.integer("rank", 0, kLastRank)) centre.rank = static_cast<unsigned>(*rank);
  if (!table.has("topology")) table.defect("topology", "the key is missing; known are: " + join(topology_names()));
  if (auto const topology = table.one_of("topology", topology_names())) centre.topology = static_cast<Topology>(*topology);
  read_order(table, centre);
  table.finish();
  return centre;
}

void read_centres(ConfigTable& root, Policy& policy) {
  auto const has = [&](std::string const& name) { return std::ranges::find(policy.centres, name, &Centre::name) != policy.centres.end(); };
  for (auto& table : root.tables("datacenter")) {
    auto centre = read_centre(table);
    if (!centre.name.empty() && has(centre.name)) table.defect("name", quoted(centre.name) + " is named twice");
    policy.centres.push_back(std::move(centre));
  }
  if (policy.centres.empty() && !root.has("datacenter")) root.defect("datacenter", "no data centre is named; write a [[datacenter]] for each");
}

void check_control_plane(ConfigTable& root, Policy const& policy) {
  if (policy.centres.empty()) return;
  bool const here = std::ranges::find(policy.centres, 0U, &Centre::rank) != policy.centres.end();
  bool const elsewhere = policy.control_plane == ControlPlane::Elsewhere;
  if (here && elsewhere) root.defect("control_plane", "it is \"elsewhere\", and a data centre has rank 0, which is the control plane's");
  if (!here && !elsewhere) root.defect("control_plane", "no data centre has rank 0, the control plane's; name it, or say control_plane = \"elsewhere\"");
}

void check_groups(ConfigTable& root, Policy const& policy) {
  if (policy.groups.size() > kMostGroups) root.defect("groups", "more than " + std::to_string(kMostGroups) + " are named");
  if (policy.strategy == Strategy::Canary && policy.groups.empty())
    root.defect("groups", "strategy = \"canary\" needs a group: the first one is the canary");
  if (policy.strategy == Strategy::BlueGreen && policy.groups.size() < 2)
    root.defect("groups", "strategy = \"blue-green\" needs two groups or more, in their order");
  if (policy.strategy == Strategy::Rolling && !policy.groups.empty())
    root.defect("groups", "strategy = \"rolling\" has no groups; leave them out, or say \"canary\" or \"blue-green\"");
  if (policy.strategy != Strategy::Canary && root.has("canary_soak")) root.defect("canary_soak", "only strategy = \"canary\" soaks");
}

void read_strategy(ConfigTable& root, Policy& policy) {
  if (auto const strategy = root.one_of("strategy", {"rolling", "canary", "blue-green"})) policy.strategy = static_cast<Strategy>(*strategy);
  policy.groups = read_names(root, "groups");
  if (auto const soak = root.duration("canary_soak", Duration{0})) policy.canary_soak = *soak;
  if (policy.canary_soak > kLongestSoak) root.defect("canary_soak", "it is longer than 30 days");
  if (auto const where = root.one_of("control_plane", {"here", "elsewhere"})) policy.control_plane = static_cast<ControlPlane>(*where);
}

void read_hooks(ConfigTable& root, Policy& policy) {
  auto hooks = root.table("hooks");
  if (!hooks) return;
  if (auto const limit = hooks->duration("promote", std::chrono::seconds{1})) policy.hooks.promote = *limit;
  if (auto const limit = hooks->duration("gate", std::chrono::seconds{1})) policy.hooks.gate = *limit;
  hooks->finish();
}

/// What it asks: a command on the host, or a query.
void read_question(ConfigTable& table, OperatorGate& gate) {
  auto const command = table.text("command");
  auto const prometheus = table.text("prometheus");
  auto const query = table.text("query");
  if (command && !is_gate_file(command->text))
    table.defect_at(command->at, "command", quoted(command->text) + " is no name of a file in /etc/tykup/hooks/gate.d; names there have letters, digits, \"-\" and \"_\", 100 at most");
  if (prometheus && !is_prometheus_url(prometheus->text))
    table.defect_at(prometheus->at, "prometheus", quoted(prometheus->text) + " is no URL of a Prometheus, such as \"https://prometheus:9090\"");
  if (!table.has("command") && !table.has("prometheus"))
    table.defect("command", "the key is missing; what is asked, a file in /etc/tykup/hooks/gate.d, or prometheus and query?");
  if (table.has("command") && table.has("prometheus")) table.defect("prometheus", "a gate is either a command or a query of Prometheus; make two of it");
  if (table.has("prometheus") && !table.has("query")) table.defect("query", "the key is missing; what is asked of Prometheus?");
  if (table.has("query") && !table.has("prometheus")) table.defect("query", "only a gate that asks prometheus has a query");
  if (query && std::ranges::any_of(query->text, [](unsigned char c) { return c < ' '; })) table.defect_at(query->at, "query", "write it on one line");
  if (command) gate.command = command->text;
  if (prometheus) gate.prometheus = prometheus->text;
  if (query) gate.query = query->text;
}

OperatorGate read_gate(ConfigTable& table) {
  OperatorGate gate;
  if (auto const name = table.text("name")) {
    check_name(table, "name", *name);
    gate.name = name->text;
  } else if (!table.has("name")) {
    table.defect("name", "the key is missing; what do people call it?");
  }
  if (!table.has("after")) table.defect("after", "the key is missing; known are: first, stage, datacenter");
  if (auto const after = table.one_of("after", {"first", "stage", "datacenter"})) gate.after = static_cast<After>(*after);
  read_question(table, gate);
  table.finish();
  return gate;
}

void read_gates(ConfigTable& root, Policy& policy) {
  auto const has = [&](std::string const& name) { return std::ranges::find(policy.gates, name, &OperatorGate::name) != policy.gates.end(); };
  for (auto& table : root.tables("gate")) {
    auto gate = read_gate(table);
    if (!gate.name.empty() && has(gate.name)) table.defect("name", quoted(gate.name) + " is named twice");
    policy.gates.push_back(std::move(gate));
  }
}

}  // namespace

Result<Policy> read_policy(ConfigValue const& file) {
  Defects defects;
  ConfigTable root(file, "", defects);
  Policy policy;
  read_strategy(root, policy);
  read_limit(root, policy);
  if (auto const failed = root.integer("max_failed", 1, kMostHosts)) policy.max_failed = static_cast<unsigned>(*failed);
  read_hooks(root, policy);
  read_gates(root, policy);
  read_centres(root, policy);
  check_groups(root, policy);
  check_control_plane(root, policy);
  root.finish();
  if (!defects.empty()) return fail(defects.to_error());
  return policy;
}

}  // namespace tykup::fleet
