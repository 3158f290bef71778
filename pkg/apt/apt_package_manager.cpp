#include "pkg/apt/apt_package_manager.hpp"

namespace tykup::pkg::apt {

AptPackageManager::AptPackageManager(AptPaths paths) : paths_(std::move(paths)) {}

}  // namespace tykup::pkg::apt

namespace tykup::pkg {

std::unique_ptr<PackageManager> host_package_manager() { return std::make_unique<apt::AptPackageManager>(); }

}  // namespace tykup::pkg
