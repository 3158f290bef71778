#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup::executor {

/// A Go plugin as a definition names it: the path as written, and the function in it.
struct NamedPlugin {
  std::string path;
  std::string symbol;
  friend bool operator==(NamedPlugin const&, NamedPlugin const&) = default;
};

struct ApiPlugins {
  std::vector<NamedPlugin> plugins = {};
  std::vector<std::string> bundles = {};  ///< names of bundles that it wants unpacked
};

/// What an API definition, classic or OAS, names anywhere. What is switched off in it does not count. BadRequest where
/// it is no JSON object.
Result<ApiPlugins> plugins_of_definition(std::string_view json);

/// What a bundle's manifest.json names: nothing where its driver is another than Go.
Result<std::vector<NamedPlugin>> plugins_of_manifest(std::string_view json);

}  // namespace tykup::executor
