#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"

/// The step of a fleet's host: it wants a slot, asks twice whether it may still go on, and tells how it ended.
namespace tykup::rollout {
namespace {

/// A host that cannot go back leaves its slot to others for so long.
constexpr auto kAskAgain = std::chrono::minutes{5};

/// Everything but the fleet itself is open.
bool would_begin(phase::Waiting const& at, State const& state, Context const& context) {
  auto const* asked = asked_for(at.plan, state.standing);
  bool const frozen_out = asked != nullptr && asked->outside && !asked->override_freeze && !context.fleet->frozen.empty();
  if (frozen_out) return false;
  auto const closed = ask_gates(query_of_plan(at.plan, state.standing), context, context.memory, state.standing).closed;
  return std::ranges::all_of(closed, [](Reason const& reason) { return reason.gate == Gate::Fleet; });
}

std::optional<fleet::need::Outside> outside_of(Plan const& plan, Standing const& standing) {
  auto const* asked = asked_for(plan, standing);
  if (asked == nullptr || !asked->outside) return {};
  return fleet::need::Outside{plan.steps.front().to_version(), asked->by, *asked->outside, asked->since};
}

/// The component that goes back first: the last one that is newer than what the fleet goes back to.
std::optional<PlanStep> step_back(Plan const& plan, fleet::View const& view) {
  for (auto choice = plan.staying.rbegin(); choice != plan.staying.rend(); ++choice) {
    auto const* pinned = view.pin(choice->component);
    if (pinned == nullptr || choice->to != std::vector{pinned->package}) continue;
    bool const hindered = std::ranges::any_of(choice->reasons, [](Reason const& reason) { return reason.gate != Gate::Fleet; });
    if (hindered) return {};
    PlanStep step{choice->component, choice->from, choice->to};
    step.way_back = true;
    return step;
  }
  return {};
}

fleet::Need need_to_go_back(State const& state, Context const& context) {
  auto const* plan = plan_of(state.phase);
  bool const rests = std::holds_alternative<phase::Idle>(state.phase) || std::holds_alternative<phase::Waiting>(state.phase);
  if (plan == nullptr || !rests) return fleet::need::Nothing{};
  auto step = step_back(*plan, *context.fleet);
  if (!step) return fleet::need::Nothing{};
  if (auto const* known = context.config.find(step->component)) step->estimate = estimate_step(*known, context.config, context.memory);
  std::vector<PlanStep> const steps{*step};
  std::string const no_plan;
  auto const closed = ask_gates({no_plan, *step, steps, Trigger::Window, false, true}, context, context.memory, state.standing).closed;
  bool const open = std::ranges::all_of(closed, [](Reason const& reason) { return reason.gate == Gate::Fleet; });
  return open ? fleet::Need{fleet::need::Wants{step->component}} : fleet::Need{fleet::need::Nothing{}};
}

fleet::Need need_of_run(Phase const& phase, Run const& run) {
  if (!run.grant) return fleet::need::Nothing{};
  if (auto const* confirming = std::get_if<phase::Confirming>(&phase)) return fleet::need::Confirms{run.grant->slot, confirming->point};
  return fleet::need::Works{run.grant->slot};
}

/// The step's package was touched: nothing but the gate can say how it is now.
bool is_begun(StepRecord const& step) { return step.result != StepResult::NotDone && step.result != StepResult::Pending; }

}  // namespace

std::optional<Reason> fleet_gate(GateQuery const& query, Context const& context) {
  if (context.fleet == nullptr) return {};
  auto const& view = *context.fleet;
  if (query.begins && !view.frozen.empty()) return Reason{Gate::Fleet, "the fleet is " + view.frozen, "tykup fleet unfreeze"};
  bool const has_slot = view.grant && view.grant->component == query.step.component;
  // Whether a run that has begun may go on is asked at points of its own.
  if (has_slot || !query.begins) return {};
  auto text = view.text.empty() ? std::string("a slot of the fleet is asked for when everything else is open") : view.text;
  return Reason{Gate::Fleet, std::move(text), view.remedy.empty() ? "tykup fleet status" : view.remedy};
}

fleet::Need need_of(State const& state, Context const& context) {
  if (context.fleet == nullptr) return fleet::need::Nothing{};
  if (auto const& ended = state.standing.fleet_step) {
    // What the fleet is told of the host, its versions, is read first.
    if (std::holds_alternative<phase::Inspecting>(state.phase)) return fleet::need::Works{ended->grant.slot};
    return *ended;
  }
  if (auto const* run = run_of(state.phase)) return need_of_run(state.phase, *run);
  auto const* waiting = std::get_if<phase::Waiting>(&state.phase);
  auto const* asked = waiting == nullptr ? nullptr : asked_for(waiting->plan, state.standing);
  if (context.fleet->back && asked == nullptr) return need_to_go_back(state, context);
  if (waiting == nullptr || !would_begin(*waiting, state, context)) return fleet::need::Nothing{};
  return fleet::need::Wants{waiting->plan.steps.front().component, outside_of(waiting->plan, state.standing)};
}

Transition Stepper::operator()(phase::Waiting const& at, event::FleetChanged const&) { return wait_or_begin(at.plan); }

Transition Stepper::confirm(Run run, fleet::Point point, std::vector<Endpoint> endpoints) {
  if (run.grant) return enter(phase::Confirming{std::move(run), point, std::move(endpoints)});
  return confirmed(std::move(run), point, std::move(endpoints));
}

Transition Stepper::confirmed(Run run, fleet::Point point, std::vector<Endpoint> endpoints) {
  if (point == fleet::Point::BeforeDrain) {
    run.step_asked = true;
    return ask_hooks(std::move(run), std::move(endpoints), {});
  }
  if (run.is_withdrawal()) return withdraw(std::move(run), std::move(endpoints));
  return enter(phase::Applying{std::move(run), 1, std::move(endpoints)});
}

Transition Stepper::operator()(phase::Confirming const& at, event::Started const&) { return next_step(at.run); }

Transition Stepper::operator()(phase::Confirming const& at, event::FleetChanged const&) {
  auto const* view = context_.fleet;
  if (view == nullptr) return not_done(at.run, RunResult::Partial, "this host was taken out of its fleet ([fleet] in the configuration)");
  auto const& answer = view->confirmed;
  if (!answer || answer->slot != at.run.grant->slot || answer->point != at.point) return std::move(out_);
  if (!answer->refused.empty()) return not_done(at.run, RunResult::Partial, answer->refused);
  if (auto const closed = closed_for(at.run)) return not_done(at.run, RunResult::Partial, *closed);
  return confirmed(at.run, at.point, at.endpoints);
}

void Stepper::note_fleet_step(Run const& run) {
  if (!run.grant) return;
  auto const& step = run.record.steps.front();
  bool const back = run.is_withdrawal() && step.result == StepResult::RolledBack;
  bool const completed = step.result == StepResult::Done || back;
  standing().fleet_step = fleet::need::Ended{*run.grant, completed, is_begun(step), completed ? std::string{} : step.reason};
}

Transition Stepper::give_back(event::FleetHindered const& hindered) {
  standing().fleet_step = fleet::need::Ended{hindered.grant, false, false, hindered.reason};
  say({.said = Said::StepNotDone,
       .priority = Priority::Error,
       .message = hindered.grant.component + " does not go where the fleet goes: " + hindered.reason,
       .component = hindered.grant.component,
       .reason = hindered.reason});
  standing().not_before = std::max(standing().not_before, context_.now + kAskAgain);
  out_.commands.emplace_back(command::WakeAt{context_.now + kAskAgain});
  return std::move(out_);
}

void Stepper::forget_fleet_step(std::int64_t slot) {
  auto& told = standing().fleet_step;
  if (told && told->grant.slot == slot) told.reset();
}

}  // namespace tykup::rollout
