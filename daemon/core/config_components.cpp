#include <algorithm>
#include <array>

#include "daemon/core/config_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

constexpr std::array kTopologies{Topology::Oss,           Topology::Hybrid,
                                 Topology::SelfManaged,   Topology::MdcbControlPlane,
                                 Topology::MdcbDataPlane, Topology::Custom};

std::vector<std::string> topology_names() {
  std::vector<std::string> names;
  for (Topology const topology : kTopologies) names.emplace_back(to_string(topology));
  return names;
}

Component const* tyk_component(std::string const& name) {
  auto const found = std::ranges::find(tyk_components(), name, &Component::name);
  return found == tyk_components().end() ? nullptr : &*found;
}

bool consists_of(std::string_view text, std::string_view marks) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool is_component_name(std::string_view name) {
  constexpr std::size_t kLongest = 40;
  return !name.empty() && name.size() <= kLongest && name == lowered(name) && name.front() != '-' &&
         consists_of(name, "-");
}

bool is_package_name(std::string_view name) {
  return name.size() > 1 && consists_of(name.substr(0, 1), "") && consists_of(name, "+-._");
}

bool is_unit_name(std::string_view name) {
  constexpr std::string_view kSuffix = ".service";
  return name.size() > kSuffix.size() && name.size() < 256 && name.ends_with(kSuffix) && consists_of(name, ":-_.\\@");
}

/// The names of the operator's list that the topology has, in its order; all of it where there is no list.
std::vector<std::string> select(ConfigTable& deployment, std::vector<TextAt> const& listed, Topology topology) {
  auto const order = order_of(topology);
  if (listed.empty()) return order;
  std::vector<std::string> chosen;
  for (TextAt const& name : listed) {
    if (std::ranges::find(order, name.text) == order.end()) {
      deployment.defect_at(name.at, "components",
                           quoted(name.text) + " is no component of topology " + quoted(to_string(topology)) +
                               suggestion(name.text, order));
    }
  }
  for (std::string const& name : order) {
    if (std::ranges::find(listed, name, &TextAt::text) != listed.end()) chosen.push_back(name);
  }
  return chosen;
}

std::vector<std::string> select_custom(ConfigTable& deployment, std::vector<TextAt> const& listed) {
  if (listed.empty()) {
    deployment.defect("components",
                      "topology \"custom\" needs the list of your components in the order of their upgrade, "
                      "such as components = [\"cache\", \"web\"]");
  }
  std::vector<std::string> chosen;
  for (TextAt const& name : listed) {
    if (is_component_name(name.text)) {
      chosen.push_back(name.text);
    } else {
      deployment.defect_at(name.at, "components",
                           quoted(name.text) +
                               " is no name for a component; lower-case letters, digits and "
                               "dashes, 40 at most");
    }
  }
  return chosen;
}

std::vector<std::string> read_deployment(ConfigTable& root, Config& config) {
  auto deployment = root.table("deployment");
  if (!deployment) {
    if (root.has("deployment")) return {};
    root.defect("deployment",
                "the table is missing; write [deployment] with topology = one of " + join(topology_names()));
    return {};
  }
  if (!deployment->has("topology")) {
    deployment->defect("topology", "the key is missing; one of " + join(topology_names()));
  }
  auto const topology = deployment->one_of("topology", topology_names());
  bool const listed_at_all = deployment->has("components");
  auto const listed = deployment->texts("components");
  deployment->finish();
  if (!topology) return {};
  config.deployment.topology = kTopologies[*topology];
  if (config.deployment.topology == Topology::Custom) {
    config.deployment.components = select_custom(*deployment, listed);
    return config.deployment.components;
  }
  if (listed_at_all && listed.empty()) {
    deployment->defect("components", "the list is empty; leave the key out for those that are installed");
  }
  auto const chosen = select(*deployment, listed, config.deployment.topology);
  if (!listed.empty()) config.deployment.components = chosen;
  return chosen;
}

