#pragma once

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/keys.hpp"
#include "daemon/core/fleet/records.hpp"

/// Who tells people of the fleet, and what they know, as transactions.
namespace tykup::wire {

/// Who it is.
[[nodiscard]] etcd::Txn teller_txn(fleet::Keys const& keys);
/// Nothing where nobody is, or in a record that cannot be read: then `modified` alone is filled.
[[nodiscard]] fleet::Stored<fleet::Teller> read_teller(etcd::TxnDone const& done);

/// To be it, in a cluster that somebody made, where nobody is, or where `before` is the revision of what this host wrote in an earlier life.
[[nodiscard]] etcd::Txn claim_txn(fleet::Keys const& keys, fleet::Teller const& teller, etcd::LeaseId lease, etcd::Revision before);
/// What people know already, of the answer to a claim that succeeded.
[[nodiscard]] fleet::Stored<fleet::KnownNews> read_told(etcd::TxnDone const& done);

/// What people know now, where this host is still the teller (`mine`: the revision of its claim) and nobody wrote meanwhile.
[[nodiscard]] etcd::Txn note_txn(fleet::Keys const& keys, etcd::Revision mine, etcd::Revision noted, fleet::KnownNews const& known);

}  // namespace tykup::wire
