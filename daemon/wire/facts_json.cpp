#include "daemon/wire/facts_json.hpp"

#include <algorithm>
#include <array>

namespace tykup::wire {
namespace {

constexpr std::int64_t kMostCount = std::numeric_limits<std::uint32_t>::max();

Json when_json(std::optional<Instant> const& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); }

std::optional<Instant> read_when(std::optional<Node> const& node) {
  return node ? std::optional{node->instant()} : std::nullopt;
}

Json candidate_json(Candidate const& candidate) {
  return {{"package", candidate.package},
          {"version", candidate.version},
          {"sha256", candidate.sha256},
          {"repository", candidate.repository},
          {"size", candidate.size},
          {"installed_size", candidate.installed_size}};
}

Candidate read_candidate(Node const& node) {
  node.fields({"package", "version", "sha256", "repository", "size", "installed_size"});
  return {node.at("package").text(), node.at("version").text(), node.at("sha256").text(),
          node.at("repository").text(), node.at("size").bytes(),
          node.at("installed_size").bytes()};
}

Json endpoint_json(Endpoint const& endpoint) { return {{"purpose", endpoint.purpose}, {"url", endpoint.url}}; }

Endpoint read_endpoint(Node const& node) {
  node.fields({"purpose", "url"});
  return {node.at("purpose").text(), node.at("url").text()};
}

Json subscription_json(Subscription const& subscription) {
  return {{"file", subscription.file},
          {"url", subscription.url},
          {"suite", subscription.suite},
          {"key_fingerprint", subscription.key_fingerprint},
          {"key_expires", when_json(subscription.key_expires)},
          {"refreshed", when_json(subscription.refreshed)},
          {"problem", subscription.problem},
          {"weakness", subscription.weakness}};
}

Subscription read_subscription(Node const& node) {
  node.fields({"file", "url", "suite", "key_fingerprint", "problem", "weakness"}, {"key_expires", "refreshed"});
  Subscription out;
  out.file = node.at("file").text();
  out.url = node.at("url").text();
  out.suite = node.at("suite").text();
  out.key_fingerprint = node.at("key_fingerprint").text();
  out.key_expires = read_when(node.maybe("key_expires"));
  out.refreshed = read_when(node.maybe("refreshed"));
  out.problem = node.at("problem").text();
  out.weakness = node.at("weakness").text();
  return out;
}

Json share_json(Share const& share) { return {{"mount", share.mount}, {"bytes", share.bytes}, {"files", share.files}}; }

Share read_share(Node const& node) {
  node.fields({"mount", "bytes", "files"});
  return {node.at("mount").text(), node.at("bytes").bytes(), node.at("files").bytes()};
}

Json file_system_json(FileSystem const& system) {
  return {{"mount", system.mount}, {"bytes", system.bytes}, {"inodes", system.inodes ? Json(*system.inodes) : Json(nullptr)}};
}

FileSystem read_file_system(Node const& node) {
  node.fields({"mount", "bytes"}, {"inodes"});
  FileSystem out{node.at("mount").text(), node.at("bytes").bytes()};
  if (auto const inodes = node.maybe("inodes")) out.inodes = inodes->bytes();
  return out;
}

Json reboot_json(PendingReboot const& reboot) { return {{"text", reboot.text}, {"at", when_json(reboot.at)}}; }

PendingReboot read_reboot(Node const& node) {
  node.fields({"text"}, {"at"});
  return {node.at("text").text(), read_when(node.maybe("at"))};
}

Json actor_json(OtherActor const& actor) { return {{"name", actor.name}, {"does", actor.does}, {"advice", actor.advice}}; }

OtherActor read_actor(Node const& node) {
  node.fields({"name", "does", "advice"});
  return {node.at("name").text(), node.at("does").text(), node.at("advice").text()};
}

Json plugin_file_json(PluginFile const& file) {
  return {{"path", file.path}, {"sha256", file.sha256}, {"problem", file.problem}};
}

PluginFile read_plugin_file(Node const& node) {
  node.fields({"path", "sha256", "problem"});
  return {node.at("path").text(), node.at("sha256").text(), node.at("problem").text()};
}

Json reference_json(PluginReference const& reference) {
  return {{"path", reference.path},
          {"symbol", reference.symbol},
          {"where", reference.where},
          {"files", list_json(reference.files, plugin_file_json)}};
}

PluginReference read_reference(Node const& node) {
  node.fields({"path", "symbol", "where", "files"});
  return {node.at("path").text(), node.at("symbol").text(), node.at("where").text(), node.at("files").list(read_plugin_file)};
}

Json component_json(ComponentFacts const& facts) {
  return {{"component", facts.component},
          {"installed", list_json(facts.installed, installed_json)},
          {"candidates", list_json(facts.candidates, candidate_json)},
          {"kept", list_json(facts.kept, kept_json)},
          {"unit", unit_json(facts.unit)},
          {"endpoints", list_json(facts.endpoints, endpoint_json)},
          {"subscription", subscription_json(facts.subscription)},
          {"spread", list_json(facts.spread, share_json)},
          {"own_bytes", facts.own_bytes},
          {"problem", facts.problem},
          {"plugins", list_json(facts.plugins, reference_json)},
          {"plugins_unknown", facts.plugins_unknown}};
}

ComponentFacts read_component(Node const& node) {
  node.fields({"component", "installed", "candidates", "kept", "unit", "endpoints", "subscription", "spread",
               "own_bytes", "problem", "plugins", "plugins_unknown"});
  ComponentFacts out;
  out.component = node.at("component").text();
  out.installed = node.at("installed").list(read_installed);
  out.candidates = node.at("candidates").list(read_candidate);
  out.kept = node.at("kept").list(read_kept);
  out.unit = read_unit(node.at("unit"));
  out.endpoints = node.at("endpoints").list(read_endpoint);
  out.subscription = read_subscription(node.at("subscription"));
  out.spread = node.at("spread").list(read_share);
  out.own_bytes = node.at("own_bytes").bytes();
  out.problem = node.at("problem").text();
  out.plugins = node.at("plugins").list(read_reference);
  out.plugins_unknown = node.at("plugins_unknown").text();
  return out;
}

PackageFormat read_format(Node const& node) {
  auto const name = node.text();
  if (name == "rpm") return PackageFormat::Rpm;
  if (name != "deb") node.report("must be \"deb\" or \"rpm\"");
  return PackageFormat::Deb;
}

}  // namespace

