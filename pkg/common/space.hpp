#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/core/result.hpp"

namespace tykup::pkg {

/// NoSpace, with figures and the file system, unless the one that holds `path` has that much free for `purpose`.
Result<void> require_space(std::string const& path, std::uint64_t bytes, std::uint64_t inodes, std::string_view purpose);

}  // namespace tykup::pkg
