#pragma once

#include <string>

#include "daemon/core/result.hpp"

namespace tykup::net {

/// The first line of a file that holds a secret, without white space at its ends. BadConfig: it cannot be read.
[[nodiscard]] Result<std::string> first_line_of(std::string const& file);

}  // namespace tykup::net
