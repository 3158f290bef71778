#pragma once

#include "daemon/core/rollout.hpp"

/// The arrows of `step`: one small overload each. Private to the rollout's sources.
namespace tykup::rollout {

/// The commands that a phase begins with. They follow from the phase alone, so that a restart repeats them, same job ids
/// included.
std::vector<Command> entry_commands(State const& state, Config const& config);

/// The id of the executor's job that this phase waits for; empty where it waits for none.
std::string job_of(Phase const& phase);

/// Why no step of `component` may begin at this instant, whoever asks: a freeze. Nothing: it may.
std::optional<Reason> freeze_gate(Config const& config, Instant now);
/// Why a step may not begin on its own: window and budget. `wake` is when to ask again.
struct WindowGate {
  std::optional<Reason> closed;
  Instant wake;
};
WindowGate window_gate(Config const& config, PlanStep const& step, Instant now);

/// "gateway 5.8.14 → 5.8.15".
std::string describe(PlanStep const& step);
/// "gateway 5.8.14 → 5.8.15, pump 1.12.0 → 1.13.0".
std::string describe(std::vector<PlanStep> const& steps);

class Stepper {
 public:
  Stepper(State const& state, Context const& context) : context_(context) { out_.next = state; }

  Transition operator()(phase::Idle const& at, event::Started const&);
  Transition operator()(phase::Idle const& at, event::Ticked const&);
  Transition operator()(phase::Idle const& at, event::ConfigChanged const&);
  Transition operator()(phase::Idle const& at, event::CheckAsked const& asked);

  Transition operator()(phase::Refreshing const& at, event::Refreshed const& done);
  Transition operator()(phase::Refreshing const& at, event::JobFailed const& failed);
  Transition operator()(phase::Inspecting const& at, event::Inspected const& done);
  Transition operator()(phase::Inspecting const& at, event::JobFailed const& failed);
  Transition operator()(phase::Downloading const& at, event::Started const&);
  Transition operator()(phase::Downloading const& at, event::Downloaded const& done);
  Transition operator()(phase::Downloading const& at, event::JobFailed const& failed);

  Transition operator()(phase::Waiting const& at, event::Started const&);
  Transition operator()(phase::Waiting const& at, event::Ticked const&);
  Transition operator()(phase::Waiting const& at, event::ConfigChanged const&);
  Transition operator()(phase::Waiting const& at, event::CheckAsked const& asked);
  Transition operator()(phase::Waiting const& at, event::RunAsked const& asked);

  Transition operator()(phase::Preflight const& at, event::Started const&);
  Transition operator()(phase::Preflight const& at, event::Inspected const& done);
  Transition operator()(phase::Preflight const& at, event::JobFailed const& failed);
  Transition operator()(phase::Baseline const& at, event::Started const&);
  Transition operator()(phase::Baseline const& at, event::HealthPassed const&);
  Transition operator()(phase::Baseline const& at, event::HealthFailed const& failed);
  Transition operator()(phase::BackingUp const& at, event::Started const&);
  Transition operator()(phase::BackingUp const& at, event::BackedUp const& done);
  Transition operator()(phase::BackingUp const& at, event::JobFailed const& failed);
  Transition operator()(phase::Applying const& at, event::Applied const& done);
  Transition operator()(phase::Applying const& at, event::JobFailed const& failed);
  Transition operator()(phase::Restarting const& at, event::Restarted const& done);
  Transition operator()(phase::Restarting const& at, event::JobFailed const& failed);
  Transition operator()(phase::Gating const& at, event::HealthPassed const&);
  Transition operator()(phase::Gating const& at, event::HealthFailed const& failed);

  Transition operator()(phase::Recovering const& at, event::Recovered const& done);
  Transition operator()(phase::Recovering const& at, event::JobFailed const& failed);
  Transition operator()(phase::Reconciling const& at, event::Inspected const& done);
  Transition operator()(phase::Reconciling const& at, event::JobFailed const& failed);
  Transition operator()(phase::RollingBack const& at, event::Applied const& done);
  Transition operator()(phase::RollingBack const& at, event::JobFailed const& failed);
  Transition operator()(phase::Restoring const& at, event::Restored const& done);
  Transition operator()(phase::Restoring const& at, event::JobFailed const& failed);
  Transition operator()(phase::RestartingBack const& at, event::Restarted const& done);
  Transition operator()(phase::RestartingBack const& at, event::JobFailed const& failed);
  Transition operator()(phase::GatingBack const& at, event::HealthPassed const&);
  Transition operator()(phase::GatingBack const& at, event::HealthFailed const& failed);

  Transition operator()(phase::NeedsAdmin const& at, event::Started const&);
  Transition operator()(phase::NeedsAdmin const& at, event::CheckAsked const& asked);

  /// A phase at work is entered again after a restart of the daemon: the same commands, the same job ids.
  template <typename P>
  Transition operator()(P const& at, event::Started const&) {
    return enter(at);
  }
  /// A run is told to end after the step at work.
  template <typename P>
    requires requires(P p) { p.run; }
  Transition operator()(P const& at, event::StopAsked const& asked) {
    return request_stop(at, asked);
  }
  /// Every other event means nothing in that phase.
  template <typename P, typename E>
  Transition operator()(P const&, E const&) {
    return std::move(out_);
  }

 private:
  Standing& standing() { return out_.next.standing; }
  Transition enter(Phase next);
  void say(Announcement announcement) { out_.commands.emplace_back(command::Announce{std::move(announcement)}); }
  void say(Said said, Priority priority, std::string message);
  void say(Said said, Priority priority, Run const& run, std::string message, std::string reason = {});
  void keep(Record record) { out_.records.push_back(std::move(record)); }

  template <typename P>
  Transition request_stop(P at, event::StopAsked const& asked) {
    at.run.stop_requested = true;
    say(Said::OperatorAsked, Priority::Notice, at.run,
        asked.by + " asked the run to stop: it ends after " + at.run.component() + ".");
    out_.next.phase = std::move(at);
    return std::move(out_);
  }

  Transition refresh();
  Transition inspect();
  bool refresh_is_due();
  void schedule_refresh();
  void compare_sources(job::Refreshed const& result);
  void note_seen(HostFacts const& facts, Memory& memory);
  Transition planned(Plan plan);
  Transition download_next(phase::Downloading at);
  Transition without_way_back(phase::Downloading const& at, Error const& why);
  Transition wait_or_begin(Plan plan);
  Transition begin(Plan const& plan, Trigger trigger, std::string by, bool ignore_unhealthy);

  Transition next_step(Run run);
  Transition begin_backup(Run run, std::vector<Endpoint> endpoints);
  Transition changed(Run run, std::vector<Endpoint> endpoints);
  Transition step_done(Run run, std::string const& how);
  Transition not_done(Run run, RunResult result, std::string reason);
  Transition roll_back(Run run, Error cause, std::vector<Endpoint> endpoints);
  Transition rolled_back(Run run, Error const& cause);
  Transition needs_admin(Run run, Error const& cause, std::string const& tried);
  Transition end_run(Run run, RunResult result, std::string reason);
  std::optional<std::string> closed_for(Run const& run);
  HealthExpectation expectation(Run const& run, std::vector<Endpoint> endpoints, std::string version, Instant restarted);
  Component const& component(Run const& run) const;

  Context const& context_;
  Transition out_;
};

}  // namespace tykup::rollout
