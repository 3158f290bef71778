#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/cli/text.hpp"

/// Pieces that several screens share. Internal to this folder.
namespace tykup::cli {

/// The tone of a step's or run's result.
[[nodiscard]] Tone tone_of_result(std::string const& result);

/// "5.8.14 → 5.8.15", the other way round where the run takes it back.
[[nodiscard]] std::string movement(nlohmann::json const& run, nlohmann::json const& step);

/// Elapsed time between two members, empty where one is missing.
[[nodiscard]] std::string elapsed_between(nlohmann::json const& object, char const* from, char const* until);

/// The rows of a run's steps, notes and failures below them.
[[nodiscard]] std::string render_steps(View const& view, nlohmann::json const& run);

/// "by the window", "by alice".
[[nodiscard]] std::string started_by(nlohmann::json const& run);

/// The number of the step at work from 0, or the number of steps where none is.
[[nodiscard]] std::size_t step_at_work(nlohmann::json const& run);

/// What is being done to the step at work: "backing up", "applying, unpack 40 %: tyk-gateway"; empty where nothing is
/// known.
[[nodiscard]] std::string progress_text(nlohmann::json const& run);

/// The first 12 characters of a hash.
[[nodiscard]] std::string short_hash(std::string const& hash);

}  // namespace tykup::cli
