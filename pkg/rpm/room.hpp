#pragma once

#include "pkg/common/archive.hpp"
#include "pkg/common/space.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {

/// Where the files of an installed package lie.
Result<Spread> spread_of(RpmPaths const& paths, std::string const& package);

/// rpm writes the new files beside the old ones: each file system needs the whole of the installed package's share once
/// more. NoSpace, with figures, where one has not.
Result<void> require_room(RpmPaths const& paths, VerifiedFile const& file);

}  // namespace tykup::pkg::rpm
