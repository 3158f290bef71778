#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pkg/package_manager.hpp"

namespace tykup::pkg::rpm {

/// Where rpm's and dnf's world and ours are. Another root than "/" is a world of its own: its configuration, repositories
/// and database are used.
struct RpmPaths {
  std::string root = "/";
  std::string archives = "/var/cache/tykup-executor/archives";  ///< kept packages; made 0700, root's
  std::string metadata = "/var/cache/tykup-executor/metadata";  ///< libdnf's cache of our own: dnf's stays as it is
  Duration recover_wait = std::chrono::minutes{10};             ///< for rpm's lock in `recover`
};

/// libdnf and librpm behind the package manager's interface. One object at work at a time in a process. Every call reads
/// dnf's configuration anew.
class RpmPackageManager final : public PackageManager {
 public:
  explicit RpmPackageManager(RpmPaths paths = {});

  PackageFormat format() const override { return PackageFormat::Rpm; }
  Result<Inventory> inspect(Scope const& scope) override;
  Result<std::vector<std::string>> broken(std::vector<std::string> const& own) override;
  Result<std::vector<job::RefreshedSource>> refresh(std::vector<Scope> const& scopes,
                                                    ProgressSink const& progress) override;
  Result<job::Downloaded> keep(Scope const& scope, std::vector<PackagePin> const& packages,
                               ProgressSink const& progress) override;
  Result<std::vector<InstalledPackage>> apply(ApplyRequest const& request, ProgressSink const& progress) override;
  Result<std::vector<std::string>> recover(ProgressSink const& progress) override;
  Result<std::vector<PackagedFile>> files(std::string const& package) override;
  Result<std::vector<std::string>> reboot_wanted() override;
  Result<std::vector<OtherActor>> other_actors(std::vector<Scope> const& scopes) override;

 private:
  RpmPaths paths_;
};

}  // namespace tykup::pkg::rpm
