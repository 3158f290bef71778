#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/fleet/view.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/job.hpp"
#include "daemon/core/named_version.hpp"
#include "daemon/core/plan.hpp"
#include "daemon/core/result.hpp"

/// What is saved: a run and its record, the phases with exactly the data that makes sense in each, and what is true whatever
/// the phase.
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
  std::string kind = {};  ///< of the failure, as `to_string(ErrorKind)` names it: "dependency", "unhealthy", …; empty: none
  std::optional<Instant> started = {};
  std::optional<Instant> ended = {};
  std::vector<std::string> notes = {};
};

enum class RunResult { Running, Done, Partial, Stopped, NeedsAdmin, RolledBack };
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
  std::string undoes = {};  ///< the run whose step this one takes back, by an operator's word; empty: it goes forward
};

/// The run goes back: after the step that failed, those before it.
struct Undo {
  std::size_t failed = 0;  ///< index of the step that failed and is back
  Error cause;             ///< why it failed
};

/// A run at work: the record so far and where it stands.
struct Run {
  RunRecord record;
  std::size_t index = 0;  ///< of the step at work
  bool stop_requested = false;
  bool ignore_unhealthy = false;
  bool override_freeze = false;
  std::vector<NamedVersion> without_way_back = {};  ///< what the operator who asked for the run named
  std::vector<std::string> hooks = {};  ///< the operator's, as the host had them when the step at work began
  bool run_asked = false;               ///< the hooks before the run were asked: those after it are told
  bool step_asked = false;              ///< the like for the step at work
  std::map<std::string, Unwell> baseline = {};  ///< of components that were not well before their step, and went on
  unsigned lock_waits = 0;                      ///< how often the step at work has found a lock taken
  std::optional<Undo> undo = {};                ///< filled: the step at work is an earlier one, on its way back
  std::optional<fleet::Grant> grant = {};       ///< the slot of the fleet that the run has; absent: it needs none

  /// An operator takes one component back to the version before.
  [[nodiscard]] bool is_withdrawal() const { return !record.undoes.empty(); }
  [[nodiscard]] StepRecord const& at() const { return record.steps[index]; }
  [[nodiscard]] StepRecord& at() { return record.steps[index]; }
  [[nodiscard]] std::string const& component() const { return at().step.component; }
};

/// How a run will end, once the operator's hooks were told.
struct Ending {
  RunResult result = RunResult::Done;
  std::string reason = {};
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
/// Fetched; the new programs are asked whether they load the plugins that they will find.
struct CheckingPlugins {
  Plan plan;
  PluginCheck check;
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
  std::optional<Error> hitch = {};  ///< why the way back halted; empty: we are on the way there
  unsigned attempt = 1;             ///< of the package change that was interrupted
  unsigned tries = 1;               ///< of the recovery
};
/// `apply` failed: the package database is read again to see what is true.
struct Reconciling {
  Run run;
  Error cause;
  bool recovered = false;
  unsigned attempt = 1;
  std::vector<Endpoint> endpoints = {};
  std::optional<Error> hitch = {};  ///< why the way back halted; empty: we are on the way there
};
struct RollingBack {
  Run run;
  Error cause;
  std::vector<Endpoint> endpoints = {};
  unsigned attempt = 1;
};
struct Restoring {
  Run run;
  Error cause;
  std::vector<Endpoint> endpoints = {};
  unsigned attempt = 1;
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
/// The fleet is asked whether the step may still go on; the host is as it was.
struct Confirming {
  Run run;
  fleet::Point point = fleet::Point::BeforeDrain;
  std::vector<Endpoint> endpoints = {};
};
/// The operator's hooks before a run or step are asked; the host is as it was.
struct AskingHooks {
  Run run;
  job::Hook::Point point = job::Hook::Point::PreRun;
  std::vector<Endpoint> endpoints = {};
};
/// The operator's hooks after a step or run are told. `ending` absent: the next step follows.
struct TellingHooks {
  Run run;
  job::Hook::Point point = job::Hook::Point::PostStep;
  unsigned attempt = 1;
  std::optional<Ending> ending = {};
};
/// A component goes back, with its run or by an operator's word: the host is read before its package is touched.
struct Undoing {
  Run run;
  Error cause;
};
/// Neither version could be shown: what is on disk is read, for whoever comes; nothing is touched.
struct Assessing {
  Run run;
  Error cause;
  std::string tried;
};
/// Touches nothing until an operator has looked and says `check`.
struct NeedsAdmin {
  Plan plan = {};
  std::optional<PlanStep> step = {};  ///< the one that ended so
};
/// Somebody said `check`: what is there now of the step that needed an administrator?
struct Checking {
  PlanStep step;
  std::string by;
};
/// And is it well?
struct Proving {
  PlanStep step;
  std::string by;
  std::string installed;  ///< "tyk-gateway 5.8.14, which is the old version"
  HealthExpectation expectation;
};
}  // namespace phase

using Phase = std::variant<phase::Idle, phase::Refreshing, phase::Inspecting, phase::Downloading, phase::Waiting,
                           phase::Preflight, phase::Baseline, phase::BackingUp, phase::Applying, phase::Restarting,
                           phase::Gating, phase::Recovering, phase::Reconciling, phase::RollingBack, phase::Restoring,
                           phase::RestartingBack, phase::GatingBack, phase::NeedsAdmin, phase::AskingHooks,
                           phase::TellingHooks, phase::Undoing, phase::Assessing, phase::Checking, phase::Proving,
                           phase::CheckingPlugins, phase::Confirming>;
/// "idle", "refreshing", "rolling-back", … as golden tables and saved state spell them.
std::string_view name_of(Phase const& phase);

/// What an operator had this host of a fleet do, `tykup run`: each step begins when its slot comes, in a run of its own.
struct AskedRun {
  std::string by = {};
  Instant since = {};
  bool ignore_unhealthy = false;
  bool override_freeze = false;
  std::vector<NamedVersion> without_way_back = {};
  std::vector<NamedVersion> steps = {};      ///< as they were shown; those that have not begun
  std::optional<std::string> outside = {};   ///< whatever the others do, and why; absent: in its turn
  std::optional<Instant> slot_by = {};       ///< outside: when it begins although no slot has come
};

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
  std::string boot = {};                                ///< the boot in which this state was last entered; empty: unknown
  std::vector<Reason> obstacles = {};                   ///< what of the host itself kept the plan from beginning when it was read last
  Instant look_again = {};                              ///< when the host is read again because of them
  unsigned vetoes = 0;                                  ///< runs one after the other that ended before they changed anything
  std::string put_off = {};                             ///< what the last of them said
  std::optional<fleet::need::Ended> fleet_step = {};    ///< how the last step of the fleet ended, until the fleet has it written down
  std::optional<AskedRun> asked = {};
};

struct State {
  Phase phase = phase::Idle{};
  Standing standing = {};
};

}  // namespace tykup::rollout
