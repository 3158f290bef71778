#include <algorithm>
#include <utility>

#include "daemon/core/preflight.hpp"
#include "daemon/core/rollout_stepper.hpp"
#include "daemon/core/words.hpp"

/// An operator takes a component back to the version before: a run of its own, whose one step is entered on its way back.
namespace tykup::rollout {
namespace {

std::string backwards(PlanStep const& step) { return step.component + " " + step.to_version() + " → " + step.from_version(); }

bool keeps(ComponentFacts const& facts, PackagePin const& pin) {
  return std::ranges::any_of(facts.kept, [&](KeptPackage const& kept) { return kept.name == pin.name && kept.version == pin.version; });
}

}  // namespace

Error withdrawn(Run const& run) { return {ErrorKind::Withdrawn, "rolled back by " + run.record.by}; }

std::string version_before(Run const& run) {
  auto const& step = run.at().step;
  return run.is_withdrawal() ? step.to_version() : step.from_version();
}

Transition Stepper::operator()(phase::Idle const&, event::RollBackAsked const& asked) { return begin_withdrawal(asked); }
Transition Stepper::operator()(phase::Waiting const&, event::RollBackAsked const& asked) { return begin_withdrawal(asked); }

Transition Stepper::begin_withdrawal(event::RollBackAsked const& asked) {
  Run run;
  run.record = {.id = run_id(context_.now, "rollback"),
                .plan_hash = {},
                .trigger = Trigger::Operator,
                .by = asked.by,
                .started = context_.now,
                .steps = {{asked.step}},
                .undoes = asked.run};
  run.grant = asked.grant;
  keep(record::History{run.record});
  say(Said::RunStarted, Priority::Notice, run,
      "Run " + run.record.id + " begins: " + backwards(asked.step) + ", back to what stood before run " + asked.run + " (asked for by " +
          asked.by + ").");
  return enter(phase::Undoing{run, withdrawn(run)});
}

std::optional<std::string> Stepper::withdrawal_hindered(Run const& run, HostFacts const& facts) const {
  auto const& step = run.at().step;
  if (!facts.broken_packages.empty())
    return "these packages are not cleanly installed: " + join(facts.broken_packages, "; ") + ". Put them right, then ask again";
  auto const* found = facts.find(run.component());
  if (found == nullptr || !stands_at(found->installed, step.to))
    return "the host changed meanwhile: installed is " + (found == nullptr ? std::string("nothing") : installed_text(found->installed));
  auto const gone = std::ranges::find_if(step.from, [&](PackagePin const& pin) { return !keeps(*found, pin); });
  if (gone != step.from.end()) return "the package " + gone->name + " " + gone->version + " is not kept any more";
  auto const why = texts_of(obstacles_of(run, facts));
  return why.empty() ? std::nullopt : std::optional{why};
}

Transition Stepper::prepare_withdrawal(Run run, HostFacts const& facts) {
  if (auto const why = withdrawal_hindered(run, facts)) return not_done(std::move(run), RunResult::Partial, *why);
  run.hooks = facts.hooks;
  if (!std::exchange(run.run_asked, true) && hooks_at(run.hooks, job::Hook::Point::PreRun) > 0)
    return enter(phase::AskingHooks{std::move(run), job::Hook::Point::PreRun, {}});
  run.at().started = context_.now;
  say(Said::StepStarted, Priority::Notice, run, "Step begins: " + backwards(run.at().step) + ".");
  auto endpoints = facts.find(run.component())->endpoints;
  return begin_backup(std::move(run), std::move(endpoints));
}

Transition Stepper::withdraw(Run run, std::vector<Endpoint> endpoints) {
  auto cause = withdrawn(run);
  say(Said::RollbackStarted, Priority::Notice, run, backwards(run.at().step) + ": the old version goes back, " + cause.message + ".",
      std::string(to_string(cause.kind)));
  return enter(phase::RollingBack{std::move(run), std::move(cause), std::move(endpoints)});
}

/// Nothing failed: no trouble is left behind, and what was there before stays.
Transition Stepper::end_withdrawal(Run const& run) {
  auto const& step = run.record.steps.front().step;
  auto const name = "Run " + run.record.id;
  bool const is_back = run.record.result == RunResult::RolledBack;
  auto text = is_back ? name + " is done: " + step.component + " is back on " + step.from_version() + ", as " + run.record.by + " asked."
                      : name + " ends early: " + run.record.reason + ". Nothing was changed.";
  say({.said = is_back ? Said::RunDone : Said::RunPartial,
       .priority = Priority::Notice,
       .message = std::move(text),
       .run = run.record.id,
       .component = step.component,
       .reason = run.record.reason});
  return inspect();
}

}  // namespace tykup::rollout
