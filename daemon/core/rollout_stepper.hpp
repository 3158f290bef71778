#pragma once

#include "daemon/core/rollout.hpp"

/// The arrows of `step`: one small overload each. Private to the rollout's sources.
namespace tykup::rollout {

/// The commands that a phase begins with. They follow from the phase alone, so that a restart repeats them, same job ids
/// included.
std::vector<Command> entry_commands(State const& state, Config const& config);

/// The id of the executor's job that this phase waits for; empty where it waits for none.
std::string job_of(Phase const& phase);

/// What is asked before a step.
struct GateQuery {
  std::string const& plan_hash;
  PlanStep const& step;
  std::vector<PlanStep> const& steps;  ///< of the whole run
  Trigger trigger = Trigger::Window;
  bool override_freeze = false;
  bool begins = false;  ///< the first step of a run: this host's own beginning, and missed windows, count
  Duration undo{0};     ///< what the way back of the run's earlier steps would take besides
  std::vector<NamedVersion> without_way_back = {};  ///< named by whoever asked for the run
};
/// All gates that are closed for a step, in the order of the report, and when to ask again.
struct Gates {
  std::vector<Reason> closed = {};
  Instant wake = Instant::max();
};
Gates ask_gates(GateQuery const& query, Context const& context, Memory const& memory, Standing const& standing);

/// Of the first step of a plan: an operator may have asked for it.
GateQuery query_of_plan(Plan const& plan, Standing const& standing);
/// Whoever asked for the plan's first step and waits for the fleet; null: nobody.
AskedRun const* asked_for(Plan const& plan, Standing const& standing);
/// Without an answer of the fleet a step outside its order begins then.
void leave_fleet_out(Gates& gates, AskedRun const& asked, std::string const& component, Context const& context);
/// When what was asked has waited for too long; never, where nothing was.
Instant end_of_asked(Standing const& standing);
/// By whose pins the plan is made; null: by the host's own policy.
fleet::View const* planned_by(Standing const& standing, Context const& context);

/// Why the fleet does not let that step begin; nothing: it does, or there is none.
std::optional<Reason> fleet_gate(GateQuery const& query, Context const& context);
/// Why nothing may begin at this instant, whoever asks: a freeze. Nothing: it may.
std::optional<Reason> freeze_gate(Config const& config, Instant now);
/// Why a step may not begin on its own: window and budget. `wake` is when to ask again.
struct WindowGate {
  std::optional<Reason> closed;
  Instant wake;
};
WindowGate window_gate(GateQuery const& query, Context const& context, Standing const& standing);
/// The beginning of the opening of any window at this instant; Instant{} where none is open.
Instant opening_of_host(Context const& context);
/// The facts with what the last refresh found wrong: a component whose repository is not to be believed stays.
HostFacts distrusting(HostFacts facts, std::map<std::string, Error> const& problems);
/// "held by alice …; frozen until …".
std::string texts_of(std::vector<Reason> const& reasons);

/// Says which plugin came or changed after that program was asked about them all; nothing: none did.
std::optional<std::string> unasked_plugin(Component const& component, ComponentFacts const& facts,
                                          std::vector<PackagePin> const& to, Memory const& memory);

/// "20261122T020000Z-3f2a9c".
std::string run_id(Instant at, std::string const& suffix);
/// NotFound, with the nearest name, for a component that is not configured; empty stands for all.
Result<void> known_component(std::string const& component, Config const& config);
/// Why a withdrawal goes back: the word of whoever asked for it.
Error withdrawn(Run const& run);
/// The version on which the step at work stands until something is changed.
std::string version_before(Run const& run);

/// "gateway 5.8.14 → 5.8.15".
std::string describe(PlanStep const& step);
/// "gateway 5.8.14 → 5.8.15, pump 1.12.0 → 1.13.0".
std::string describe(std::vector<PlanStep> const& steps);

/// Whether exactly these packages are installed, cleanly.
bool stands_at(std::vector<InstalledPackage> const& installed, std::vector<PackagePin> const& wanted);
/// "tyk-gateway 5.8.14, tyk-x 1 (half-configured)"; "nothing".
std::string installed_text(std::vector<InstalledPackage> const& installed);
/// What the note of a step's backup begins with; the file follows.
inline constexpr std::string_view kBackupNote = "backup ";
/// Whether there is a package, and the right, to go back to what stood before.
bool can_go_back(PlanStep const& step);
/// What stands in the way was somebody else's: another try may do.
bool is_about_a_lock(ErrorKind kind);
/// How often a package change or a restart is done again that was interrupted.
inline constexpr unsigned kAttempts = 3;

class Stepper {
 public:
  Stepper(State const& state, Context const& context) : context_(context), memory_(context.memory) { out_.next = state; }

