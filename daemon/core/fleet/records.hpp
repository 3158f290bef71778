#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/core/topology.hpp"
#include "daemon/core/version.hpp"

/// What the hosts of a fleet share: the values of the keys of `keys.hpp`. All of them are small, of one schema, and
/// written by transactions only.
namespace tykup::fleet {

inline constexpr int kSchema = 1;  ///< of the records' JSON
inline constexpr int kRule = 1;    ///< of the rule that decides who may start: hosts of different rules take no slots together

/// Who a host is. A copy of a machine has its machine-id, a host set up anew has another nonce.
struct Identity {
  std::string machine_id = {};
  std::string nonce = {};  ///< made once, kept in the host's own store
  friend bool operator==(Identity const&, Identity const&) = default;
};

/// Who said so, why and when.
struct Word {
  std::string by = {};
  std::string why = {};
  Instant at = {};
  friend bool operator==(Word const&, Word const&) = default;
};

/// The hosts that install the same file: a build differs by each of these under one upstream version.
struct BuildClass {
  std::string package = {};
  PackageFormat format = PackageFormat::Deb;
  std::string distribution = {};  ///< with its release: "debian 12"
  std::string architecture = {};
  friend bool operator==(BuildClass const&, BuildClass const&) = default;
  friend auto operator<=>(BuildClass const&, BuildClass const&) = default;
};

/// One package file.
struct Build {
  BuildClass of = {};
  std::string version = {};  ///< full version
  std::string sha256 = {};   ///< of the file, from signed metadata; empty: not known (installed before we were)
  friend bool operator==(Build const&, Build const&) = default;
};

/// Where one component goes: an upstream version, and the one file of each class of hosts.
struct Pin {
  std::string component = {};
  std::string version = {};  ///< upstream
  std::vector<Build> builds = {};
  friend bool operator==(Pin const&, Pin const&) = default;
};

/// `meta`: made by `tykup fleet init`.
struct Meta {
  int rule = kRule;
  std::int64_t epoch = 1;  ///< raised by `resume --after-restore`
  friend bool operator==(Meta const&, Meta const&) = default;
};

/// Hosts that may be in work or failed at once.
struct Limit {
  unsigned number = 1;
  bool percent = false;  ///< of the members when the rollout began
  friend bool operator==(Limit const&, Limit const&) = default;
};

/// A data centre. Those of one rank go at once, a rank begins when all lower ones are done; the control plane's rank is 0.
struct Centre {
  std::string name = {};
  unsigned rank = 0;  ///< at most 99
  Topology topology = Topology::Oss;
  std::vector<std::string> order = {};  ///< of components; for Topology::Custom only
  friend bool operator==(Centre const&, Centre const&) = default;
};

enum class Strategy { Rolling, Canary, BlueGreen };
enum class ControlPlane { Here, Elsewhere };

/// How long operators' programs that are asked for the whole fleet may take.
struct HookLimits {
  Duration promote = std::chrono::minutes{5};
  Duration gate = std::chrono::minutes{5};
  friend bool operator==(HookLimits const&, HookLimits const&) = default;
};

/// When a gate of the operator's own is asked: when the first host of a stage, the last of it (of each group), or the last of a
/// data centre has done its step, and before others may go on because of that.
enum class After { First, Stage, Datacenter };
std::string_view to_string(After after);

/// Either `command`, a file in /etc/tykup/hooks/gate.d, or `prometheus` and `query`.
struct OperatorGate {
  std::string name = {};
  After after = After::Stage;
  std::string command = {};
  std::string prometheus = {};  ///< its URL, "https://prometheus:9090"
  std::string query = {};       ///< PromQL
  friend bool operator==(OperatorGate const&, OperatorGate const&) = default;
};

/// `policy`: the fleet's settings.
struct Policy {
  std::vector<Centre> centres = {};
  Strategy strategy = Strategy::Rolling;
  std::vector<std::string> groups = {};  ///< in order; Canary: the first is the canary. Hosts of no group are of the last
  Limit max_unavailable = {};
  unsigned max_failed = 1;  ///< over the whole rollout
  Duration canary_soak = std::chrono::hours{1};
  HookLimits hooks = {};
  std::vector<OperatorGate> gates = {};  ///< asked in this order
  ControlPlane control_plane = ControlPlane::Here;
  Word said = {};
  friend bool operator==(Policy const&, Policy const&) = default;
};

/// `rollout-freeze`: nobody begins a step before `until`, whether or not a rollout is at work; what has begun is finished.
struct FleetFreeze {
  std::optional<Instant> until = {};  ///< nothing: it was lifted
  Word said = {};
  friend bool operator==(FleetFreeze const&, FleetFreeze const&) = default;

