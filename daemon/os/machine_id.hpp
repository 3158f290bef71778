#pragma once

#include <filesystem>
#include <string>

#include "daemon/core/result.hpp"

namespace tykup::os {

/// A stable identity of this host that is ours alone: the machine's id (machine-id(5), not to be shown to others) and
/// our name, hashed; 64 hex digits. NotFound where the host has no id yet, with the command that makes one.
[[nodiscard]] Result<std::string> machine_id(std::filesystem::path const& file = "/etc/machine-id");

/// What tells this boot of the host from others: the kernel's id, and when `made_at_boot` was last written to. In a container the
/// daemon, whose /proc is its own, sees the id of the machine below. Another value does not prove another boot; the same one is of
/// the same boot. Empty where nothing tells.
[[nodiscard]] std::string boot_id(std::filesystem::path const& file = "/proc/sys/kernel/random/boot_id",
                                  std::filesystem::path const& made_at_boot = "/run/systemd/system");

}  // namespace tykup::os
