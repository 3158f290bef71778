#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"
#include "daemon/core/words.hpp"

/// What an operator may ask for, answered before anything changes.
namespace tykup::rollout {
namespace {

constexpr std::size_t kShortestPrefix = 8;

Result<void> lies_ahead(std::optional<Instant> const& until, Context const& context) {
  if (!until || *until > context.now) return {};
  return fail(ErrorKind::BadRequest, "The end " + to_rfc3339(*until) + " is not after now, " +
                                         to_rfc3339(std::chrono::floor<std::chrono::seconds>(context.now)) + ".");
}

Result<Plan const*> standing_plan(State const& state) {
  if (auto const* run = run_of(state.phase))
    return fail(ErrorKind::Busy, "Run " + run->record.id + " is at work on " + run->component() + ".");
  auto const* plan = plan_of(state.phase);
  if (plan == nullptr || plan->steps.empty())
    return fail(ErrorKind::NotFound, "There is nothing to run: no component has a newer version that it may take.");
  return plan;
}

Result<void> may_release(std::string const& component, Context const& context) {
  auto const& holds = context.memory.holds;
  auto const meant = [&](Hold const& hold) { return component.empty() || hold.component == component; };
  if (std::ranges::any_of(holds, meant)) return {};
  if (auto known = known_component(component, context.config); !known) return known;
  bool const all_held = std::ranges::count(holds, std::string{}, &Hold::component) > 0;
  if (all_held) return fail(ErrorKind::NotFound, component + " is not held by itself, everything is: `tykup release` without a component ends that.");
  bool const by_file = std::ranges::count(context.config.policy.hold, component) > 0;
  if (by_file) return fail(ErrorKind::NotFound, component + " is held by hold in [policy]: take it out there, then: systemctl reload tykupd.");
  return fail(ErrorKind::NotFound, (component.empty() ? std::string("Nothing") : component) + " is" + (component.empty() ? "" : " not") + " held.");
}

/// The steps that are named, as the plan has them: each is one of its steps, in its version, and has no way back.
Result<std::vector<NamedVersion>> steps_named(Plan const& plan, std::vector<NamedVersion> const& named, Config const& config) {
  std::vector<NamedVersion> steps;
  for (auto const& one : named) {
    auto const step = std::ranges::find(plan.steps, one.component, &PlanStep::component);
    if (step == plan.steps.end()) {
      if (auto known = known_component(one.component, config); !known) return fail(known.error());
      return fail(ErrorKind::NotFound, "The plan has no step of " + one.component + ": it is " + describe(plan.steps) + ".");
    }
    if (!names_step({one}, *step))
      return fail(ErrorKind::BadRequest, "The plan does not take " + one.component + " to " + quoted(one.version) + ": it is " +
                                             describe(*step) + ", named " + to_string(name_of(*step)) + ".");
    if (step->no_way_back().empty())
      return fail(ErrorKind::BadRequest, describe(*step) + " has a way back and needs no such word: leave " + to_string(one) + " out.");
    steps.push_back(name_of(*step));
  }
  return steps;
}

tl::unexpected<Error> closed_now(Gates const& gates) {
  std::string why;
  for (auto const& reason : gates.closed) why += " " + reason.text + ". → " + reason.remedy + ".";
  return fail(ErrorKind::NotAllowed, "Nothing begins now:" + why);
}

/// With approve = "auto" a plan wants an operator's word only for its steps without a way back.
Result<void> needs_approval(Plan const* plan, word::Approve const& word, Context const& context) {
  if (context.config.policy.approve == Approve::Manual || !word.without_way_back.empty()) return {};
  std::string const needless = "Plans need no approval here: approve in [policy] is \"auto\".";
  std::vector<std::string> options;
  for (auto const& step : plan == nullptr ? std::vector<PlanStep>{} : plan->steps)
    if (!step.no_way_back().empty()) options.push_back("--without-way-back " + to_string(name_of(step)));
  if (options.empty()) return fail(ErrorKind::BadRequest, needless);
  return fail(ErrorKind::BadRequest, needless + " What has no way back wants to be named: " + join(options, " ") + ".");
}

Result<Approval> approval_of(State const& state, std::string const& by, word::Approve const& word, Context const& context) {
  auto const& prefix = word.plan;
  if (auto needed = needs_approval(plan_of(state.phase), word, context); !needed) return fail(needed.error());
  if (prefix.size() < kShortestPrefix)
    return fail(ErrorKind::BadRequest, "At least 8 digits of the plan's hash are needed; `tykup plan` shows it.");
  auto const plan = standing_plan(state);
  if (!plan) return fail(plan.error());
  if (!(*plan)->hash.starts_with(prefix))
    return fail(ErrorKind::NotFound, "The plan is another one: " + (*plan)->hash.substr(0, 12) + ", " + describe((*plan)->steps) +
                                         ". Look at `tykup plan` and approve that.");
  auto steps = steps_named(**plan, word.without_way_back, context.config);
  if (!steps) return fail(steps.error());
  if (auto ahead = lies_ahead(word.until, context); !ahead) return fail(ahead.error());
  return Approval{(*plan)->hash, by, context.now, word.until, std::move(*steps)};
}

Result<void> may_forget_bad(std::string const& component, Context const& context) {
  auto const& bad = context.memory.bad;
  auto const meant = [&](BadVersion const& version) { return component.empty() || version.component == component; };
  if (std::ranges::any_of(bad, meant)) return {};
  if (auto known = known_component(component, context.config); !known) return known;
  return fail(ErrorKind::NotFound, "No bad version" + (component.empty() ? "" : " of " + component) + " is remembered.");
}

/// The event of each word.
struct EventOf {
  using Maybe = Result<Event>;
  State const& state;
  std::string const& by;
  Context const& context;

