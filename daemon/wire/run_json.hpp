#pragma once

#include "daemon/wire/status_json.hpp"

/// Runs within the documents. Internal to wire/.
namespace tykup::wire {

/// As history has it.
nlohmann::json run_json(rollout::RunRecord const& run);
/// The same with where it stands; null where none is at work.
nlohmann::json run_at_work_json(StatusInputs const& inputs);

}  // namespace tykup::wire
