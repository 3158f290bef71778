#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::executor {

/// What a program that is not ours may do while it runs.
struct Guard {
  Duration limit = std::chrono::minutes{5};
  Duration grace = std::chrono::seconds{10};  ///< between SIGTERM and SIGKILL
  std::function<bool()> told_to_stop = [] { return false; };
  std::function<void(std::string const&)> line = [](std::string const&) {};  ///< each line of its output as it comes
};

struct GuardedEnd {
  int status = 0;
  int signal = 0;               ///< that ended it; 0: it exited
  bool ran_out = false;         ///< the limit passed
  bool told_to_stop = false;
  std::string not_started = {};  ///< why execve refused; empty: it ran
  std::string output = {};       ///< stdout and stderr, the last 16 KiB
};

/// Runs `program` without arguments in a session of its own, with exactly this environment, stdin from /dev/null and none
/// of our descriptors. When it returns neither the program nor anything that it started is alive.
Result<GuardedEnd> run_guarded(std::string const& program, std::vector<std::string> const& environment, Guard const& guard);

}  // namespace tykup::executor
