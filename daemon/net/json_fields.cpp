#include "daemon/net/json_fields.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace tykup::net {

namespace {

constexpr int kDeepest = 16;

void flatten(nlohmann::json const& value, std::string const& path, int depth, Fields& fields) {
  if (!value.is_structured()) {
    fields[path] = value.is_string() ? value.get<std::string>() : value.dump();
    return;
  }
  if (depth == kDeepest) return;
  for (auto const& [key, member] : value.items()) {
    flatten(member, path.empty() ? key : path + "." + key, depth + 1, fields);
  }
}

}  // namespace

Fields json_fields(std::string_view body) {
  auto const document = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  Fields fields;
  if (document.is_object()) flatten(document, {}, 0, fields);
  return fields;
}

}  // namespace tykup::net
