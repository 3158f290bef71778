#include "pkg/apt/apt_package_manager.hpp"

namespace tykup::pkg::apt {

AptPackageManager::AptPackageManager(AptPaths paths) : paths_(std::move(paths)) {}

}  // namespace tykup::pkg::apt