Json pin_json(PackagePin const& pin) {
  return {{"name", pin.name}, {"version", pin.version}, {"sha256", pin.sha256}};
}

PackagePin read_pin(Node const& node) {
  node.fields({"name", "version", "sha256"});
  return {node.at("name").text(), node.at("version").text(), node.at("sha256").text()};
}

Json installed_json(InstalledPackage const& package) {
  return {{"name", package.name},     {"version", package.version}, {"architecture", package.architecture},
          {"status", package.status}, {"held", package.held},       {"pinned", package.pinned},
          {"automatic", package.automatic}};
}

InstalledPackage read_installed(Node const& node) {
  node.fields({"name", "version", "architecture", "status", "held", "pinned", "automatic"});
  InstalledPackage out;
  out.name = node.at("name").text();
  out.version = node.at("version").text();
  out.architecture = node.at("architecture").text();
  out.status = node.at("status").text();
  out.held = node.at("held").flag();
  out.pinned = node.at("pinned").text();
  out.automatic = node.at("automatic").flag();
  return out;
}

Json kept_json(KeptPackage const& package) {
  return {{"name", package.name}, {"version", package.version}, {"sha256", package.sha256}};
}

KeptPackage read_kept(Node const& node) {
  node.fields({"name", "version", "sha256"});
  return {node.at("name").text(), node.at("version").text(), node.at("sha256").text()};
}

Json build_json(PluginBuild const& build) {
  return {{"path", build.path}, {"sha256", build.sha256}, {"symbol", build.symbol}};
}

