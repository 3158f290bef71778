#pragma once

#include "daemon/core/job.hpp"
#include "pkg/executor/context.hpp"

namespace tykup::executor {

/// `restart`: the unit as the backup knew it, enabled and masked state too, on the new binary and proven; nothing else
/// on the host went down. One that was not running stays so. One that the boot itself started, on all that the step had
/// left by then, is proven and not restarted again.
Result<job::Restarted> restart(Context const& context, job::StepId const& step);

}  // namespace tykup::executor
