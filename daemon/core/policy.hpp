#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/named_version.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/topology.hpp"

namespace tykup {

/// How far a host may go.
struct Track {
  enum class Kind { Lts, Patch, Minor, Latest, Line } kind = Kind::Lts;
  int major = 0;  ///< Line only: "5.8"
  int minor = 0;
};
Result<Track> parse_track(std::string_view text);
std::string to_string(Track const& track);

/// What is done where no package of the installed version can be kept: the step is not planned, or it is planned and
/// waits for an operator's word that names it.
enum class WithoutRollback { Hold, Go };
/// Whether a plan runs by itself when everything is open, or waits for an operator's word on exactly that plan.
enum class Approve { Auto, Manual };
/// What becomes of the earlier components of a run when one failed and went back.
enum class OnFailure { Stop, RollbackRun };
/// What becomes of a window whose beginning passed while nobody watched.
enum class Missed { Skip, RunIfOpen };
/// What is done on a host that something else wants to be booted anew. A shutdown that has a time is waited for anyway.
enum class RebootPending { Wait, Go };

struct PolicyConfig {
  Track track = {};
  Duration soak = {};
  std::vector<std::string> hold = {};
  WithoutRollback without_rollback = WithoutRollback::Hold;
  Duration lock_wait = std::chrono::minutes{10};  ///< how long a step waits for another program's package lock
  Approve approve = Approve::Auto;
  Missed missed = Missed::Skip;
  Duration spread = std::chrono::minutes{30};      ///< the latest that a host's own beginning is after the window's
  OnFailure on_failure = OnFailure::Stop;
  Duration clock_wait = std::chrono::minutes{10};  ///< how long after its start the daemon waits for a synchronised clock
  RebootPending reboot_pending = RebootPending::Wait;
};

/// Every gate that can keep a component where it is: a closed list, in the order of the report.
enum class Gate { Trust, Broken, BadVersion, Plugin, Hold, Track, Soak, WithoutRollback, Order, Approval, Freeze, Window, Budget, Fleet, Lock, Clock, Room, Reboot, Shutdown, Hook };
std::string_view to_string(Gate gate);

/// One closed gate: which, why, and what would change it.
struct Reason {
  Gate gate;
  std::string text;
  std::string remedy;
  friend bool operator==(Reason const&, Reason const&) = default;
};

/// A version that failed here, with its back-off.
struct BadVersion {
  std::string component;
  std::string version;
  std::string reason;
  Instant since;
  unsigned failures = 1;
  Instant until;
};
/// How long a version stays away after that many failures: 8 h, doubled each time, at most 14 days.
Duration bad_version_backoff(unsigned failures);

/// When a (component, version, digest) was first seen in a subscribed repository, for soak.
struct SeenVersion {
  std::string component;
  std::string version;
  std::string sha256;
  Instant first;
};

/// An operator's word that a component stays; an empty component means all of them.
struct Hold {
  std::string component;
  std::string by;
  Instant since;
  std::optional<Instant> until = {};  ///< exclusive; absent: until it is released
  std::string reason = {};
};
/// An operator's word that exactly this plan may run.
struct Approval {
  std::string plan_hash;
  std::string by;
  Instant since;
  std::optional<Instant> until = {};                ///< exclusive
  std::vector<NamedVersion> without_way_back = {};  ///< its steps that may go although there is no way back from them
};

/// What this host remembers between runs.
struct Memory {
  std::vector<BadVersion> bad = {};
  std::vector<SeenVersion> seen = {};
  std::vector<Hold> holds = {};
  std::optional<Approval> approval = {};
  /// What the programs of downloaded packages said of plugins, latest last.
  std::vector<CheckedPlugin> plugins = {};
  /// Keys of what people were told, latest last.
  std::vector<std::string> told = {};
  /// Durations of the last ten successful steps, by component, newest first.
  std::map<std::string, std::vector<Duration>> durations = {};
};

/// The decision for one component: move to `to`, or stay for `reasons` (all of them, not just the first).
struct Choice {
  std::string component;
  std::vector<PackagePin> from = {};  ///< digests where known (kept or offered), else empty strings
  std::vector<PackagePin> to = {};    ///< empty: nothing newer that the track allows
  std::vector<Reason> reasons = {};   ///< closed gates of policy; empty and `to` filled: go
  std::string newest = {};            ///< the newest version offered at all, for status
};

/// The operators' holds on a component that are in force: each with who, when and why, and the command that ends it.
[[nodiscard]] std::vector<Reason> hold_reasons(Memory const& memory, std::string const& component, Instant now);

/// Pure policy. A component whose target is hindered keeps `to` filled so that the report can say what it waits for.
[[nodiscard]] Choice choose(Component const& component, ComponentFacts const& facts, PackageFormat format,
                            PolicyConfig const& policy, Memory const& memory, Instant now);

}  // namespace tykup
