#include <algorithm>

#include "daemon/core/concerns.hpp"
#include "daemon/core/freezes.hpp"
#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {
namespace {

constexpr auto kLookAtTheClockAgain = std::chrono::seconds{10};

std::string second_of(Instant at) {
  return to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
}

Duration whole_run(GateQuery const& query) {
  Duration sum{0};
  for (auto const& step : query.steps) sum += step.estimate;
  return sum;
}

std::optional<Reason> approval_gate(GateQuery const& query, Context const& context, Memory const& memory) {
  // Whoever began the fleet's rollout has seen what it brings and said so for all hosts.
  if (context.config.policy.approve == Approve::Auto || context.fleet != nullptr) return {};
  auto const& given = memory.approval;
  bool const is_it = given && given->plan_hash == query.plan_hash;
  if (is_it && (!given->until || context.now < *given->until)) return {};
  auto const remedy = "tykup approve " + query.plan_hash.substr(0, 12);
  if (is_it) return Reason{Gate::Approval, "its approval by " + given->by + " ended " + second_of(*given->until), remedy};
  return Reason{Gate::Approval, "plan " + query.plan_hash.substr(0, 12) + " waits for an approval", remedy};
}

/// An approval of this plan that is in force.
bool is_approved(GateQuery const& query, Context const& context, Memory const& memory) {
  auto const& given = memory.approval;
  return given && given->plan_hash == query.plan_hash && (!given->until || context.now < *given->until);
}

/// A step that cannot be taken back goes only where somebody named it; the plan's approval alone does not say that.
std::optional<Reason> way_back_gate(GateQuery const& query, Context const& context, Memory const& memory) {
  auto const why = query.step.no_way_back();
  if (why.empty() || names_step(query.without_way_back, query.step)) return {};
  if (is_approved(query, context, memory) && names_step(memory.approval->without_way_back, query.step)) return {};
  auto const option = " --without-way-back " + to_string(name_of(query.step));
  return Reason{Gate::WithoutRollback, "there is no way back from " + describe(query.step) + ": " + why,
                "tykup approve " + query.plan_hash.substr(0, 12) + option + "; or tykup run" + option};
}

std::optional<Reason> clock_gate(Context const& context) {
  auto const& wait = context.config.policy.clock_wait;
  if (context.clock_synchronised || context.life.steady >= wait) return {};
  return Reason{Gate::Clock,
                "the clock is not synchronised yet; tykup waits for that at most " + to_human(wait) + " after its start",
                "see timedatectl; or a shorter clock_wait in [policy]"};
}

/// Why a window that is closed stays so, apart from a freeze, which is a gate of its own.
std::optional<Reason> closed_window(Windows const& windows, std::string const& component, WindowVerdict const& verdict,
                                    Instant now) {
  auto const unfrozen = window_at(without_freezes(windows), component, now);
  if (unfrozen.open) return {};
  std::string text = unfrozen.reason;
  if (unfrozen.opens != verdict.opens)
    text = verdict.opens ? "the next window that is not frozen opens " + second_of(*verdict.opens) : verdict.reason;
  return Reason{Gate::Window, text, "tykup run begins at once"};
}

Reason budget_reason(PlanStep const& step, Duration undo, Duration left) {
  auto const what = undo == Duration::zero() ? " with a rollback" : " with a rollback, of the run's earlier components too";
  return {Gate::Budget,
          step.component + " needs " + to_human(step.estimate + undo) + what + ", and the window has " +
              to_human(left) + " left; it waits for the next one",
          "a longer window, or [component." + step.component + "] expected"};
}

/// What keeps a run from beginning inside an open window: it was missed, or this host's own beginning is to come.
WindowGate begin_gate(GateQuery const& query, Context const& context, Standing const& standing, Interval const& opening) {
  auto const& policy = context.config.policy;
  auto const& windows = context.config.windows;
  auto const& component = query.step.component;
  // Hosts of a fleet begin one after the other by its slots.
  auto const spread = context.fleet != nullptr ? Duration{0} : policy.spread;
  auto const own = start_on_host(opening, whole_run(query), spread, context.machine_id);
  if (context.now < own)
    return {Reason{Gate::Window, "the window opened " + second_of(opening.from) + "; this host begins " + second_of(own),
                   "tykup run begins at once; spread in [policy] is the longest that a host waits"},
            own};
  auto const latest = latest_beginning(windows, component, opening, context.now);
  auto const due = latest == opening.from ? own : latest;
  auto const since = standing.watched_opening == opening_of_host(context) ? standing.watched_since : context.life.since;
  if (policy.missed == Missed::RunIfOpen || since <= due + kGrace) return {std::nullopt, opening.until};
  auto const next = next_beginning(windows, component, context.now).value_or(opening.until);
  return {Reason{Gate::Window,
                 "the window opened " + second_of(due) + " and was missed: tykupd watches since " + second_of(since),
                 "wait for the next one; or tykup run, or missed = \"run-if-open\" in [policy]"},
          std::min(opening.until, next)};
}

Reason early_end(Standing const& standing) {
  auto const next = to_rfc3339(std::chrono::floor<std::chrono::seconds>(standing.not_before));
  if (standing.put_off.empty())
    return {Gate::Window, "the last run ended early; the next one begins by itself at " + next, "tykup run"};
  return {Gate::Hook, "put off: " + standing.put_off + "; it is tried again by itself at " + next, "tykup run asks again at once"};
}

}  // namespace

