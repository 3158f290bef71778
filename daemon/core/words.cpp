#include "daemon/core/words.hpp"

#include <algorithm>
#include <array>

namespace tykup {
namespace {

std::string as_hex(unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]};
}

std::string escaped(char c) {
  if (c == '"' || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  auto const byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return {c};
  return as_hex(byte);
}

/// The first and last value of the second byte behind that head, and the length: no overlong forms, no surrogates,
/// nothing above U+10FFFF. Length 0: no head.
struct Utf8Head {
  std::size_t length = 0;
  unsigned char first = 0x80;
  unsigned char last = 0xbf;
};

Utf8Head utf8_head(unsigned char byte) {
  if (byte == 0xc2) return {2, 0xa0, 0xbf};  // what is below are control characters
  if (byte >= 0xc3 && byte <= 0xdf) return {2};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (byte >= 0xe1 && byte <= 0xef) return {3};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  if (byte >= 0xf1 && byte <= 0xf3) return {4};
  return {};
}

/// The length of the UTF-8 sequence of several bytes that the text begins with; 0 where it begins with none.
std::size_t utf8_sequence(std::string_view text) {
  auto const head = utf8_head(static_cast<unsigned char>(text.front()));
  if (head.length == 0 || text.size() < head.length) return 0;
  for (std::size_t i = 1; i < head.length; ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    if (byte < (i == 1 ? head.first : 0x80) || byte > (i == 1 ? head.last : 0xbf)) return 0;
  }
  return head.length;
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
  for (std::size_t i = 0; i < head.size();) {
    auto const length = utf8_sequence(head.substr(i));
    out += length == 0 ? escaped(head[i]) : std::string(head.substr(i, length));
    i += std::max<std::size_t>(length, 1);
  }
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

std::string one_line(std::string_view text, std::size_t limit) {
  std::string out;
  for (char const c : text) {
    bool const control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (out.size() >= limit) break;
    if (!control || (!out.empty() && out.back() != ' ')) out += control ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  // No character of more than one byte is cut in two.
  while (text.size() > limit && !out.empty() && (static_cast<unsigned char>(out.back()) & 0x80U) != 0) out.pop_back();
  return text.size() > limit ? out + "…" : out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  auto const first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace tykup
