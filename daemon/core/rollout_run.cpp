#include <algorithm>
#include <array>
#include <utility>

#include "daemon/core/preflight.hpp"
#include "daemon/core/rollout_stepper.hpp"
#include "daemon/core/words.hpp"

namespace tykup::rollout {
namespace {

constexpr auto kRetryAfterLock = std::chrono::minutes{5};

/// Errors of `apply` that say that nothing was begun.
bool before_the_change(ErrorKind kind) {
  using enum ErrorKind;
  constexpr std::array kinds{LockHeld, Busy,        NotAllowed,  BadRequest,    BadConfig,     UnknownPackage, UnknownVersion,
                             NoSpace,  PlanRefused, PackageHeld, HashMismatch, PackageBroken};
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

/// With on_failure = "rollback-run" the window must have room for all of it: an estimate is half way there, half way back.
Duration way_back_of_earlier(Run const& run, PolicyConfig const& policy) {
  Duration sum{0};
  if (policy.on_failure != OnFailure::RollbackRun) return sum;
  for (std::size_t i = 0; i < run.index; ++i) sum += run.record.steps[i].step.estimate / 2;
  return sum;
}

}  // namespace

bool stands_at(std::vector<InstalledPackage> const& installed, std::vector<PackagePin> const& wanted) {
  return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](auto const& pin) {
    return std::any_of(installed.begin(), installed.end(), [&](auto const& package) {
      return package.name == pin.name && package.version == pin.version && package.status == "installed";
    });
  });
}

std::string installed_text(std::vector<InstalledPackage> const& installed) {
  std::string text;
  for (auto const& package : installed) {
    text += (text.empty() ? "" : ", ") + package.name + " " + package.version;
    if (package.status != "installed") text += " (" + package.status + ")";
  }
  return text.empty() ? "nothing" : text;
}

void Stepper::say(Said said, Priority priority, Run const& run, std::string message, std::string reason) {
  auto const& at = run.at().step;
  say(Announcement{.said = said,
                   .priority = priority,
                   .message = std::move(message),
                   .run = run.record.id,
                   .step = std::to_string(run.index + 1) + "/" + std::to_string(run.record.steps.size()),
                   .component = at.component,
                   .from = at.from_version(),
                   .to = at.to_version(),
                   .reason = std::move(reason),
                   .unit = component(run).unit});
}

void Stepper::note(Run& run, std::vector<std::string> const& notes) {
  auto& known = run.at().notes;
  known.insert(known.end(), notes.begin(), notes.end());
}

void Stepper::say_repaired(Run& run, std::vector<std::string> const& repairs) {
  for (auto const& repair : repairs) say(Said::UnitRepaired, Priority::Notice, run, run.component() + " was put right: " + repair + ".");
  note(run, repairs);
}

Component const& Stepper::component(Run const& run) const {
  static Component const unknown{};
  auto const* found = context_.config.find(run.component());
  return found != nullptr ? *found : unknown;
}

HealthExpectation Stepper::expectation(Run const& run, std::vector<Endpoint> endpoints, std::string version,
                                       Instant restarted) {
  return {component(run), std::move(endpoints), std::move(version), restarted, true};
}

// ---- a step begins ----------------------------------------------------------------------------------------------

std::optional<std::string> Stepper::closed_for(Run const& run) {
  // Windows, holds and freezes are about going forward; an operator who takes something back has said so, and confirmed it.
  if (run.is_withdrawal()) return run.stop_requested ? std::optional<std::string>("the operator asked the run to stop") : std::nullopt;
  std::vector<PlanStep> rest{run.at().step};
  // What the hooks before the step could take is over.
  if (run.step_asked)
    rest.front().estimate -= std::min(rest.front().estimate, hook_time(run.hooks, {job::Hook::Point::PreStep, job::Hook::Point::Backup}, context_.config.hooks));
  if (run.run_asked && run.index == 0)
    rest.front().estimate -= std::min(rest.front().estimate, hook_time(run.hooks, {job::Hook::Point::PreRun}, context_.config.hooks));
  GateQuery query{run.record.plan_hash, rest.front(), rest, run.record.trigger, run.override_freeze, false, {}, run.without_way_back};
  query.undo = way_back_of_earlier(run, context_.config.policy);
  auto text = texts_of(ask_gates(query, context_, memory_, standing()).closed);
  if (run.stop_requested) text = "the operator asked the run to stop" + (text.empty() ? "" : "; " + text);
  return text.empty() ? std::nullopt : std::optional{text};
}

std::optional<std::string> Stepper::hindered(Run const& run, HostFacts const& facts) {
  auto const* found = facts.find(run.component());
  if (found == nullptr) return {};
  auto choice = choose(component(run), *found, facts.format, context_.config.policy, memory_, context_.now);
  // A newer version may have come meanwhile; what is said of it says nothing of ours.
  bool const is_ours = choice.to == run.at().step.to;
  std::erase_if(choice.reasons, [&](Reason const& reason) {
    bool const of_any = reason.gate == Gate::Trust || reason.gate == Gate::Hold;
    bool const of_target = reason.gate == Gate::BadVersion || reason.gate == Gate::Soak || reason.gate == Gate::Plugin;
    return !of_any && !(is_ours && of_target);
  });
  if (!choice.reasons.empty()) return texts_of(choice.reasons);
  return is_ours ? unasked_plugin(component(run), *found, run.at().step.to, memory_) : std::nullopt;
}

