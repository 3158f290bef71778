#pragma once

#include <memory>

#include "pkg/rpm/rpm_package_manager.hpp"
#include "pkg/subscriptions.hpp"

namespace tykup::pkg::rpm {

/// .repo files in /etc/yum.repos.d of that root, keys in its /etc/pki/tykup, each in a file named after its fingerprint.
std::unique_ptr<Subscriptions> subscriptions_of(RpmPaths paths);

}  // namespace tykup::pkg::rpm
