#pragma once

#include <string>
#include <string_view>

#include "daemon/core/result.hpp"
#include "daemon/core/rollout.hpp"

namespace tykup::wire {

/// What the state store keeps, complete: reading a text gives the value that was written, text that is no UTF-8 apart.
/// The form belongs to the store's schema; whoever changes a field here writes a migration there.
[[nodiscard]] std::string state_text(rollout::State const& state);
[[nodiscard]] std::string run_text(rollout::RunRecord const& run);

/// StateUnusable for every text that is not exactly such a value; the message names the place.
[[nodiscard]] Result<rollout::State> parse_state(std::string_view text);
[[nodiscard]] Result<rollout::RunRecord> parse_run(std::string_view text);

}  // namespace tykup::wire
