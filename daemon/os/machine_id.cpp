#include "daemon/os/machine_id.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "daemon/os/digest.hpp"

namespace tykup::os {

namespace {

bool is_id(std::string const& text) {
  return text.size() == 32 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; }) &&
         text.find_first_not_of('0') != std::string::npos;
}

}  // namespace

Result<std::string> machine_id(std::filesystem::path const& file) {
  std::string id;
  std::getline(std::ifstream(file), id);
  if (!is_id(id)) {
    return fail(ErrorKind::NotFound,
                file.string() + " holds no machine id, which tells hosts apart: run systemd-machine-id-setup");
  }
  return hmac_sha256_hex(id, "tykup");
}

std::string boot_id(std::filesystem::path const& file, std::filesystem::path const& made_at_boot) {
  std::string id;
  std::getline(std::ifstream(file), id);
  std::error_code absent;
  auto const written = std::filesystem::last_write_time(made_at_boot, absent);
  return absent ? id : id + "." + std::to_string(written.time_since_epoch().count());
}

}  // namespace tykup::os
