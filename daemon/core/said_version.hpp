#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/topology.hpp"
#include "daemon/core/version.hpp"

namespace tykup {

/// The arguments that make the program of that release print its version and leave; nothing where no fact names them: a
/// program that does not know them would start to serve.
[[nodiscard]] std::optional<std::vector<std::string>> version_arguments(ServiceKind kind, Release const& release);

/// The release in what it printed: the "Version" of a JSON object, else the first number.number.number that stands
/// alone, with or without a "v". Nothing: there is none.
[[nodiscard]] std::optional<Release> said_version(std::string_view output);

}  // namespace tykup
