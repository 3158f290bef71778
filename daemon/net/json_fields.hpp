#pragma once

#include <string_view>

#include "daemon/core/health.hpp"

namespace tykup::net {

/// The scalars of a JSON object by their path: {"details":{"redis":{"status":"pass"}}} → "details.redis.status" =
/// "pass", {"components":[{"name":"rpc"}]} → "components.0.name" = "rpc"; null is "null". Anything that is no JSON
/// object has no fields; what lies deeper than 16 levels is left out.
[[nodiscard]] Fields json_fields(std::string_view body);

}  // namespace tykup::net
