#pragma once

#include <map>
#include <string>

#include "pkg/executor/context.hpp"
#include "pkg/executor/findings.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// The files of the packages by their paths.
using Packaged = std::map<std::string, pkg::PackagedFile>;

/// Puts the operator's files back in their place: changed files that the package overwrote, and configuration,
/// environment files and drop-ins that it removed. Where the shipped file is another one than before, it is kept beside as
/// FILE.tykup-new.
Result<void> put_back_own(Context const& context, Component const& component, StepRecord& record, Packaged const& files,
                          Findings& findings);

}  // namespace tykup::executor
