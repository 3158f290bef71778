#include "daemon/cli/document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/cli/text.hpp"
#include "daemon/core/timestamp.hpp"

namespace tykup::cli {
namespace {

nlohmann::json const* member(nlohmann::json const& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  auto const found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

Result<nlohmann::json> parse_document(std::string const& text) {
  auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) {
    return fail(ErrorKind::BadRequest,
                "tykupd answered with something that is not a JSON object: see journalctl -u tykupd");
  }
  auto const schema = number_at(document, "schema");
  if (schema == kKnownSchema) return document;
  return fail(
      ErrorKind::BadRequest,
      fmt::format("tykupd answers in schema {}, this command ({}) reads schema {}: restart tykupd after an upgrade "
                  "of the package (systemctl restart tykupd)",
                  schema ? fmt::format("{}", *schema) : "(none)", TYKUP_VERSION, kKnownSchema));
}

std::string text_at(nlohmann::json const& object, std::string_view key) {
  auto const* const found = member(object, key);
  return found != nullptr && found->is_string() ? printable(found->get_ref<std::string const&>()) : std::string{};
}

std::optional<Instant> instant_at(nlohmann::json const& object, std::string_view key) {
  return parse_instant(text_at(object, key));
}

std::optional<double> number_at(nlohmann::json const& object, std::string_view key) {
  auto const* const found = member(object, key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

bool true_at(nlohmann::json const& object, std::string_view key) {
  auto const* const found = member(object, key);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

nlohmann::json const& object_at(nlohmann::json const& object, std::string_view key) {
  static nlohmann::json const kNone = nlohmann::json::object();
  auto const* const found = member(object, key);
  return found != nullptr && found->is_object() ? *found : kNone;
}

nlohmann::json const& array_at(nlohmann::json const& object, std::string_view key) {
  static nlohmann::json const kNone = nlohmann::json::array();
  auto const* const found = member(object, key);
  return found != nullptr && found->is_array() ? *found : kNone;
}

std::vector<std::string> subscription_problems(nlohmann::json const& status) {
  std::vector<std::string> problems;
  for (auto const& component : array_at(status, "components")) {
    auto const problem = text_at(object_at(component, "subscription"), "problem");
    if (!problem.empty()) problems.push_back(text_at(component, "name") + ": " + problem);
  }
  auto const& sources = object_at(status, "source_problems");
  for (auto const& [source, unused] : sources.items()) {
    problems.push_back(printable(source) + ": " + text_at(sources, source));
  }
  return problems;
}

std::vector<std::string> subscription_weaknesses(nlohmann::json const& status) {
  std::vector<std::string> weaknesses;
  for (auto const& component : array_at(status, "components")) {
    auto const weakness = text_at(object_at(component, "subscription"), "weakness");
    if (!weakness.empty()) weaknesses.push_back(text_at(component, "name") + ": " + weakness);
  }
  return weaknesses;
}

std::string spoken(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == '_' || c == '-'; }, ' ');
  return name;
}

}  // namespace tykup::cli
