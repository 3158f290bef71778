#pragma once

#include <string>
#include <variant>
#include <vector>

#include "daemon/core/config.hpp"
#include "daemon/core/fleet/view.hpp"
#include "daemon/core/notify.hpp"
#include "daemon/core/punctuality.hpp"
#include "daemon/core/rollout_event.hpp"
#include "daemon/core/rollout_said.hpp"
#include "daemon/core/rollout_state.hpp"
#include "daemon/core/word.hpp"

/// The heart: one run on one host as a pure function, `step(state, event, context)`. The loop around it saves the new
/// state together with the records, then carries out the commands; after a crash the saved state is entered again by
/// `event::Started`, and every command can be repeated.
namespace tykup::rollout {

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
/// Takes that version of the component away, whatever its digest: the host is at it, or beyond.
struct Outgrown {
  std::string component;
  std::string version;
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
/// Takes the bad versions of that component away, all where it is empty; only that version where one is named.
struct Forgot {
  std::string component;
  std::string version = {};
};
/// Replaces an earlier answer of the same program about the same plugin and symbol; the latest 200 are kept.
struct PluginChecked {
  CheckedPlugin plugin;
};
/// Goes out on each of these ways, and is not made again: its key is remembered.
struct Told {
  notify::Notification notification;
  std::vector<std::string> ways;
};
}  // namespace record

/// Committed in the same transaction as the state.
using Record = std::variant<record::Seen, record::Bad, record::Took, record::History, record::Held, record::Released,
                            record::Approved, record::Unapproved, record::Forgot, record::PluginChecked, record::Outgrown, record::Told>;
inline constexpr std::size_t kPluginAnswersKept = 200;
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
  fleet::View const* fleet = nullptr;  ///< null: this host belongs to none
};

/// Decides. An event that means nothing in a state leaves it as it is, without commands.
[[nodiscard]] Transition step(State const& state, Event const& event, Context const& context);

/// Whether `run` may start that plan now; the error is for the caller (NotFound, Busy, NotAllowed for a closed gate of its
/// first step, BadRequest where `without_way_back` names what the plan does not have).
[[nodiscard]] Result<void> may_run(State const& state, std::string const& plan_hash, bool override_freeze,
                                   Context const& context, std::vector<NamedVersion> const& without_way_back = {});
/// What this host of a fleet would do outside the order: to the pins of the rollout at work that moves it, otherwise by its own
/// policy. Precondition: it belongs to a fleet.
[[nodiscard]] Plan plan_outside(State const& state, HostFacts const& facts, Context const& context);
/// Whether `asked` may begin that plan outside the order now, and the event that does it. NotFound where it is another one than
/// was shown, Busy while something is under way, NotAllowed for a closed gate of its first step.
[[nodiscard]] Result<Event> may_run_outside(State const& state, Plan const& plan, std::string const& plan_hash, event::RunAsked asked, Context const& context);
/// The event that an operator's word is, if it makes sense now: its component is configured, its end lies ahead, there is
/// something to release or forget, the plan is the one that stands and has the steps that are named (NotFound,
/// BadRequest, Busy otherwise).
[[nodiscard]] Result<Event> event_of(State const& state, std::string const& by, Word const& word, Context const& context);

/// Every gate that keeps that step of the standing plan from beginning on its own at this instant; none hides another.
[[nodiscard]] std::vector<Reason> closed_gates(State const& state, PlanStep const& step, Context const& context);

/// The run at work, or null.
[[nodiscard]] Run const* run_of(Phase const& phase);
/// The plan that stands or is at work, or null.
[[nodiscard]] Plan const* plan_of(Phase const& phase);

/// What this state wants of the fleet, or tells it. Follows from the state alone, so that it is told again after a restart.
[[nodiscard]] fleet::Need need_of(State const& state, Context const& context);

/// "idle", "running", "stopped", "needs-admin", … : the State property of the bus.
[[nodiscard]] std::string public_state(State const& state);
/// The line of `systemctl status`: what it does now, what is next and when, or what is wrong.
[[nodiscard]] std::string status_line(State const& state, Context const& context);

}  // namespace tykup::rollout
