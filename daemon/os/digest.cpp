#include "daemon/os/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace tykup::os {

namespace {

using Sum = std::array<unsigned char, EVP_MAX_MD_SIZE>;

unsigned char const* bytes_of(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}

std::string hex(Sum const& sum, unsigned size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[sum[i] >> 4U];
    text += kDigits[sum[i] & 15U];
  }
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  Sum sum{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), sum.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  return hex(sum, size);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  Sum sum{};
  unsigned size = 0;
  auto const key_size = static_cast<int>(key.size());
  if (HMAC(EVP_sha256(), key.data(), key_size, bytes_of(text), text.size(), sum.data(), &size) == nullptr) {
    throw std::runtime_error("OpenSSL has no HMAC with SHA-256");
  }
  return hex(sum, size);
}

}  // namespace tykup::os
