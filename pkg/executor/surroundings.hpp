#pragma once

#include "pkg/executor/context.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// Fills the record with the component's unit, with what has failed on the host, and with the services that must still be
/// up afterwards: enabled ones and those that an enabled unit requires, itself or by way of others. Transient and oneshot
/// ones do not count, nor those that only the bus starts. The component's unit is returned.
Result<Unit> look_around(Context const& context, Component const& component, StepRecord& record);

/// Units of others that are down since the record was made, each with how: "redis.service (stopped)". What is on its way
/// gets `patience`; what lives on the component gets the time in which it must stay healthy, half of the patience at most,
/// to show that it lost it. Who stopped a unit is not known: an operator's own stop counts as well.
Result<std::vector<std::string>> lost_elsewhere(Context const& context, Component const& component, StepRecord const& record);

/// Is the process of the unit that binary, from its present file? Empty: it is; else what it is instead. Without a known
/// binary: is its file still there?
std::string wrong_process(Paths const& paths, std::uint32_t pid, std::string const& binary);

}  // namespace tykup::executor
