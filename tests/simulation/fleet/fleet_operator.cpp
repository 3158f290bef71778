#include "tests/simulation/fleet/fleet_operator.hpp"

#include <algorithm>

#include "daemon/core/fleet/steering.hpp"
#include "daemon/wire/fleet_json.hpp"
#include "daemon/wire/fleet_operator.hpp"

/// The desk at which an operator's words become transactions, as the daemon's does it.
namespace tykup::simulation {

using namespace std::chrono_literals;

namespace {

std::string digest(std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)); }

}  // namespace

void FleetOperator::init() {
  if (!say(fleet::say::Init{world_.drawn.policy}, "the beginning")) world_.judge.violation("records", "no cluster can be made", {});
}

fleet::Board const& FleetOperator::look() {
  world_.catch_up();
  if (!board_is_old_ && board_.revision == world_.etcd.header().revision) return board_;
  auto const done = world_.etcd.txn(wire::board_txn(world_.keys));
  auto board = wire::board_of("prod", *done, &hosts_);
  if (!board) world_.judge.violation("records", "the board cannot be read: " + board.error().message, {});
  board_ = board ? std::move(*board) : fleet::Board{};
  board_is_old_ = false;
  return board_;
}

bool FleetOperator::commit(etcd::Txn const& txn) {
  if (!world_.etcd_up) return false;
  world_.catch_up();
  auto const done = world_.etcd.txn(txn);
  if (!done) world_.judge.violation("records", "an operator's transaction is refused by etcd: " + done.error().message, {});
  if (!done || !done->succeeded) return false;
  ++world_.changes;
  network_.pump();
  return true;
}

std::optional<fleet::Steered> FleetOperator::say(fleet::Saying const& saying, std::string const& why) {
  if (!world_.etcd_up) return {};
  auto name = "operator: " + std::string(fleet::name_of(saying));
  if (auto const* resume = std::get_if<fleet::say::Resume>(&saying); resume != nullptr && resume->after_restore) name += " --after-restore";
  auto const& board = look();
  fleet::Beginning const beginning{"r-" + std::to_string(number_ + 1), word(why)};
  refused_.reset();
  auto steered = fleet::steer(board, saying, beginning, digest, &refused_);
  if (!steered) {
    world_.count(name + " refused");
    world_.tell(FleetWorld::kEverybody, name + " refused: " + steered.error().message);
    return {};
  }
  if (auto const txn = wire::txn_of(board, steered->change, world_.time.now()); txn && !commit(*txn)) {
    world_.judge.violation("records", name + ": what was read is so still, and etcd does not take it", {});
    return {};
  }
  world_.count(name);
  world_.tell(FleetWorld::kEverybody, name + ": " + steered->text);
  hear(steered->change, saying);
  return std::move(*steered);
}

/// What the judge has to know of it.
void FleetOperator::hear(fleet::Change const& change, fleet::Saying const& saying) {
  auto const each = [&](std::string const& host, auto const& tell) {
    // Whoever has that name is meant: the copy of a host, too.
    for (auto const& one : members_)
      if (one->name() == host) tell(*one);
  };
  if (auto const* excluded = std::get_if<fleet::say::Exclude>(&saying))
    each(excluded->host, [&](FleetMember const& one) {
      excluded_.insert(one.number());
      world_.judge.excluded(one.number(), world_.changes);
    });
  if (auto const* retried = std::get_if<fleet::say::Retry>(&saying))
    each(retried->host, [&](FleetMember const& one) { world_.judge.retried(one.number(), world_.changes); });
  if (auto const* forgotten = std::get_if<fleet::say::Forget>(&saying))
    each(forgotten->host, [&](FleetMember const& one) { world_.judge.forgotten(one.number(), world_.changes); });
  if (auto const* set = std::get_if<fleet::change::SetFreeze>(&change)) world_.judge.frozen(set->freeze.until, world_.changes);
  if (auto const* freed = std::get_if<fleet::change::Free>(&change)) {
    for (auto const& held : freed->slots) {
      auto const* one = member(held.slot->host);
      if (one == nullptr) continue;
      auto const& order = world_.drawn.centres[one->drawn().centre].order;
      auto const place = static_cast<unsigned>(std::ranges::find(order, held.component) - order.begin());
      world_.judge.released(one->number(), place, world_.changes);
    }
  }
  if (auto const* begins = std::get_if<fleet::change::Begin>(&change)) begun(begins->rollout);
  bool const prepares = std::holds_alternative<fleet::change::Begin>(change) || std::holds_alternative<fleet::change::Prepare>(change);
  prepares ? prepare() : hear_rollout();
}

