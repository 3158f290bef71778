#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {
namespace {

constexpr auto kAskTheExecutorAgain = std::chrono::seconds{30};
/// An executor that was told to end is gone soon; a host that goes down takes us with it, or somebody thought better of it.
constexpr auto kAskAfterAStop = std::chrono::seconds{2};
/// A lock that is still taken after so many waits, each as long as lock_wait and a pause, is an operator's matter.
constexpr unsigned kLockWaits = 6;
constexpr Duration kShortestPause = std::chrono::seconds{30};
constexpr Duration kLongestPause = std::chrono::minutes{5};

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

/// What an operator says meanwhile does not.
struct EndsAWait {
  template <typename E>
  bool operator()(E const& event) const {
    if constexpr (requires { event.job; }) return true;
    return std::is_same_v<E, event::Started>;
  }
};

struct IsStrayHealth {
  Phase const& phase;
  template <typename E>
  bool operator()(E const& event) const {
    if constexpr (std::is_same_v<E, event::HealthPassed> || std::is_same_v<E, event::HealthFailed>) {
      auto const* run = run_of(phase);
      auto const* proving = std::get_if<phase::Proving>(&phase);
      if (proving != nullptr) return proving->step.component != event.component;
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

/// Somebody holds what a step that has begun needs to go on. Before its package change a step is put off as a whole.
bool waits_for_locks(Phase const& phase) {
  auto const* recovering = std::get_if<phase::Recovering>(&phase);
  if (recovering != nullptr) return recovering->cause.has_value();
  return std::holds_alternative<phase::Restarting>(phase) || std::holds_alternative<phase::RollingBack>(phase) ||
         std::holds_alternative<phase::Restoring>(phase) || std::holds_alternative<phase::RestartingBack>(phase);
}

Run* run_in(Phase& phase) { return const_cast<Run*>(run_of(phase)); }

bool is_a_lock(Event const& event) {
  auto const* failed = std::get_if<event::JobFailed>(&event);
  return failed != nullptr && is_about_a_lock(failed->error.kind);
}

/// From its first change on a step is not given up because nobody answers: what the executor has done, or is doing, is
/// only known from it. Its own client has tried for a while before this is said.
bool has_begun(Phase const& phase) {
  return run_of(phase) != nullptr && !std::holds_alternative<phase::Preflight>(phase) &&
         !std::holds_alternative<phase::BackingUp>(phase) && !std::holds_alternative<phase::Assessing>(phase);
}

/// What was only read can be read again.
bool only_reads(Phase const& phase) {
  return std::holds_alternative<phase::Reconciling>(phase) || std::holds_alternative<phase::Undoing>(phase);
}

bool is_silence(Event const& event, Phase const& phase) {
  auto const* failed = std::get_if<event::JobFailed>(&event);
  if (failed == nullptr) return false;
  auto const kind = failed->error.kind;
  return kind == ErrorKind::ExecutorUnavailable || (kind == ErrorKind::Interrupted && only_reads(phase));
}

/// It began nothing, and does as soon as both are of one version.
bool is_of_another_version(Event const& event) {
  auto const* failed = std::get_if<event::JobFailed>(&event);
  return failed != nullptr && failed->error.kind == ErrorKind::OtherVersion;
}

/// What was only looked at or fetched is begun anew in a moment; nothing of it is a failure.
Transition begin_anew(State const& state, Context const& context) {
  State next = state;
  if (std::holds_alternative<phase::Refreshing>(state.phase)) next.standing.next_refresh = context.now;
  auto const wake = context.now + kAskAfterAStop;
  next.phase = phase::Idle{{}, wake};
  return {std::move(next), {}, {command::WakeAt{wake}}};
}

/// The same job is asked for again in a while, as often as it takes; said once, and shown in the status. The saved state says
/// what is pending: whoever starts next enters it again.
Transition wait_with(State const& state, Event const& event, Instant again) {
  Transition out{state, {}, {}};
  auto const text = std::get<event::JobFailed>(event).error.message;
  bool const put_off = was_put_off(event);
  if (state.standing.hindrance != text) {
    auto const* run = run_of(state.phase);
    out.commands.emplace_back(command::Announce{{.said = put_off ? Said::StepPutOff : Said::InspectFailed,
                                                 .priority = put_off ? Priority::Notice : Priority::Error,
                                                 .message = "Run " + run->record.id + " waits at " + run->component() + ": " + text,
                                                 .run = run->record.id,
                                                 .component = run->component(),
                                                 .reason = text}});
  }
  out.next.standing.hindrance = text;
  out.commands.emplace_back(command::WakeAt{again});
  return out;
}

/// A job's outcome stands for ever: the next try is a job of its own.
Transition wait_for_lock(State const& state, Event const& event, Context const& context) {
  auto const pause = std::clamp(context.config.policy.lock_wait, kShortestPause, kLongestPause);
  auto out = wait_with(state, event, context.now + pause);
  ++run_in(out.next.phase)->lock_waits;
  return out;
}

/// What a gate watched is gone with the boot it ran in. Whether the service runs again, and as what, the executor finds out:
/// it starts what the boot did not, and restarts nothing that the boot started.
struct AfterBoot {
  Phase operator()(phase::Gating const& p) const { return phase::Restarting{p.run, 1, p.expectation.endpoints}; }
  Phase operator()(phase::GatingBack const& p) const {
    return phase::RestartingBack{p.run, p.cause, 1, p.expectation.endpoints};
  }
  template <typename P>
  Phase operator()(P const& p) const {
    return p;
  }
};

State entered_in(State state, std::string const& boot) {
  auto& known = state.standing.boot;
  bool const rebooted = !known.empty() && !boot.empty() && known != boot;
  known = boot;
  if (rebooted) state.phase = std::visit(AfterBoot{}, state.phase);
  return state;
}

}  // namespace

Transition step(State const& state, Event const& event, Context const& context) {
  if (std::visit(IsStray{state.phase}, event) || std::visit(IsStrayHealth{state.phase}, event)) return {state, {}, {}};
  bool const runs = run_of(state.phase) != nullptr;
  // A check of what needs an administrator is no reading like another: its trouble stands until its end.
  bool const is_check = std::holds_alternative<phase::Checking>(state.phase);
  if (was_put_off(event) && !runs && !is_check) return begin_anew(state, context);
  if (runs && was_put_off(event)) return wait_with(state, event, context.now + kAskAfterAStop);
  bool const waits = is_of_another_version(event) || (is_silence(event, state.phase) && has_begun(state.phase));
  if (runs && waits) return wait_with(state, event, context.now + kAskTheExecutorAgain);
  if (is_a_lock(event) && waits_for_locks(state.phase) && run_of(state.phase)->lock_waits < kLockWaits)
    return wait_for_lock(state, event, context);
  bool const waited = runs && !state.standing.hindrance.empty();
  if (waited && std::holds_alternative<event::Ticked>(event)) return {state, {}, entry_commands(state, context.config)};
  State now = state;
  if (waited && std::visit(EndsAWait{}, event)) now.standing.hindrance.clear();
  if (auto const* started = std::get_if<event::Started>(&event)) now = entered_in(std::move(now), started->boot);
  return std::visit([&](auto const& phase, auto const& what) { return Stepper{now, context}(phase, what); }, now.phase,
                    event);
}

}  // namespace tykup::rollout
