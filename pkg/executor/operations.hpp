#pragma once

#include "daemon/core/job.hpp"
#include "pkg/executor/context.hpp"

namespace tykup::executor {

/// Does one operation. Every package and component is held against the configuration first. `result` is the ledger's.
Result<job::Outcome> perform(Context const& context, job::Operation const& operation);

/// The host as it is; a component that cannot be read completely says so in its `problem`.
Result<job::Inspected> inspect(Context const& context, job::Inspect const& request);

}  // namespace tykup::executor
