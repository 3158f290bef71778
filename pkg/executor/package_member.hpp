#pragma once

#include <string>

#include "daemon/core/result.hpp"
#include "daemon/core/version.hpp"

namespace tykup::executor {

/// Writes one file out of a package, .deb or .rpm, that is read through an open descriptor from its beginning: `member`
/// is its path once installed. The file is new, mode 0755, and wholly there or an error: NotFound where the package has
/// no such plain file, HashMismatch where it is no sound package, NoSpace.
Result<void> extract_member(int package, PackageFormat format, std::string const& member, std::string const& to);

}  // namespace tykup::executor