/// History tells who let a step go that cannot be taken back.
void Stepper::note_way_back(Run& run) {
  auto const why = run.at().step.no_way_back();
  if (why.empty()) return;
  bool const by_run = names_step(run.without_way_back, run.at().step);
  auto const who = by_run || !memory_.approval ? run.record.by : memory_.approval->by;
  run.at().notes.push_back("without a way back by the word of " + who + ": " + why);
}

std::vector<Reason> Stepper::obstacles_of(Run const& run, HostFacts const& facts) const {
  auto found = obstacles({run.at().step}, facts, context_.config, context_.now);
  bool const asked_for = run.record.trigger == Trigger::Operator;
  std::erase_if(found, [&](Reason const& reason) { return asked_for && reason.gate == Gate::Reboot; });
  return found;
}

Transition Stepper::next_step(Run run) {
  if (auto const closed = closed_for(run)) return not_done(std::move(run), RunResult::Partial, *closed);
  if (run.is_withdrawal()) return enter(phase::Undoing{run, withdrawn(run)});
  return enter(phase::Preflight{std::move(run)});
}

Transition Stepper::operator()(phase::Preflight const& at, event::Started const&) { return next_step(at.run); }
Transition Stepper::operator()(phase::Baseline const& at, event::Started const&) { return next_step(at.run); }
Transition Stepper::operator()(phase::BackingUp const& at, event::Started const&) { return next_step(at.run); }

Transition Stepper::operator()(phase::Preflight const& at, event::Inspected const& done) {
  auto const& facts = done.result.facts;
  if (!facts.broken_packages.empty() && !at.recovered) return enter(phase::Recovering{at.run});
  if (!facts.broken_packages.empty())
    return not_done(at.run, RunResult::Stopped,
                    "these packages stay half-installed after " +
                        std::string(facts.format == PackageFormat::Deb ? "`dpkg --configure -a`" : "rpm's leftovers were put right") + ": " +
                        join(facts.broken_packages, "; ") + ". Put them right by hand, then `tykup check`");
  auto const* found = facts.find(at.run.component());
  if (found == nullptr || !stands_at(found->installed, at.run.at().step.from))
    return not_done(at.run, RunResult::Partial,
                    "the host changed since the plan was made: installed is " +
                        (found == nullptr ? std::string("nothing") : installed_text(found->installed)));
  if (auto const why = hindered(at.run, distrusting(facts, standing().source_problems)))
    return not_done(at.run, RunResult::Partial, *why);
  auto run = at.run;
  run.hooks = facts.hooks;
  if (auto const why = texts_of(obstacles_of(run, facts)); !why.empty()) return put_off(std::move(run), why);
  if (!std::exchange(run.run_asked, true) && hooks_at(run.hooks, job::Hook::Point::PreRun) > 0)
    return enter(phase::AskingHooks{std::move(run), job::Hook::Point::PreRun, {}});
  run.at().started = context_.now;
  note_way_back(run);
  say(Said::StepStarted, Priority::Notice, run, "Step begins: " + describe(run.at().step) + ".");
  if (!found->unit.running() && found->unit.active_state != "failed") return begin_backup(std::move(run), found->endpoints);
  auto baseline = expectation(run, found->endpoints, {}, {});
  return enter(phase::Baseline{std::move(run), std::move(baseline)});
}

Transition Stepper::operator()(phase::Preflight const& at, event::JobFailed const& failed) {
  return not_done(at.run, RunResult::Stopped, "the host could not be read: " + with_kind(failed.error));
}

Transition Stepper::operator()(phase::Baseline const& at, event::HealthPassed const&) {
  return begin_backup(at.run, at.expectation.endpoints);
}

Transition Stepper::operator()(phase::Baseline const& at, event::HealthFailed const& failed) {
  if (at.run.ignore_unhealthy) {
    auto run = at.run;
    run.at().notes.push_back("was unhealthy before the step (" + failed.reason + "); " + run.record.by + " said to go on");
    run.baseline[run.component()] = failed.unwell;
    return begin_backup(std::move(run), at.expectation.endpoints);
  }
  return not_done(at.run, RunResult::Stopped,
                  "unhealthy before its step: " + failed.reason + ". Put it right, or `tykup run --ignore-unhealthy`");
}

Transition Stepper::begin_backup(Run run, std::vector<Endpoint> endpoints) {
  return confirm(std::move(run), fleet::Point::BeforeDrain, std::move(endpoints));
}

Transition Stepper::operator()(phase::BackingUp const& at, event::BackedUp const& done) {
  if (auto const closed = closed_for(at.run)) return not_done(at.run, RunResult::Partial, *closed);
  auto run = at.run;
  standing().vetoes = 0;
  standing().put_off.clear();
  run.at().notes.push_back(std::string(kBackupNote) + done.result.file);
  return confirm(std::move(run), fleet::Point::BeforeApply, at.endpoints);
}

