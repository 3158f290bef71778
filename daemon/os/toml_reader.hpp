#pragma once

#include <string>
#include <string_view>

#include "daemon/core/config.hpp"
#include "daemon/core/result.hpp"

namespace tykup {

/// A TOML text as data, tables in the order of the text. `file` is what messages call it. A text that is no TOML is
/// BadConfig: "file:line:column: why" in `message`, the line with a caret below the place in `detail`.
[[nodiscard]] Result<ConfigValue> read_toml(std::string_view text, std::string const& file);

}  // namespace tykup
