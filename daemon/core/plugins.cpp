#include "daemon/core/plugins.hpp"

#include <algorithm>
#include <tuple>

namespace tykup {
namespace {

constexpr std::string_view kSuffix = ".so";
constexpr std::string_view kSystem = "_linux_";
constexpr auto kAskAgain = std::chrono::hours{6};

bool at_least(Release const& release, int major, int minor, int patch) {
  return std::tuple(release.major, release.minor, release.patch) >= std::tuple(major, minor, patch);
}

std::string numbers(Release const& release) {
  return std::to_string(release.major) + "." + std::to_string(release.minor) + "." + std::to_string(release.patch);
}

std::string stem_of(std::string const& path) {
  return path.ends_with(kSuffix) ? path.substr(0, path.size() - kSuffix.size()) : path;
}

/// Where "_v5.8.15_linux_amd64" begins in a path without ".so"; npos: it ends otherwise.
std::size_t label_of(std::string const& stem) {
  auto const system = stem.rfind(kSystem);
  auto const slash = stem.rfind('/');
  if (system == std::string::npos || system == 0 || (slash != std::string::npos && slash > system)) return std::string::npos;
  auto const begin = stem.rfind('_', system - 1);
  bool const has_name = begin != std::string::npos && begin > 0 && (slash == std::string::npos || begin > slash + 1);
  return has_name ? begin : std::string::npos;
}

bool same(Release const& a, Release const& b) {
  return a.major == b.major && a.minor == b.minor && a.patch == b.patch;
}

/// What the target makes of one reference.
struct Found {
  PluginReference const& reference;
  PluginFile const* file = nullptr;  ///< that it would open
  std::optional<Release> named = {};
};

struct Target {
  Release release;
  std::string architecture;
};

std::optional<Target> target_of(PluginQuery const& query) {
  auto const release = release_of(query.to.version);
  if (!release) return {};
  auto const here = std::ranges::find(query.facts.installed, query.to.name, &InstalledPackage::name);
  return Target{*release, go_architecture(here == query.facts.installed.end() ? "" : here->architecture)};
}

Found find(PluginReference const& reference, Target const& target) {
  for (auto const& path : plugin_lookup(reference.path, target.release, target.architecture)) {
    auto const file = std::ranges::find(reference.files, path, &PluginFile::path);
    if (file != reference.files.end()) return {reference, &*file, built_for(path)};
  }
  return {reference};
}

CheckedPlugin const* answer(PluginQuery const& query, PluginFile const& file, std::string const& symbol) {
  auto const known = std::ranges::find_if(query.memory.plugins, [&](CheckedPlugin const& checked) {
    return checked.package == query.to.sha256 && checked.plugin == file.sha256 && checked.symbol == symbol;
  });
  return known == query.memory.plugins.end() ? nullptr : &*known;
}

/// A program that could not be asked is asked again after a while.
bool is_fresh(CheckedPlugin const& said, Instant now) {
  return said.verdict != PluginVerdict::Unchecked || now < said.at + kAskAgain;
}

/// The files that would be opened and of which `wanted(file, answer or null)` holds; nothing where none can be asked about.
template <typename Wanted>
std::vector<PluginBuild> builds_where(PluginQuery const& query, Wanted const& wanted) {
  std::vector<PluginBuild> builds;
  auto const target = target_of(query);
  if (!target || !loads_on_request(target->release)) return builds;
  for (auto const& reference : query.facts.plugins) {
    auto const found = find(reference, *target);
    if (found.file == nullptr || !found.file->problem.empty()) continue;
    PluginBuild build{found.file->path, found.file->sha256, reference.symbol};
    bool const is_new = std::ranges::find(builds, build) == builds.end();
    if (is_new && wanted(found, answer(query, *found.file, reference.symbol))) builds.push_back(std::move(build));
  }
  return builds;
}

/// The name that a build for the target has to have.
std::string wanted_name(PluginReference const& reference, Target const& target) {
  auto const names = plugin_lookup(reference.path, target.release, target.architecture);
  auto const named = std::ranges::find_if(names, [](std::string const& name) { return built_for(name).has_value(); });
  return named == names.end() ? names.front() : *named;
}

/// What is wrong with the file that would be opened; empty: nothing that is known.
std::string fault_of(Found const& found, PluginQuery const& query, Target const& target) {
  auto const version = numbers(target.release);
  if (found.file == nullptr) return "has no build for Gateway " + version + ": " + wanted_name(found.reference, target) + " is missing";
  auto const& path = found.file->path;
  if (!found.file->problem.empty()) return "would be loaded from " + path + ", and " + found.file->problem;
  auto const* said = answer(query, *found.file, found.reference.symbol);
  if (said != nullptr && said->verdict == PluginVerdict::Fails)
    return "does not load in Gateway " + version + ", from " + path + ": " + said->words;
  if (found.named && !same(*found.named, target.release))
    return "has no build for Gateway " + version + ": it would load " + path + ", which is one for " + numbers(*found.named);
  if (found.named) return {};
  std::string const nameless = "would be loaded from " + path + ", whose name says no version: ";
  if (!loads_on_request(target.release)) return nameless + "it serves the installed Gateway and is no build for " + version;
  if (said != nullptr && said->verdict == PluginVerdict::Unchecked && is_fresh(*said, query.now))
    return nameless + "whether Gateway " + version + " loads it could not be checked: " + said->words;
  return {};
}

std::string remedy_for(PluginReference const& reference, PackagePin const& to, Target const& target) {
  auto const build = "build it with " + plugin_compiler(to.name, target.release);
  if (!at_least(target.release, 4, 1, 0))
    return build + " and upgrade the Gateway by hand together with it: a Gateway before 4.1 loads this one file, whatever its version";
  std::string text = build + " as " + wanted_name(reference, target);
  bool const exact_first = !at_least(target.release, 4, 3, 2);
  bool const is_there = std::ranges::find(reference.files, reference.path, &PluginFile::path) != reference.files.end();
  if (exact_first && is_there)
    text += ", and give " + reference.path + " the version that it was built for in its name: it is loaded before any other";
  return text + "; tykup sees it within the hour, or: tykup check";
}

}  // namespace

std::string go_architecture(std::string_view architecture) {
  if (architecture == "x86_64") return "amd64";
  if (architecture == "aarch64") return "arm64";
  return std::string(architecture);
}

std::vector<std::string> plugin_lookup(std::string const& path, Release const& release, std::string const& go_architecture) {
  auto const named = [&](std::string const& prefix) {
    return stem_of(path) + "_" + prefix + numbers(release) + std::string(kSystem) + go_architecture + std::string(kSuffix);
  };
  if (at_least(release, 4, 3, 2)) return {named("v"), named(""), path};
  if (at_least(release, 4, 1, 0)) return {path, named("v"), named("")};
  return {path};
}

std::optional<Release> built_for(std::string const& path) {
  auto const stem = stem_of(path);
  auto const label = label_of(stem);
  if (label == std::string::npos) return {};
  auto text = stem.substr(label + 1, stem.rfind(kSystem) - label - 1);
  if (text.starts_with('v')) text.erase(0, 1);
  bool const is_number = std::ranges::count(text, '.') == 2 && text.find_first_not_of("0123456789.") == std::string::npos;
  return is_number ? release_of(text) : std::nullopt;
}

std::string unversioned(std::string const& path) {
  if (!built_for(path)) return path;
  auto const stem = stem_of(path);
  return stem.substr(0, label_of(stem)) + std::string(kSuffix);
}

std::string plugin_compiler(std::string_view package, Release const& release) {
  std::string_view const edition = package.ends_with("-ee") ? "-ee" : (package.ends_with("-fips") ? "-fips" : "");
  return "tykio/tyk-plugin-compiler" + std::string(edition) + ":v" + numbers(release);
}

bool loads_on_request(Release const& release) { return at_least(release, 5, 0, 0); }

std::vector<Reason> plugin_reasons(PluginQuery const& query) {
  std::vector<Reason> reasons;
  if (!query.facts.plugins_unknown.empty())
    reasons.push_back({Gate::Plugin, "its Go plugins are not all known: " + query.facts.plugins_unknown, "put it right, then: tykup check"});
  auto const target = target_of(query);
  if (!target && !query.facts.plugins.empty())
    reasons.push_back({Gate::Plugin, query.to.version + " names no release: which Go plugins fit is not known", "upgrade this one by hand"});
  if (!target) return reasons;
  for (auto const& reference : query.facts.plugins) {
    auto const fault = fault_of(find(reference, *target), query, *target);
    if (fault.empty()) continue;
    Reason reason{Gate::Plugin, "the Go plugin " + reference.path + " (named in " + reference.where + ") " + fault,
                  remedy_for(reference, query.to, *target)};
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(std::move(reason));
  }
  return reasons;
}

std::vector<PluginBuild> plugins_to_check(PluginQuery const& query) {
  return builds_where(query, [&](Found const&, CheckedPlugin const* said) { return said == nullptr || !is_fresh(*said, query.now); });
}

std::vector<PluginBuild> plugins_unproven(PluginQuery const& query) {
  return builds_where(query, [](Found const& found, CheckedPlugin const* said) {
    return said == nullptr || (said->verdict == PluginVerdict::Unchecked && !found.named);
  });
}

}  // namespace tykup
