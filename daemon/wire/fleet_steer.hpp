#pragma once

#include <vector>

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/steer.hpp"
#include "daemon/core/result.hpp"
#include "daemon/wire/fleet_board.hpp"

/// Operators' changes as transactions. One that does not succeed changed nothing: the board is read again and judged anew.
namespace tykup::wire {

/// One reading of everything under the cluster, and the board that it tells; `known` as for read_board.
[[nodiscard]] etcd::Txn board_txn(fleet::Keys const& keys);
[[nodiscard]] Result<fleet::Board> board_of(std::string cluster, etcd::TxnDone const& done, KnownHosts* known = nullptr);

/// What makes that change of that board. After `Begin` the board is read anew and `preparation_of` is done; for `Prepare` there is
/// none.
[[nodiscard]] std::optional<etcd::Txn> txn_of(fleet::Board const& board, fleet::Change const& change, Instant at);
/// What is left to do of a rollout that is Preparing, in order; each is done whether or not the one before succeeded.
[[nodiscard]] std::vector<etcd::Txn> preparation_of(fleet::Board const& board);

}  // namespace tykup::wire
