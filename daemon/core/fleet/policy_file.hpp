#pragma once

#include "daemon/core/config.hpp"
#include "daemon/core/fleet/records.hpp"

namespace tykup::fleet {

/// The fleet's settings as a file says them (`tykup fleet init`, `tykup fleet policy FILE`); who said so is left empty:
///
///   strategy = "rolling"          # "canary", "blue-green"
///   groups   = ["canary"]
///   max_unavailable = 1           # or "25%", of a component's members in a data centre
///   max_failed  = 1
///   canary_soak = "1h"
///   control_plane = "here"        # "elsewhere"
///   [hooks]
///   promote = "5m"
///   gate    = "5m"
///   [[gate]]                      # of the operator's own, asked on one host
///   name    = "errors"
///   after   = "stage"             # "first", "datacenter"
///   command = "error-rate"        # or prometheus = "https://…" and query = "…"
///   [[datacenter]]
///   name = "eu-1"
///   rank = 1
///   topology = "mdcb-data-plane"
///   order = []                    # topology = "custom" only
///
/// BadConfig: one line for each defect "file:line:column: what, nearest name", the first in `message`, all in `detail`.
[[nodiscard]] Result<Policy> read_policy(ConfigValue const& file);

}  // namespace tykup::fleet
