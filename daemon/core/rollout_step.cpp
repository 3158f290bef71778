#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {
namespace {

constexpr auto kAskTheExecutorAgain = std::chrono::seconds{30};

bool of_this_phase(Phase const& phase, std::string const& job) { return job_of(phase) == job; }

/// An answer to a job that the phase does not wait for says nothing.
struct IsStray {
  Phase const& phase;
  template <typename E>
  bool operator()(E const& event) const {
    if constexpr (requires { event.job; }) return !of_this_phase(phase, event.job);
    return false;
  }
};

struct IsStrayHealth {
  Phase const& phase;
  template <typename E>
  bool operator()(E const& event) const {
    if constexpr (std::is_same_v<E, event::HealthPassed> || std::is_same_v<E, event::HealthFailed>) {
      auto const* run = run_of(phase);
      return run == nullptr || run->component() != event.component;
    }
    return false;
  }
};

/// The executor began nothing, because it or the host was told to stop. The same job is asked for again: by this daemon,
/// or by the one after the next boot.
bool was_put_off(Event const& event) {
  auto const* failed = std::get_if<event::JobFailed>(&event);
  return failed != nullptr && failed->error.kind == ErrorKind::Stopping;
}

/// From its first change on a step is not given up because nobody answers: what the executor has done, or is doing, is
/// only known from it. Its own client has tried for a while before this is said.
bool has_begun(Phase const& phase) {
  return run_of(phase) != nullptr && !std::holds_alternative<phase::Preflight>(phase) &&
         !std::holds_alternative<phase::BackingUp>(phase);
}

bool is_silence(Event const& event) {
  auto const* failed = std::get_if<event::JobFailed>(&event);
  return failed != nullptr && failed->error.kind == ErrorKind::ExecutorUnavailable;
}

/// The same job is asked for again in a while, as often as it takes; said once, and shown in the status.
Transition wait_for_executor(State const& state, Event const& event, Context const& context) {
  Transition out{state, {}, {}};
  auto const text = std::get<event::JobFailed>(event).error.message;
  if (state.standing.hindrance != text) {
    auto const* run = run_of(state.phase);
    out.commands.emplace_back(command::Announce{{.said = Said::InspectFailed,
                                                 .priority = Priority::Error,
                                                 .message = "Run " + run->record.id + " waits at " + run->component() + ": " + text,
                                                 .run = run->record.id,
                                                 .component = run->component(),
                                                 .reason = text}});
  }
  out.next.standing.hindrance = text;
  out.commands.emplace_back(command::WakeAt{context.now + kAskTheExecutorAgain});
  return out;
}

}  // namespace

Transition step(State const& state, Event const& event, Context const& context) {
  if (std::visit(IsStray{state.phase}, event) || std::visit(IsStrayHealth{state.phase}, event)) return {state, {}, {}};
  if (was_put_off(event) && run_of(state.phase) != nullptr) return {state, {}, entry_commands(state, context.config)};
  if (is_silence(event) && has_begun(state.phase)) return wait_for_executor(state, event, context);
  bool const waited = has_begun(state.phase) && !state.standing.hindrance.empty();
  if (waited && std::holds_alternative<event::Ticked>(event)) return {state, {}, entry_commands(state, context.config)};
  State now = state;
  if (waited) now.standing.hindrance.clear();
  return std::visit([&](auto const& phase, auto const& what) { return Stepper{now, context}(phase, what); }, state.phase,
                    event);
}

}  // namespace tykup::rollout