  [[nodiscard]] bool holds_at(Instant now) const { return until && now < *until; }
};

/// Why a component of a host would not go although the fleet lets it.
struct Hindrance {
  std::string component = {};  ///< empty: every component of the host
  std::string text = {};       ///< "held by alice since …", "frozen until …", "5.8.15 failed here"
  std::string remedy = {};     ///< the command that resolves it
  friend bool operator==(Hindrance const&, Hindrance const&) = default;
};

/// So many versions of a component a host tells of at most: a pin is one of the newest.
inline constexpr std::size_t kCandidatesTold = 20;

/// A component on one host.
struct Carried {
  std::string component = {};
  std::vector<Build> installed = {};   ///< one, but for custom components of several packages
  std::vector<Build> candidates = {};  ///< offered by its signed repositories, newest first
  std::vector<Build> kept = {};        ///< files in its archive, verified
  bool current = false;                ///< the candidates are of metadata whose signature was checked, and which was fetched lately
  friend bool operator==(Carried const&, Carried const&) = default;

  /// Upstream; empty where nothing is installed.
  [[nodiscard]] std::string version() const { return installed.empty() ? std::string{} : upstream_of(installed.front().version); }
};

/// `host/<host>`: written by that host alone.
struct HostRecord {
  std::string host = {};
  Identity identity = {};
  std::string datacenter = {};
  std::string group = {};
  int rule = kRule;
  std::vector<Carried> carried = {};
  std::vector<Hindrance> hindrances = {};
  std::optional<Instant> next_opening = {};  ///< of a maintenance window; now or earlier: it is open
  bool promotes = false;                     ///< it has hooks in /etc/tykup/hooks/promote.d
  std::vector<std::string> gates = {};       ///< its files in /etc/tykup/hooks/gate.d
  std::optional<Identity> conflict = {};     ///< another host that calls itself so: both are refused
  friend bool operator==(HostRecord const&, HostRecord const&) = default;

  [[nodiscard]] Carried const* find(std::string_view component) const;
};

/// `live/<host>` and `queue/…/<host>`: present, and for which rollout; under the host's lease.
struct Presence {
  Identity identity = {};
  std::string rollout = {};
  Instant since = {};
  friend bool operator==(Presence const&, Presence const&) = default;
};

/// One step of the order. Its key `NN.P`: component rank and phase.
struct Stage {
  std::string datacenter = {};
  unsigned datacenter_rank = 0;
  std::string component = {};
  unsigned component_rank = 0;
  unsigned phase = 0;  ///< the groups' order inside the stage; a group never overtakes the order of components
  friend bool operator==(Stage const&, Stage const&) = default;
};

/// A stage with the numbers of the rollout's beginning.
struct StageNumbers {
  Stage stage = {};
  unsigned members = 0;  ///< of the phase
  unsigned limit = 1;    ///< of the component in that data centre, whatever the phase
  friend bool operator==(StageNumbers const&, StageNumbers const&) = default;
};

struct Failure {
  std::string host = {};
  std::string component = {};
  std::string reason = {};
  Instant at = {};
  friend bool operator==(Failure const&, Failure const&) = default;
};

struct Exclusion {
  std::string host = {};
  Word said = {};
  friend bool operator==(Exclusion const&, Exclusion const&) = default;
};

/// A pinned file that a host was offered, and is not any more.
struct Withdrawal {
  std::string host = {};  ///< the one that saw it
  std::string component = {};
  std::string package = {};
  std::string version = {};  ///< full version
  std::string text = {};     ///< one sentence, all of the above in it
  Instant at = {};
  friend bool operator==(Withdrawal const&, Withdrawal const&) = default;
};

/// Blue-green: the phase of that stage is promoted, the next one may begin.
struct Promotion {
  std::string datacenter = {};
  std::string component = {};
  unsigned phase = 0;
  Word said = {};
  bool hook_due = false;    ///< hosts of the group have promote hooks, and none has run them to their end
  std::string hooked = {};  ///< the host that has
  friend bool operator==(Promotion const&, Promotion const&) = default;
};

/// What most hosts had of a component when the rollout began: where a rollback goes.
struct Before {
  std::string component = {};
  std::string version = {};  ///< upstream
  friend bool operator==(Before const&, Before const&) = default;
};

/// Preparing: the pending keys are being written, by whoever comes first. Nobody starts but in Running.
enum class RolloutState { Preparing, Running, Paused, Stopped, Aborted, Done };
/// Why it is Stopped.
enum class Halt { None, Failures, Pulled, Operator, Gate };
enum class Direction { Forwards, Back };
std::string_view to_string(RolloutState state);
std::string_view to_string(Direction direction);

/// `rollout`: one at a time. Everybody watches it; it changes by operators, failures, its beginning and its end only.
struct Rollout {
  std::string id = {};
  int rule = kRule;
  RolloutState state = RolloutState::Preparing;
  Halt halt = Halt::None;
  Direction direction = Direction::Forwards;
  Policy policy = {};  ///< as it was when the rollout began
  std::vector<Pin> pins = {};
  std::vector<StageNumbers> stages = {};  ///< in the order of the going
  std::vector<Failure> failures = {};
  std::vector<Withdrawal> pulled = {};  ///< what stopped it so far, resumed or not
  std::vector<Exclusion> excluded = {};
  std::vector<Promotion> promoted = {};
  std::vector<Before> before = {};
  std::string undoes = {};  ///< Back: the rollout whose steps this one takes back
  Word began = {};
  Word last = {};  ///< of the latest change
  friend bool operator==(Rollout const&, Rollout const&) = default;

