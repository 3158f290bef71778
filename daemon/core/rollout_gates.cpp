#include <algorithm>

#include "daemon/core/freezes.hpp"
#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {

std::optional<Reason> freeze_gate(Config const& config, Instant now) {
  if (auto const* freeze = freeze_at(config.windows.freezes, now))
    return Reason{Gate::Freeze, freeze_text(*freeze), freeze_remedy(*freeze)};
  return {};
}

WindowGate window_gate(Config const& config, PlanStep const& step, Instant now) {
  if (config.windows.windows.empty())
    return {Reason{Gate::Window, "no [[window]] is configured, so nothing happens on its own",
                   "tykup run, or add a [[window]]"},
            Instant::max()};
  auto const verdict = window_at(config.windows, step.component, now);
  if (!verdict.open)
    return {Reason{Gate::Window, verdict.reason, "tykup run begins at once"}, verdict.opens.value_or(Instant::max())};
  auto const left = verdict.until - now;
  if (left >= step.estimate) return {std::nullopt, verdict.until};
  return {Reason{Gate::Budget,
                 step.component + " needs " + to_human(step.estimate) + " with a rollback, and the window has " +
                     to_human(left) + " left",
                 "a longer window, or [component." + step.component + "] expected"},
          verdict.until};
}

std::string describe(PlanStep const& step) {
  return step.component + " " + step.from_version() + " → " + step.to_version();
}

std::string describe(std::vector<PlanStep> const& steps) {
  std::string text;
  for (auto const& step : steps) text += (text.empty() ? "" : ", ") + describe(step);
  return text;
}

Result<void> may_run(State const& state, std::string const& plan_hash, Context const& context) {
  if (auto const* run = run_of(state.phase))
    return fail(ErrorKind::Busy, "Run " + run->record.id + " is at work on " + run->component() + ".");
  if (state.standing.trouble && std::holds_alternative<phase::NeedsAdmin>(state.phase))
    return fail(ErrorKind::NotAllowed, state.standing.trouble->text + " " + state.standing.trouble->remedy);
  auto const* waiting = std::get_if<phase::Waiting>(&state.phase);
  if (waiting == nullptr) {
    auto const* plan = plan_of(state.phase);
    if (plan == nullptr || plan->steps.empty())
      return fail(ErrorKind::NotFound, "There is nothing to run: no component has a newer version that it may take.");
    return fail(ErrorKind::Busy, "The packages of plan " + plan->hash.substr(0, 12) + " are not all fetched yet; see `tykup status`.");
  }
  if (waiting->plan.hash != plan_hash)
    return fail(ErrorKind::NotFound, "The plan is another one by now: " + describe(waiting->plan.steps) + ". Look at `tykup plan` and run that.");
  if (auto const frozen = freeze_gate(context.config, context.now))
    return fail(ErrorKind::NotAllowed, "Nothing begins now: " + frozen->text + ". " + frozen->remedy + ".");
  return {};
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

void apply_record(Memory& memory, Record const& record) {
  if (auto const* seen = std::get_if<record::Seen>(&record)) memory.seen.push_back(seen->version);
  if (auto const* bad = std::get_if<record::Bad>(&record)) {
    std::erase_if(memory.bad, [&](auto const& known) {
      return known.component == bad->version.component && known.version == bad->version.version;
    });
    memory.bad.push_back(bad->version);
  }
  if (auto const* took = std::get_if<record::Took>(&record)) {
    auto& durations = memory.durations[took->component];
    durations.insert(durations.begin(), took->duration);
    if (durations.size() > 10) durations.resize(10);
  }
}

}  // namespace tykup::rollout
