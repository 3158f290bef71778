#include "daemon/os/nonce.hpp"

#include <fmt/format.h>

#include <random>

namespace tykup::os {

std::string fresh_nonce() {
  std::random_device device;  // the kernel's
  std::string text;
  for (int i = 0; i < 4; ++i) text += fmt::format("{:08x}", device());
  return text;
}

}  // namespace tykup::os