Transition Stepper::operator()(phase::BackingUp const& at, event::JobFailed const& failed) {
  auto why = "its backup failed: " + with_kind(failed.error);
  bool const blames_nobody = failed.error.kind == ErrorKind::NoSpace || failed.error.kind == ErrorKind::Interrupted;
  if (blames_nobody || at.run.is_withdrawal()) return put_off(at.run, std::move(why));
  return not_done(at.run, RunResult::Stopped, std::move(why));
}

// ---- the package changes ----------------------------------------------------------------------------------------

Transition Stepper::operator()(phase::Applying const& at, event::Applied const& done) {
  auto run = at.run;
  note(run, done.result.notes);
  say_repaired(run, done.result.repairs);
  if (stands_at(done.result.installed, run.at().step.to)) return changed(std::move(run), at.endpoints);
  Error cause{ErrorKind::PackageFailed,
              "after the change the package database says " + installed_text(done.result.installed)};
  return roll_back(std::move(run), std::move(cause), at.endpoints);
}

Transition Stepper::changed(Run run, std::vector<Endpoint> endpoints) {
  say(Said::PackageChanged, Priority::Info, run,
      describe(run.at().step) + ": the package is changed, the old process still serves (" + join(run.at().notes, "; ") + ").");
  return enter(phase::Restarting{std::move(run), 1, std::move(endpoints)});
}

Transition Stepper::operator()(phase::Applying const& at, event::JobFailed const& failed) {
  auto const kind = failed.error.kind;
  if (before_the_change(kind)) {
    auto run = at.run;
    run.at().kind = to_string(kind);
    if (kind == ErrorKind::NoSpace) return put_off(std::move(run), with_kind(failed.error));
    bool const retry = kind == ErrorKind::LockHeld || kind == ErrorKind::Busy;
    if (retry) standing().not_before = context_.now + std::min<Duration>(kRetryAfterLock, context_.config.policy.lock_wait);
    // What is kept is not what was planned: it is fetched again before the next run.
    if (kind == ErrorKind::HashMismatch || kind == ErrorKind::UnknownVersion) standing().ready_plan.clear();
    return not_done(std::move(run), retry ? RunResult::Partial : RunResult::Stopped, with_kind(failed.error));
  }
  return enter(phase::Reconciling{at.run, failed.error, false, at.attempt, at.endpoints, {}});
}

// ---- one restart, then the gate ----------------------------------------------------------------------------------

Transition Stepper::operator()(phase::Restarting const& at, event::Restarted const& done) {
  auto run = at.run;
  note(run, done.result.notes);
  say_repaired(run, done.result.repairs);
  if (!done.result.was_running) return step_done(std::move(run), "it was not running and stays so");
  say(Said::ServiceRestarted, Priority::Info, run, component(run).unit + (done.result.by_boot ? " runs the new version since the boot of the host."
                                                                                  : " was restarted on the new version."));
  auto wanted = expectation(run, at.endpoints, run.at().step.to_version(), done.result.at);
  return enter(phase::Gating{std::move(run), std::move(wanted)});
}

Transition Stepper::operator()(phase::Restarting const& at, event::JobFailed const& failed) {
  auto again = at;
  ++again.attempt;
  if (failed.error.kind == ErrorKind::Interrupted && at.attempt < kAttempts) return enter(std::move(again));
  return roll_back(at.run, failed.error, at.endpoints);
}

Transition Stepper::operator()(phase::Gating const& at, event::HealthPassed const&) {
  return step_done(at.run, "healthy");
}

Transition Stepper::operator()(phase::Gating const& at, event::HealthFailed const& failed) {
  auto const kind = failed.only_dependencies ? ErrorKind::Dependency : ErrorKind::Unhealthy;
  return roll_back(at.run, {kind, failed.reason}, at.expectation.endpoints);
}

Transition Stepper::step_done(Run run, std::string const& how) {
  auto& at = run.at();
  at.result = StepResult::Done;
  at.ended = context_.now;
  forget_outgrown(at.step);
  if (at.started) keep(record::Took{at.step.component, context_.now - *at.started});
  keep(record::History{run.record});
  say(Said::StepDone, Priority::Notice, run, "Done: " + describe(at.step) + ", " + how + ".");
  bool const last = run.index + 1 == run.record.steps.size();
  return after_step(std::move(run), last ? std::optional{Ending{RunResult::Done, {}}} : std::nullopt);
}

Transition Stepper::not_done(Run run, RunResult result, std::string reason) {
  auto& at = run.at();
  at.result = StepResult::NotDone;
  at.reason = reason;
  at.ended = context_.now;
  say(Said::StepNotDone, result == RunResult::Partial ? Priority::Notice : Priority::Error, run,
      at.step.component + " stays at " + version_before(run) + ": " + reason + ".", reason);
  Ending ending{result, at.step.component + ": " + reason};
  return after_step(std::move(run), std::move(ending));
}

}  // namespace tykup::rollout
