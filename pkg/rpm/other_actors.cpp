#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmts.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>

#include "pkg/common/ini.hpp"
#include "pkg/rpm/database.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

/// Who else upgrades packages on an rpm host, and which packages ask for a reboot.
namespace tykup::pkg::rpm {
namespace {

namespace fs = std::filesystem;

/// A program that a timer starts, with its configuration.
struct Automatic {
  char const* name;
  char const* file;
  std::array<char const*, 2> timers;  ///< does what its configuration says; upgrades whatever that says
};
constexpr std::array kAutomatic{
    Automatic{"dnf-automatic", "/etc/dnf/automatic.conf", {"dnf-automatic.timer", "dnf-automatic-install.timer"}},
    Automatic{"dnf5-automatic", "/etc/dnf/dnf5-plugins/automatic.conf", {"dnf5-automatic.timer", "dnf-automatic.timer"}}};

/// What `needs-restarting -r` of dnf's plugins looks at.
constexpr std::array kWantReboot{"kernel", "kernel-core", "kernel-PAE", "kernel-rt", "kernel-smp", "kernel-xen", "linux-firmware",
                                 "microcode_ctl", "dbus", "dbus-broker", "dbus-daemon", "glibc", "hal", "systemd", "udev",
                                 "gnutls", "openssl-libs"};

std::string below(RpmPaths const& paths, std::string const& file) { return below_root(paths, file); }

bool is_enabled(RpmPaths const& paths, std::string const& timer) {
  std::error_code error;
  return fs::is_symlink(below(paths, "/etc/systemd/system/timers.target.wants/" + timer), error);
}

/// Its timer is enabled and would apply what it finds.
bool upgrades(RpmPaths const& paths, Automatic const& actor, std::map<std::string, std::string> const& settings) {
  auto const apply = settings.find("commands.apply_updates");
  bool const applies = apply != settings.end() && is_yes(apply->second);
  bool const install = std::string_view(actor.timers[1]).find("-install") != std::string_view::npos && is_enabled(paths, actor.timers[1]);
  return install || (applies && std::ranges::any_of(actor.timers, [&](char const* timer) { return is_enabled(paths, timer); }));
}

std::vector<std::string> excluded(RpmPaths const& paths, std::map<std::string, std::string> const& settings) {
  std::vector<std::string> out;
  auto const add = [&](std::map<std::string, std::string> const& from, std::string const& section) {
    for (auto const* key : {"excludepkgs", "exclude"}) {
      auto const known = from.find(section + "." + key);
      if (known == from.end()) continue;
      for (auto& word : listed_words(known->second)) out.push_back(std::move(word));
    }
  };
  add(settings, "base");
  add(read_ini(below(paths, "/etc/dnf/dnf.conf")), "main");
  return out;
}

Result<std::vector<std::string>> taken(RpmPaths const& paths, std::vector<Scope> const& scopes, std::vector<std::string> const& kept_off) {
  std::vector<std::string> out;
  for (auto const& scope : scopes) {
    auto const installed = installed_packages(paths, scope.packages);
    if (!installed) return fail(installed.error());
    for (auto const& package : *installed) {
      bool const off = std::ranges::any_of(kept_off, [&](auto const& pattern) { return fnmatch(pattern.c_str(), package.name.c_str(), 0) == 0; });
      if (!off) out.push_back(package.name);
    }
  }
  return out;
}

std::int64_t booted_at() {
  // In a container the kernel's word is the machine's.
  struct stat init {};
  std::int64_t const started = stat("/proc/1", &init) == 0 ? init.st_mtim.tv_sec : 0;
  std::ifstream words("/proc/stat");
  for (std::string word; words >> word;) {
    std::int64_t at = 0;
    if (word == "btime" && words >> at) return std::max(at, started);
  }
  return started;
}

}  // namespace

Result<std::vector<OtherActor>> RpmPackageManager::other_actors(std::vector<Scope> const& scopes) {
  std::vector<OtherActor> out;
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  std::error_code error;
  if (fs::is_symlink(below(paths_, "/system-update"), error))
    out.push_back({"PackageKit", "has an offline update prepared, which upgrades packages at the next boot (/system-update)",
                   "pkcon offline-trigger --cancel, or upgrade by tykup first"});
  for (auto const& actor : kAutomatic) {
    auto const settings = read_ini(below(paths_, actor.file));
    if (!upgrades(paths_, actor, settings)) continue;
    auto const packages = taken(paths_, scopes, excluded(paths_, settings));
    if (!packages) return fail(packages.error());
    if (packages->empty()) continue;
    out.push_back({actor.name, fmt::format("upgrades {} on its own, without order, window or health ({})", fmt::join(*packages, ", "), actor.file),
                   "tykup keep-off (as root) keeps it off these packages"});
  }
  return out;
}

Result<std::vector<std::string>> RpmPackageManager::reboot_wanted() {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const database = open_database(paths_);
  if (!database) return fail(database.error());
  auto const booted = booted_at();
  std::vector<std::string> names;
  for (auto const* name : kWantReboot) {
    std::unique_ptr<rpmdbMatchIterator_s, decltype(&rpmdbFreeIterator)> const found(
        rpmtsInitIterator(database->get(), RPMDBI_NAME, name, 0), rpmdbFreeIterator);
    while (auto* header = rpmdbNextIterator(found.get()))
      if (static_cast<std::int64_t>(headerGetNumber(header, RPMTAG_INSTALLTIME)) > booted) names.emplace_back(name);
  }
  if (names.empty()) return std::vector<std::string>{};
  return std::vector{fmt::format("installed since it was booted: {}", fmt::join(names, ", "))};
}

}  // namespace tykup::pkg::rpm
