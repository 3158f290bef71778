#include "daemon/core/rollout_stepper.hpp"
#include "daemon/core/words.hpp"

/// What is true after a package change that failed or was cut short, on the way there and on the way back. All of it belongs
/// to a step that has begun: no window, freeze, hold or stop is asked.
namespace tykup::rollout {
namespace {

std::vector<InstalledPackage> installed_of(HostFacts const& facts, std::string const& component) {
  auto const* found = facts.find(component);
  return found == nullptr ? std::vector<InstalledPackage>{} : found->installed;
}

/// Nothing is known against the package: the change was cut short, or something half-done stood in its way.
bool may_be_done_again(ErrorKind kind) { return kind == ErrorKind::Interrupted || kind == ErrorKind::PackageBroken; }

/// The host may have been booted in the middle of the change, which starts what is installed then.
bool was_started_since(ComponentFacts const* found, StepRecord const& step) {
  return found == nullptr || (found->unit.started && step.started && *found->unit.started >= *step.started);
}

}  // namespace

// ---- an interrupted package manager ------------------------------------------------------------------------------

/// Somebody else's change is no part of our step: it is finished inside the window or not at all.
Transition Stepper::operator()(phase::Recovering const& at, event::Started const&) {
  return at.cause ? enter(at) : next_step(at.run);
}

Transition Stepper::operator()(phase::Recovering const& at, event::Recovered const& done) {
  if (!done.result.packages.empty())
    say(Said::Recovered, Priority::Notice, at.run,
        "An interrupted package change was finished: " + join(done.result.packages, "; ") + ".");
  if (!at.cause) return enter(phase::Preflight{at.run, true});
  return enter(phase::Reconciling{at.run, *at.cause, true, at.attempt, at.endpoints, at.hitch});
}

Transition Stepper::operator()(phase::Recovering const& at, event::JobFailed const& failed) {
  if (failed.error.kind == ErrorKind::Interrupted && at.tries < kAttempts) {
    auto again = at;
    ++again.tries;
    return enter(std::move(again));
  }
  if (!at.cause)
    return not_done(at.run, RunResult::Stopped,
                    "an interrupted package change could not be finished: " + with_kind(failed.error));
  auto run = at.run;
  run.at().notes.push_back("finishing the interrupted package change failed: " + with_kind(failed.error));
  if (!at.hitch) return roll_back(std::move(run), *at.cause, at.endpoints);
  return enter(phase::Reconciling{std::move(run), *at.cause, true, at.attempt, at.endpoints, at.hitch});
}

// ---- what is installed -------------------------------------------------------------------------------------------

Transition Stepper::operator()(phase::Reconciling const& at, event::Inspected const& done) {
  auto const& facts = done.result.facts;
  if (!facts.broken_packages.empty() && !at.recovered)
    return enter(phase::Recovering{at.run, at.cause, at.endpoints, at.hitch, at.attempt});
  return at.hitch ? reconcile_back(at, facts) : reconcile_there(at, facts);
}

Transition Stepper::operator()(phase::Reconciling const& at, event::JobFailed const& failed) {
  return assess(at.run, at.cause, "the package database could not be read: " + with_kind(failed.error));
}

/// A stranger that stays half-configured after the recovery stops the next step, not this one.
Transition Stepper::reconcile_there(phase::Reconciling const& at, HostFacts const& facts) {
  auto const& step = at.run.at().step;
  auto const installed = installed_of(facts, step.component);
  bool const interrupted = at.cause.kind == ErrorKind::Interrupted;
  if (interrupted && stands_at(installed, step.to)) return changed(at.run, at.endpoints);
  if (!stands_at(installed, step.from))
    return roll_back(at.run, at.cause, at.endpoints, was_started_since(facts.find(step.component), at.run.at()));
  if (interrupted && at.attempt < kAttempts) return enter(phase::Applying{at.run, at.attempt + 1, at.endpoints});
  // What finished the interrupted change has written the old package's files once more, over the operator's and over the
  // program that runs.
  if (at.recovered) return enter(phase::Restoring{at.run, at.cause, at.endpoints});
  auto run = at.run;
  run.at().kind = to_string(at.cause.kind);
  auto const away = remember_bad(step, at.cause);
  return not_done(std::move(run), RunResult::Stopped, with_kind(at.cause) + (away.empty() ? "" : "; " + away));
}

Transition Stepper::reconcile_back(phase::Reconciling const& at, HostFacts const& facts) {
  auto const& step = at.run.at().step;
  auto const installed = installed_of(facts, step.component);
  if (stands_at(installed, step.from)) return enter(phase::Restoring{at.run, at.cause, at.endpoints});
  if (may_be_done_again(at.hitch->kind) && at.attempt < kAttempts)
    return enter(phase::RollingBack{at.run, at.cause, at.endpoints, at.attempt + 1});
  auto const why = "putting the old package back failed: " + with_kind(*at.hitch);
  // The version that was to be left stands whole, and its service was not touched.
  bool const is_untouched = at.run.is_withdrawal() && stands_at(installed, step.to);
  return is_untouched ? not_done(at.run, RunResult::Stopped, why) : assess(at.run, at.cause, why);
}

}  // namespace tykup::rollout
