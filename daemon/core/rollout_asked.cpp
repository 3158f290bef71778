#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"

/// `tykup run` on a host of a fleet: what was asked is kept in mind until the slot comes, or for an hour.
namespace tykup::rollout {
namespace {

constexpr auto kAskedFor = std::chrono::hours{1};
/// Whoever has a host go outside the order does not wait for an etcd that is away.
constexpr auto kSlotPatience = std::chrono::minutes{1};

bool is_named(std::vector<NamedVersion> const& steps, PlanStep const& step) { return names_step(steps, step); }

std::vector<NamedVersion> names_of(std::vector<PlanStep> const& steps) {
  std::vector<NamedVersion> names;
  for (auto const& step : steps) names.push_back(name_of(step));
  return names;
}

}  // namespace

AskedRun const* asked_for(Plan const& plan, Standing const& standing) {
  auto const& asked = standing.asked;
  bool const is_it = asked && !plan.steps.empty() && is_named(asked->steps, plan.steps.front());
  return is_it ? &*asked : nullptr;
}

GateQuery query_of_plan(Plan const& plan, Standing const& standing) {
  auto const* asked = asked_for(plan, standing);
  auto const trigger = asked != nullptr ? Trigger::Operator : Trigger::Window;
  GateQuery query{plan.hash, plan.steps.front(), plan.steps, trigger, asked != nullptr && asked->override_freeze, true};
  if (asked != nullptr) query.without_way_back = asked->without_way_back;
  return query;
}

Instant end_of_asked(Standing const& standing) { return standing.asked ? standing.asked->since + kAskedFor : Instant::max(); }

fleet::View const* planned_by(Standing const& standing, Context const& context) {
  bool const alone = standing.asked && standing.asked->outside && context.fleet != nullptr && context.fleet->rollout.empty();
  return alone ? nullptr : context.fleet;
}

void leave_fleet_out(Gates& gates, AskedRun const& asked, std::string const& component, Context const& context) {
  if (!asked.outside || context.fleet == nullptr) return;
  auto const& view = *context.fleet;
  std::erase_if(gates.closed, [](Reason const& reason) { return reason.gate == Gate::Fleet; });
  bool const frozen = !view.frozen.empty() && !asked.override_freeze;
  if (frozen) gates.closed.push_back({Gate::Fleet, "the fleet is " + view.frozen, "tykup fleet unfreeze"});
  bool const has_slot = view.grant && view.grant->component == component;
  if (frozen || has_slot || !asked.slot_by || context.now >= *asked.slot_by) return;
  gates.closed.push_back({Gate::Fleet, "a slot is taken outside the order; without an answer of the fleet it begins at " +
                                           to_rfc3339(std::chrono::floor<std::chrono::seconds>(*asked.slot_by)),
                          "tykup stop takes it back"});
  gates.wake = std::min(gates.wake, *asked.slot_by);
}

Transition Stepper::ask_fleet(Plan const& plan, event::RunAsked const& asked) {
  AskedRun kept{asked.by, context_.now, asked.ignore_unhealthy, asked.override_freeze, asked.without_way_back, names_of(plan.steps), asked.outside, {}};
  if (asked.outside) kept.steps = asked.steps;
  standing().asked = std::move(kept);
  auto const how = asked.outside ? " outside the order of its fleet" + (asked.outside->empty() ? std::string{} : ": " + *asked.outside) : " when its slot of the fleet comes";
  say(Said::OperatorAsked, asked.outside ? Priority::Warning : Priority::Notice,
      asked.by + " has this host go now, in no window," + how + " (" + to_string(standing().asked->steps) + ").");
  if (asked.outside) return inspect();
  return wait_or_begin(plan);
}

/// From Idle a host of a fleet goes nowhere but outside the order.
Transition Stepper::operator()(phase::Idle const& at, event::RunAsked const& asked) {
  if (context_.fleet == nullptr || !asked.outside) return std::move(out_);
  return ask_fleet(at.plan, asked);
}

Transition Stepper::begin_asked(Plan const& plan) {
  auto& asked = *standing().asked;
  event::RunAsked const word{asked.by, asked.ignore_unhealthy, asked.override_freeze, asked.without_way_back, asked.outside, {}};
  std::erase_if(asked.steps, [&](NamedVersion const& named) { return names_step({named}, plan.steps.front()); });
  asked.slot_by.reset();
  bool const has_slot = context_.fleet->grant && context_.fleet->grant->component == plan.steps.front().component;
  if (!has_slot) {
    auto const& text = context_.fleet->text;
    say(Said::FleetTrouble, Priority::Error,
        "A step begins outside the order of the fleet and without a slot of it: no other host knows, and none counts it" +
            (text.empty() ? std::string(".") : " (" + text + ")."));
  }
  if (asked.steps.empty()) standing().asked.reset();
  return begin(plan, Trigger::Operator, word);
}

void Stepper::void_asked(std::string const& why) {
  auto const asked = *standing().asked;
  standing().asked.reset();
  say(Said::OperatorAsked, Priority::Notice, "What " + asked.by + " asked for does not begin (" + to_string(asked.steps) + "): " + why + ".");
}

void Stepper::review_asked(Plan const& plan) {
  auto& asked = standing().asked;
  if (!asked) return;
  auto left = asked->steps;
  std::erase_if(left, [&](NamedVersion const& named) { return std::ranges::none_of(plan.steps, [&](PlanStep const& step) { return names_step({named}, step); }); });
  if (context_.fleet == nullptr) return void_asked("this host belongs to no fleet any more");
  if (left.empty()) return void_asked("the plan is another one by now");
  if (context_.now >= end_of_asked(standing())) return void_asked("its hour is over; ask again");
  asked->steps = std::move(left);
}

void Stepper::await_slot() {
  auto& asked = standing().asked;
  if (asked && asked->outside && !asked->slot_by) asked->slot_by = context_.now + kSlotPatience;
}

}  // namespace tykup::rollout
