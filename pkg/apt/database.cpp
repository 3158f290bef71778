#include "pkg/apt/database.hpp"

#include <apt-pkg/configuration.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/tagfile.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>

#include "pkg/apt/deb_file.hpp"
#include "pkg/common/archive.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/library.hpp"

namespace tykup::pkg::apt {
namespace fs = std::filesystem;
namespace {

DatabasePackage package_of(pkgTagSection const& section) {
  DatabasePackage package;
  package.name = section.FindS("Package");
  package.version = section.FindS("Version");
  package.architecture = section.FindS("Architecture");
  package.multi_arch = section.FindS("Multi-Arch");
  package.conffiles = section.FindS("Conffiles");
  std::istringstream status(section.FindS("Status"));
  status >> package.want >> package.flag >> package.state;
  return package;
}

/// What a dpkg that did not come to its end had not entered into its database yet; nothing: it came to its end.
std::optional<std::string> interrupted_journal() {
  std::error_code failed;
  std::set<std::string> packages;
  bool dirty = false;
  for (auto const& entry : fs::directory_iterator(admin_dir() + "updates", failed)) {
    auto const name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    dirty = true;
    std::ifstream file(entry.path());
    constexpr std::string_view kField = "Package: ";
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(kField)) packages.insert(line.substr(kField.size()));
    }
  }
  if (!dirty) return std::nullopt;
  auto const at = packages.empty() ? std::string{} : fmt::format(" at {}", fmt::join(packages, ", "));
  return fmt::format("dpkg (interrupted{}, its journal is not empty)", at);
}

std::vector<std::string> sorted_lines(std::string const& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

Result<std::vector<DatabasePackage>> read_database() {
  auto const path = apt_file("Dir::State::status");
  FileFd file(path, FileFd::ReadOnly);
  if (!file.IsOpen()) return fail(library_error(ErrorKind::PackageBroken, "dpkg's database cannot be read"));
  pkgTagFile tags(&file);
  pkgTagSection section;
  std::vector<DatabasePackage> database;
  while (tags.Step(section)) database.push_back(package_of(section));
  if (auto const words = drain_errors(); !words.empty()) {
    return fail(ErrorKind::PackageBroken, "dpkg's database cannot be read: " + first_line(words), words);
  }
  return database;
}

DatabasePackage const* find_present(std::vector<DatabasePackage> const& database, std::string const& name) {
  auto const native = _config->Find("APT::Architecture");
  for (auto const& package : database) {
    if (package.name != name || !package.present()) continue;
    if (package.architecture == native || package.architecture == "all") return &package;
  }
  return nullptr;
}

std::vector<std::string> broken_in(std::vector<DatabasePackage> const& database) {
  std::vector<std::string> broken;
  for (auto const& package : database) {
    if (package.clean()) continue;
    auto const state = package.flag == "ok" ? package.state : package.state + ", needs reinstallation";
    broken.push_back(fmt::format("{} ({})", package.name, state));
  }
  if (auto const journal = interrupted_journal()) broken.push_back(*journal);
  return broken;
}

std::string info_file(DatabasePackage const& package, std::string const& extension) {
  auto const folder = admin_dir() + "info/";
  auto const qualified = fmt::format("{}{}:{}.{}", folder, package.name, package.architecture, extension);
  return fs::exists(qualified) ? qualified : fmt::format("{}{}.{}", folder, package.name, extension);
}

Result<bool> is_installed_build(DatabasePackage const& package, std::string const& deb) {
  auto const control = control_of(deb);
  if (!control) return fail(control.error());
  if (control->name != package.name || control->version != package.version ||
      control->architecture != package.architecture) {
    return false;
  }
  auto const sums = md5sums_of(deb);
  if (!sums) return fail(sums.error());
  return sums->empty() || *sums == sorted_lines(info_file(package, "md5sums"));
}

}  // namespace tykup::pkg::apt
