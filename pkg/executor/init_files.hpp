#pragma once

#include "pkg/executor/context.hpp"
#include "pkg/executor/findings.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// "/etc/init.d/NAME" and where EL keeps it, one of them where they are the same file.
std::vector<std::string> init_scripts(Paths const& paths, Component const& component);

/// Fills the record with what the service is started by.
void look_at_init_files(Paths const& paths, Component const& component, Unit const& unit, StepRecord& record);

/// The files that the service was started by and that are gone. One that the present package means to be gone is none:
/// an init script of which it has no copy, beside a unit file.
std::vector<std::string> lost_init_files(Paths const& paths, Component const& component, StepRecord const& record);

/// Puts the lost files back, from the package's own copies under install/inits or else from the backup, and the links of
/// the init script in /etc/rc?.d as they were. UnitFailed, naming it, where there is nothing to put back from.
Result<void> mend_init_files(Context const& context, Component const& component, StepRecord const& record, Findings& findings);

}  // namespace tykup::executor
