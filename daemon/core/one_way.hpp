#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/topology.hpp"
#include "daemon/core/version.hpp"

namespace tykup {

/// What a change of version does to data outside the package, so that the old version cannot simply go back.
struct Migration {
  std::string text;             ///< which version migrates what, and what that means for the one before it
  bool shared_database = false;  ///< other hosts work on the same database: a backup of this host does not hold it
  friend bool operator==(Migration const&, Migration const&) = default;
};

/// What lies between two full versions of a component; nothing: no migration is known. A downgrade over one is as
/// one-way as the upgrade. A pre-release counts as the version it precedes where it is the newer one. Where several lie
/// between, the newest is told.
///
/// * Dashboard 5.3.0 migrates Tyk OAS API definitions when it starts; that is irreversible, older Dashboards and Gateways
///   cannot read them. Release notes of 5.3.0.
/// * Dashboard 5.1.0 after 4.x: "may be irreversible, rollback to v4.x.x could break your OAS API definitions", and a
///   database backup is recommended. Release notes of the Dashboard 5.1.
/// * Portal, every version: the new one migrates its database when it starts; the way back begins with restoring the
///   database, then the package. Upgrade guide of the Developer Portal, and its page on failed upgrades.
///
/// No row: Gateway, Pump, MDCB and Identity Broker keep no schema of their own; a Gateway that goes back meets what it
/// ran with before its step, for the Dashboard moves first. From 5.3.8 and 5.7.0 on definitions of newer versions still
/// load after a downgrade, so nothing after 5.3.0 is known for the Dashboard.
[[nodiscard]] std::optional<Migration> migration_between(ServiceKind kind, PackageFormat format, std::string_view from,
                                                         std::string_view to);

}  // namespace tykup
