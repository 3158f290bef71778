#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tykup::net {

/// The alphabet of RFC 4648, 4, with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Nothing for what is not exactly that.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace tykup::net
