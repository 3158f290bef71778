#pragma once

#include "pkg/executor/context.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// Looks at what a package change left, and mends it: versions as pinned, files complete (else one reinstall), the unit
/// file there (else from the package's own copy), the operator's changed files back in their place. Can be repeated; the
/// record is saved as landed at the end. The notes say what was done. An error means that the old package has to go back.
Result<std::vector<std::string>> land(Context const& context, Component const& component, StepRecord& record,
                                      Duration lock_wait);

/// `apply`: change the package, touch no service, see what landed.
Result<job::Applied> apply(Context const& context, job::Apply const& request);

}  // namespace tykup::executor
