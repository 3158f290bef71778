#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/core/fleet/steer.hpp"

namespace tykup::wire {

/// docs/json-schema/fleet.json: what `tykup fleet status` and `history` show.
nlohmann::json fleet_json(fleet::Board const& board, Instant now);

/// docs/json-schema/fleet-change.json: what a word did, or would do. `schedule` is null but for start and rollback.
nlohmann::json fleet_change_json(std::string_view verb, fleet::Steered const& steered);
/// What it would not: `possible` is false.
nlohmann::json fleet_refusal_json(std::string_view verb, Error const& error, std::optional<fleet::Schedule> const& schedule);

}  // namespace tykup::wire
