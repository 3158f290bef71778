#pragma once

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/ask.hpp"
#include "daemon/core/result.hpp"

/// What a host asks, as transactions of etcd, and what their answers mean.
namespace tykup::wire {

[[nodiscard]] etcd::Txn txn_of(fleet::Keys const& keys, fleet::Ask const& ask);

/// `done` answers exactly that transaction. BadRequest or OtherVersion where a record in it cannot be read, with its key.
[[nodiscard]] Result<fleet::Told> judge(fleet::Keys const& keys, fleet::Ask const& ask, etcd::TxnDone const& done);

}  // namespace tykup::wire
