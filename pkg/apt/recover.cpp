#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pkg/apt/apt_package_manager.hpp"
#include "daemon/fault/fault.hpp"
#include "pkg/apt/deb_file.hpp"
#include "pkg/common/archive.hpp"
#include "pkg/common/child.hpp"
#include "pkg/apt/database.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/lock.hpp"
#include "pkg/common/progress.hpp"
#include "pkg/common/surroundings.hpp"

namespace tykup::pkg::apt {
namespace {

/// dpkg with our front-end lock over its head. libapt-pkg refuses to lock while the journal is dirty, dpkg does not.
Result<ChildEnd> run_dpkg(std::vector<std::string> const& arguments) {
  auto command = dpkg_command();
  command.insert(command.end(), arguments.begin(), arguments.end());
  ScriptSurroundings const surroundings(false);
  return run_child(command, {{"DPKG_FRONTEND_LOCKED", "true"}, {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}});
}

/// The kept build that ends a half-done installation: the version that was being installed, else the newest.
std::optional<PackagePin> remedy_for(DatabasePackage const& package, std::vector<KeptPackage> const& kept) {
  std::optional<PackagePin> newest;
  for (auto const& one : kept) {
    if (one.name != package.name) continue;
    PackagePin const pin{one.name, one.version, one.sha256};
    if (one.version == package.version) return pin;
    if (!newest) newest = pin;
  }
  return newest;
}

std::string reinstall(Archive const& archive, std::vector<DatabasePackage> const& database) {
  std::string words;
  auto const kept = archive.list();
  for (auto const& package : database) {
    if (package.clean() || (package.state != "half-installed" && package.flag != "reinstreq")) continue;
    auto const pin = remedy_for(package, kept);
    if (!pin) continue;
    auto const file = archive.open(*pin);
    if (!file) {
      words += file.error().message + '\n';
      continue;
    }
    auto const end = run_dpkg({"--install", file->path()});
    words += end ? end->output : end.error().message;
  }
  return words;
}

}  // namespace

Result<std::vector<std::string>> AptPackageManager::recover(ProgressSink const& progress) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const lock = FileLock::take(admin_dir() + "lock-frontend", paths_.recover_wait, progress);
  if (!lock) return fail(lock.error());
  fault::reached(fault::Point::AptRecoverLocked);
  auto const before = read_database();
  if (!before) return fail(before.error());
  auto const broken = broken_in(*before);
  if (broken.empty()) return std::vector<std::string>{};
  report(progress, "configure", -1, fmt::format("{}", fmt::join(broken, ", ")));
  fault::reached(fault::Point::AptConfiguring);
  auto end = run_dpkg({"--configure", "-a"});
  fault::reached(fault::Point::AptConfigured);
  if (!end) return fail(end.error());
  auto const between = read_database();
  if (!between) return fail(between.error());
  auto words = end->output + reinstall(Archive(paths_.archives, deb_files()), *between);
  auto const after = read_database();
  if (!after) return fail(after.error());
  auto const left = broken_in(*after);
  if (!left.empty()) {
    constexpr std::size_t kLines = 30;
    return fail(ErrorKind::PackageBroken,
                fmt::format("dpkg could not finish: {}; see what it says and mend it by hand", fmt::join(left, ", ")),
                tail_of(words, kLines));
  }
  return broken;
}

}  // namespace tykup::pkg::apt
