#pragma once

#include <filesystem>

namespace tykup::os {

/// The file that this process was started from is there no more, or another has taken its place: its package was upgraded.
[[nodiscard]] bool program_was_replaced(std::filesystem::path const& link = "/proc/self/exe");

}  // namespace tykup::os
