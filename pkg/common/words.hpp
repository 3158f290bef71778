#pragma once

#include <string>
#include <string_view>

#include "daemon/core/result.hpp"

namespace tykup::pkg {

/// What is wrong with a repository and what to do about it, said of it: "is not signed; …".
std::string_view said_of_repository(ErrorKind kind);
/// The same; where the library's words tell of a stall, what stood still and for how long.
std::string said_of_repository(ErrorKind kind, std::string_view words);

/// The first line, cut to what fits a status line.
std::string first_line(std::string_view text);

}  // namespace tykup::pkg
