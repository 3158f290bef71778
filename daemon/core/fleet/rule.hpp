#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/fleet/keys.hpp"
#include "daemon/core/fleet/records.hpp"

/// The rule that every host evaluates for itself: whether it may start a step, or whom it waits for, or why nothing starts.
/// It decides on what one reading of etcd told; the transaction that acts on it compares the same again.
namespace tykup::fleet {

/// Whose step of an earlier stage is not done.
struct Blocker {
  PendingPlace place = {};
  std::string component = {};
  friend bool operator==(Blocker const&, Blocker const&) = default;
};

struct HeldSlot {
  std::string datacenter = {};
  std::string component = {};
  unsigned k = 0;
  Stored<Slot> slot = {};
  friend bool operator==(HeldSlot const&, HeldSlot const&) = default;
};

/// Everything that a decision about one step depends on, as of one revision.
struct Sight {
  std::int64_t revision = 0;
  Stored<Meta> meta = {};
  Stored<Rollout> rollout = {};
  Stored<FleetFreeze> freeze = {};
  Stored<HostRecord> host = {};
  Stored<Policy> policy = {};            ///< read where no step is asked for
  bool pending = false;                  ///< this host's own key of the stage
  std::vector<Blocker> earlier = {};     ///< the first three of the earlier stages …
  std::optional<Blocker> latest = {};    ///< … and the last: the others of its chain are done before it
  std::vector<std::string> unready = {}; ///< three hosts of the data centre whose packages are not there
  bool soaking = false;                  ///< the phase before
  bool previous_done = false;            ///< likewise
  bool begun = false;                    ///< the stage's first host is past its step
  std::vector<HeldSlot> slots = {};      ///< of the whole fleet
  std::vector<std::string> live = {};    ///< hosts in work whose presence is kept
  std::int64_t queued = 0;               ///< create revision of the own place in the queue; 0: none
  etcd::LeaseId queue_lease = 0;         ///< of that place
  std::string predecessor = {};          ///< the host before it; empty: it is the first
  std::int64_t left = 0;                 ///< steps that are not done, of the whole rollout
  bool forgotten = false;                ///< an operator forgot this host since it wrote its record
  std::string other_of_stage = {};       ///< Review: the key of another step of the stage that is not done; empty: there is none
  std::string other_of_centre = {};      ///< likewise, of the data centre
  std::int64_t hosts = 0;                ///< how many there are; read in test builds only
  friend bool operator==(Sight const&, Sight const&) = default;
};

/// What the step is, and when it would begin.
struct Asking {
  std::string host;
  Stage stage;
  Instant now = {};
};

namespace decision {
/// That slot, which is free.
struct Go {
  unsigned k = 0;
  bool first = false;  ///< nobody of the stage is past its step
  friend bool operator==(Go const&, Go const&) = default;
};
/// One change under `watch` may let it go.
struct Wait {
  std::string text = {};
  std::string remedy = {};
  etcd::KeyRange watch = {};  ///< empty: the rollout's key, which is watched anyway
  bool is_last = false;       ///< nothing else is in the way, as far as is known: what was waited for opens the gate
  friend bool operator==(Wait const&, Wait const&) = default;
};
/// Not in the stage's books although the rollout moves the component: the host has to register.
struct Join {
  friend bool operator==(Join const&, Join const&) = default;
};
/// Nothing starts until the rollout changes.
struct Stop {
  std::string text = {};
  std::string remedy = {};
  friend bool operator==(Stop const&, Stop const&) = default;
};
}  // namespace decision
using Decision = std::variant<decision::Go, decision::Wait, decision::Join, decision::Stop>;

/// Whether the gate of the stage is open, whatever the queue and the slots: nothing, or why not.
[[nodiscard]] std::optional<Decision> gate(Sight const& sight, Asking const& asking, Keys const& keys);
/// The gate, then a slot. The place in the queue is the caller's matter.
[[nodiscard]] Decision decide(Sight const& sight, Asking const& asking, Keys const& keys);

/// Why nobody starts at all under this rollout; nothing: somebody may.
[[nodiscard]] std::optional<decision::Stop> standstill(Rollout const& rollout);
/// Likewise under the fleet's freeze. It ends by the host's own clock, which `kClockMayDiffer` holds to etcd's.
[[nodiscard]] std::optional<decision::Stop> frozen(FleetFreeze const& freeze, Instant now);
/// Holders of slots that are in work and not there: each counts as failed for as long as that lasts.
[[nodiscard]] std::vector<HeldSlot> absent_holders(std::vector<HeldSlot> const& slots, std::vector<std::string> const& live);
/// Failures of the rollout and absent holders, each host and component once.
[[nodiscard]] unsigned failed_count(Rollout const& rollout, std::vector<HeldSlot> const& absent);

/// The least free slot that leaves no more than `limit` held, whatever numbers the held ones have (slots outlive rollouts with
/// other limits); nothing: none. Slots at it and above are never taken anew under that limit, which is what makes it safe to
/// compare the one slot in the transaction.
[[nodiscard]] std::optional<unsigned> free_slot(std::vector<unsigned> const& held, unsigned limit);

/// The promotion of that stage's phase, or null.
[[nodiscard]] Promotion const* promotion_of(Rollout const& rollout, Stage const& stage);
/// The stage of a pending key.
[[nodiscard]] Stage stage_at(Blocker const& blocker, Direction direction);
/// The phase that has to be proven before that one: nothing for the first, in a rolling rollout, and on the way back.
[[nodiscard]] std::optional<Stage> proven_before(Rollout const& rollout, Stage const& stage);

}  // namespace tykup::fleet
