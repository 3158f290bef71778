#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pkg/package_manager.hpp"

namespace tykup::pkg::apt {

/// Where apt's world and ours are. Another root than "/" is a world of its own: its configuration, sources, database
/// and logs are used, and dpkg works on it with `--root` and scripts outside a chroot.
struct AptPaths {
  std::string root = "/";
  std::string archives = "/var/cache/tykup-executor/archives";  ///< kept packages; made 0700, root's
  Duration lists_wait = std::chrono::minutes{2};                ///< for apt's lock on its lists
  Duration recover_wait = std::chrono::minutes{10};             ///< for dpkg's front-end lock in `recover`
};

/// libapt-pkg behind the package manager's interface. The library is global to a process: one object at work at a time.
/// Every call reads apt's configuration anew.
class AptPackageManager final : public PackageManager {
 public:
  explicit AptPackageManager(AptPaths paths = {});

  PackageFormat format() const override { return PackageFormat::Deb; }
  Result<Inventory> inspect(Scope const& scope) override;
  Result<std::vector<std::string>> broken(std::vector<std::string> const& own) override;
  Result<std::vector<job::RefreshedSource>> refresh(std::vector<Scope> const& scopes,
                                                    ProgressSink const& progress) override;
  Result<job::Downloaded> keep(Scope const& scope, std::vector<PackagePin> const& packages,
                               ProgressSink const& progress) override;
  Result<std::vector<InstalledPackage>> apply(ApplyRequest const& request, ProgressSink const& progress) override;
  Result<std::vector<std::string>> recover(ProgressSink const& progress) override;
  Result<std::vector<PackagedFile>> files(std::string const& package) override;
  Result<std::vector<OtherActor>> other_actors(std::vector<Scope> const& scopes) override;

 private:
  AptPaths paths_;
};

}  // namespace tykup::pkg::apt
