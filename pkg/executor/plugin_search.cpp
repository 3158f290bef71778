#include "pkg/executor/plugin_search.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <sstream>

#include "daemon/core/plugins.hpp"
#include "daemon/core/words.hpp"
#include "pkg/executor/api_definitions.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/plugin_files.hpp"
#include "pkg/executor/settings.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDefinitions = 5000;
constexpr std::size_t kMostEntries = 20'000;
constexpr std::size_t kMostPlugins = 200;
constexpr std::size_t kLargestText = std::size_t{8} << 20;

/// The settings of the Gateway as it reads them: its environment over its file.
class GatewaySettings {
 public:
  GatewaySettings(Component const& component, Settings file, Settings environment)
      : component_(component), file_(std::move(file)), environment_(std::move(environment)) {}

  [[nodiscard]] std::string text(std::string const& path) const {
    if (auto const found = environment_.find(variable_of(path)); found != environment_.end()) return found->second;
    auto const found = file_.find(path);
    return found == file_.end() ? std::string{} : found->second;
  }
  [[nodiscard]] bool is_true(std::string const& path) const {
    auto const given = lowered(text(path));
    return given == "true" || given == "1" || given == "t";
  }
  /// A folder that may be told relative to the Gateway's own.
  [[nodiscard]] std::string folder(std::string const& path, std::string const& usual) const {
    auto const given = text(path);
    return absolute(given.empty() ? usual : given);
  }
  [[nodiscard]] std::string absolute(std::string const& path) const {
    auto text = (fs::path(component_.folder) / path).lexically_normal().string();
    if (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
  }
  /// Its definitions come from elsewhere and are not on disk.
  [[nodiscard]] bool is_told_from_afar() const { return is_true("use_db_app_configs") || is_true("slave_options.use_rpc"); }

 private:
  [[nodiscard]] std::string variable_of(std::string_view path) const {
    std::string name = component_.environment_prefix;
    for (char const c : uppered(path)) {
      if (c == '.') name += '_';
      if (c != '.' && c != '_') name += c;
    }
    return name;
  }
  Component const& component_;
  Settings file_;
  Settings environment_;
};

bool is_library(std::string const& path) {
  constexpr std::array<std::string_view, 8> kFolders{"/lib/",           "/lib64/",           "/usr/lib/",     "/usr/lib64/",
                                                     "/usr/local/lib/", "/usr/local/lib64/", "/usr/libexec/", "/usr/lib32/"};
  return std::ranges::any_of(kFolders, [&](std::string_view folder) { return path.starts_with(folder); });
}

class Search {
 public:
  Search(Paths const& paths, GatewaySettings const& settings, std::uint32_t process)
      : paths_(paths), settings_(settings), process_(process) {}

  PluginsFound run() {
    bool const afar = settings_.is_told_from_afar();
    if (afar) read_process();
    if (!afar) read_definitions();
    if (settings_.is_true("enable_bundle_downloader")) read_bundles(afar);
    if (afar && process_ == 0) look_on_disk();
    for (auto const& file : mapped_) add(unversioned(file), "", "the running Gateway, process " + std::to_string(process_));
    return std::move(found_);
  }

 private:
  void doubt(std::string const& what) { found_.unknown += (found_.unknown.empty() ? "" : "; ") + what; }

  void add(std::string path, std::string symbol, std::string where) {
    bool const known = std::ranges::any_of(found_.plugins, [&](PluginReference const& plugin) {
      return plugin.path == path && plugin.symbol == symbol;
    });
    if (known) return;
    if (found_.plugins.size() < kMostPlugins) return found_.plugins.push_back({std::move(path), std::move(symbol), std::move(where)});
    if (!too_many_) doubt("more than " + std::to_string(kMostPlugins) + " are named");
    too_many_ = true;
  }

  /// The entries of a folder that end so, sorted; one that is not there has none.
  std::vector<std::string> entries(std::string const& folder, std::string_view ending) {
    std::vector<std::string> out;
    std::error_code error;
    for (fs::directory_iterator at(paths_.host(folder), error); !error && at != fs::directory_iterator(); at.increment(error)) {
      auto name = at->path().filename().string();
      if (!name.ends_with(ending)) continue;
      if (out.size() >= kMostDefinitions) {
        doubt(folder + " holds more than " + std::to_string(kMostDefinitions) + " of them");
        break;
      }
      out.push_back(std::move(name));
    }
    if (error && error != std::errc::no_such_file_or_directory) doubt("cannot read " + folder + ": " + error.message());
    std::ranges::sort(out);
    return out;
  }

  void read_definitions() {
    auto const folder = settings_.folder("app_path", "apps");
    for (auto const& name : entries(folder, ".json")) {
      auto const file = folder + "/" + name;
      auto const text = read_text(paths_, file, kLargestText);
      auto const named = text ? plugins_of_definition(*text) : Result<ApiPlugins>(fail(text.error()));
      if (!named) {
        doubt("cannot read " + file + ": " + named.error().message);
        continue;
      }
      for (auto const& plugin : named->plugins) add(settings_.absolute(plugin.path), plugin.symbol, file);
      for (auto const& bundle : named->bundles) wanted_.push_back({bundle, file});
    }
  }

