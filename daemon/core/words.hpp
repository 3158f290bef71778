#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tykup {

/// "a, b, c"; empty for an empty list.
[[nodiscard]] std::string join(std::vector<std::string> const& words, std::string_view separator = ", ");
/// The text between double quotes, control characters, quotes and bytes that are no UTF-8 escaped, cut at `limit` bytes
/// with "…": whatever a stranger sent, the result may stand in JSON, on the bus and in the journal.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t limit = 120);
/// ASCII letters in lower and upper case; other bytes are left alone, whatever the locale.
[[nodiscard]] std::string lowered(std::string_view text);
[[nodiscard]] std::string uppered(std::string_view text);
/// Text that others wrote, as one line for people: each run of control characters is a space, at most `limit` bytes and "…".
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit = 400);
/// Without white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace tykup
