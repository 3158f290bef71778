#pragma once

#include <string>

namespace tykup::os {

/// 128 random bits as 32 hex digits.
[[nodiscard]] std::string fresh_nonce();

}  // namespace tykup::os
