#include "daemon/wire/fleet_steer.hpp"

#include <utility>

#include "daemon/wire/fleet_board.hpp"
#include "daemon/wire/fleet_operator.hpp"
#include "daemon/wire/fleet_ops.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

/// The same reading as the transactions of operators want it.
wire::Overview seen(Board const& board) {
  wire::Overview seen;
  seen.revision = board.revision;
  seen.meta = board.meta;
  seen.policy = board.policy;
  seen.rollout = board.rollout;
  seen.roster = board.roster;
  for (auto const& host : board.hosts) seen.hosts.push_back({host.record, host.created, host.modified});
  seen.slots = board.slots;
  seen.live = board.live;
  auto const direction = board.rollout ? board.rollout->direction : Direction::Forwards;
  for (auto const& each : board.pending) seen.pending.push_back({place_of(each.stage, direction, each.host), each.stage.component});
  return seen;
}

/// Steps of a host that has no record any more: what it owed goes with it.
void leave_without_record(Keys const& keys, Rollout const& rollout, std::vector<BoardPending> const& steps, Instant at, etcd::Txn& txn,
                          Rollout const* otherwise = nullptr) {
  std::vector<std::string> own;
  for (auto const& step : steps) {
    wire::Leaving const leaver{step.host, rollout.id, rollout.direction, at, 0};
    txn.then.push_back(leave_stage(keys, step.stage, leaver));
    own.push_back(keys.pending(place_of(step.stage, rollout.direction, step.host)));
  }
  if (!own.empty() && rollout.state != RolloutState::Preparing) txn.then.push_back(end_rollout(keys, rollout, std::move(own), at, otherwise));
}

class Builder {
 public:
  Builder(Board const& board, Instant at) : board_(board), keys_(board.cluster), seen_(seen(board)), at_(at) {}

  etcd::Txn operator()(change::Make const& change) const {
    auto const policy = fleet_text(change.policy);
    etcd::Txn txn;
    txn.compares = {is_absent(only(keys_.meta())), is_absent(only(keys_.policy()))};
    txn.then.emplace_back(etcd::Put{keys_.meta(), fleet_text(change.meta)});
    txn.then.emplace_back(etcd::Put{keys_.policy(), policy});
    txn.then.emplace_back(etcd::Put{keys_.past_policy(board_.revision), policy});
    return txn;
  }
  etcd::Txn operator()(change::SetMeta const&) const { return after_restore_txn(keys_, seen_); }
  etcd::Txn operator()(change::SetPolicy const& change) const { return policy_txn(keys_, seen_, change.policy); }
  etcd::Txn operator()(change::Begin const& change) const {
    auto txn = prepare_txn(keys_, seen_, change.rollout);
    // Aborted ones are in the history already; one that is gone back from is not.
    if (change.before && change.before->open()) txn.then.push_back(etcd::Put{keys_.past_rollout(change.before->id), fleet_text(*change.before)});
    return txn;
  }
  etcd::Txn operator()(change::Prepare const&) const { return {}; }
  etcd::Txn operator()(change::SetRollout const& change) const {
    if (!change.slots.empty()) return retry_txn(keys_, seen_, change.rollout, change.slots.front().slot->host);
    auto const newly = newly_excluded(change.rollout);
    if (newly.empty()) return change_txn(keys_, seen_, change.rollout);
    bool const ends = change.rollout.state != RolloutState::Preparing && !change.leave.empty();
    if (board_.find(newly) != nullptr || !ends) return exclude_txn(keys_, seen_, change.rollout, newly, at_);
    auto txn = change_txn(keys_, seen_, change.rollout);
    txn.then.clear();
    leave_without_record(keys_, change.rollout, change.leave, at_, txn, &change.rollout);
    return txn;
  }
  etcd::Txn operator()(change::Forget const& change) const {
    auto txn = forget_txn(keys_, seen_, change.host, at_);
    bool const open = board_.rollout && board_.rollout->open();
    if (open && change.modified == 0) leave_without_record(keys_, *board_.rollout, change.leave, at_, txn);
    return txn;
  }
  etcd::Txn operator()(change::Free const& change) const {
    etcd::Txn all;
    for (auto const& held : change.slots) {
      auto one = release_slot_txn(keys_, held);
      all.compares.insert(all.compares.end(), one.compares.begin(), one.compares.end());
      all.then.insert(all.then.end(), one.then.begin(), one.then.end());
    }
    return all;
  }
  etcd::Txn operator()(change::SetFreeze const& change) const { return freeze_txn(keys_, seen_, change.freeze, change.modified); }

 private:
  [[nodiscard]] std::string newly_excluded(Rollout const& after) const {
    for (auto const& each : after.excluded)
      if (!is_excluded(*board_.rollout, each.host)) return each.host;
    return {};
  }

  Board const& board_;
  Keys keys_;
  wire::Overview seen_;
  Instant at_;
};

}  // namespace

etcd::Txn board_txn(Keys const& keys) {
  etcd::Txn txn;
  txn.then.emplace_back(etcd::Get{.keys = keys.everything()});
  return txn;
}

Result<Board> board_of(std::string cluster, etcd::TxnDone const& done, KnownHosts* known) {
  auto const* got = done.answers.size() == 1 ? std::get_if<etcd::Got>(&done.answers.front()) : nullptr;
  if (got == nullptr) return fail(ErrorKind::Internal, "etcd's answer has other parts than the question");
  return read_board(std::move(cluster), got->values, done.revision, known);
}

std::optional<etcd::Txn> txn_of(Board const& board, Change const& change, Instant at) {
  if (std::holds_alternative<change::Prepare>(change)) return {};
  return std::visit(Builder{board, at}, change);
}

std::vector<etcd::Txn> preparation_of(Board const& board) { return preparation(Keys(board.cluster), seen(board)); }

}  // namespace tykup::wire
