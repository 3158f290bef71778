#include "daemon/os/own_program.hpp"

namespace tykup::os {

bool program_was_replaced(std::filesystem::path const& link) {
  std::error_code error;
  // The kernel's own words for a file without a name.
  return std::filesystem::read_symlink(link, error).string().ends_with(" (deleted)");
}

}  // namespace tykup::os
