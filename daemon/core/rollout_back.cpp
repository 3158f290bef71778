#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {
namespace {

constexpr unsigned kAttempts = 3;

unsigned failures_of(Memory const& memory, std::string const& component, std::string const& version) {
  auto const known = std::find_if(memory.bad.begin(), memory.bad.end(), [&](auto const& bad) {
    return bad.component == component && bad.version == version;
  });
  return known == memory.bad.end() ? 0 : known->failures;
}

}  // namespace

Transition Stepper::roll_back(Run run, Error cause, std::vector<Endpoint> endpoints) {
  say(Said::RollbackStarted, Priority::Error, run,
      describe(run.at().step) + " failed: " + cause.message + ". The old version goes back.",
      std::string(to_string(cause.kind)));
  if (!run.at().step.way_back)
    return needs_admin(std::move(run), cause, "there is no package of the old version to go back to");
  return enter(phase::RollingBack{std::move(run), std::move(cause), std::move(endpoints)});
}

Transition Stepper::operator()(phase::RollingBack const& at, event::Applied const& done) {
  auto run = at.run;
  note(run, done.result.notes);
  say_repaired(run, done.result.repairs);
  return enter(phase::Restoring{std::move(run), at.cause, at.endpoints});
}

Transition Stepper::operator()(phase::RollingBack const& at, event::JobFailed const& failed) {
  return needs_admin(at.run, at.cause, "putting the old package back failed: " + failed.error.message);
}

Transition Stepper::operator()(phase::Restoring const& at, event::Restored const& done) {
  auto run = at.run;
  for (auto const& file : done.result.files) run.at().notes.push_back("put back " + file);
  note(run, done.result.notes);
  return enter(phase::RestartingBack{std::move(run), at.cause, 1, at.endpoints});
}

Transition Stepper::operator()(phase::Restoring const& at, event::JobFailed const& failed) {
  return needs_admin(at.run, at.cause, "putting its configuration back failed: " + failed.error.message);
}

Transition Stepper::operator()(phase::RestartingBack const& at, event::Restarted const& done) {
  auto run = at.run;
  note(run, done.result.notes);
  say_repaired(run, done.result.repairs);
  if (!done.result.was_running) return rolled_back(std::move(run), at.cause);
  auto wanted = expectation(run, at.endpoints, run.at().step.from_version(), done.result.at);
  return enter(phase::GatingBack{std::move(run), at.cause, std::move(wanted)});
}

Transition Stepper::operator()(phase::RestartingBack const& at, event::JobFailed const& failed) {
  auto again = at;
  ++again.attempt;
  if (failed.error.kind == ErrorKind::Interrupted && at.attempt < kAttempts) return enter(std::move(again));
  return needs_admin(at.run, at.cause, "the old version is installed again, but its restart failed: " + failed.error.message);
}

Transition Stepper::operator()(phase::GatingBack const& at, event::HealthPassed const&) {
  return rolled_back(at.run, at.cause);
}

Transition Stepper::operator()(phase::GatingBack const& at, event::HealthFailed const& failed) {
  return needs_admin(at.run, at.cause, "the old version is installed again, but is not healthy either: " + failed.reason);
}

Transition Stepper::rolled_back(Run run, Error const& cause) {
  auto& at = run.at();
  auto const failures = failures_of(context_.memory, at.step.component, at.step.to_version()) + 1;
  auto const until = context_.now + bad_version_backoff(failures);
  keep(record::Bad{{at.step.component, at.step.to_version(), cause.message, context_.now, failures, until}});
  at.result = StepResult::RolledBack;
  at.reason = cause.message;
  at.ended = context_.now;
  say(Said::RolledBack, Priority::Error, run,
      at.step.component + " is back on " + at.step.from_version() + " and healthy; " + at.step.to_version() +
          " is not tried again before " + to_rfc3339(until) + ". It failed: " + cause.message,
      std::string(to_string(cause.kind)));
  Ending ending{RunResult::Stopped, at.step.component + " " + at.step.to_version() + " failed and was rolled back: " + cause.message};
  return after_step(std::move(run), std::move(ending));
}

Transition Stepper::needs_admin(Run run, Error const& cause, std::string const& tried) {
  auto& at = run.at();
  at.result = StepResult::NeedsAdmin;
  // Nothing further is touched: a host that was drained stays so.
  if (run.step_asked && !run.hooks.empty()) at.notes.push_back("the hooks after the step are not run: what those before it did stands");
  at.reason = cause.message + "; " + tried;
  at.ended = context_.now;
  say(Said::NeedsAdmin, Priority::Error, run,
      at.step.component + " needs an administrator: " + cause.message + "; " + tried +
          ". Nothing more is touched. Put the host right, then `tykup check`.",
      std::string(to_string(cause.kind)));
  return end_run(std::move(run), RunResult::NeedsAdmin, at.step.component + ": " + at.reason);
}

Transition Stepper::end_run(Run run, RunResult result, std::string reason) {
  run.record.result = result;
  run.record.reason = reason;
  run.record.ended = context_.now;
  keep(record::History{run.record});
  hand_approval_on(run);
  auto const name = "Run " + run.record.id;
  auto const later = "`tykup history " + run.record.id + "`";
  Announcement end{.said = Said::RunDone, .priority = Priority::Notice, .message = name + " is done: every component is new and healthy.", .run = run.record.id, .reason = reason};
  if (result == RunResult::Done) {
    standing().trouble.reset();
    say(end);
    return inspect();
  }
  if (result == RunResult::Partial) {
    end.said = Said::RunPartial;
    end.message = name + " ends early: " + reason + ". What is left waits.";
    standing().not_before = std::max(standing().not_before, context_.now + std::chrono::minutes{1});
    say(end);
    return inspect();
  }
  end.said = Said::RunStopped;
  end.priority = Priority::Error;
  end.message = name + " stopped: " + reason + ". Later components are untouched.";
  say(end);
  standing().trouble = Trouble{run.record.id, run.component(), reason, later, context_.now};
  if (result == RunResult::NeedsAdmin) {
    standing().trouble->remedy = "Put the host right, then `tykup check`; " + later + " has the details.";
    return enter(phase::NeedsAdmin{});
  }
  auto const window = window_at(context_.config.windows, run.component(), context_.now);
  standing().not_before = window.open ? window.until : context_.now;
  return inspect();
}

}  // namespace tykup::rollout
