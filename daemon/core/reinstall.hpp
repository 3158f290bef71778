#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/topology.hpp"
#include "daemon/core/version.hpp"

namespace tykup {

/// Why the package that took the place of `from` is installed once more, whatever the files look like; nothing: no
/// reason. On rpm hosts the script of the replaced package runs last, and some of Tyk's remove what the new one brought:
///
/// * Gateway < 2.5: its %postun removes unit file, init script and /etc/default file. Reported as tyk issue 1319, fixed by
///   TykTechnologies/tyk@f29fe142bc, first in v2.5.0.
/// * Dashboard < 1.5: the same scripts under its names; the same report (1.3.9 → 1.4.0).
/// * Gateway and Dashboard 3.0.6, 3.2.0, 3.2.1: stops the service and removes the unit file, because nfpm guards no script.
///   Worked around from 3.0.7 and 3.2.2 on, tyk pull requests 3653, 3660, 3671.
/// * Identity Broker 1.2.0 and 1.2.1: the same, tyk-identity-broker pull request 178, from 1.2.2 on.
/// * Pump 1.4 and 1.5: the same where nfpm built it, which no version tells; tyk-pump pull request 384, from 1.6.0 on.
///
/// `from` is a full version ("0:2.4.2-1"); epoch and release do not count, a pre-release counts with the version it
/// precedes and by its own order. deb hosts run the old package's script first: nothing there.
std::optional<std::string> reinstall_after(ServiceKind kind, PackageFormat format, std::string_view from);

}  // namespace tykup
