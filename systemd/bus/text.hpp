#pragma once

#include <string>
#include <string_view>

namespace tykup::bus {

/// Text as D-Bus takes it: every byte that is not part of a valid UTF-8 character (NUL, surrogates and noncharacters
/// are not) becomes U+FFFD. A peer that waits for an answer must get one, whatever a package script printed.
std::string to_utf8(std::string_view text);

}  // namespace tykup::bus
