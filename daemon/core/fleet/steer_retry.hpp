#pragma once

#include "daemon/core/fleet/steer.hpp"

/// The word that lets a failed host try again. Private to `steer.cpp`; a rollout is open and the host is known.
namespace tykup::fleet {

/// NotAllowed where nothing failed there, and where somebody else of its stage is at work and has not proven it yet: one host is
/// the first of a stage, even where several failed in it.
[[nodiscard]] Result<Steered> steer_retry(Board const& board, say::Retry const& saying, Word const& said);

}  // namespace tykup::fleet
