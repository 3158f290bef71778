#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/cli/text.hpp"

/// What the fleet's documents look like on a screen: JSON in, text out.
namespace tykup::cli {

/// `tykup fleet status`: by data centre and stage.
[[nodiscard]] std::string render_fleet(View const& view, nlohmann::json const& fleet);
/// Whether somebody has to do something.
[[nodiscard]] bool fleet_needs_attention(nlohmann::json const& fleet);
/// What happened between two sightings, a line each; `before` may be empty.
[[nodiscard]] std::vector<std::string> fleet_lines(View const& view, nlohmann::json const& before, nlohmann::json const& after);
/// Without what changes with the time alone.
[[nodiscard]] nlohmann::json fleet_that_counts(nlohmann::json fleet);

/// What start or rollback would begin, and what speaks against it.
[[nodiscard]] std::string render_fleet_schedule(View const& view, nlohmann::json const& change);
/// What a word did, or would do.
[[nodiscard]] std::string render_fleet_change(View const& view, nlohmann::json const& change);

/// Rollouts and policies that were.
[[nodiscard]] std::string render_fleet_history(View const& view, nlohmann::json const& fleet);
/// The policy as its file.
[[nodiscard]] std::string render_fleet_policy(nlohmann::json const& policy);

}  // namespace tykup::cli
