#pragma once

#include <string>

#include "daemon/cli/ports.hpp"

namespace tykup::cli {

/// What the command's exit status says. Documented in the README and in `--help`; numbers never change their meaning.
enum class ExitCode {
  Fine = 0,          ///< done, and nothing needs attention
  Failed = 1,        ///< what was asked failed, or `status` shows something that needs attention
  Usage = 2,         ///< the command line is wrong
  Unreachable = 3,   ///< tykupd does not answer
  Denied = 4,        ///< not permitted: polkit, a freeze, or not root
  NothingToDo = 5,   ///< `run`: the plan has no steps
  NotConfirmed = 6,  ///< `run`, `rollback`: the operator did not say yes, or there was nobody to ask
  PlanChanged = 7,   ///< `run`, `rollback`: it is no longer what was shown; nothing was begun
  Interrupted = 130, ///< Ctrl-C ended the watching of a run, which goes on
};

[[nodiscard]] constexpr int number(ExitCode code) {
  return static_cast<int>(code);
}

/// What a refusal of the daemon means for the exit status.
[[nodiscard]] ExitCode exit_code_of(Refusal const& refusal);

/// The table of `--help`, one line for each code.
[[nodiscard]] std::string exit_code_table();

}  // namespace tykup::cli
