#include "tests/fakes/fake_package_manager.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tykup::fakes {
namespace fs = std::filesystem;

FakePackageManager::Build const* FakePackageManager::find(std::string const& name, std::string const& version) const {
  auto const found = std::ranges::find_if(
      builds_, [&](Build const& build) { return build.pin.name == name && build.pin.version == version; });
  return found == builds_.end() ? nullptr : &*found;
}

void FakePackageManager::write(std::string const& path, std::string const& text) const {
  fs::path const target = root_ + path;
  fs::create_directories(target.parent_path());
  fs::path const fresh = target.string() + ".fake-new";  // a new inode, as dpkg makes one
  std::ofstream(fresh) << text;
  fs::permissions(fresh, fs::perms{0755});
  fs::rename(fresh, target);
}

void FakePackageManager::install(PackagePin const& pin) {
  auto const* build = find(pin.name, pin.version);
  if (build == nullptr) return;
  std::erase_if(installed_, [&](auto const& package) { return package.name == pin.name; });
  for (auto const& [path, text] : build->files) write(path, text);
  for (auto const& [path, text] : build->config)
    if (!fs::exists(root_ + path)) write(path, text);
  installed_.push_back({pin.name, pin.version, "amd64"});
}

Result<pkg::Inventory> FakePackageManager::inspect(pkg::Scope const& scope) {
  pkg::Inventory out;
  for (auto const& package : installed_)
    if (std::ranges::find(scope.packages, package.name) != scope.packages.end()) out.installed.push_back(package);
  for (auto const& build : builds_) {
    out.candidates.push_back({build.pin.name, build.pin.version, build.pin.sha256, "fake", 1});
    out.kept.push_back({build.pin.name, build.pin.version, build.pin.sha256});
  }
  return out;
}

Result<std::vector<job::RefreshedSource>> FakePackageManager::refresh(std::vector<pkg::Scope> const& scopes,
                                                                      pkg::ProgressSink const&) {
  std::vector<job::RefreshedSource> out;
  for (auto const& scope : scopes) out.push_back({scope.url_prefix, "bookworm"});
  return out;
}

Result<job::Downloaded> FakePackageManager::keep(pkg::Scope const&, std::vector<PackagePin> const& packages,
                                                 pkg::ProgressSink const&) {
  job::Downloaded out;
  for (auto const& pin : packages) out.kept.push_back({pin.name, pin.version, pin.sha256});
  return out;
}

Result<std::vector<InstalledPackage>> FakePackageManager::apply(pkg::ApplyRequest const& request,
                                                                pkg::ProgressSink const& progress) {
  if (refuse) return fail(*refuse);
  ++changes;
  for (auto const& pin : request.packages) {
    progress({"unpack", 50, pin.name});
    install(pin);
  }
  if (scripts) scripts(changes);
  return installed_;
}

Result<std::vector<pkg::PackagedFile>> FakePackageManager::files(std::string const& package) {
  using State = pkg::PackagedFile::State;
  auto const known = std::ranges::find(installed_, package, &InstalledPackage::name);
  if (known == installed_.end()) return fail(ErrorKind::UnknownPackage, package + " is not installed");
  auto const* build = find(package, known->version);
  std::vector<pkg::PackagedFile> out;
  auto const add = [&](Files const& files, bool config) {
    for (auto const& [path, text] : files) {
      std::ifstream file(root_ + path);
      std::stringstream now;
      now << file.rdbuf();
      State const state = !file ? State::Missing : now.str() == text ? State::Unchanged : State::Changed;
      out.push_back({state, path, config, "fake:" + text});
    }
  };
  add(build->files, false);
  add(build->config, true);
  return out;
}

}  // namespace tykup::fakes
