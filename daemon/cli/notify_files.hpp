#pragma once

#include <filesystem>
#include <vector>

#include "daemon/core/concerns.hpp"

namespace tykup::cli {

/// What [notify] names and this host does not have (yet): a mail system, the file with a webhook's URL, certificates. Warnings
/// only: it may come before the first notification does.
[[nodiscard]] std::vector<Concern> missing_for_notify(notify::NotifyConfig const& config,
                                                      std::filesystem::path const& sendmail = "/usr/sbin/sendmail");

}  // namespace tykup::cli
