#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::cli {

/// The schema number that this command reads.
inline constexpr int kKnownSchema = 1;

/// The daemon's JSON text as an object. BadRequest if it is none, or of a schema that this command does not know.
[[nodiscard]] Result<nlohmann::json> parse_document(std::string const& text);

/// Members as the screen needs them: what is missing, null or of another type reads as empty. Text is printable.
[[nodiscard]] std::string text_at(nlohmann::json const& object, std::string_view key);
[[nodiscard]] std::optional<Instant> instant_at(nlohmann::json const& object, std::string_view key);
[[nodiscard]] std::optional<double> number_at(nlohmann::json const& object, std::string_view key);
[[nodiscard]] bool true_at(nlohmann::json const& object, std::string_view key);
/// An object, or an empty one.
[[nodiscard]] nlohmann::json const& object_at(nlohmann::json const& object, std::string_view key);
/// An array, or an empty one.
[[nodiscard]] nlohmann::json const& array_at(nlohmann::json const& object, std::string_view key);

/// What the subscriptions suffer from, "gateway: …" or "https://… bookworm: …" each.
[[nodiscard]] std::vector<std::string> subscription_problems(nlohmann::json const& status);
/// "NAME: TEXT" for every check that the operator waived: no trouble, and always said.
[[nodiscard]] std::vector<std::string> subscription_weaknesses(nlohmann::json const& status);

/// A wire name as a person reads it: "rolled_back" and "rolled-back" → "rolled back".
[[nodiscard]] std::string spoken(std::string name);

}  // namespace tykup::cli