PluginBuild read_build(Node const& node) {
  node.fields({"path", "sha256", "symbol"});
  return {node.at("path").text(), node.at("sha256").text(), node.at("symbol").text()};
}

namespace {
constexpr std::array<std::string_view, 3> kVerdicts{"loads", "fails", "unchecked"};
}

std::string word_of(PluginVerdict verdict) { return std::string(kVerdicts.at(static_cast<std::size_t>(verdict))); }

std::optional<PluginVerdict> plugin_verdict_from(std::string_view word) {
  auto const found = std::ranges::find(kVerdicts, word);
  if (found == kVerdicts.end()) return std::nullopt;
  return static_cast<PluginVerdict>(found - kVerdicts.begin());
}

Json checked_json(CheckedPlugin const& checked) {
  return {{"package", checked.package}, {"plugin", checked.plugin},           {"symbol", checked.symbol},
          {"verdict", word_of(checked.verdict)}, {"words", checked.words}, {"at", to_rfc3339(checked.at)}};
}

CheckedPlugin read_checked(Node const& node) {
  node.fields({"package", "plugin", "symbol", "verdict", "words", "at"});
  auto const verdict = plugin_verdict_from(node.at("verdict").text());
  if (!verdict) node.at("verdict").report("must be \"loads\", \"fails\" or \"unchecked\"");
  return {node.at("package").text(), node.at("plugin").text(), node.at("symbol").text(), verdict.value_or(PluginVerdict::Unchecked),
          node.at("words").text(), node.at("at").instant()};
}

Json unit_json(UnitFacts const& unit) {
  return {{"name", unit.name},
          {"load_state", unit.load_state},
          {"active_state", unit.active_state},
          {"sub_state", unit.sub_state},
          {"unit_file_state", unit.unit_file_state},
          {"main_pid", unit.main_pid},
          {"restarts", unit.restarts},
          {"started", when_json(unit.started)}};
}

UnitFacts read_unit(Node const& node) {
  node.fields({"name", "load_state", "active_state", "sub_state", "unit_file_state", "main_pid", "restarts"}, {"started"});
  UnitFacts out;
  out.name = node.at("name").text();
  out.load_state = node.at("load_state").text();
  out.active_state = node.at("active_state").text();
  out.sub_state = node.at("sub_state").text();
  out.unit_file_state = node.at("unit_file_state").text();
  out.main_pid = static_cast<std::uint32_t>(node.at("main_pid").integer(0, kMostCount));
  out.restarts = static_cast<std::uint32_t>(node.at("restarts").integer(0, kMostCount));
  out.started = read_when(node.maybe("started"));
  return out;
}

Json host_json(HostFacts const& facts) {
  return {{"format", facts.format == PackageFormat::Deb ? "deb" : "rpm"},
          {"distribution", facts.distribution},
          {"architecture", facts.architecture},
          {"components", list_json(facts.components, component_json)},
          {"broken_packages", facts.broken_packages},
          {"hooks", facts.hooks},
          {"hook_problems", facts.hook_problems},
          {"file_systems", list_json(facts.file_systems, file_system_json)},
          {"folders", facts.folders},
          {"reboots", list_json(facts.reboots, reboot_json)},
          {"other_actors", list_json(facts.other_actors, actor_json)}};
}

HostFacts read_host(Node const& node) {
  node.fields({"format", "distribution", "architecture", "components", "broken_packages", "hooks", "hook_problems",
               "file_systems", "folders", "reboots", "other_actors"});
  HostFacts out;
  out.format = read_format(node.at("format"));
  out.distribution = node.at("distribution").text();
  out.architecture = node.at("architecture").text();
  out.components = node.at("components").list(read_component);
  out.broken_packages = node.at("broken_packages").texts();
  out.hooks = node.at("hooks").texts();
  out.hook_problems = node.at("hook_problems").texts();
  out.file_systems = node.at("file_systems").list(read_file_system);
  out.folders = node.at("folders").texts_by_name();
  out.reboots = node.at("reboots").list(read_reboot);
  out.other_actors = node.at("other_actors").list(read_actor);
  return out;
}

}  // namespace tykup::wire