/// "packages" and "origin" belong to the operator's own components: what Tyk's are made of is known, and nothing else
/// may be installed in their name.
void read_custom_keys(ConfigTable& table, Component& component) {
  bool const ours = component.kind != ServiceKind::Generic;
  if (ours) {
    for (char const* key : {"packages", "origin"}) {
      if (!table.has(key)) continue;
      table.take(key);
      table.defect(key, "the packages of " + component.title + " and where they come from are known; take the key out");
    }
    return;
  }
  for (TextAt const& package : table.texts("packages")) {
    if (is_package_name(package.text)) {
      component.packages.push_back(package.text);
    } else {
      table.defect_at(package.at, "packages", quoted(package.text) + " is no name of a package");
    }
  }
  if (auto const origin = table.text("origin")) component.origin = origin->text;
  if (!table.has("packages")) table.defect("packages", "the key is missing; name the packages that move together");
  if (table.has("packages") && component.packages.empty()) table.defect("packages", "no package is named");
  if (component.origin.empty()) {
    table.defect("origin",
                 "the signed repository that may provide it is missing; its \"Origin:\", as apt-cache policy "
                 "shows it after o=");
  }
}

void read_unit(ConfigTable& table, Component& component) {
  auto const unit = table.text("unit");
  if (!table.has("unit") && component.unit.empty())
    table.defect("unit", "the key is missing; name the systemd service");
  if (!unit) return;
  if (is_unit_name(unit->text)) {
    component.unit = unit->text;
    return;
  }
  std::string const with_suffix = unit->text + ".service";
  std::string const hint = is_unit_name(with_suffix) ? "; did you mean " + quoted(with_suffix) + "?" : "";
  table.defect("unit", quoted(unit->text) + " is no name of a service" + hint);
}

Component read_component(std::string const& name, ConfigTable* table) {
  Component component;
  if (auto const* known = tyk_component(name)) component = *known;
  component.name = name;
  if (component.title.empty()) component.title = name;
  if (table == nullptr) return component;
  read_custom_keys(*table, component);
  read_unit(*table, component);
  component.probes = read_probes(*table);
  if (auto const quiet = table->boolean("quiet")) component.quiet = *quiet;
  if (auto const expected = table->duration("expected", std::chrono::seconds{1})) component.expected = expected;
  table->finish();
  return component;
}

/// One package or unit in two components would be upgraded, restarted and rolled back by two steps.
void refuse_shared(ConfigTable& tables, Config const& config) {
  std::vector<std::pair<std::string, std::string>> owners;
  auto const claim = [&](std::string const& what, std::string const& component) {
    auto const taken = std::ranges::find(owners, what, &std::pair<std::string, std::string>::first);
    if (taken == owners.end()) {
      owners.emplace_back(what, component);
      return;
    }
    tables.defect(component, quoted(what) + " belongs to " + taken->second + " already");
  };
  for (Component const& component : config.components) {
    for (std::string const& package : component.editions) claim(package, component.name);
    for (std::string const& package : component.packages) claim(package, component.name);
    if (!component.unit.empty()) claim(component.unit, component.name);
  }
}

}  // namespace

void read_components(ConfigTable& root, Config& config) {
  auto const names = read_deployment(root, config);
  auto parent = root.table("component");
  auto tables = parent ? parent->named_tables() : std::vector<std::pair<TextAt, ConfigTable>>{};
  auto const table_of = [&](std::string const& name) -> ConfigTable* {
    auto const found = std::ranges::find_if(tables, [&](auto const& entry) { return entry.first.text == name; });
    return found == tables.end() ? nullptr : &found->second;
  };
  for (std::string const& name : names) {
    ConfigTable* table = table_of(name);
    if (table == nullptr && tyk_component(name) == nullptr) {
      root.defect("component",
                  "[component." + name + "] is missing; it names packages, unit and origin of " + quoted(name));
    }
    config.components.push_back(read_component(name, table));
  }
  // Without a topology nothing is known of any component: one defect is enough.
  if (names.empty()) return;
  for (auto const& entry : tables) {
    if (std::ranges::find(names, entry.first.text) != names.end()) continue;
    parent->defect(entry.first.text, "this deployment has no such component" + suggestion(entry.first.text, names));
  }
  if (parent) refuse_shared(*parent, config);
}

std::vector<std::string> read_component_names(ConfigTable& table, std::string const& key, Config const& config) {
  std::vector<std::string> known;
  for (Component const& component : config.components) known.push_back(component.name);
  std::vector<std::string> names;
  for (TextAt const& name : table.texts(key)) {
    names.push_back(name.text);
    if (known.empty() || std::ranges::find(known, name.text) != known.end()) continue;
    table.defect_at(name.at, key,
                    quoted(name.text) + " is no component of this deployment" + suggestion(name.text, known));
  }
  return names;
}

}  // namespace tykup
