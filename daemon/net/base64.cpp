#include "daemon/net/base64.hpp"

#include <cstdint>

namespace tykup::net {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

/// 24 bits of four letters.
std::optional<std::uint32_t> quantum(std::string_view letters) {
  std::uint32_t bits = 0;
  for (char const letter : letters) {
    auto const value = kAlphabet.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
  }
  return bits << 6U * (4 - letters.size());
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto const bits = byte_at(bytes, at) << 16U | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2);
    for (unsigned i = 0; i < 4; ++i) text += at + i > bytes.size() ? '=' : kAlphabet[bits >> (18U - 6U * i) & 63U];
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    auto const bits = quantum(text.substr(at, 4));
    if (!bits) return std::nullopt;
    for (unsigned shift = 16;; shift -= 8) {
      bytes += static_cast<char>(*bits >> shift & 0xffU);
      if (shift == 0) break;
    }
  }
  for (; padding > 0; --padding) {
    // What the padding stands for is nothing.
    if (bytes.empty() || bytes.back() != '\0') return std::nullopt;
    bytes.pop_back();
  }
  return bytes;
}

}  // namespace tykup::net