  void read_bundles(bool afar) {
    auto const folder = settings_.folder("middleware_path", "middleware") + "/bundles";
    std::set<std::string> unpacked;
    for (auto const& name : entries(folder, "")) {
      if (exists(paths_.host(folder + "/" + name + "/manifest.json"))) unpacked.insert(name);
    }
    for (auto const& name : unpacked) {
      bool const in_use = std::erase_if(mapped_, [&](std::string const& file) { return file.starts_with(folder + "/" + name + "/"); }) > 0;
      if (afar && (in_use || process_ == 0)) read_manifest(folder + "/" + name);
    }
    for (auto const& [bundle, file] : wanted_) {
      auto const hash = md5_of(bundle);
      auto const here = std::ranges::find_if(unpacked, [&](std::string const& name) { return name == hash || name.ends_with("-" + hash); });
      if (here != unpacked.end()) {
        read_manifest(folder + "/" + *here);
      } else {
        doubt("the bundle " + bundle + " (named in " + file + ") is not unpacked below " + folder);
      }
    }
  }

  void read_manifest(std::string const& folder) {
    auto const file = folder + "/manifest.json";
    auto const text = read_text(paths_, file, kLargestText);
    auto const named = text ? plugins_of_manifest(*text) : Result<std::vector<NamedPlugin>>(fail(text.error()));
    if (!named) return doubt("cannot read " + file + ": " + named.error().message);
    for (auto const& plugin : *named) add((fs::path(folder) / fs::path(plugin.path).relative_path()).lexically_normal().string(), plugin.symbol, file);
  }

  void read_process() {
    if (process_ == 0) return;
    auto const file = paths_.process(process_) + "/maps";
    auto const text = read_file(file);
    if (!text) return doubt("cannot read which plugins process " + std::to_string(process_) + " has loaded: " + text.error().message);
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
      auto const slash = line.find('/');
      auto path = slash == std::string::npos ? std::string{} : line.substr(slash);
      if (path.ends_with(" (deleted)")) path.resize(path.size() - std::string_view(" (deleted)").size());
      if (path.ends_with(".so") && !is_library(path)) mapped_.insert(path);
    }
  }

  /// A Gateway that is told from afar and does not run: what lies there is what it may be told to load.
  void look_on_disk() {
    std::set<std::string> const folders{settings_.absolute(""), settings_.folder("app_path", "apps"), settings_.folder("middleware_path", "middleware")};
    std::size_t seen = 0;
    for (auto const& folder : folders) {
      std::error_code error;
      for (fs::recursive_directory_iterator at(paths_.host(folder), error); !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        if (++seen > kMostEntries) return doubt(folder + " holds too many files to look for plugins in");
        if (at->path().filename() == "coprocess" || at->path().filename() == "bundles") at.disable_recursion_pending();
        auto const path = at->path().string().substr(paths_.root.size());
        if (path.ends_with(".so")) add(unversioned(path), "", folder + ", while the Gateway does not run");
      }
      if (error && error != std::errc::no_such_file_or_directory) doubt("cannot read " + folder + ": " + error.message());
    }
  }

  struct WantedBundle {
    std::string name;
    std::string file;
  };

  Paths const& paths_;
  GatewaySettings const& settings_;
  std::uint32_t process_;
  PluginsFound found_;
  bool too_many_ = false;
  std::set<std::string> mapped_;
  std::vector<WantedBundle> wanted_;
};

/// The releases on offer that are newer than what is installed.
std::vector<Release> newer_releases(ComponentFacts const& facts, PackageFormat format) {
  std::vector<Release> out;
  for (auto const& candidate : facts.candidates) {
    auto const here = std::ranges::find(facts.installed, candidate.package, &InstalledPackage::name);
    if (here == facts.installed.end() || compare_versions(format, candidate.version, here->version) <= 0) continue;
    if (auto const release = release_of(candidate.version)) out.push_back(*release);
  }
  return out;
}

void add_files(PluginsFound& found, Paths const& paths, ComponentFacts const& facts, PackageFormat format) {
  auto const architecture = go_architecture(facts.installed.front().architecture);
  auto const releases = newer_releases(facts, format);
  PluginFiles files(paths);
  for (auto& plugin : found.plugins) {
    std::set<std::string> names{plugin.path};
    for (auto const& release : releases) {
      for (auto& name : plugin_lookup(plugin.path, release, architecture)) names.insert(std::move(name));
    }
    for (auto const& name : names) {
      if (auto const* file = files.find(name)) plugin.files.push_back(*file);
    }
  }
}

}  // namespace

PluginsFound find_plugins(Paths const& paths, Component const& component, Unit const& unit, ComponentFacts const& facts,
                          PackageFormat format) {
  if (component.kind != ServiceKind::Gateway || facts.installed.empty()) return {};
  auto const text = read_file(paths.host(component.config_file), kLargestText);
  if (!text) return {{}, "cannot read " + component.config_file + ": " + text.error().message};
  GatewaySettings const settings(component, flatten(*text), environment_of(paths, unit, component.unit));
  auto found = Search(paths, settings, unit.facts.main_pid).run();
  add_files(found, paths, facts, format);
  return found;
}

}  // namespace tykup::executor
