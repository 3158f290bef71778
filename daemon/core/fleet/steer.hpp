#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/fleet/schedule.hpp"
#include "daemon/core/result.hpp"

/// What an operator says to the whole fleet, and what that changes. A change is of the records as they were read; the
/// transaction that makes it compares that they still are so.
namespace tykup::fleet {

namespace say {
/// Makes the cluster.
struct Init {
  Policy policy;
  friend bool operator==(Init const&, Init const&) = default;
};
/// For rollouts that begin from now on.
struct SetPolicy {
  Policy policy;
  friend bool operator==(SetPolicy const&, SetPolicy const&) = default;
};
/// `shown`: the hash of the schedule that was shown; empty: whatever it is now.
struct Start {
  Wanted wanted = {};
  std::string shown = {};
  friend bool operator==(Start const&, Start const&) = default;
};
struct Rollback {
  Wanted wanted = {};
  std::string shown = {};
  friend bool operator==(Rollback const&, Rollback const&) = default;
};
struct Pause {
  friend bool operator==(Pause const&, Pause const&) = default;
};
/// `after_restore`: etcd as it is counts from now on, whatever the hosts remember.
struct Resume {
  bool after_restore = false;
  friend bool operator==(Resume const&, Resume const&) = default;
};
struct Abort {
  friend bool operator==(Abort const&, Abort const&) = default;
};
/// Blue-green: the next group of every stage that waits for it.
struct Promote {
  friend bool operator==(Promote const&, Promote const&) = default;
};
/// `stopped`: the operator's word that the host is, where it carries MDCB or Dashboard.
struct Exclude {
  std::string host;
  bool stopped = false;
  friend bool operator==(Exclude const&, Exclude const&) = default;
};
struct Retry {
  std::string host;
  friend bool operator==(Retry const&, Retry const&) = default;
};
/// Of a host that does not come back.
struct Forget {
  std::string host;
  friend bool operator==(Forget const&, Forget const&) = default;
};
struct ReleaseSlot {
  std::string host;
  friend bool operator==(ReleaseSlot const&, ReleaseSlot const&) = default;
};
/// No host begins a step before `until`.
struct Freeze {
  Instant until = {};
  friend bool operator==(Freeze const&, Freeze const&) = default;
};
struct Unfreeze {
  friend bool operator==(Unfreeze const&, Unfreeze const&) = default;
};
}  // namespace say

using Saying = std::variant<say::Init, say::SetPolicy, say::Start, say::Rollback, say::Pause, say::Resume, say::Abort, say::Promote, say::Exclude,
                            say::Retry, say::Forget, say::ReleaseSlot, say::Freeze, say::Unfreeze>;
/// "init", "policy", "start", …: as it is typed.
[[nodiscard]] std::string_view name_of(Saying const& saying);

namespace change {
/// Both are absent.
struct Make {
  Meta meta;
  Policy policy;
};
struct SetMeta {
  Meta meta;
  std::int64_t modified = 0;  ///< as it was read
};
struct SetPolicy {
  Policy policy;
  Policy before;
  std::int64_t modified = 0;
};
/// What is left of the rollout before goes away: pending, first, done, soak, ready and unready keys; slots stay. `rollout` is
/// Preparing; it runs when its keys are written.
struct Begin {
  Rollout rollout;
  Stored<Rollout> before;
  std::int64_t policy_modified = 0;
};
/// The pending keys of a rollout that is Preparing are written, then it runs.
struct Prepare {
  Stored<Rollout> rollout;
};
/// `leave`: steps that are not asked of those hosts any more. `slots`: as they are from now on.
struct SetRollout {
  Rollout rollout;
  std::int64_t modified = 0;
  std::vector<BoardPending> leave = {};
  std::vector<std::pair<std::string, std::string>> ready = {};  ///< data centre and host whose packages nobody waits for any more
  std::vector<HeldSlot> slots = {};
};
/// The host's record and steps go; it may come again.
struct Forget {
  std::string host;
  std::int64_t modified = 0;  ///< of its record; 0: it has none
  Stored<Rollout> rollout = {};
  std::vector<BoardPending> leave = {};
  std::vector<std::pair<std::string, std::string>> ready = {};
};
struct Free {
  std::vector<HeldSlot> slots;
};
struct SetFreeze {
  FleetFreeze freeze;
  std::int64_t modified = 0;  ///< of the one before; 0: there was none
};
}  // namespace change

using Change = std::variant<change::Make, change::SetMeta, change::SetPolicy, change::Begin, change::Prepare, change::SetRollout, change::Forget,
                            change::Free, change::SetFreeze>;

struct Steered {
  Change change;
  std::string text;                 ///< what is then so, one sentence
  std::vector<std::string> more = {};  ///< what to know or do
  std::optional<Schedule> schedule = {};  ///< Start, Rollback
};

/// NotAllowed, or NotFound where a host, or what was shown, is not there any more: why not and what to do. A schedule that is
/// refused is in `refused`, where it is given.
[[nodiscard]] Result<Steered> steer(Board const& board, Saying const& saying, Beginning const& beginning, Digest const& digest,
                                    std::optional<Schedule>* refused = nullptr);

/// The name of a rollout that begins then: "20261126t102030".
[[nodiscard]] std::string rollout_id(Instant now);

}  // namespace tykup::fleet
