#include <algorithm>
#include <array>

#include "daemon/core/rollout_stepper.hpp"
#include "daemon/core/words.hpp"

namespace tykup::rollout {
namespace {

unsigned failures_of(Memory const& memory, std::string const& component, std::string const& version) {
  auto const known = std::find_if(memory.bad.begin(), memory.bad.end(), [&](auto const& bad) {
    return bad.component == component && bad.version == version;
  });
  return known == memory.bad.end() ? 0 : known->failures;
}

/// Says nothing of the version: the next window may try it again.
bool lies_outside(ErrorKind kind) {
  using enum ErrorKind;
  constexpr std::array kinds{Dependency, LockHeld,   Busy,          NoSpace,    HookFailed, ExecutorUnavailable,
                             Stopping,   NotAllowed, PackageBroken, BadRequest, BadConfig};
  return std::ranges::find(kinds, kind) != kinds.end();
}

/// The old version is as it was before the step, and what is not well is named.
std::string as_before(event::HealthFailed const& failed) {
  if (failed.only_dependencies) return "its dependencies are not well with it either: " + failed.reason;
  return "as unwell as before the step: " + failed.reason;
}

constexpr auto kWithdrawnFor = std::chrono::hours{24 * 14};

std::string failed_words(StepRecord const& at, Error const& cause) {
  auto const what = at.step.component + " " + at.step.to_version();
  if (cause.kind == ErrorKind::Dependency) return what + " could not be proven, because what it depends on is away: " + cause.message;
  return what + " failed and was rolled back: " + cause.message;
}

/// What was saved in this step, as its notes have it.
std::string saved_text(Run const& run) {
  std::vector<std::string> saved;
  for (auto const& note : run.at().notes)
    if (note.starts_with(kBackupNote) || note.find(job::folder_of(job::Hook::Point::Backup)) != std::string::npos) saved.push_back(note);
  return saved.empty() ? std::string{} : " (" + join(saved, "; ") + ")";
}

}  // namespace

bool can_go_back(PlanStep const& step) { return step.way_back && step.one_way.empty(); }

bool is_about_a_lock(ErrorKind kind) { return kind == ErrorKind::LockHeld || kind == ErrorKind::Busy; }

std::string Stepper::remember_bad(PlanStep const& step, Error const& cause) {
  if (lies_outside(cause.kind)) return {};
  auto const failures = failures_of(memory_, step.component, step.to_version()) + 1;
  auto const until = away_until(step, cause, failures);
  keep(record::Bad{{step.component, step.to_version(), cause.message, context_.now, failures, until}});
  return step.to_version() + " is not tried again before " + to_rfc3339(until);
}

/// What an operator took back is not brought back by the next window, however far away that is.
Instant Stepper::away_until(PlanStep const& step, Error const& cause, unsigned failures) const {
  Instant const until = std::chrono::ceil<std::chrono::seconds>(context_.now + bad_version_backoff(failures));
  if (cause.kind != ErrorKind::Withdrawn) return until;
  auto const next = next_openings(context_.config.windows, step.component, context_.now, 1);
  Instant const past_next = next.empty() ? Instant{} : next.front().until;
  return std::max({until, Instant{std::chrono::ceil<std::chrono::seconds>(context_.now + kWithdrawnFor)}, past_next});
}

// ---- the old package ---------------------------------------------------------------------------------------------

/// While a quiet package changes, the old process serves; from the restart on the new one may have run. What an interrupted
/// change left is read before anything is said of it; where that failed, nobody knows.
std::optional<std::string> Stepper::past_return(Run const& run, bool was_started) const {
  auto const& step = run.at().step;
  if (!step.way_back) return "there is no package of the old version to go back to";
  auto const& phase = out_.next.phase;
  bool const is_before = std::holds_alternative<phase::Applying>(phase) || std::holds_alternative<phase::Reconciling>(phase);
  if (step.one_way.empty() || (is_before && component(run).quiet && !was_started)) return {};
  return "the new version may have run, and " + step.one_way +
         ". The old package does not go back over that: put the new version right, or restore the database first and then the "
         "package" + saved_text(run);
}

Transition Stepper::roll_back(Run run, Error cause, std::vector<Endpoint> endpoints, bool was_started) {
  if (auto const why = past_return(run, was_started)) return assess(std::move(run), std::move(cause), *why);
  say(Said::RollbackStarted, Priority::Error, run,
      describe(run.at().step) + " failed: " + cause.message + ". The old version goes back.",
      std::string(to_string(cause.kind)));
  return enter(phase::RollingBack{std::move(run), std::move(cause), std::move(endpoints)});
}

Transition Stepper::halted(Run run, Error const& cause, Error hitch, unsigned attempt, std::vector<Endpoint> endpoints) {
  run.at().notes.push_back("putting the old package back: " + with_kind(hitch));
  return enter(phase::Reconciling{std::move(run), cause, false, attempt, std::move(endpoints), std::move(hitch)});
}

Transition Stepper::operator()(phase::RollingBack const& at, event::Applied const& done) {
  auto run = at.run;
  note(run, done.result.notes);
  say_repaired(run, done.result.repairs);
  if (stands_at(done.result.installed, run.at().step.from)) return enter(phase::Restoring{std::move(run), at.cause, at.endpoints});
  Error hitch{ErrorKind::PackageFailed, "after it the package database says " + installed_text(done.result.installed)};
  return halted(std::move(run), at.cause, std::move(hitch), at.attempt, at.endpoints);
}

Transition Stepper::operator()(phase::RollingBack const& at, event::JobFailed const& failed) {
  return halted(at.run, at.cause, failed.error, at.attempt, at.endpoints);
}

// ---- its configuration, its restart, its gate ----------------------------------------------------------------------

Transition Stepper::operator()(phase::Restoring const& at, event::Restored const& done) {
  auto run = at.run;
  for (auto const& file : done.result.files) run.at().notes.push_back("put back " + file);
  note(run, done.result.notes);
  return enter(phase::RestartingBack{std::move(run), at.cause, 1, at.endpoints});
}

Transition Stepper::operator()(phase::Restoring const& at, event::JobFailed const& failed) {
  auto again = at;
  ++again.attempt;
  if (failed.error.kind == ErrorKind::Interrupted && at.attempt < kAttempts) return enter(std::move(again));
  return assess(at.run, at.cause, "the old package is installed again, but putting its configuration back failed: " + with_kind(failed.error));
}

Transition Stepper::operator()(phase::RestartingBack const& at, event::Restarted const& done) {
  auto run = at.run;
  note(run, done.result.notes);
  say_repaired(run, done.result.repairs);
  if (!done.result.was_running) return rolled_back(std::move(run), at.cause, "not running, as before");
  auto wanted = expectation(run, at.endpoints, run.at().step.from_version(), done.result.at);
  return enter(phase::GatingBack{std::move(run), at.cause, std::move(wanted)});
}

Transition Stepper::operator()(phase::RestartingBack const& at, event::JobFailed const& failed) {
  auto again = at;
  ++again.attempt;
  if (failed.error.kind == ErrorKind::Interrupted && at.attempt < kAttempts) return enter(std::move(again));
  return assess(at.run, at.cause, "the old version is installed again, but its restart failed: " + with_kind(failed.error));
}

/// With the old version everything is well: then what failed with the new one was the new one.
Transition Stepper::operator()(phase::GatingBack const& at, event::HealthPassed const&) {
  auto cause = at.cause;
  if (cause.kind == ErrorKind::Dependency && !at.run.undo) {
    cause.kind = ErrorKind::Unhealthy;
    cause.message += "; with " + at.run.at().step.from_version() + " all that it depends on is well";
  }
  return rolled_back(at.run, cause, "healthy");
}

Transition Stepper::operator()(phase::GatingBack const& at, event::HealthFailed const& failed) {
  auto const known = at.run.baseline.find(at.run.component());
  auto const before = known == at.run.baseline.end() ? Unwell{} : known->second;
  if (failed.only_dependencies || is_as_before(failed.unwell, before)) return rolled_back(at.run, at.cause, as_before(failed));
  return assess(at.run, at.cause, "the old version is installed again, but is not healthy either: " + failed.reason);
}

Transition Stepper::rolled_back(Run run, Error const& cause, std::string const& how) {
  auto& at = run.at();
  std::string fate = "the run goes back";
  if (!run.undo) {
    fate = remember_bad(at.step, cause);
    if (fate.empty()) fate = at.step.to_version() + " is not held to be bad";
  }
  at.result = StepResult::RolledBack;
  at.reason = cause.message;
  at.kind = to_string(cause.kind);
  if (how != "healthy") at.notes.push_back("back on " + at.step.from_version() + ", " + how);
  at.ended = context_.now;
  say(Said::RolledBack, run.is_withdrawal() ? Priority::Notice : Priority::Error, run,
      at.step.component + " is back on " + at.step.from_version() + (how == "healthy" ? " and healthy; " : ", " + how + "; ") + fate +
          ". Why: " + cause.message,
      at.kind);
  if (run.undo) return undo_next(std::move(run));
  if (run.is_withdrawal()) return after_step(std::move(run), Ending{RunResult::RolledBack, cause.message});
  Ending ending{RunResult::Stopped, failed_words(at, cause)};
  if (context_.config.policy.on_failure == OnFailure::RollbackRun) run.undo = Undo{run.index, cause};
  return after_step(std::move(run), std::move(ending));
}

// ---- the run goes back -------------------------------------------------------------------------------------------

Transition Stepper::undo_next(Run run) {
  while (run.index > 0) {
    --run.index;
    run.lock_waits = 0;
    run.step_asked = false;  // its hooks were told how its step ended
    auto& at = run.at();
    if (at.result != StepResult::Done) continue;
    auto const& failed = run.record.steps[run.undo->failed].step;
    if (!can_go_back(at.step)) {
      at.notes.push_back("stays: there is no way back from " + at.step.to_version());
      say(Said::NotTakenBack, Priority::Warning, run,
          at.step.component + " stays at " + at.step.to_version() + " although " + failed.component + " went back to " +
              failed.from_version() + ": there is no way back for it. See whether the two work together.");
      continue;
    }
    Error cause{run.undo->cause.kind, failed.component + " " + failed.to_version() + " failed (" + run.undo->cause.message +
                                          "), and on_failure in [policy] is \"rollback-run\""};
    say(Said::RollbackStarted, Priority::Warning, run,
        describe(at.step) + " goes back, too: " + cause.message + ".", std::string(to_string(cause.kind)));
    return enter(phase::Undoing{std::move(run), std::move(cause)});
  }
  run.index = run.undo->failed;
  std::vector<std::string> back;
  std::vector<std::string> stay;
  for (std::size_t i = 0; i < run.index; ++i) {
    auto const& step = run.record.steps[i];
    (step.result == StepResult::RolledBack ? back : stay).push_back(step.step.component);
  }
  auto reason = run.record.reason;
  if (!back.empty()) reason += "; gone back with it: " + join(back);
  if (!stay.empty()) reason += "; no way back for " + join(stay) + ", left on the new version";
  run.undo.reset();
  return go_on(std::move(run), Ending{RunResult::Stopped, std::move(reason)});
}

/// What its package database says is the business of the way back itself, which begins here.
Transition Stepper::operator()(phase::Undoing const& at, event::Inspected const& done) {
  if (at.run.is_withdrawal()) return prepare_withdrawal(at.run, done.result.facts);
  auto const* found = done.result.facts.find(at.run.component());
  return enter(phase::RollingBack{at.run, at.cause, found == nullptr ? std::vector<Endpoint>{} : found->endpoints});
}

Transition Stepper::operator()(phase::Undoing const& at, event::JobFailed const& failed) {
  if (at.run.is_withdrawal()) return not_done(at.run, RunResult::Partial, "the host could not be read: " + with_kind(failed.error));
  return assess(at.run, at.cause, "it still is on the new version, because the host could not be read: " + with_kind(failed.error));
}

// ---- the end of a run --------------------------------------------------------------------------------------------

Transition Stepper::end_run(Run run, RunResult result, std::string reason) {
  run.record.result = result;
  run.record.reason = reason;
  run.record.ended = context_.now;
  keep(record::History{run.record});
  note_fleet_step(run);
  if (result != RunResult::Done) standing().asked.reset();
  hand_approval_on(run);
  bool const is_at_rest = result == RunResult::RolledBack || result == RunResult::Partial;
  if (run.is_withdrawal() && is_at_rest) return end_withdrawal(run);
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
  if (result == RunResult::NeedsAdmin) return enter(phase::NeedsAdmin{{}, run.at().step});
  auto const window = window_at(context_.config.windows, run.component(), context_.now);
  standing().not_before = window.open ? window.until : context_.now;
  return inspect();
}

}  // namespace tykup::rollout
