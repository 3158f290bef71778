#include "pkg/executor/host_facts.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "daemon/core/words.hpp"
#include "pkg/common/space.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/settings.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

constexpr char const* kArchives = "/var/cache/tykup-executor";
constexpr char const* kDaemonState = "/var/lib/tykup";

std::uint64_t bytes_below(std::string const& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    struct stat info {};
    if (lstat(entry->path().c_str(), &info) == 0 && S_ISREG(info.st_mode)) sum += static_cast<std::uint64_t>(info.st_size);
  }
  return sum;
}

void add(HostFacts& facts, FileSystem system) {
  auto const known = std::ranges::find(facts.file_systems, system.mount, &FileSystem::mount);
  if (known == facts.file_systems.end()) facts.file_systems.push_back(std::move(system));
}

/// What logind keeps of `shutdown +5`.
std::optional<PendingReboot> scheduled(Paths const& paths) {
  std::string const file = "/run/systemd/shutdown/scheduled";
  auto const text = read_file(paths.host(file), std::size_t{1} << 16);
  if (!text) return std::nullopt;
  auto const settings = read_environment(*text);
  auto const at = settings.find("USEC");
  auto const mode = settings.find("MODE");
  std::int64_t microseconds = 0;
  bool const has_time = at != settings.end() &&
                        std::from_chars(at->second.data(), at->second.data() + at->second.size(), microseconds).ec == std::errc{};
  auto const what = mode == settings.end() ? std::string("a shutdown") : mode->second;
  if (!has_time) return PendingReboot{what + " is scheduled (" + file + ")"};
  Instant const when{Duration{microseconds}};
  return PendingReboot{what + " is scheduled for " + to_rfc3339(std::chrono::floor<std::chrono::seconds>(when)) + " (" + file + ")", when};
}

/// Debian's convention: a package's script leaves a file, and its name in another.
std::optional<PendingReboot> required(Paths const& paths) {
  std::string const file = "/run/reboot-required";
  if (!exists(paths.host(file))) return std::nullopt;
  auto const packages = read_file(paths.host(file + ".pkgs"), std::size_t{1} << 16);
  auto const who = packages ? one_line(*packages, std::size_t{1} << 16) : std::string{};
  return PendingReboot{(who.empty() ? std::string("a package asks for it") : who + " ask(s) for it") + " (" + file + ")"};
}

std::optional<PendingReboot> at_work(Context const& context) {
  auto const state = context.units.system_state();
  if (!state || *state != "stopping") return std::nullopt;
  auto const now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return PendingReboot{"systemd is at it", now};
}

}  // namespace

std::uint64_t own_bytes(Paths const& paths, Component const& component, std::vector<Share> const& shipped) {
  if (component.folder.empty()) return 0;
  std::uint64_t brought = 0;
  for (auto const& share : shipped) brought += share.bytes;
  auto const there = bytes_below(paths.host(component.folder));
  return there > brought ? there - brought : 0;
}

void measure(Context const& context, HostFacts& facts) {
  auto const& paths = context.paths;
  facts.folders.insert({{"archive", kArchives}, {"backups", paths.state}, {"records", paths.state}, {"state", kDaemonState}, {"temporary", "/tmp"}});
  for (auto& [purpose, folder] : facts.folders) {
    // The package manager's folder is the real one already.
    auto system = pkg::file_system_of(purpose == "database" ? folder : paths.host(folder));
    folder = system.mount;
    add(facts, std::move(system));
  }
  for (auto const& component : facts.components)
    for (auto const& share : component.spread) add(facts, pkg::file_system_of(share.mount));
}

Result<void> look_at_others(Context const& context, HostFacts& facts) {
  for (auto const& reboot : {scheduled(context.paths), required(context.paths), at_work(context)})
    if (reboot) facts.reboots.push_back(*reboot);
  auto wanted = context.packages.reboot_wanted();
  if (!wanted) return fail(wanted.error());
  for (auto& text : *wanted) facts.reboots.push_back({std::move(text)});
  std::vector<pkg::Scope> scopes;
  for (auto const& component : context.config.components) scopes.push_back(scope_of(component, context.config));
  auto actors = context.packages.other_actors(scopes);
  if (!actors) return fail(actors.error());
  facts.other_actors = std::move(*actors);
  return {};
}

}  // namespace tykup::executor
