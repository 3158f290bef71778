#pragma once

#include "daemon/core/fleet/steer.hpp"

/// The words about the fleet's freeze. Private to `steer.cpp`; the cluster is made.
namespace tykup::fleet {

/// NotAllowed where its end is not after now; another one that is in force gives way to it.
[[nodiscard]] Result<Steered> steer_freeze(Board const& board, say::Freeze const& saying, Word const& said);
/// NotFound where nothing is frozen.
[[nodiscard]] Result<Steered> lift_freeze(Board const& board, Word const& said);

}  // namespace tykup::fleet
