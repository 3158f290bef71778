#include "daemon/cli/exit_code.hpp"

namespace tykup::cli {

ExitCode exit_code_of(Refusal const& refusal) {
  if (refusal.kind == Refusal::Kind::Unreachable) return ExitCode::Unreachable;
  if (refusal.kind == Refusal::Kind::Denied) return ExitCode::Denied;
  return refusal.error.kind == ErrorKind::NotAllowed ? ExitCode::Denied : ExitCode::Failed;
}

std::string exit_code_table() {
  return "Exit status:\n"
         "  0  fine\n"
         "  1  what was asked failed, or something needs attention\n"
         "  2  the command line is wrong\n"
         "  3  tykupd does not answer\n"
         "  4  not permitted\n"
         "  5  run, fleet start: nothing to do\n"
         "  6  run, rollback, fleet: not confirmed\n"
         "  7  run, rollback, fleet: what would be done is not what was shown any more\n"
         "  130  run, rollback: Ctrl-C ended the watching; the run goes on\n";
}

}  // namespace tykup::cli
