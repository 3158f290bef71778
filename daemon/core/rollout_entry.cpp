#include <algorithm>

#include "daemon/core/job_id.hpp"
#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {
namespace {

std::string job_name(Run const& run, std::string_view what, unsigned attempt = 1) {
  auto id = job::id_in_run({run.record.id, run.component()}, run.index, what);
  if (attempt > 1) id += "." + std::to_string(attempt);
  return run.lock_waits == 0 ? id : id + ".wait" + std::to_string(run.lock_waits);
}

/// Its first step begins after the hooks of the run, and the host is read anew then.
bool is_asked(Run const& run) { return run.run_asked && run.index == 0; }

/// The hooks of point `backup` are another job than the backup.
std::string hook_name(job::Hook::Point point) { return "hook-" + std::string(job::name_of(point)); }

/// The id of the job that each phase waits for.
struct JobOf {
  std::string operator()(phase::Refreshing const& p) const { return p.job; }
  std::string operator()(phase::Inspecting const& p) const { return p.job; }
  std::string operator()(phase::Downloading const& p) const { return p.job; }
  std::string operator()(phase::CheckingPlugins const& p) const { return p.job; }
  std::string operator()(phase::Preflight const& p) const { return job_name(p.run, is_asked(p.run) ? "preflight-asked" : "preflight", p.recovered ? 2 : 1); }
  std::string operator()(phase::BackingUp const& p) const { return job_name(p.run, "backup"); }
  std::string operator()(phase::Applying const& p) const { return job_name(p.run, "apply", p.attempt); }
  std::string operator()(phase::Restarting const& p) const { return job_name(p.run, "restart", p.attempt); }
  std::string operator()(phase::Recovering const& p) const {
    std::string const what = p.hitch ? "recover-back" : p.cause ? "recover" : "recover-first";
    return job_name(p.run, p.tries == 1 ? what : what + "-try" + std::to_string(p.tries), p.attempt);
  }
  std::string operator()(phase::Reconciling const& p) const {
    std::string const what = p.hitch ? "reconcile-back" : "reconcile";
    return job_name(p.run, p.recovered ? what + "-recovered" : what, p.attempt);
  }
  std::string operator()(phase::RollingBack const& p) const { return job_name(p.run, "rollback", p.attempt); }
  std::string operator()(phase::Restoring const& p) const { return job_name(p.run, "restore", p.attempt); }
  std::string operator()(phase::RestartingBack const& p) const { return job_name(p.run, "restart-back", p.attempt); }
  std::string operator()(phase::AskingHooks const& p) const { return job_name(p.run, hook_name(p.point)); }
  std::string operator()(phase::TellingHooks const& p) const { return job_name(p.run, hook_name(p.point), p.attempt); }
  std::string operator()(phase::Undoing const& p) const { return job_name(p.run, p.run.is_withdrawal() && p.run.run_asked ? "undo-asked" : "undo"); }
  std::string operator()(phase::Assessing const& p) const { return job_name(p.run, "assess"); }
  std::string operator()(phase::Checking const& p) const { return "check-" + p.step.component; }
  template <typename P>
  std::string operator()(P const&) const {
    return {};
  }
};

job::StepId own_step(Run const& run) { return {run.record.id, run.component()}; }
/// The executor's record of what stood before the change: a withdrawal goes back by that of the run that it undoes.
job::StepId step_id(Run const& run) { return run.is_withdrawal() ? job::StepId{run.record.undoes, run.component()} : own_step(run); }

/// How hooks are told that it ended. They know a withdrawal as a step from the new version to the old one.
std::string told_result(Run const& run, std::string_view result) {
  return run.is_withdrawal() && result == to_string(StepResult::RolledBack) ? std::string(to_string(StepResult::Done)) : std::string(result);
}

/// Hooks of a run are not of its step at work.
job::Hook hook_of(Run const& run, job::Hook::Point point, std::optional<Ending> const& ending) {
  if (point == job::Hook::Point::PreRun) return {{run.record.id, {}}, point};
  if (point == job::Hook::Point::PostRun) return {{run.record.id, {}}, point, {}, {}, told_result(run, to_string(ending->result))};
  auto const& at = run.at();
  auto const result = point == job::Hook::Point::PostStep ? told_result(run, to_string(at.result)) : std::string{};
  if (run.is_withdrawal()) return {own_step(run), point, at.step.to_version(), at.step.from_version(), result};
  return {own_step(run), point, at.step.from_version(), at.step.to_version(), result};
}

/// The operation that each phase waits for.
struct OperationOf {
  using Maybe = std::optional<job::Operation>;
  Config const& config;

