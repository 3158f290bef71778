#include <algorithm>

#include "daemon/core/preflight.hpp"
#include "daemon/core/rollout_stepper.hpp"

/// The operator's hooks: those before may veto, those after are told how it ended.
namespace tykup::rollout {

using Point = job::Hook::Point;

/// The next point after `done` of a step that has hooks, or the step's backup.
Transition Stepper::ask_hooks(Run run, std::vector<Endpoint> endpoints, std::optional<Point> done) {
  bool const pre_step = !done && hooks_at(run.hooks, Point::PreStep) > 0;
  if (pre_step) return enter(phase::AskingHooks{std::move(run), Point::PreStep, std::move(endpoints)});
  // A database's backup is asked for even where its folder is empty: that is refused there, by name.
  bool const backup = done != Point::Backup && run.at().step.needs_database_backup;
  if (backup) return enter(phase::AskingHooks{std::move(run), Point::Backup, std::move(endpoints)});
  return enter(phase::BackingUp{std::move(run), std::move(endpoints)});
}

Transition Stepper::operator()(phase::AskingHooks const& at, event::Hooked const& done) {
  auto run = at.run;
  for (auto const& hook : done.result.ran) run.at().notes.push_back("hook " + hook + " succeeded");
  if (auto const closed = closed_for(run)) return not_done(std::move(run), RunResult::Partial, *closed);
  if (at.point == Point::PreRun) return next_step(std::move(run));
  return ask_hooks(std::move(run), at.endpoints, at.point);
}

Transition Stepper::operator()(phase::AskingHooks const& at, event::JobFailed const& failed) {
  auto const name = std::string(job::name_of(at.point));
  bool const cut_off = failed.error.kind == ErrorKind::Interrupted;
  auto const why = cut_off ? "its " + name + " hooks were cut off, and nothing is known of what they found: " + failed.error.message
                           : failed.error.message;
  say(Said::HookFailed, cut_off ? Priority::Error : Priority::Warning, at.run,
      "Nothing is changed on " + at.run.component() + ", a " + name + " hook was not content: " + why + ".", failed.error.message);
  return put_off(at.run, why);
}

Transition Stepper::put_off(Run run, std::string why) {
  // What an operator asked for is not begun again by itself.
  if (run.is_withdrawal()) return not_done(std::move(run), RunResult::Partial, why);
  auto const pause = veto_pause(++standing().vetoes);
  standing().not_before = context_.now + pause;
  standing().put_off = why;
  return not_done(std::move(run), RunResult::Partial, why);
}

// ---- afterwards -------------------------------------------------------------------------------------------------

Transition Stepper::after_step(Run run, std::optional<Ending> ending) {
  bool const tell = run.step_asked && hooks_at(run.hooks, Point::PostStep) > 0;
  if (tell) return enter(phase::TellingHooks{std::move(run), Point::PostStep, 1, std::move(ending)});
  return go_on(std::move(run), std::move(ending));
}

Transition Stepper::go_on(Run run, std::optional<Ending> ending) {
  if (run.undo) {
    if (ending) run.record.reason = ending->reason;
    return undo_next(std::move(run));
  }
  if (!ending) {
    ++run.index;
    run.step_asked = false;
    run.lock_waits = 0;
    return next_step(std::move(run));
  }
  bool const tell = run.run_asked && hooks_at(run.hooks, Point::PostRun) > 0;
  if (tell) return enter(phase::TellingHooks{std::move(run), Point::PostRun, 1, std::move(ending)});
  return end_run(std::move(run), ending->result, ending->reason);
}

Transition Stepper::told(phase::TellingHooks at) {
  if (at.point == Point::PostStep) return go_on(std::move(at.run), std::move(at.ending));
  return end_run(std::move(at.run), at.ending->result, at.ending->reason);
}

Transition Stepper::operator()(phase::TellingHooks const& at, event::Hooked const& done) {
  auto now = at;
  for (auto const& hook : done.result.ran) now.run.at().notes.push_back("hook " + hook + " succeeded");
  return told(std::move(now));
}

Transition Stepper::operator()(phase::TellingHooks const& at, event::JobFailed const& failed) {
  auto now = at;
  if (failed.error.kind == ErrorKind::Interrupted && at.attempt < kAttempts) {
    ++now.attempt;
    return enter(std::move(now));
  }
  auto const name = std::string(job::name_of(at.point));
  auto const why = "a " + name + " hook failed: " + failed.error.message;
  now.run.at().notes.push_back(why);
  say(Said::HookFailed, Priority::Error, now.run,
      "What was done to " + now.run.component() + " stands (" + std::string(to_string(now.run.at().result)) + "), but " + why +
          ". Do by hand what it should have done.",
      failed.error.message);
  auto const before = now.ending && !now.ending->reason.empty() ? now.ending->reason + "; " : std::string{};
  now.ending = Ending{RunResult::Stopped, before + now.run.component() + ": " + why};
  return told(std::move(now));
}

}  // namespace tykup::rollout
