#pragma once

#include "daemon/core/etcd.hpp"

namespace tykup::fakes {

/// What etcd refuses before it looks at a key: too many operations, a key that is missing or put twice. BadRequest in its words.
Result<void> check_request(etcd::Txn const& txn);

}  // namespace tykup::fakes
