#include "systemd/bus/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tykup::bus {
namespace {

bool is_plain(char c) { return c != '\0' && static_cast<unsigned char>(c) < 0x80; }

std::size_t length_from_lead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool is_character(std::uint32_t code, std::size_t length) {
  constexpr std::uint32_t kSmallest[] = {0, 1, 0x80, 0x800, 0x10000};
  bool const overlong = code < kSmallest[length];
  bool const surrogate = code >= 0xD800 && code <= 0xDFFF;
  bool const noncharacter = (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
  return !overlong && !surrogate && !noncharacter && code <= 0x10FFFF;
}

/// Bytes of the character at the head of `text`, 0 if there is none.
std::size_t character_length(std::string_view text) {
  std::size_t const length = length_from_lead(static_cast<unsigned char>(text.front()));
  if (length == 0 || length > text.size()) return 0;
  auto code = static_cast<std::uint32_t>(static_cast<unsigned char>(text.front()));
  if (length > 1) code &= 0xFFU >> (length + 1);
  for (std::size_t i = 1; i < length; ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (byte & 0x3FU);
  }
  return is_character(code, length) ? length : 0;
}

}  // namespace

std::string to_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    // Long plain stretches in one go: history can be megabytes.
    auto const plain = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
    valid += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    std::size_t const length = character_length(text);
    valid += length > 0 ? text.substr(0, length) : std::string_view{"\xEF\xBF\xBD"};
    text.remove_prefix(length > 0 ? length : 1);
  }
  return valid;
}

}  // namespace tykup::bus
