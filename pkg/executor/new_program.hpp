#pragma once

#include "pkg/executor/context.hpp"
#include "pkg/executor/findings.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// Asks an upgrade's new program for its version, in a sandbox, where it is known how. PackageFailed: it does not run, or
/// is another version than its package says. Where it cannot be asked, that is a note.
Result<void> ask_new_program(Context const& context, Component const& component, StepRecord const& record, Findings& findings);

}  // namespace tykup::executor