  Maybe operator()(phase::Refreshing const&) const { return job::Refresh{}; }
  Maybe operator()(phase::Inspecting const&) const { return job::Inspect{}; }
  Maybe operator()(phase::Downloading const& p) const {
    auto const& step = p.plan.steps[p.index];
    return job::Download{step.component, step.to};
  }
  Maybe operator()(phase::CheckingPlugins const& p) const { return job::CheckPlugin{p.check}; }
  Maybe operator()(phase::Preflight const&) const { return job::Inspect{}; }
  Maybe operator()(phase::BackingUp const& p) const { return job::Backup{own_step(p.run), p.run.record.undoes}; }
  Maybe operator()(phase::Applying const& p) const {
    return job::Apply{step_id(p.run), job::Apply::Direction::Upgrade, p.run.at().step.to, config.policy.lock_wait};
  }
  Maybe operator()(phase::Restarting const& p) const { return job::Restart{step_id(p.run)}; }
  Maybe operator()(phase::Recovering const&) const { return job::Recover{}; }
  Maybe operator()(phase::Reconciling const&) const { return job::Inspect{}; }
  Maybe operator()(phase::RollingBack const& p) const {
    return job::Apply{step_id(p.run), job::Apply::Direction::Rollback, p.run.at().step.from, config.policy.lock_wait};
  }
  Maybe operator()(phase::Restoring const& p) const { return job::Restore{step_id(p.run)}; }
  Maybe operator()(phase::RestartingBack const& p) const { return job::Restart{step_id(p.run)}; }
  Maybe operator()(phase::AskingHooks const& p) const { return hook_of(p.run, p.point, {}); }
  Maybe operator()(phase::TellingHooks const& p) const { return hook_of(p.run, p.point, p.ending); }
  Maybe operator()(phase::Undoing const&) const { return job::Inspect{}; }
  Maybe operator()(phase::Assessing const&) const { return job::Inspect{}; }
  Maybe operator()(phase::Checking const&) const { return job::Inspect{}; }
  template <typename P>
  Maybe operator()(P const&) const {
    return {};
  }
};

/// How long a component that nobody has touched yet may take to answer.
constexpr HealthConfig kBaselineLimits{std::chrono::seconds{30}, Duration{0}};

}  // namespace

std::string job_of(Phase const& phase) { return std::visit(JobOf{}, phase); }

std::vector<Command> entry_commands(State const& state, Config const& config) {
  auto const& phase = state.phase;
  std::vector<Command> commands;
  if (auto operation = std::visit(OperationOf{config}, phase))
    commands.emplace_back(command::Submit{{job_of(phase), std::move(*operation)}});
  if (auto const* idle = std::get_if<phase::Idle>(&phase)) commands.emplace_back(command::WakeAt{idle->wake});
  if (auto const* waiting = std::get_if<phase::Waiting>(&phase)) commands.emplace_back(command::WakeAt{waiting->wake});
  if (auto const* baseline = std::get_if<phase::Baseline>(&phase))
    commands.emplace_back(command::Gate{baseline->expectation, kBaselineLimits});
  if (auto const* gating = std::get_if<phase::Gating>(&phase))
    commands.emplace_back(command::Gate{gating->expectation, config.health});
  if (auto const* back = std::get_if<phase::GatingBack>(&phase))
    commands.emplace_back(command::Gate{back->expectation, config.health});
  if (auto const* proving = std::get_if<phase::Proving>(&phase))
    commands.emplace_back(command::Gate{proving->expectation, kBaselineLimits});
  return commands;
}

}  // namespace tykup::rollout
