#pragma once

#include <string>

#include "pkg/executor/files.hpp"

namespace tykup::executor {

/// Asks logind to keep the host from shutting down, sleeping and idling as long as the descriptor is open; `why` is what
/// `systemd-inhibit --list` shows. A courtesy, for people: root's `poweroff` does not ask, and a host without logind, or one
/// that does not answer within two seconds, gives an empty descriptor.
Fd inhibit_shutdown(std::string const& why);

}  // namespace tykup::executor
