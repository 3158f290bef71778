#pragma once

#include <vector>

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/board.hpp"
#include "daemon/core/result.hpp"

namespace tykup::wire {

/// What `keys.everything()` holds, in any order. BadRequest or OtherVersion where meta, policy or rollout cannot be read:
/// nobody may judge without them. Other records that cannot be read are in the board's own list, and keys that this tykup
/// does not know as well.
[[nodiscard]] Result<fleet::Board> read_board(std::string cluster, std::vector<etcd::KeyValue> const& values, etcd::Revision revision);

}  // namespace tykup::wire