Instant opening_of_host(Context const& context) {
  auto const opening = open_at(context.config.windows, "", context.now);
  return opening ? opening->from : Instant{};
}

std::optional<Reason> freeze_gate(Config const& config, Instant now) {
  if (auto const* freeze = freeze_at(config.windows.freezes, now))
    return Reason{Gate::Freeze, freeze_text(*freeze), freeze_remedy(*freeze) + "; or tykup run --override-freeze"};
  return {};
}

WindowGate window_gate(GateQuery const& query, Context const& context, Standing const& standing) {
  auto const& windows = context.config.windows;
  if (windows.windows.empty())
    return {Reason{Gate::Window, "no [[window]] is configured, so nothing happens on its own",
                   "tykup run, or add a [[window]]"},
            Instant::max()};
  auto const verdict = window_at(windows, query.step.component, context.now);
  if (!verdict.open)
    return {closed_window(windows, query.step.component, verdict, context.now), verdict.opens.value_or(Instant::max())};
  auto const left = verdict.until - context.now;
  if (left < query.step.estimate + query.undo) return {budget_reason(query.step, query.undo, left), verdict.until};
  auto const opening = open_at(windows, query.step.component, context.now);
  if (!query.begins || !opening) return {std::nullopt, verdict.until};
  return begin_gate(query, context, standing, *opening);
}

Gates ask_gates(GateQuery const& query, Context const& context, Memory const& memory, Standing const& standing) {
  Gates gates;
  auto const close = [&](std::optional<Reason> const& reason, Instant wake) {
    if (reason) gates.closed.push_back(*reason);
    if (reason) gates.wake = std::min(gates.wake, wake);
  };
  for (auto const& held : hold_reasons(memory, query.step.component, context.now)) close(held, Instant::max());
  close(way_back_gate(query, context, memory), Instant::max());
  close(approval_gate(query, context, memory), Instant::max());
  auto const frozen = freeze_gate(context.config, context.now);
  if (frozen && !query.override_freeze) gates.closed.push_back(*frozen);
  close(clock_gate(context), context.now + kLookAtTheClockAgain);
  close(fleet_gate(query, context), Instant::max());
  for (auto const& obstacle : standing.obstacles) {
    bool const passed = !query.begins || (query.trigger == Trigger::Operator && obstacle.gate == Gate::Reboot);
    if (!passed) close(obstacle, std::max(standing.look_again, context.now));
  }
  if (query.trigger == Trigger::Operator) return gates;
  auto const window = window_gate(query, context, standing);
  auto const never = never_fits(query.step, context.config, context.now);
  bool const is_budget = window.closed && window.closed->gate == Gate::Budget;
  close(never, Instant::max());
  if (!never || !is_budget) close(window.closed, window.wake);
  if (frozen) gates.wake = std::min(gates.wake, window.wake);
  if (query.begins && context.now < standing.not_before)
    close(early_end(standing), standing.not_before);
  std::ranges::stable_sort(gates.closed, {}, &Reason::gate);
  return gates;
}

std::vector<Reason> closed_gates(State const& state, PlanStep const& step, Context const& context) {
  auto const* plan = plan_of(state.phase);
  if (plan == nullptr) return {};
  bool const first = !plan->steps.empty() && plan->steps.front().component == step.component;
  GateQuery const query{plan->hash, step, plan->steps, Trigger::Window, false, first};
  return ask_gates(query, context, context.memory, state.standing).closed;
}

std::string describe(PlanStep const& step) {
  return step.component + " " + step.from_version() + " → " + step.to_version();
}

std::string describe(std::vector<PlanStep> const& steps) {
  std::string text;
  for (auto const& step : steps) text += (text.empty() ? "" : ", ") + describe(step);
  return text;
}

std::string texts_of(std::vector<Reason> const& reasons) {
  std::string text;
  for (auto const& reason : reasons) text += (text.empty() ? "" : "; ") + reason.text;
  return text;
}

Run const* run_of(Phase const& phase) {
  return std::visit(
      [](auto const& p) -> Run const* {
        if constexpr (requires { p.run; }) return &p.run;
        return nullptr;
      },
      phase);
}

Plan const* plan_of(Phase const& phase) {
  return std::visit(
      [](auto const& p) -> Plan const* {
        if constexpr (requires { p.plan; }) return &p.plan;
        return nullptr;
      },
      phase);
}

}  // namespace tykup::rollout
