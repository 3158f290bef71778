#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {

std::string run_id(Instant at, std::string const& suffix) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "-" + suffix;
}

namespace {

/// In a fleet each step has a slot and a run of its own: others may come in between.
std::vector<PlanStep> steps_of_run(Plan const& plan, Context const& context) {
  if (context.fleet == nullptr) return plan.steps;
  return {plan.steps.front()};
}

}  // namespace

// ---- waiting ----------------------------------------------------------------------------------------------------

Transition Stepper::wait_or_begin(Plan plan) {
  review_asked(plan);
  await_slot();
  auto gates = ask_gates(query_of_plan(plan, standing()), context_, memory_, standing());
  auto const* asked = asked_for(plan, standing());
  if (asked != nullptr) leave_fleet_out(gates, *asked, plan.steps.front().component, context_);
  if (gates.closed.empty()) return asked != nullptr ? begin_asked(plan) : begin(plan, Trigger::Window, {});
  bool const was_waiting = std::holds_alternative<phase::Inspecting>(out_.next.phase) ||
                           std::holds_alternative<phase::Waiting>(out_.next.phase);
  if (!was_waiting)
    say(Said::WaitingForWindow, Priority::Info,
        "Everything for " + describe(plan.steps) + " is fetched and verified; waiting: " + texts_of(gates.closed) + ".");
  auto const wake = std::min({standing().next_refresh, gates.wake, next_end(), end_of_asked(standing())});
  return enter(phase::Waiting{std::move(plan), std::move(gates.closed), wake});
}

Transition Stepper::operator()(phase::Waiting const&, event::Started const&) {
  return refresh_is_due() ? refresh() : inspect();
}

Transition Stepper::operator()(phase::Waiting const& at, event::Ticked const&) {
  if (refresh_is_due()) return refresh();
  if (end_what_is_over()) return inspect();
  note_opening();
  if (!standing().obstacles.empty() && context_.now >= standing().look_again) return inspect();
  return wait_or_begin(at.plan);
}

Transition Stepper::operator()(phase::Waiting const&, event::ConfigChanged const&) {
  schedule_refresh();
  return inspect();
}

Transition Stepper::operator()(phase::Waiting const&, event::CheckAsked const& asked) {
  say_check_asked(asked);
  return refresh();
}

Transition Stepper::operator()(phase::Waiting const& at, event::RunAsked const& asked) {
  if (asked.outside && context_.fleet != nullptr) return ask_fleet(at.plan, asked);
  if (!may_run(out_.next, at.plan.hash, asked.override_freeze, context_, asked.without_way_back)) return std::move(out_);
  if (context_.fleet != nullptr) return ask_fleet(at.plan, asked);
  return begin(at.plan, Trigger::Operator, asked);
}

Transition Stepper::begin(Plan const& plan, Trigger trigger, event::RunAsked const& asked) {
  Run run;
  run.record = {.id = run_id(context_.now, plan.hash.substr(0, 6)),
                .plan_hash = plan.hash,
                .trigger = trigger,
                .by = asked.by,
                .started = context_.now};
  run.ignore_unhealthy = asked.ignore_unhealthy;
  run.override_freeze = asked.override_freeze;
  run.without_way_back = asked.without_way_back;
  for (auto const& step : steps_of_run(plan, context_)) run.record.steps.push_back({step});
  bool const has_slot = context_.fleet != nullptr && context_.fleet->grant && context_.fleet->grant->component == plan.steps.front().component;
  if (has_slot) run.grant = context_.fleet->grant;
  keep(record::History{run.record});
  auto who = trigger == Trigger::Operator ? " (asked for by " + run.record.by + ")" : std::string(" (the window is open)");
  if (asked.outside) who += ", outside the order of the fleet" + (asked.outside->empty() ? std::string{} : ": " + *asked.outside);
  if (run.override_freeze) who += ", whatever is frozen";
  if (!run.without_way_back.empty()) who += ", without a way back for " + to_string(run.without_way_back);
  if (!context_.clock_synchronised)
    say(Said::ClockUnsynchronised, Priority::Warning,
        "The clock is still not synchronised after " + to_human(context_.life.steady) + "; a run begins all the same by what it shows.");
  say({.said = Said::RunStarted,
       .priority = Priority::Notice,
       .message = "Run " + run.record.id + " begins: " + describe(steps_of_run(plan, context_)) + who + ".",
       .run = run.record.id});
  return next_step(std::move(run));
}

}  // namespace tykup::rollout
