#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/fleet/ask.hpp"
#include "daemon/core/fleet/inquiry.hpp"
#include "daemon/core/fleet/view.hpp"
#include "daemon/core/result.hpp"

/// One host's part in the fleet as a pure function, `step(state, event, context)`. The loop around it carries the commands out
/// in their order (a Save before what follows it). Only `Memory` is saved: after a crash everything else is read again, and
/// the run says anew what it needs.
namespace tykup::fleet {

inline constexpr Duration kPresence = std::chrono::seconds{120};  ///< of the lease; kept alive once in a third of it
inline constexpr Duration kSpread = std::chrono::seconds{30};     ///< over which a fleet comes back to an etcd that was away
inline constexpr Duration kClockMayDiffer = std::chrono::seconds{30};

/// What etcd is measured by when it is seen again: a restored one contradicts it.
struct Memory {
  HostRecord record = {};             ///< as last written
  std::int64_t record_revision = 0;   ///< its revision; 0: never written
  std::int64_t revision = 0;          ///< the highest that was seen when this was saved
  std::int64_t epoch = 0;             ///< of the meta record; 0: none was seen
  std::vector<std::string> ended = {};  ///< rollouts that were seen done or aborted, the latest last
  std::vector<OutsideStep> untold = {};  ///< steps begun outside the order that etcd does not know of yet
  friend bool operator==(Memory const&, Memory const&) = default;
};
inline constexpr std::size_t kEndedKept = 50;

/// Which watch: rollout and freeze from the first reading on, and at most one other key.
enum class Watched { Rollout, Gate };

namespace phase {
/// Nothing was said of this host since the start. `written`: the record that it wrote last, by which a run goes on that a
/// restart has cut off: such a run lets the host be read only at its end.
struct Off {
  std::optional<HostRecord> written = {};
};
/// Everything is read.
struct Reading {};
/// The own record is written. `failed`: a slot of this host says so, and is looked at again afterwards.
struct Registering {
  ask::Register ask;
  bool failed = false;
};
/// Another host has the name.
struct Disputing {
  ask::Dispute ask;
};
/// Nothing is wanted, or nothing starts before the rollout changes: `text` says why.
struct Idle {
  std::string text = {};
  std::string remedy = {};
};
/// How it stands for that step; `queued`: the own place in its queue.
struct Looking {
  Stage stage;
  std::int64_t queued = 0;
  bool outside = false;  ///< for a slot whatever the gate says
};
/// The gate is closed: one key is watched.
struct Blocked {
  Stage stage;
  decision::Wait wait;
};
/// The gate is open: a lease for the place in the queue.
struct Leasing {
  Stage stage;
  bool outside = false;
};
struct Enqueueing {
  Stage stage;
};
/// One key, that of the host before, is watched.
struct Queued {
  Stage stage;
  std::int64_t queued = 0;
  std::string predecessor = {};
};
/// The first of the queue, and no slot is free: the slots are watched.
struct Head {
  Stage stage;
  std::int64_t queued = 0;
  decision::Wait wait;
};
struct Taking {
  Stage stage;
  std::int64_t queued = 0;
  decision::Go go;
  std::int64_t seen = 0;  ///< the revision by which it was decided
  bool outside = false;
};
/// The slot is held.
struct Holding {
  fleet::Holding held;
  std::string rollout;  ///< whose slot it is
  bool again = false;   ///< an operator's retry: it waits for the run
  std::optional<Confirmed> confirmed = {};
  bool outside = false;  ///< it was taken whatever the gate said, and is kept so
  Slot slot = {};        ///< as it stands in etcd
  bool promotes = false;  ///< it is for the promote hooks, and no run's
};
/// A holder that is there again gets a lease, then says so.
struct Returning {
  Holding holding;
};
struct Appearing {
  Holding holding;
};
/// Everything is read while the slot is held: its watch had ended.
struct Checking {
  Holding holding;
};
struct Confirming {
  Holding holding;
  Point point = Point::BeforeDrain;
  Instant since = {};
};
/// The step is done, and the policy has gates of the operator's own: which of them are this host's to ask? Those of `asked` have
/// let it go on.
struct Reviewing {
  Holding holding;
  std::vector<std::string> asked = {};
};
/// The first of `due` is asked, once the slot says so (`noted`). Nothing is asked while the rollout stands still (`waits`).
struct Asking {
  Holding holding;
  std::vector<OperatorGate> due;
  std::vector<std::string> asked = {};
  bool waits = false;
  bool noted = false;
};
/// A gate, or a promote hook, said no: the rollout is stopped.
struct Refusing {
  Holding holding;
  std::string text;
  std::vector<std::string> asked = {};
};
/// The last host of a canary phase starts the soak: its lease.
struct Soaking {
  Holding holding;
  std::vector<std::string> asked = {};
  std::vector<std::string> others = {};
};
struct Completing {
  Holding holding;
  etcd::LeaseId soak = 0;
  std::vector<std::string> asked = {};
  std::vector<std::string> others = {};  ///< keys of those who make this host not the last
  std::optional<HostRecord> record = {};  ///< goes with it
};
/// The group was promoted and this host has hooks for that: a lease, then the slot for them.
struct Volunteering {
  Stage promoted;
};
/// The promote hooks run.
struct Promoting {
  Holding holding;
  bool waits = false;
};
/// They have run.
struct Promoted {
  Holding holding;
};
struct Failing {
  Holding holding;
  Failure failure;
};
/// The slot is kept until an operator says retry or release-slot.
struct Failed {
  Holding holding;
  Failure failure;
};
struct Releasing {
  Holding holding;
};
/// A step that begins, or has begun, outside the order is written down.
struct Recording {
  OutsideStep what;
};
/// Nobody has a step left, and the rollout is not done.
struct Ending {};
/// A pinned file is not offered here any more: nobody is to begin another step.
struct Stopping {
  Withdrawal withdrawal;
};
/// etcd contradicts what this host knows: nothing is begun until an operator says `resume --after-restore`.
struct Suspect {
  std::string text;
};
/// This host takes no part as it is: another rule, a name that another one has, a cluster or data centre that nobody knows.
struct Refused {
  std::string text;
  std::string remedy;
};
}  // namespace phase

using Phase = std::variant<phase::Off, phase::Reading, phase::Registering, phase::Disputing, phase::Idle, phase::Looking,
                           phase::Blocked, phase::Leasing, phase::Enqueueing, phase::Queued, phase::Head, phase::Taking,
                           phase::Holding, phase::Returning, phase::Appearing, phase::Checking, phase::Confirming,
                           phase::Soaking, phase::Completing, phase::Failing, phase::Failed, phase::Releasing,
                           phase::Recording, phase::Ending, phase::Stopping, phase::Reviewing, phase::Asking, phase::Refusing,
                           phase::Volunteering, phase::Promoting, phase::Promoted, phase::Suspect, phase::Refused>;
[[nodiscard]] std::string_view name_of(Phase const& phase);

/// What is true whatever the phase.
struct Standing {
  Memory memory = {};
  std::optional<HostRecord> facts = {};  ///< the own record as it should be
  std::optional<Need> need = {};         ///< of the run; absent: it has not said since the start
  Stored<Meta> meta = {};
  Stored<Rollout> rollout = {};
  Stored<FleetFreeze> freeze = {};
  std::optional<Instant> thaw_at = {};   ///< when its end is noticed here: hosts do not all begin in one second. Absent: nothing is frozen
  std::optional<OutsideStep> noted = {}; ///< by somebody's word, in this life: it was put among the untold
  std::string unreadable = {};           ///< what the watch told and could not be read; empty: all of it could
  std::int64_t host_revision = 0;        ///< of the own record in etcd
  std::int64_t revision = 0;             ///< the highest that was seen
  std::int64_t seen_before = 0;          ///< likewise, when what is asked was asked: no answer to that is of an earlier one
  std::int64_t left = 0;                 ///< steps of the whole rollout, as they were read last
  std::optional<Instant> left_read = {};
  std::string left_of = {};  ///< the rollout whose steps those are; empty: of none
  bool watches_rollout = false;
  bool watches_gate = false;
  std::optional<etcd::LeaseId> lease = {};     ///< of the presence
  std::optional<Instant> keep_alive_at = {};
  std::optional<Instant> retry_at = {};        ///< the ask or the grant in flight failed and is repeated then
  std::optional<Instant> read_at = {};         ///< a watch has ended: everything is read then
  unsigned tries = 0;                          ///< in vain, one after the other
  unsigned reconnects = 0;
  std::int64_t yielded = 0;                    ///< another host runs the promote hooks: of the rollout as it was modified then
  std::uint64_t asked = 0;                     ///< number of the latest ask, grant or inquiry; answers to earlier ones are stale
  std::optional<Instant> wake = {};            ///< what WakeAt said
  View shown = {};
};

struct State {
  Phase phase = phase::Off{};
  Standing standing = {};
};

namespace event {
/// With what was saved, or nothing on a host that is new; `identity`: who this host is now.
struct Started {
  Memory memory = {};
  Identity identity = {};
};
/// The own record as it should be now: identity, what is carried, next opening.
struct FactsFound {
  HostRecord record;
};
/// What the run says, whenever it is something else than before.
struct NeedChanged {
  Need need;
};
struct Ticked {};
struct Answered {
  std::uint64_t number = 0;
  Told told;
};
/// Whether the ask was carried out is not known, or it was not: the same is asked again.
struct Lost {
  std::uint64_t number = 0;
  Error error;
};
/// A record in the answer cannot be read.
struct Unreadable {
  std::uint64_t number = 0;
  Error error;
};
struct Granted {
  std::uint64_t number = 0;
  etcd::LeaseId lease = 0;
};
/// etcd does not know the lease any more.
struct LeaseLost {
  etcd::LeaseId lease = 0;
};
/// The rollout's key changed; without a record it was deleted.
struct RolloutChanged {
  Stored<Rollout> rollout;
  std::int64_t revision = 0;
};
/// The freeze's key changed.
struct FreezeChanged {
  Stored<FleetFreeze> freeze;
  std::int64_t revision = 0;
};
/// What the watch of rollout and freeze told cannot be read.
struct SteeringUnreadable {
  std::string problem;
};
/// Something under the gate's watch changed.
struct GateChanged {
  std::int64_t revision = 0;
};
struct WatchEnded {
  Watched which = Watched::Rollout;
};
/// The operator's gate, or hooks, have answered: no error, go on.
struct Inquired {
  std::uint64_t number = 0;
  std::optional<Error> error = {};
};
}  // namespace event

using Event = std::variant<event::Started, event::FactsFound, event::NeedChanged, event::Ticked, event::Answered, event::Lost,
                           event::Unreadable, event::Granted, event::LeaseLost, event::RolloutChanged, event::FreezeChanged,
                           event::SteeringUnreadable, event::GateChanged, event::WatchEnded, event::Inquired>;
[[nodiscard]] std::string_view name_of(Event const& event);

namespace command {
/// One transaction, ends in Answered, Lost or Unreadable of that number. A new one replaces the one before.
struct Transact {
  std::uint64_t number = 0;
  Ask ask;
};
/// From that revision on, deletions only where `deletions`; replaces the watch of that kind. News are RolloutChanged,
/// FreezeChanged, SteeringUnreadable or GateChanged, any end is WatchEnded.
struct Watch {
  Watched which = Watched::Rollout;
  etcd::KeyRange keys;
  std::int64_t from = 0;
  bool deletions = false;
};
struct Unwatch {
  Watched which = Watched::Gate;
};
/// Ends in Granted or Lost of that number.
struct Grant {
  std::uint64_t number = 0;
  Duration ttl = kPresence;
};
/// Ends in LeaseLost, or in nothing.
struct KeepAlive {
  etcd::LeaseId lease = 0;
};
/// Its keys go at once; nobody waits for it.
struct Revoke {
  etcd::LeaseId lease = 0;
};
/// One Ticked at that instant; replaces an earlier one.
struct WakeAt {
  Instant at = {};
};
/// On disk before the commands after it.
struct Save {
  Memory memory;
};
/// What the run is told from now on.
struct Show {
  View view;
};
/// How the step of that slot ended is in etcd: the run need not say it again.
struct Heard {
  std::int64_t slot = 0;
};
/// Ends in Inquired of that number.
struct Inquire {
  std::uint64_t number = 0;
  Inquiry inquiry;
};
/// To people, once: this host has stopped the rollout.
struct Tell {
  std::string text = {};
};
}  // namespace command

using Command = std::variant<command::Transact, command::Watch, command::Unwatch, command::Grant, command::KeepAlive,
                             command::Revoke, command::WakeAt, command::Save, command::Show, command::Heard,
                             command::Tell, command::Inquire>;
[[nodiscard]] std::string_view name_of(Command const& command);

struct Transition {
  State next;
  std::vector<Command> commands = {};
};

/// All that a decision may depend on besides state and event.
struct Context {
  Keys const& keys;
  Instant now = {};
  std::uint64_t seed = 0;          ///< of this host: spreads what a fleet would do in one second
  Duration clock_off = Duration{0};  ///< own clock against the `Date` of etcd's latest answer, either way
};

/// Decides. An event that means nothing in a phase leaves it as it is.
[[nodiscard]] Transition step(State state, Event const& event, Context const& context);

/// The line for people: what it waits for, holds, or is refused for.
[[nodiscard]] std::string status_line(State const& state);
/// Why it takes no part, or cannot know what it should; empty: all is well.
[[nodiscard]] std::string trouble_of(State const& state);

}  // namespace tykup::fleet
