#pragma once

#include <string>
#include <string_view>

namespace tykup::os {

/// SHA-256 in lower-case hex.
[[nodiscard]] std::string sha256_hex(std::string_view text);

/// HMAC with SHA-256 in lower-case hex.
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view text);

}  // namespace tykup::os
