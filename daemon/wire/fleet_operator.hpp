#pragma once

#include <string>
#include <vector>

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/rule.hpp"
#include "daemon/core/result.hpp"

/// What operators do to a fleet, as transactions: each compares what was seen, so that the loser of two reads anew. All may be
/// repeated; where one did not succeed, another overview tells whether an earlier try did it.
namespace tykup::wire {

/// Everything, as of one revision.
struct Overview {
  etcd::Revision revision = 0;
  fleet::Stored<fleet::Meta> meta = {};
  fleet::Stored<fleet::Policy> policy = {};
  fleet::Stored<fleet::Rollout> rollout = {};
  etcd::Revision roster = 0;  ///< its mod revision; 0: no host ever came
  std::vector<fleet::Stored<fleet::HostRecord>> hosts = {};
  std::vector<std::string> unreadable = {};  ///< hosts' records of another schema, with why; nothing is started over them
  std::vector<fleet::HeldSlot> slots = {};
  std::vector<std::string> live = {};
  std::vector<fleet::Blocker> pending = {};  ///< in the order of the going
  std::vector<std::string> queued = {};
  std::vector<std::string> unready = {};

  [[nodiscard]] std::vector<fleet::HostRecord> records() const;
  [[nodiscard]] fleet::Stored<fleet::HostRecord> const* host(std::string_view name) const;
};
[[nodiscard]] etcd::Txn overview_txn(fleet::Keys const& keys);
[[nodiscard]] Result<Overview> read_overview(fleet::Keys const& keys, etcd::TxnDone const& done);

/// `meta`, where there is none.
[[nodiscard]] etcd::Txn init_txn(fleet::Keys const& keys, fleet::Meta const& meta);
/// The policy and its place in the history.
[[nodiscard]] etcd::Txn policy_txn(fleet::Keys const& keys, Overview const& seen, fleet::Policy const& policy);

/// The rollout in Preparing, where none is open and no host has come, gone or changed since `seen`; what the one before left is
/// taken away, but for its slots.
[[nodiscard]] etcd::Txn prepare_txn(fleet::Keys const& keys, Overview const& seen, fleet::Rollout const& rollout);
/// What is left to do of a rollout in Preparing, in order: the pending keys in batches, then Running. Whoever finds it does
/// all of it; a host that changed meanwhile has seen to its own keys.
[[nodiscard]] std::vector<etcd::Txn> preparation(fleet::Keys const& keys, Overview const& seen);

/// The rollout as one of `steering.hpp` made it of the one that was seen.
[[nodiscard]] etcd::Txn change_txn(fleet::Keys const& keys, Overview const& seen, fleet::Rollout const& after);
/// Besides, the host has no part in it any more. `soak`: a lease for the canary's soak, where that may begin with it.
[[nodiscard]] etcd::Txn exclude_txn(fleet::Keys const& keys, Overview const& seen, fleet::Rollout const& after, std::string const& host,
                                    Instant at, etcd::LeaseId soak = 0);
/// Besides, the host's failed slots say that it may try again.
[[nodiscard]] etcd::Txn retry_txn(fleet::Keys const& keys, Overview const& seen, fleet::Rollout const& after, std::string const& host);
/// The host is no member any more; slots that it holds stay. It may come again.
[[nodiscard]] etcd::Txn forget_txn(fleet::Keys const& keys, Overview const& seen, std::string const& host, Instant at);
/// The freeze and its place in the history, where it is as it was: `before` is its mod revision.
[[nodiscard]] etcd::Txn freeze_txn(fleet::Keys const& keys, Overview const& seen, fleet::FleetFreeze const& freeze, etcd::Revision before);
[[nodiscard]] etcd::Txn release_slot_txn(fleet::Keys const& keys, fleet::HeldSlot const& held);
/// After a restore: what the backup holds is trusted from now on.
[[nodiscard]] etcd::Txn after_restore_txn(fleet::Keys const& keys, Overview const& seen);

}  // namespace tykup::wire
