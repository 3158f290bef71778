#pragma once

#include <string>

#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {

/// True if a package file is the very build of that name that is installed: the header's digest is the one that the
/// database noted, and header and payload are what their digests say. Who signed it is not asked: it runs already.
bool is_installed_build(RpmPaths const& paths, std::string const& name, std::string const& file);

}  // namespace tykup::pkg::rpm
