#pragma once

#include <string>

#include "daemon/core/config.hpp"
#include "daemon/core/result.hpp"

namespace tykup {

/// Where the configuration lies.
struct ConfigPaths {
  std::string main = "/etc/tykup/tykup.toml";
  std::string drop_ins =
      "/etc/tykup/tykup.toml.d";  ///< every "*.toml" in it, in the order of their names; it may be absent
};

/// Reads the main file and the drop-ins over it, with the system's time zones. Nothing is taken from a configuration
/// with a defect: BadConfig names the first in `message` and all of them, in every file, in `detail`. A file that
/// cannot be read is one of them.
[[nodiscard]] Result<Config> load_config(ConfigPaths const& paths);

}  // namespace tykup
