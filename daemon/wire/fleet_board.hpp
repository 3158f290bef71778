#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/board.hpp"
#include "daemon/core/result.hpp"

namespace tykup::wire {

/// Hosts' records by their keys, with the texts that they were read from: most are the same when everything is read again.
struct KnownHost {
  std::string text = {};
  fleet::HostRecord record = {};
};
using KnownHosts = std::unordered_map<std::string, KnownHost>;

/// What `keys.everything()` holds, in any order. BadRequest or OtherVersion where meta, policy or rollout cannot be read:
/// nobody may judge without them. Other records that cannot be read are in the board's own list, and keys that this tykup
/// does not know as well. `known`: what was read before, by somebody who reads often; null: nothing.
[[nodiscard]] Result<fleet::Board> read_board(std::string cluster, std::vector<etcd::KeyValue> const& values, etcd::Revision revision,
                                              KnownHosts* known = nullptr);

}  // namespace tykup::wire