/// Whether it goes on: an operator's word may have ended it.
void FleetOperator::hear_rollout() {
  auto const done = world_.etcd.txn({{}, {etcd::Get{.keys = {world_.keys.rollout(), {}}}}, {}});
  auto const& got = std::get<etcd::Got>(done->answers.front());
  if (got.values.empty()) return;
  auto const rollout = wire::parse_fleet<fleet::Rollout>(got.values.front().value);
  if (rollout) world_.judge.rollout_runs(rollout->state == fleet::RolloutState::Running, world_.changes);
}

/// The numbers of that moment, counted once more and in another way. `board_` is what it began with.
void FleetOperator::begun(fleet::Rollout const& rollout) {
  ++number_;
  excluded_.clear();
  bool const back = rollout.direction == fleet::Direction::Back;
  Ordered ordered{rollout.id, {}, back, rollout.policy.max_failed, {}};
  for (auto const& pin : rollout.pins) {
    auto& goal = ordered.goals[pin.component] = {number_of(pin.version), back, {}};
    for (auto const& build : pin.builds) goal.digests[build.of.distribution] = build.sha256;
    goals_[pin.component] = goal;
  }
  std::map<std::pair<unsigned, unsigned>, unsigned> members;
  for (auto const& host : board_.hosts) {
    auto const* one = member(host.record.host);
    for (auto const place : one->drawn().places) ++members[{one->drawn().centre, place}];
  }
  auto const& most = world_.drawn.policy.max_unavailable;
  for (unsigned centre = 0; centre < world_.drawn.centres.size(); ++centre) {
    ordered.limits.emplace_back();
    for (unsigned place = 0; place < world_.drawn.centres[centre].order.size(); ++place) {
      auto const there = members[{centre, place}];
      ordered.limits.back().push_back(std::max(1U, most.percent ? there * most.number / 100 : most.number));
    }
  }
  world_.judge.rollout_begins(std::move(ordered), world_.changes);
}

/// At once, or so slowly that hosts come and go meanwhile; now and then it is cut short.
void FleetOperator::prepare() {
  auto left = std::make_shared<std::vector<etcd::Txn>>(wire::preparation_of(look()));
  ++preparing_;
  prepares_ = false;
  if (world_.faults && world_.dice.chance(40)) {
    prepares_ = true;
    return prepare_slowly(left, 0, preparing_);
  }
  for (auto const& txn : *left) static_cast<void>(commit(txn));
  hear_rollout();
}

void FleetOperator::prepare_slowly(std::shared_ptr<std::vector<etcd::Txn>> const& left, std::size_t next, std::uint64_t serial) {
  world_.time.after(world_.dice.between(0s, 4s), [this, left, next, serial] {
    if (serial != preparing_) return;
    bool const cut_short = !world_.etcd_up || (world_.faults && world_.dice.chance(6));
    if (cut_short) world_.count("fault: preparation cut short");
    prepares_ = !cut_short && next + 1 < left->size();
    if (cut_short) return;
    static_cast<void>(commit((*left)[next]));
    if (prepares_) return prepare_slowly(left, next + 1, serial);
    hear_rollout();
  });
}

/// For a reason of its own: no word of an operator's, but what hosts do when a pin was pulled.
void FleetOperator::stop() {
  auto const& board = look();
  if (!world_.etcd_up || !board.rollout) return;
  auto const after = fleet::stopped(*board.rollout, fleet::Halt::Operator, word("stop"));
  if (!after) return;
  auto const txn = wire::txn_of(board, fleet::change::SetRollout{*after, board.rollout.modified}, world_.time.now());
  if (!commit(*txn)) return;
  world_.count("operator: stop");
  world_.tell(FleetWorld::kEverybody, "operator: stop");
  hear_rollout();
}

FleetMember* FleetOperator::member(std::string const& name) {
  if (by_name_.empty())
    for (std::size_t i = 0; i < members_.size(); ++i) by_name_.emplace(members_[i]->name(), i);
  auto const found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : members_[found->second].get();
}

bool FleetOperator::is_anyone_at_work() const {
  return std::ranges::any_of(members_, [](auto const& one) { return one->has_begun() && !one->has_left(); });
}

}  // namespace tykup::simulation
