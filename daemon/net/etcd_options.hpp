#pragma once

#include "daemon/core/fleet/settings.hpp"
#include "daemon/net/etcd_client.hpp"

namespace tykup::net {

/// How the etcd of that fleet is asked. BadConfig: an endpoint is no URL of one.
[[nodiscard]] Result<EtcdOptions> etcd_options(fleet::Settings const& settings);

}  // namespace tykup::net