  [[nodiscard]] Pin const* pin(std::string_view component) const;
  /// Whether somebody may still change hosts under it: it was neither aborted nor done.
  [[nodiscard]] bool open() const { return state != RolloutState::Aborted && state != RolloutState::Done; }
};

/// InWork: until it is completed or failed. Again: it failed, and an operator lets it try once more. Asking: its step is done,
/// and gates of the operator's own are asked before that counts; `reason` says which. Promoting: its holder runs the promote
/// hooks of its group.
enum class SlotState { InWork, Failed, Again, Asking, Promoting };
std::string_view to_string(SlotState state);

/// `slot/<dc>/<component>/<k>`: no lease, no rollout in its name. Only its holder (by create revision) or `release-slot`
/// takes it away.
struct Slot {
  std::string host = {};
  Identity identity = {};
  std::string rollout = {};
  std::string component = {};
  SlotState state = SlotState::InWork;
  std::string reason = {};  ///< of the failure; Asking: the gate
  Instant since = {};
  std::string outside = {};  ///< who had it taken outside the order, and why; empty: it was its turn
  friend bool operator==(Slot const&, Slot const&) = default;
};

/// `past/outside/…`: a step that somebody had a host begin outside the order.
struct OutsideStep {
  std::string host = {};
  std::string component = {};
  std::string version = {};  ///< full, to which
  std::string rollout = {};  ///< that was at work; empty: none
  Word said = {};
  friend bool operator==(OutsideStep const&, OutsideStep const&) = default;
};

/// `done/…`, `first/…`, `ready/…`, `soak/…`: which rollout and who.
struct Mark {
  std::string rollout = {};
  std::string host = {};
  Instant at = {};
  friend bool operator==(Mark const&, Mark const&) = default;
};

/// `pending/…/<host>` and `unready/…/<host>`: what the host has to come to; for people, the gate asks whether there is one.
struct Pending {
  std::string rollout = {};
  std::string host = {};
  std::string component = {};
  friend bool operator==(Pending const&, Pending const&) = default;
};

/// `teller`, under its lease: the one host that tells people of the fleet.
struct Teller {
  std::string host = {};
  Identity identity = {};
  Instant since = {};
  friend bool operator==(Teller const&, Teller const&) = default;
};

/// `told`: what people know of the latest rollout, written by the teller when it is out.
struct KnownNews {
  std::string rollout = {};               ///< empty: none was told of
  std::vector<std::string> events = {};   ///< of it: "started", "paused.1", …
  std::string standing = {};              ///< that of them which lasts: "paused.1"; empty: it goes on
  std::vector<Before> offered = {};       ///< the newest version of each component
  friend bool operator==(KnownNews const&, KnownNews const&) = default;
};

/// A record as it stands in etcd. `created` and `modified` are 0 where there is none.
template <typename T>
struct Stored {
  std::optional<T> record = {};
  std::int64_t created = 0;
  std::int64_t modified = 0;
  friend bool operator==(Stored const&, Stored const&) = default;

  explicit operator bool() const { return record.has_value(); }
  T const* operator->() const { return &*record; }
  T const& operator*() const { return *record; }
};

}  // namespace tykup::fleet
