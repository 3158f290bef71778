#pragma once

#include "daemon/core/job.hpp"
#include "pkg/executor/context.hpp"
#include "pkg/executor/step_record.hpp"

namespace tykup::executor {

/// How much a backup may hold; beyond it the step is refused by name.
struct BackupLimits {
  std::uint64_t bytes = std::uint64_t{2} << 30;
  std::size_t files = 50'000;
};

/// Writes the archive and then the record of the step; then brings the record of the step that is to be undone up to date.
/// NoSpace: too little room, or more than `limits`. NotFound: that record is gone, and nothing was written.
Result<job::BackedUp> back_up(Context const& context, job::Backup const& request, BackupLimits const& limits = {});

/// Puts back what differs from the backup: configuration, environment, unit files, changed packaged files; of the
/// operator's other files those that are gone.
Result<job::Restored> restore(Context const& context, job::StepId const& step);

}  // namespace tykup::executor
