#pragma once

#include <string>
#include <variant>
#include <vector>

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/rule.hpp"

/// What a host asks of etcd, each one transaction, and what it is told. Every one may be repeated when its answer was lost: it is
/// told what the first one did.
namespace tykup::fleet {

/// One step of one host, with everything as it was seen that the gate compares.
struct Step {
  std::string host = {};
  Identity identity = {};
  Stage stage = {};
  Stored<Rollout> rollout = {};
  std::int64_t host_revision = 0;  ///< of the own record, as this host wrote it: a conflict or a restore changes it
  std::int64_t meta_revision = 0;
  Stored<FleetFreeze> freeze = {};
  std::int64_t written = 0;  ///< revision of the own record as this host remembers it; 0: it wrote none

  [[nodiscard]] Direction direction() const { return rollout ? rollout->direction : Direction::Forwards; }
  /// Its id; empty where none is at work.
  [[nodiscard]] std::string open_rollout() const { return rollout && rollout->open() ? rollout->id : std::string{}; }
  [[nodiscard]] PendingPlace place() const { return place_of(stage, direction(), host); }
};

/// A slot that this host holds: `created` tells it from the next one of the same name.
struct Holding {
  Step step = {};
  unsigned k = 0;
  std::int64_t created = 0;
};

namespace ask {
/// How everything stands for this host; `step` has no stage.
struct Read {
  Step step;
};
/// How everything stands for that step; `queued` is the own place, 0 where there is none.
struct Look {
  Step step;
  std::int64_t queued = 0;
};
/// Writes the own record, and joins the stages where a step is to do; leaves those where none is. A rollout is not joined half:
/// it is the one that was read. A stage that is joined is not done any more, and who comes is not forgotten any more.
struct Register {
  Step step;                        ///< its host revision: as read, 0 where there was no record
  HostRecord record;
  std::vector<Stage> join = {};
  std::vector<Stage> leave = {};
  bool unready = false;             ///< joins its data centre's unready hosts, where that has not begun; false: leaves them
  Instant at = {};
};
/// Somebody else has the name: both are refused from now on.
struct Dispute {
  Step step;  ///< its host revision is that of the other one's record
  HostRecord record;  ///< the other one's, with the conflict
};
struct Enqueue {
  Step step;
  etcd::LeaseId lease = 0;
  Instant at = {};
};
struct Take {
  Step step;
  decision::Go go;
  etcd::LeaseId lease = 0;
  Instant at = {};
  std::int64_t seen = 0;     ///< the revision of what was read: no slot of the stage was taken since
  std::string outside = {};  ///< by whose word the gate is not asked; empty: it is
};
/// Whether the slot is still held and the rollout as it was seen. `outside`: the slot alone.
struct Confirm {
  Holding holding;
  bool outside = false;
};
/// The host is there again under a new lease. Who waits for its slot is told by that key: it is written as it was.
struct Appear {
  Holding holding;
  etcd::LeaseId lease = 0;
  Instant at = {};
  Slot slot = {};
};
/// The step is done. Where it is of another rollout than the one that was read only the slot goes: the pending key is the
/// other rollout's.
struct Complete {
  Holding holding;
  bool of_this_rollout = true;
  etcd::LeaseId soak = 0;  ///< for the last host of a canary phase
  Instant at = {};
  std::vector<std::string> others = {};  ///< keys that have to be there: those of hosts that make this one not the last
  std::optional<HostRecord> record = {};  ///< the own one as it is after the step; written where nobody touched it meanwhile
};
/// The step failed: the rollout and the slot say so, together.
struct Fail {
  Holding holding;
  Rollout rollout;  ///< with the failure
  Slot slot;        ///< failed
};
/// Nothing was begun.
struct Release {
  Holding holding;
};
/// That a step begins, or has begun, outside the order.
struct Record {
  Step step;  ///< without a stage
  OutsideStep what;
};
/// Nobody has a step left: the rollout is done.
struct End {
  Step step;
  Instant at = {};
};
/// The step is done: is this host the last of its stage, or of its data centre?
struct Review {
  Holding holding;
};
/// What the slot's holder does says the slot.
struct Note {
  Holding holding;
  Slot slot;
};
/// A slot to run the group's promote hooks with, where nobody of the stage has one.
struct Promote {
  Step step;
  etcd::LeaseId lease = 0;
  Instant at = {};
};
/// The promote hooks have run: the slot goes, and the rollout says so.
struct Promoted {
  Holding holding;
  Rollout rollout;
};
/// This host knows why nobody may go on: the rollout says so.
struct Stop {
  Step step;
  Rollout rollout;  ///< stopped
};
}  // namespace ask

using Ask = std::variant<ask::Read, ask::Look, ask::Register, ask::Dispute, ask::Enqueue, ask::Take, ask::Confirm,
                         ask::Appear, ask::Complete, ask::Fail, ask::Release, ask::Record, ask::End, ask::Stop,
                         ask::Review, ask::Note, ask::Promote, ask::Promoted>;
[[nodiscard]] std::string_view name_of(Ask const& ask);

namespace told {
/// How everything stands: the answer to Read, Look and Review.
struct Looked {
  Sight sight;
};
/// The own record's revision now.
struct Registered {
  std::int64_t revision = 0;
  bool ended = false;  ///< the rollout, by this: nobody has a step left
};
/// In the queue. The sight tells slots, presences, predecessor and own place; the gate was open.
struct Enqueued {
  Sight sight;
};
struct Taken {
  unsigned k = 0;
  std::int64_t created = 0;
  std::string rollout = {};  ///< that the slot is of, whichever is at work by now; empty: none was
};
/// Dispute, Confirm, Appear, Fail, Release, Record, End, Stop, Note, Promoted: it is so, now or since the lost answer.
struct Settled {};
struct Completed {
  bool stage_done = false;
  bool ended = false;  ///< the rollout, by this
  std::int64_t registered = 0;  ///< revision of the own record that went with it; 0: none did, or that is not known
};
/// It was not done: this stands in its way.
struct Refused {
  Sight sight;
};
}  // namespace told

using Told = std::variant<told::Looked, told::Registered, told::Enqueued, told::Taken, told::Settled, told::Completed, told::Refused>;
[[nodiscard]] std::string_view name_of(Told const& told);

}  // namespace tykup::fleet
