#include "daemon/core/words.hpp"

#include <algorithm>
#include <array>

namespace tykup {
namespace {

std::string escaped(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (c == '"' || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  auto const byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) return {c};
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]};
}

/// The longest head of at most `limit` bytes that does not end inside a UTF-8 sequence.
std::string_view head_of(std::string_view text, std::size_t limit) {
  std::size_t end = std::min(text.size(), limit);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string join(std::vector<std::string> const& words, std::string_view separator) {
  std::string out;
  for (std::string const& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

std::string quoted(std::string_view text, std::size_t limit) {
  std::string_view const head = head_of(text, limit);
  std::string out = "\"";
  for (char const c : head) out += escaped(c);
  if (head.size() < text.size()) out += "…";
  return out += '"';
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string uppered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  auto const first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace tykup