  Maybe operator()(word::Hold const& word) const {
    if (auto known = known_component(word.component, context.config); !known) return fail(known.error());
    if (auto ahead = lies_ahead(word.until, context); !ahead) return fail(ahead.error());
    return event::HoldAsked{{word.component, by, context.now, word.until, word.reason}};
  }
  Maybe operator()(word::Release const& word) const {
    if (auto may = may_release(word.component, context); !may) return fail(may.error());
    return event::ReleaseAsked{by, word.component};
  }
  Maybe operator()(word::Approve const& word) const {
    auto approval = approval_of(state, by, word, context);
    if (!approval) return fail(approval.error());
    return event::ApproveAsked{std::move(*approval)};
  }
  Maybe operator()(word::ForgetBad const& word) const {
    if (auto may = may_forget_bad(word.component, context); !may) return fail(may.error());
    return event::ForgetBadAsked{by, word.component};
  }
};

}  // namespace

Result<void> known_component(std::string const& component, Config const& config) {
  if (component.empty() || config.find(component) != nullptr) return {};
  std::vector<std::string> known;
  for (auto const& each : config.components) known.push_back(each.name);
  auto const near = nearest_name(component, known);
  return fail(ErrorKind::NotFound, "There is no component " + quoted(component) + " in the configuration" +
                                       (near ? "; did you mean " + quoted(*near) + "?" : "; known are " + join(known) + "."));
}

Result<void> may_run(State const& state, std::string const& plan_hash, bool override_freeze, Context const& context,
                     std::vector<NamedVersion> const& without_way_back) {
  if (state.standing.trouble && std::holds_alternative<phase::NeedsAdmin>(state.phase))
    return fail(ErrorKind::NotAllowed, state.standing.trouble->text + " " + state.standing.trouble->remedy);
  auto const plan = standing_plan(state);
  if (!plan) return fail(plan.error());
  if (!std::holds_alternative<phase::Waiting>(state.phase))
    return fail(ErrorKind::Busy, "The packages of plan " + (*plan)->hash.substr(0, 12) + " are not all fetched yet; see `tykup status`.");
  auto const& steps = (*plan)->steps;
  if ((*plan)->hash != plan_hash)
    return fail(ErrorKind::NotFound, "The plan is another one by now: " + describe(steps) + ". Look at `tykup plan` and run that.");
  auto const named = steps_named(**plan, without_way_back, context.config);
  if (!named) return fail(ErrorKind::BadRequest, named.error().message);
  GateQuery const query{plan_hash, steps.front(), steps, Trigger::Operator, override_freeze, true, {}, *named};
  auto gates = ask_gates(query, context, context.memory, state.standing);
  // A host of a fleet waits for its slot; in a freeze of all it would wait for nothing.
  bool const waits = context.fleet != nullptr && context.fleet->frozen.empty();
  if (waits) std::erase_if(gates.closed, [](Reason const& reason) { return reason.gate == Gate::Fleet; });
  if (gates.closed.empty()) return {};
  return closed_now(gates);
}

Plan plan_outside(State const& state, HostFacts const& facts, Context const& context) {
  auto const* pins = context.fleet->rollout.empty() ? nullptr : context.fleet;
  return make_plan(context.config, distrusting(facts, state.standing.source_problems), context.memory, context.now, context.digest, pins);
}

Result<Event> may_run_outside(State const& state, Plan const& plan, std::string const& plan_hash, event::RunAsked asked, Context const& context) {
  if (auto const* run = run_of(state.phase)) return fail(ErrorKind::Busy, "Run " + run->record.id + " is at work on " + run->component() + ".");
  if (state.standing.trouble && std::holds_alternative<phase::NeedsAdmin>(state.phase))
    return fail(ErrorKind::NotAllowed, state.standing.trouble->text + " " + state.standing.trouble->remedy);
  bool const rests = std::holds_alternative<phase::Idle>(state.phase) || std::holds_alternative<phase::Waiting>(state.phase);
  if (!rests) return fail(ErrorKind::Busy, "tykupd is " + public_state(state) + "; ask again in a moment.");
  if (plan.steps.empty()) return fail(ErrorKind::NotFound, "There is nothing to run: no component has a newer version that it may take.");
  if (plan.hash != plan_hash)
    return fail(ErrorKind::NotFound, "The plan is another one by now: " + describe(plan.steps) + ". Look at `tykup run --outside-fleet` again.");
  auto const named = steps_named(plan, asked.without_way_back, context.config);
  if (!named) return fail(ErrorKind::BadRequest, named.error().message);
  Gates gates = ask_gates({plan.hash, plan.steps.front(), plan.steps, Trigger::Operator, asked.override_freeze, true, {}, *named}, context, context.memory, state.standing);
  AskedRun kept;
  kept.override_freeze = asked.override_freeze;
  kept.outside = asked.outside;
  leave_fleet_out(gates, kept, plan.steps.front().component, context);
  if (!gates.closed.empty()) return closed_now(gates);
  for (auto const& step : plan.steps) asked.steps.push_back(name_of(step));
  return Event{std::move(asked)};
}

Result<Event> event_of(State const& state, std::string const& by, Word const& word, Context const& context) {
  return std::visit(EventOf{state, by, context}, word);
}

}  // namespace tykup::rollout