  Transition operator()(phase::Idle const& at, event::Started const&);
  Transition operator()(phase::Idle const& at, event::Ticked const&);
  Transition operator()(phase::Idle const& at, event::ConfigChanged const&);
  Transition operator()(phase::Idle const& at, event::CheckAsked const& asked);

  Transition operator()(phase::Idle const& at, event::RollBackAsked const& asked);

  Transition operator()(phase::Refreshing const& at, event::Refreshed const& done);
  Transition operator()(phase::Refreshing const& at, event::JobFailed const& failed);
  Transition operator()(phase::Inspecting const& at, event::Inspected const& done);
  Transition operator()(phase::Inspecting const& at, event::JobFailed const& failed);
  Transition operator()(phase::Inspecting const& at, event::CheckAsked const& asked);
  Transition operator()(phase::Downloading const& at, event::Started const&);
  Transition operator()(phase::Downloading const& at, event::Downloaded const& done);
  Transition operator()(phase::Downloading const& at, event::JobFailed const& failed);
  Transition operator()(phase::Downloading const& at, event::CheckAsked const& asked);

  Transition operator()(phase::CheckingPlugins const& at, event::Started const&);
  Transition operator()(phase::CheckingPlugins const& at, event::PluginsChecked const& done);
  Transition operator()(phase::CheckingPlugins const& at, event::JobFailed const& failed);
  Transition operator()(phase::CheckingPlugins const& at, event::CheckAsked const& asked);

  Transition operator()(phase::Waiting const& at, event::Started const&);
  Transition operator()(phase::Waiting const& at, event::Ticked const&);
  Transition operator()(phase::Waiting const& at, event::ConfigChanged const&);
  Transition operator()(phase::Waiting const& at, event::CheckAsked const& asked);
  Transition operator()(phase::Waiting const& at, event::RunAsked const& asked);
  Transition operator()(phase::Idle const& at, event::RunAsked const& asked);
  Transition operator()(phase::Waiting const& at, event::RollBackAsked const& asked);

  Transition operator()(phase::Waiting const& at, event::FleetChanged const&);

  Transition operator()(phase::Preflight const& at, event::Started const&);
  Transition operator()(phase::Preflight const& at, event::Inspected const& done);
  Transition operator()(phase::Preflight const& at, event::JobFailed const& failed);
  Transition operator()(phase::Baseline const& at, event::Started const&);
  Transition operator()(phase::Baseline const& at, event::HealthPassed const&);
  Transition operator()(phase::Baseline const& at, event::HealthFailed const& failed);
  Transition operator()(phase::BackingUp const& at, event::Started const&);
  Transition operator()(phase::BackingUp const& at, event::BackedUp const& done);
  Transition operator()(phase::BackingUp const& at, event::JobFailed const& failed);
  Transition operator()(phase::Confirming const& at, event::Started const&);
  Transition operator()(phase::Confirming const& at, event::FleetChanged const&);
  Transition operator()(phase::Applying const& at, event::Applied const& done);
  Transition operator()(phase::Applying const& at, event::JobFailed const& failed);
  Transition operator()(phase::Restarting const& at, event::Restarted const& done);
  Transition operator()(phase::Restarting const& at, event::JobFailed const& failed);
  Transition operator()(phase::Gating const& at, event::HealthPassed const&);
  Transition operator()(phase::Gating const& at, event::HealthFailed const& failed);

  Transition operator()(phase::Recovering const& at, event::Started const&);
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

  Transition operator()(phase::AskingHooks const& at, event::Hooked const& done);
  Transition operator()(phase::AskingHooks const& at, event::JobFailed const& failed);
  Transition operator()(phase::TellingHooks const& at, event::Hooked const& done);
  Transition operator()(phase::TellingHooks const& at, event::JobFailed const& failed);

  Transition operator()(phase::Undoing const& at, event::Inspected const& done);
  Transition operator()(phase::Undoing const& at, event::JobFailed const& failed);

  Transition operator()(phase::Assessing const& at, event::Inspected const& done);
  Transition operator()(phase::Assessing const& at, event::JobFailed const& failed);
  Transition operator()(phase::NeedsAdmin const& at, event::Started const&);
  Transition operator()(phase::NeedsAdmin const& at, event::CheckAsked const& asked);
  Transition operator()(phase::Checking const& at, event::Inspected const& done);
  Transition operator()(phase::Checking const& at, event::JobFailed const& failed);
  Transition operator()(phase::Proving const& at, event::HealthPassed const&);
  Transition operator()(phase::Proving const& at, event::HealthFailed const& failed);

