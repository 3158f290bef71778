#pragma once

#include "pkg/executor/context.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// Fills the record with the component's unit and with what is up and failed on the host; the unit itself is returned.
Result<Unit> look_around(Context const& context, Component const& component, StepRecord& record);

/// UnitLost, naming it, if a service that had to stay up is down or another unit failed since the record was made.
/// Waits a moment for units that are on their way.
Result<void> check_surroundings(Context const& context, Component const& component, StepRecord const& record);

/// Is the process of the unit that binary, from its present file? Empty: it is; else what it is instead. Without a known
/// binary: is its file still there?
std::string wrong_process(Paths const& paths, std::uint32_t pid, std::string const& binary);

}  // namespace tykup::executor
