#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pkg/package_manager.hpp"

namespace tykup::fakes {

/// A package manager that works on a folder: a package is a set of files of a version, installing writes them below the
/// root, configuration files are left as they are. What is offered, what fails and what goes missing is told by the test.
class FakePackageManager final : public pkg::PackageManager {
 public:
  using Files = std::map<std::string, std::string>;
  struct Build {
    PackagePin pin;
    Files files = {};
    Files config = {};  ///< written only where there is none
  };

  explicit FakePackageManager(std::string root) : root_(std::move(root)) {}

  void offer(Build build) { builds_.push_back(std::move(build)); }
  /// Puts that build in place as an operator's hand would have before.
  void install(PackagePin const& pin);
  std::vector<InstalledPackage> const& installed() const { return installed_; }

  /// The next `apply` fails with it, before it changes anything.
  std::optional<Error> refuse = {};
  /// Runs after each change, where a package's scripts would: deletes a unit file, restarts a service, dies.
  std::function<void(unsigned change)> scripts = {};
  unsigned changes = 0;

  PackageFormat of = PackageFormat::Deb;
  PackageFormat format() const override { return of; }
  Result<pkg::Inventory> inspect(pkg::Scope const& scope) override;
  Result<std::vector<std::string>> broken(std::vector<std::string> const&) override { return std::vector<std::string>{}; }
  Result<std::vector<job::RefreshedSource>> refresh(std::vector<pkg::Scope> const& scopes, pkg::ProgressSink const&) override;
  Result<job::Downloaded> keep(pkg::Scope const&, std::vector<PackagePin> const& packages, pkg::ProgressSink const&) override;
  Result<std::vector<InstalledPackage>> apply(pkg::ApplyRequest const& request, pkg::ProgressSink const& progress) override;
  Result<std::vector<std::string>> recover(pkg::ProgressSink const&) override { return std::vector<std::string>{}; }
  Result<std::vector<pkg::PackagedFile>> files(std::string const& package) override;

 private:
  Build const* find(std::string const& name, std::string const& version) const;
  void write(std::string const& path, std::string const& text) const;
  std::string root_;
  std::vector<Build> builds_;
  std::vector<InstalledPackage> installed_;
};

}  // namespace tykup::fakes