  /// A phase at work is entered again after a restart of the daemon: the same commands, the same job ids.
  template <typename P>
  Transition operator()(P const& at, event::Started const&) {
    return enter(at);
  }
  /// A run is told to end after the step at work.
  template <typename P>
    requires requires(P p) { p.run; }
  Transition operator()(P const& at, event::StopAsked const& asked) {
    standing().asked.reset();
    return request_stop(at, asked);
  }
  /// What has not begun does not.
  template <typename P>
    requires(!requires(P p) { p.run; })
  Transition operator()(P const& at, event::StopAsked const& asked) {
    if (!standing().asked) return std::move(out_);
    void_asked(asked.by + " took it back");
    return heard(at);
  }
  /// What an operator says is kept in every phase; where nothing is under way the plan is made anew with it.
  template <typename P>
  Transition operator()(P const& at, event::HoldAsked const& asked) {
    hold(asked.hold);
    return heard(at);
  }
  template <typename P>
  Transition operator()(P const& at, event::ReleaseAsked const& asked) {
    release(asked);
    return heard(at);
  }
  template <typename P>
  Transition operator()(P const& at, event::ForgetBadAsked const& asked) {
    forget_bad(asked);
    return heard(at);
  }
  template <typename P>
  Transition operator()(P const& at, event::ApproveAsked const& asked) {
    approve(asked.approval);
    return heard(at);
  }
  /// Other pins are another plan; what is under way is finished.
  template <typename P>
  Transition operator()(P const& at, event::FleetPinned const&) {
    return heard(at);
  }
  Transition operator()(phase::Idle const&, event::FleetHindered const& hindered) { return give_back(hindered); }
  Transition operator()(phase::Waiting const&, event::FleetHindered const& hindered) { return give_back(hindered); }
  template <typename P>
  Transition operator()(P const&, event::FleetHeard const& heard) {
    forget_fleet_step(heard.slot);
    return std::move(out_);
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
  /// From here on the memory is as if the record were committed.
  void keep(Record record) {
    apply_record(memory_, record);
    out_.records.push_back(std::move(record));
  }

  template <typename P>
  Transition heard(P const&) {
    if constexpr (std::is_same_v<P, phase::Idle> || std::is_same_v<P, phase::Waiting>) return inspect();
    return std::move(out_);
  }
  void hold(Hold const& hold);
  void release(event::ReleaseAsked const& asked);
  void approve(Approval const& approval);
  void forget_bad(event::ForgetBadAsked const& asked);
  /// A version that passed its gate here ends what is remembered of it and of older ones.
  void forget_outgrown(PlanStep const& step);
  void void_approval(std::string const& why);
  /// Holds and approvals whose time has come are taken away, and that is said. True: there was one.
  bool end_what_is_over();
  /// When the next hold or approval ends.
  [[nodiscard]] Instant next_end() const;
  void hand_approval_on(Run const& run);
  /// Keeps in mind since when this opening is watched.
  void note_opening();
  void raise_concerns(Plan const& plan, HostFacts const& facts);
  /// When to look again while nothing is to be done: the next refresh, the end of a hold, the beginning of a window.
  [[nodiscard]] Instant idle_wake() const;

  template <typename P>
  Transition request_stop(P at, event::StopAsked const& asked) {
    at.run.stop_requested = true;
    say(Said::OperatorAsked, Priority::Notice, at.run,
        asked.by + " asked the run to stop: it ends after " + at.run.component() + ".");
    out_.next.phase = std::move(at);
    return std::move(out_);
  }

  Transition refresh();
  void say_check_asked(event::CheckAsked const& asked);
  Transition inspect();
  bool refresh_is_due();
  void schedule_refresh();
  void compare_sources(job::Refreshed const& result);
  void note_seen(HostFacts const& facts);
  void forget_seen(HostFacts const& facts);
  /// What comes before a run did not work: it is tried again later, soon where its process was only ended.
  Transition rest(Plan plan, Error const& error);
  void look_at_kept(Plan& plan, HostFacts const& facts);
  Transition planned(Plan plan);
  Transition download_next(phase::Downloading at);
  Transition without_way_back(phase::Downloading const& at, Error const& why);
  /// Everything is in the archive: what is left to ask of it is asked, then the plan waits.
  Transition fetched(Plan plan);
  Transition wait_or_begin(Plan plan);
  Transition begin(Plan const& plan, Trigger trigger, event::RunAsked const& asked);
  /// A fleet's host keeps in mind what was asked until its slot comes.
  Transition ask_fleet(Plan const& plan, event::RunAsked const& asked);
  Transition begin_asked(Plan const& plan);
  void void_asked(std::string const& why);
  /// What of it is planned no more, or has waited for too long, is over.
  void review_asked(Plan const& plan);
  /// Everything is fetched: a slot outside the order comes within a minute or not at all.
  void await_slot();

  Transition next_step(Run run);
  /// A run of the fleet asks at these points whether it may go on; any other goes on.
  Transition confirm(Run run, fleet::Point point, std::vector<Endpoint> endpoints);
  Transition confirmed(Run run, fleet::Point point, std::vector<Endpoint> endpoints);
  void note_fleet_step(Run const& run);
  Transition give_back(event::FleetHindered const& hindered);
  void forget_fleet_step(std::int64_t slot);
  Transition begin_backup(Run run, std::vector<Endpoint> endpoints);
  Transition changed(Run run, std::vector<Endpoint> endpoints);
  Transition step_done(Run run, std::string const& how);
  Transition not_done(Run run, RunResult result, std::string reason);
  /// From an interrupted or failed package change on: what is true decides.
  Transition reconcile_there(phase::Reconciling const& at, HostFacts const& facts);
  Transition reconcile_back(phase::Reconciling const& at, HostFacts const& facts);
  /// `was_started`: the service was started since the step began.
  Transition roll_back(Run run, Error cause, std::vector<Endpoint> endpoints, bool was_started = false);
  /// Why the old version does not go back from where the run stands; nothing: it can.
  [[nodiscard]] std::optional<std::string> past_return(Run const& run, bool was_started) const;
  /// The way back halted: the package database is read before anything is done about it.
  Transition halted(Run run, Error const& cause, Error hitch, unsigned attempt, std::vector<Endpoint> endpoints);
  Transition rolled_back(Run run, Error const& cause, std::string const& how);
  /// The earlier components of the run go back, the latest first; then the run ends.
  Transition undo_next(Run run);
  /// An operator takes a component back: its own run, hooks, backup, then the ordinary way back.
  Transition begin_withdrawal(event::RollBackAsked const& asked);
  Transition prepare_withdrawal(Run run, HostFacts const& facts);
  /// Why the component does not go back after all; nothing: it can.
  [[nodiscard]] std::optional<std::string> withdrawal_hindered(Run const& run, HostFacts const& facts) const;
  Transition withdraw(Run run, std::vector<Endpoint> endpoints);
  Transition end_withdrawal(Run const& run);
  /// Reads what is on disk first, then ends the run.
  Transition assess(Run run, Error cause, std::string tried);
  Transition needs_admin(Run run, Error const& cause, std::string const& tried, Result<HostFacts> const& facts);
  Transition out_of_trouble(std::string const& by, std::string const& found, bool is_well);
  Transition end_run(Run run, RunResult result, std::string reason);
  Transition ask_hooks(Run run, std::vector<Endpoint> endpoints, std::optional<job::Hook::Point> done);
  /// Nothing was changed and nobody is to blame: the run ends and is begun again by itself, less and less often.
  Transition put_off(Run run, std::string why);
  /// The step has ended; `ending` absent: others follow.
  Transition after_step(Run run, std::optional<Ending> ending);
  Transition go_on(Run run, std::optional<Ending> ending);
  Transition told(phase::TellingHooks at);
  /// What of the host keeps the step at work from beginning.
  [[nodiscard]] std::vector<Reason> obstacles_of(Run const& run, HostFacts const& facts) const;
  void note_obstacles(Plan const& plan, HostFacts const& facts);
  /// The version stays away for a while. Nothing where the cause lies outside the package. What was said of it, for the message.
  std::string remember_bad(PlanStep const& step, Error const& cause);
  [[nodiscard]] Instant away_until(PlanStep const& step, Error const& cause, unsigned failures) const;
  std::optional<std::string> closed_for(Run const& run);
  void note_way_back(Run& run);
  static void note(Run& run, std::vector<std::string> const& notes);
  /// An entry of its own for each, and a note.
  void say_repaired(Run& run, std::vector<std::string> const& repairs);
  /// What `choose` says today against the step that was planned, as one text.
  std::optional<std::string> hindered(Run const& run, HostFacts const& facts);
  HealthExpectation expectation(Run const& run, std::vector<Endpoint> endpoints, std::string version, Instant restarted);
  Component const& component(Run const& run) const;

  Context const& context_;
  Memory memory_;
  Transition out_;
};

}  // namespace tykup::rollout
