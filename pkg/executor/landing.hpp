#pragma once

#include "pkg/executor/context.hpp"
#include "pkg/executor/findings.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// Looks at what a package change left, and mends it: versions as pinned; one reinstall where files are missing or the
/// replaced package is known to take the unit along; unit file and init script there, else put back from the package's own
/// copy; the new program asked for its version where that can be done; the operator's files in their place. Can be repeated; the record is saved as landed at the end. An error means
/// that the old package has to go back.
Result<Findings> land(Context const& context, Component const& component, StepRecord& record, Duration lock_wait);

/// `apply`: change the package, touch no service, see what landed.
Result<job::Applied> apply(Context const& context, job::Apply const& request);

}  // namespace tykup::executor
