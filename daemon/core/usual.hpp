#pragma once

#include <optional>
#include <string>

#include "daemon/core/policy.hpp"

namespace tykup {

/// How long a step of that component usually takes here: the middle of the last ten that were done. Nothing: none was.
[[nodiscard]] std::optional<Duration> usual_step(Memory const& memory, std::string const& component);

}  // namespace tykup
