#include "pkg/executor/api_definitions.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace tykup::executor {
namespace {

using Json = nlohmann::json;

constexpr unsigned kDeepest = 64;
constexpr std::string_view kGo = "goplugin";

Json const& at(Json const& object, char const* key) {
  static Json const none;
  auto const found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? none : *found;
}

std::string text(Json const& object, char const* key) {
  auto const& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

bool is_true(Json const& object, char const* key) {
  auto const& value = at(object, key);
  return value.is_boolean() && value.get<bool>();
}

bool is_false(Json const& object, char const* key) {
  auto const& value = at(object, key);
  return value.is_boolean() && !value.get<bool>();
}

void add(std::vector<NamedPlugin>& found, NamedPlugin plugin) {
  if (!plugin.path.empty() && std::ranges::find(found, plugin) == found.end()) found.push_back(std::move(plugin));
}

void add_bundles(ApiPlugins& found, std::string const& names) {
  for (std::size_t begin = 0; begin < names.size();) {
    auto const comma = std::min(names.find(',', begin), names.size());
    auto name = names.substr(begin, comma - begin);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (!name.empty()) found.bundles.push_back(std::move(name));
    begin = comma + 1;
  }
}

void add_middleware(std::vector<NamedPlugin>& found, Json const& middleware) {
  if (text(middleware, "driver") != kGo) return;
  auto const take = [&](Json const& one) {
    if (!is_true(one, "disabled")) add(found, {text(one, "path"), text(one, "name")});
  };
  for (auto const* hook : {"pre", "post_key_auth", "post", "response"}) {
    for (auto const& one : at(middleware, hook)) take(one);
  }
  take(at(middleware, "auth_check"));
}

void add_classic(ApiPlugins& found, Json const& definition) {
  add_middleware(found.plugins, at(definition, "custom_middleware"));
  for (auto const& version : at(at(definition, "version_data"), "versions")) {
    for (auto const& one : at(at(version, "extended_paths"), "go_plugin")) {
      if (!is_true(one, "disabled")) add(found.plugins, {text(one, "plugin_path"), text(one, "func_name")});
    }
  }
  auto const& analytics = at(definition, "analytics_plugin");
  if (is_true(analytics, "enable")) add(found.plugins, {text(analytics, "plugin_path"), text(analytics, "func_name")});
  if (!is_true(definition, "custom_middleware_bundle_disabled")) add_bundles(found, text(definition, "custom_middleware_bundle"));
}

/// An OAS extension names a plugin by a function and a path, in whatever part of it: those of the driver Go, those that
/// are shared objects whatever the driver says, and never a virtual endpoint's script.
void add_named(std::vector<NamedPlugin>& found, Json const& part, bool is_go, unsigned depth) {
  if (depth > kDeepest || !part.is_structured() || is_false(part, "enabled")) return;
  auto path = text(part, "path").empty() ? text(part, "pluginPath") : text(part, "path");
  auto const symbol = text(part, "functionName");
  if (!symbol.empty() && (is_go || path.ends_with(".so"))) add(found, {std::move(path), symbol});
  for (auto const& [key, child] : part.items()) {
    if (key != "virtualEndpoint") add_named(found, child, is_go, depth + 1);
  }
}

void add_oas(ApiPlugins& found, Json const& extension) {
  auto const& plugin_config = at(at(at(extension, "middleware"), "global"), "pluginConfig");
  add_named(found.plugins, extension, text(plugin_config, "driver") == kGo, 0);
  auto const& bundle = at(plugin_config, "bundle");
  if (!is_false(bundle, "enabled")) add_bundles(found, text(bundle, "path"));
}

Result<Json> object_of(std::string_view json) {
  auto document = Json::parse(json, nullptr, false, true);
  if (!document.is_object()) return fail(ErrorKind::BadRequest, "it is no JSON object");
  return document;
}

}  // namespace

Result<ApiPlugins> plugins_of_definition(std::string_view json) {
  auto const document = object_of(json);
  if (!document) return fail(document.error());
  ApiPlugins found;
  auto const& wrapped = at(*document, "api_definition");
  add_classic(found, wrapped.is_object() ? wrapped : *document);
  for (Json const* holder : std::array{&*document, &wrapped, &at(*document, "oas")}) {
    add_oas(found, at(*holder, "x-tyk-api-gateway"));
  }
  return found;
}

Result<std::vector<NamedPlugin>> plugins_of_manifest(std::string_view json) {
  auto const document = object_of(json);
  if (!document) return fail(document.error());
  std::vector<NamedPlugin> found;
  add_middleware(found, at(*document, "custom_middleware"));
  return found;
}

}  // namespace tykup::executor
