#pragma once

#include <optional>
#include <string_view>

#include "daemon/core/time.hpp"

namespace tykup::net {

/// "Thu, 26 Nov 2026 10:19:32 GMT", the one form that is written today. Nothing for any other text.
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

}  // namespace tykup::net
