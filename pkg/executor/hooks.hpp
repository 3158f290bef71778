#pragma once

#include <string>
#include <vector>

#include "daemon/core/job.hpp"
#include "pkg/executor/context.hpp"

namespace tykup::executor {

/// The operator's own programs of one point.
struct HookFolder {
  std::vector<std::string> names = {};     ///< "pre-step.d/10-drain", in the order in which they run
  std::vector<std::string> problems = {};  ///< what is there and may not be run, each with why and what to do
};

/// What lies in `/etc/tykup/hooks/POINT.d`: regular executable files of root's that nobody else can write, named of
/// letters, digits, "_" and "-". Anything else is a problem. A folder that is not there holds nothing.
HookFolder hooks_of(Paths const& paths, job::Hook::Point point);

/// Every point's, for `inspect`.
HookFolder all_hooks(Paths const& paths);

/// Runs them one after the other. HookFailed, with the last lines of what it said in `detail`: one did not end with 0
/// within its limit, something in the folder is refused (then none is run), or `Backup` holds none. Stopping: we were told
/// to end, and what ran was ended with us.
Result<job::Hooked> run_hooks(Context const& context, job::Hook const& hook);

}  // namespace tykup::executor
