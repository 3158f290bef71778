#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/job.hpp"
#include "daemon/core/plan.hpp"
#include "daemon/core/punctuality.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/word.hpp"

/// The heart: one run on one host as a pure function, `step(state, event, context)`. The loop around it saves the new
/// state together with the records, then carries out the commands; after a crash the saved state is entered again by
/// `event::Started`, and every command can be repeated.
namespace tykup::rollout {

enum class Trigger { Window, Operator };

/// How one component of a run ended.
enum class StepResult {
  Pending,     ///< not begun
  Done,        ///< new version, past its gate (or left stopped, as it was)
  NotDone,     ///< nothing was changed: `reason` says why
  RolledBack,  ///< old version, past the same gate; `reason` is the failure
  NeedsAdmin,  ///< neither could be shown
};
std::string_view to_string(StepResult result);

struct StepRecord {
  PlanStep step;
  StepResult result = StepResult::Pending;
  std::string reason = {};
  std::optional<Instant> started = {};
  std::optional<Instant> ended = {};
  std::vector<std::string> notes = {};
};

enum class RunResult { Running, Done, Partial, Stopped, NeedsAdmin };
std::string_view to_string(RunResult result);

/// One run, as history keeps it.
struct RunRecord {
  std::string id;
  std::string plan_hash;
  Trigger trigger = Trigger::Window;
  std::string by = {};  ///< who asked, for Trigger::Operator
  Instant started = {};
  std::optional<Instant> ended = {};
  RunResult result = RunResult::Running;
  std::string reason = {};
  std::vector<StepRecord> steps = {};
};

/// A run at work: the record so far and where it stands.
struct Run {
  RunRecord record;
  std::size_t index = 0;  ///< of the step at work
  bool stop_requested = false;
  bool ignore_unhealthy = false;
  bool override_freeze = false;

