#pragma once

#include <vector>

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/ask.hpp"
#include "daemon/wire/fleet_json.hpp"

/// The pieces of the fleet's transactions. Private to the fleet's sources here.
namespace tykup::wire {

inline etcd::KeyRange only(std::string key) { return {std::move(key), {}}; }

[[nodiscard]] etcd::Compare is_absent(etcd::KeyRange keys);
[[nodiscard]] etcd::Compare is_there(std::string key);
[[nodiscard]] etcd::Compare is_modified_at(std::string key, etcd::Revision revision);
/// Whatever is there of that range was there, as it is, at that revision.
[[nodiscard]] etcd::Compare is_unchanged_since(etcd::KeyRange keys, etcd::Revision revision);
[[nodiscard]] etcd::Compare is_created_at(std::string key, etcd::Revision revision);
/// No key of the range but these, which are of it.
[[nodiscard]] std::vector<etcd::Compare> has_no_other(etcd::KeyRange const& range, std::vector<std::string> own);

[[nodiscard]] etcd::Op get(std::string key);
[[nodiscard]] etcd::Op drop(std::string key);
[[nodiscard]] etcd::Op nested(etcd::Txn txn);

/// Who leaves a stage, of which rollout.
struct Leaving {
  std::string host;
  std::string rollout;
  fleet::Direction direction = fleet::Direction::Forwards;
  Instant at = {};
  etcd::LeaseId soak = 0;  ///< of the canary's soak; 0: none begins
};
/// Takes the own pending key away; where it was the stage's last one, the stage is done (and the canary's soak begins).
[[nodiscard]] etcd::Op leave_stage(fleet::Keys const& keys, fleet::Stage const& stage, Leaving const& leaving);
/// Takes the own unready key away; where it was the data centre's last one, that is ready.
[[nodiscard]] etcd::Op become_ready(fleet::Keys const& keys, std::string_view datacenter, Leaving const& leaving);
/// Where nobody has a step left but those that leave with this transaction, the rollout is done; else it is `otherwise`.
[[nodiscard]] etcd::Op end_rollout(fleet::Keys const& keys, fleet::Rollout rollout, std::vector<std::string> leaving, Instant at,
                                   fleet::Rollout const* otherwise = nullptr);

/// The reads of a sight, in the order in which `read_sight` takes their answers.
[[nodiscard]] std::vector<etcd::Op> sight_ops(fleet::Keys const& keys, fleet::Step const& step, std::int64_t queued);
/// Those, and whether others of the stage and of the data centre have their step before them.
[[nodiscard]] std::vector<etcd::Op> review_ops(fleet::Keys const& keys, fleet::Step const& step);
[[nodiscard]] Result<fleet::Sight> read_review(fleet::Keys const& keys, fleet::Step const& step,
                                               std::vector<etcd::OpDone> const& answers, etcd::Revision revision);
/// Of a step's look, or of a host's (`step` without a stage).
[[nodiscard]] Result<fleet::Sight> read_sight(fleet::Keys const& keys, fleet::Step const& step,
                                              std::vector<etcd::OpDone> const& answers, etcd::Revision revision);
/// The reads that go with a place in the queue, and what they tell.
[[nodiscard]] std::vector<etcd::Op> queue_ops(fleet::Keys const& keys, fleet::Step const& step);
[[nodiscard]] Result<fleet::Sight> read_queue(fleet::Keys const& keys, fleet::Step const& step, std::vector<etcd::OpDone> const& answers,
                                              etcd::Revision revision);

}  // namespace tykup::wire
