#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {

RpmPackageManager::RpmPackageManager(RpmPaths paths) : paths_(std::move(paths)) {}

}  // namespace tykup::pkg::rpm

namespace tykup::pkg {

std::unique_ptr<PackageManager> host_package_manager() { return std::make_unique<rpm::RpmPackageManager>(); }

}  // namespace tykup::pkg