  [[nodiscard]] StepRecord const& at() const { return record.steps[index]; }
  [[nodiscard]] StepRecord& at() { return record.steps[index]; }
  [[nodiscard]] std::string const& component() const { return at().step.component; }
};

/// What ended badly and waits for somebody to read it.
struct Trouble {
  std::string run;
  std::string component;
  std::string text;
  std::string remedy;
  Instant since;
};

namespace phase {
/// Nothing to do until then: the next refresh, or a retry of what failed.
struct Idle {
  Plan plan = {};
  Instant wake = {};
};
struct Refreshing {
  std::string job;
};
struct Inspecting {
  std::string job;
};
/// Fetching what the plan needs, one component after the other.
struct Downloading {
  Plan plan;
  std::size_t index = 0;
  std::string job;
};
/// Fetched; waits for a window (or for the operator).
struct Waiting {
  Plan plan;
  std::vector<Reason> reasons = {};
  Instant wake = {};
};
/// The host is read once more before a step begins.
struct Preflight {
  Run run;
  bool recovered = false;  ///< somebody else's interrupted change was finished already
};
/// Health before the step.
struct Baseline {
  Run run;
  HealthExpectation expectation;
};
struct BackingUp {
  Run run;
  std::vector<Endpoint> endpoints = {};
};
struct Applying {
  Run run;
  unsigned attempt = 1;
  std::vector<Endpoint> endpoints = {};
};
struct Restarting {
  Run run;
  unsigned attempt = 1;
  std::vector<Endpoint> endpoints = {};
};
struct Gating {
  Run run;
  HealthExpectation expectation;
};
/// An interrupted package manager is put right. `cause` empty: somebody else's, before our step.
struct Recovering {
  Run run;
  std::optional<Error> cause = {};
  std::vector<Endpoint> endpoints = {};
};
/// `apply` failed: the package database is read again to see what is true.
struct Reconciling {
  Run run;
  Error cause;
  bool recovered = false;
  unsigned attempt = 1;
  std::vector<Endpoint> endpoints = {};
};
struct RollingBack {
  Run run;
  Error cause;
  std::vector<Endpoint> endpoints = {};
};
struct Restoring {
  Run run;
  Error cause;
  std::vector<Endpoint> endpoints = {};
};
struct RestartingBack {
  Run run;
  Error cause;
  unsigned attempt = 1;
  std::vector<Endpoint> endpoints = {};
};
struct GatingBack {
  Run run;
  Error cause;
  HealthExpectation expectation;
};
/// Touches nothing until an operator has looked and says `check`.
struct NeedsAdmin {
  Plan plan = {};
};
}  // namespace phase

using Phase = std::variant<phase::Idle, phase::Refreshing, phase::Inspecting, phase::Downloading, phase::Waiting,
                           phase::Preflight, phase::Baseline, phase::BackingUp, phase::Applying, phase::Restarting,
                           phase::Gating, phase::Recovering, phase::Reconciling, phase::RollingBack, phase::Restoring,
                           phase::RestartingBack, phase::GatingBack, phase::NeedsAdmin>;
/// "idle", "refreshing", "rolling-back", … as golden tables and saved state spell them.
std::string_view name_of(Phase const& phase);

/// What is true whatever the phase.
struct Standing {
  Instant next_refresh = {};
  std::string ready_plan = {};                          ///< hash of the plan whose packages are all in the archive
  std::optional<Trouble> trouble = {};
  std::map<std::string, Error> source_problems = {};  ///< URL and suite → why its last refresh failed
  Instant refreshed = {};                               ///< last time every source answered
  std::string hindrance = {};                           ///< why the last read or fetch did not work; empty: it did
  Instant not_before = {};                              ///< no run begins on its own earlier: the last one was stopped
  Instant watched_opening = {};                         ///< beginning of the last opening that was looked at while it was open
  Instant watched_since = {};                           ///< since when the daemon watched over that opening
  std::vector<std::string> concerns = {};               ///< what was said already of things that waiting does not mend
};

struct State {
  Phase phase = phase::Idle{};
  Standing standing = {};
};

namespace event {
struct Started {};
struct Ticked {};
struct ConfigChanged {};
struct CheckAsked {
  std::string by;
};
struct RunAsked {
  std::string by;
  bool ignore_unhealthy = false;
  bool override_freeze = false;
};
struct StopAsked {
  std::string by;
};
struct Refreshed {
  std::string job;
  job::Refreshed result;
};
struct Inspected {
  std::string job;
  job::Inspected result;
};
struct Downloaded {
  std::string job;
  job::Downloaded result;
};
struct BackedUp {
  std::string job;
  job::BackedUp result;
};
struct Applied {
  std::string job;
  job::Applied result;
};
struct Restarted {
  std::string job;
  job::Restarted result;
};
struct Restored {
  std::string job;
  job::Restored result;
};
struct Recovered {
  std::string job;
  job::Recovered result;
};
struct JobFailed {
  std::string job;
  Error error;
};
struct HealthPassed {
  std::string component;
};
struct HealthFailed {
  std::string component;
  std::string reason;
  bool only_dependencies = false;
};
/// Replaces an earlier hold on the same component.
struct HoldAsked {
  Hold hold;
};
/// The hold on that component, or every hold where it is empty.
struct ReleaseAsked {
  std::string by;
  std::string component;
};
struct ApproveAsked {
  Approval approval;
};
/// The bad versions of that component, or all where it is empty.
struct ForgetBadAsked {
  std::string by;
  std::string component;
};
}  // namespace event

using Event = std::variant<event::Started, event::Ticked, event::ConfigChanged, event::CheckAsked, event::RunAsked,
                           event::StopAsked, event::Refreshed, event::Inspected, event::Downloaded, event::BackedUp,
                           event::Applied, event::Restarted, event::Restored, event::Recovered, event::JobFailed,
                           event::HealthPassed, event::HealthFailed, event::HoldAsked, event::ReleaseAsked,
                           event::ApproveAsked, event::ForgetBadAsked>;
std::string_view name_of(Event const& event);

/// A closed list of things said in the journal; each has a MESSAGE_ID and a catalog entry in systemd/.
enum class Said {
  SourceFailed,
  SourceRecovered,
  VersionSeen,
  PlanMade,
  PlanGone,
  DownloadFailed,
  WaitingForWindow,
  RunStarted,
  StepStarted,
  PackageChanged,
  ServiceRestarted,
  StepDone,
  StepNotDone,
  RollbackStarted,
  RolledBack,
  NeedsAdmin,
  RunDone,
  RunPartial,
  RunStopped,
  Recovered,
  OperatorAsked,
  TroubleCleared,
  InspectFailed,
  DaemonStarted,
  ConfigReloaded,
  ConfigRejected,
  HoldSet,
  HoldReleased,
  HoldEnded,
  PlanApproved,
  ApprovalVoid,
  BadForgotten,
  ConcernRaised,
  WindowMissed,
  ClockUnsynchronised,
  FreezeUnreadable,
  FreezeRead,
};
std::string_view to_string(Said said);
std::vector<Said> const& all_said();

enum class Priority { Error = 3, Warning = 4, Notice = 5, Info = 6 };

/// One structured journal entry.
struct Announcement {
  Said said;
  Priority priority = Priority::Info;
  std::string message;
  std::string run = {};
  std::string step = {};  ///< "2/3"
  std::string component = {};
  std::string from = {};
  std::string to = {};
  std::string reason = {};
  std::string unit = {};
};

namespace command {
/// One job for the executor; ends in the event of its kind or in JobFailed.
struct Submit {
  job::Request request;
};
/// Watch health until passed or failed; ends in HealthPassed or HealthFailed.
struct Gate {
  HealthExpectation expectation;
  HealthConfig limits;
};
/// One Ticked at that instant; replaces an earlier one.
struct WakeAt {
  Instant at;
};
struct Announce {
  Announcement announcement;
};
}  // namespace command

using Command = std::variant<command::Submit, command::Gate, command::WakeAt, command::Announce>;

namespace record {
struct Seen {
  SeenVersion version;
};
/// Adds or replaces the entry of that component and version.
struct Bad {
  BadVersion version;
};
/// The oldest of more than ten are dropped.
struct Took {
  std::string component;
  Duration duration;
};
/// Adds the run, or replaces the one of the same id: history shows a run from its first step on.
struct History {
  RunRecord run;
};
/// Adds or replaces the hold of that component.
struct Held {
  Hold hold;
};
/// Takes the hold of exactly that component away.
struct Released {
  std::string component;
};
/// Replaces an earlier approval.
struct Approved {
  Approval approval;
};
struct Unapproved {};
/// Takes the bad versions of that component away; all where it is empty.
struct Forgot {
  std::string component;
};
}  // namespace record

/// Committed in the same transaction as the state.
using Record = std::variant<record::Seen, record::Bad, record::Took, record::History, record::Held, record::Released,
                            record::Approved, record::Unapproved, record::Forgot>;
/// What memory looks like after that record.
void apply_record(Memory& memory, Record const& record);

struct Transition {
  State next;
  std::vector<Record> records = {};
  std::vector<Command> commands = {};
};

/// All that a decision may depend on besides state and event.
struct Context {
  Config const& config;
  Memory const& memory;
  Instant now;
  std::string const& machine_id;
  Digest const& digest;
  Liveness life = {};              ///< since when, and how steadily, the daemon has watched the clock
  bool clock_synchronised = true;
};

/// Decides. An event that means nothing in a state leaves it as it is, without commands.
[[nodiscard]] Transition step(State const& state, Event const& event, Context const& context);

/// Whether `run` may start that plan now; the error is for the caller (NotFound, Busy, NotAllowed for a freeze).
[[nodiscard]] Result<void> may_run(State const& state, std::string const& plan_hash, bool override_freeze,
                                   Context const& context);
/// The event that an operator's word is, if it makes sense now: its component is configured, its end lies ahead, there is
/// something to release or forget, the plan is the one that stands (NotFound, BadRequest, Busy otherwise).
[[nodiscard]] Result<Event> event_of(State const& state, std::string const& by, Word const& word, Context const& context);

/// Every gate that keeps that step of the standing plan from beginning on its own at this instant; none hides another.
[[nodiscard]] std::vector<Reason> closed_gates(State const& state, PlanStep const& step, Context const& context);

/// The run at work, or null.
[[nodiscard]] Run const* run_of(Phase const& phase);
/// The plan that stands or is at work, or null.
[[nodiscard]] Plan const* plan_of(Phase const& phase);

/// "idle", "running", "stopped", "needs-admin", … : the State property of the bus.
[[nodiscard]] std::string public_state(State const& state);
/// The line of `systemctl status`: what it does now, what is next and when, or what is wrong.
[[nodiscard]] std::string status_line(State const& state, Context const& context);

}  // namespace tykup::rollout
