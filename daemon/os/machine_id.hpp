#pragma once

#include <filesystem>
#include <string>

#include "daemon/core/result.hpp"

namespace tykup::os {

/// A stable identity of this host that is ours alone: the machine's id (machine-id(5), not to be shown to others) and
/// our name, hashed; 64 hex digits. NotFound where the host has no id yet, with the command that makes one.
[[nodiscard]] Result<std::string> machine_id(std::filesystem::path const& file = "/etc/machine-id");

/// The id of this boot of the host; empty where the kernel does not tell.
[[nodiscard]] std::string boot_id(std::filesystem::path const& file = "/proc/sys/kernel/random/boot_id");

}  // namespace tykup::os
