#include <algorithm>
#include <tuple>

#include "daemon/core/fleet/overview_parts.hpp"

namespace tykup::fleet {
namespace {

/// The oldest trace of a step of this rollout; nothing where none has ended or is at work.
std::optional<std::int64_t> first_trace(Board const& board) {
  std::optional<std::int64_t> oldest;
  auto const take = [&](std::int64_t created) {
    if (!oldest || created < *oldest) oldest = created;
  };
  for (auto const& first : board.firsts)
    if (first.mark.rollout == board.rollout->id) take(first.created);
  for (auto const& held : board.slots)
    if (held.slot && held.slot->rollout == board.rollout->id) take(held.slot.created);
  return oldest;
}

HeldSlot const* slot_of(Board const& board, StepView const& step) {
  auto const found = std::ranges::find_if(board.slots, [&](HeldSlot const& held) {
    return held.component == step.component && held.slot && held.slot->host == step.host;
  });
  return found == board.slots.end() ? nullptr : &*found;
}

/// Tells each step's state from the records; steps come from the hosts' own records and from the pending keys.
class Steps {
 public:
  Steps(Board const& board, Instant now)
      : board_(board), now_(now), trace_(board.rollout ? first_trace(board) : std::nullopt) {}

  /// `created`: when the host registered.
  StepView of_host(HostRecord const& host, std::int64_t created, Carried const& carried) const {
    StepView step{host.host, carried.component};
    step.late = trace_ && created > *trace_;
    step.from = carried.version();
    step.next_opening = host.next_opening;
    auto const* pin = board_.rollout ? board_.rollout->pin(carried.component) : nullptr;
    if (pin == nullptr) {
      if (auto const* held = slot_of(board_, step)) at_work(step, *held);
      return step;
    }
    step.to = pin->version;
    auto const progress = progress_of(carried, *pin, board_.rollout->direction);
    step.state = is_settled(progress) ? (progress == Progress::Ahead ? StepState::Ahead : StepState::Done) : StepState::Left;
    judge(step);
    return step;
  }

  /// Whoever has a step to do and is not registered any more.
  StepView of_stranger(BoardPending const& pending) const {
    StepView step{pending.host, pending.stage.component};
    step.state = StepState::Left;
    if (auto const* pin = board_.rollout ? board_.rollout->pin(pending.stage.component) : nullptr) step.to = pin->version;
    judge(step);
    return step;
  }

 private:
  void judge(StepView& step) const {
    auto const& rollout = *board_.rollout;
    if (is_excluded(rollout, step.host)) {
      step.state = StepState::Excluded;
      return;
    }
    auto const pending = std::ranges::find_if(board_.pending, [&](BoardPending const& each) { return each.host == step.host && each.stage.component == step.component; });
    bool const is_pending = pending != board_.pending.end();
    // A host that came back with an old version joined anew.
    step.late = step.late || (trace_ && is_pending && pending->created > *trace_);
    if (auto const* held = slot_of(board_, step)) return at_work(step, *held);
    auto const failure = std::ranges::find_if(rollout.failures, [&](Failure const& each) { return each.host == step.host && each.component == step.component; });
    if (failure != rollout.failures.end()) return failed(step, failure->reason, failure->at);
    if (is_pending && rollout.open()) return waiting(step, *pending);
    if (rollout.open() && step.state == StepState::Left) not_joined(step);
  }

  static void failed(StepView& step, std::string const& reason, Instant at) {
    step.state = StepState::Failed;
    step.since = at;
    step.text = reason;
    step.remedy = "tykup fleet retry " + step.host + ", or tykup fleet exclude " + step.host;
    step.stuck = true;
    step.at_turn = true;
  }

  void at_work(StepView& step, HeldSlot const& held) const {
    if (held.slot->state == SlotState::Failed) return failed(step, held.slot->reason, held.slot->since);
    step.since = held.slot->since;
    step.at_turn = true;
    step.state = StepState::InWork;
    if (!held.slot->outside.empty()) step.text = "outside the order, " + held.slot->outside;
    if (held.slot->state == SlotState::Asking) step.text = "asks " + held.slot->reason;
    if (held.slot->state == SlotState::Promoting) step.text = "runs the promote hooks of its group";
    if (board_.is_live(step.host)) return;
    step.state = StepState::Absent;
    step.stuck = true;
    step.text = "it holds a slot of " + held.component + " and is not there: it counts as failed for as long as that lasts";
    step.remedy = "start tykupd there; if the host is lost, tykup fleet release-slot " + step.host;
  }

  void waiting(StepView& step, BoardPending const& pending) const {
    bool const queued = std::ranges::any_of(board_.queue, [&](BoardQueued const& each) { return each.host == step.host && each.component == step.component; });
    step.state = queued ? StepState::Queued : StepState::Waiting;
    step.at_turn = earlier_than(board_, pending.stage).empty();
    auto const obstacle = obstacle_of(board_, pending, step.at_turn, now_);
    step.text = obstacle.text;
    step.remedy = obstacle.remedy;
    step.stuck = obstacle.stuck;
  }

  void not_joined(StepView& step) const {
    step.state = StepState::Waiting;
    step.at_turn = true;
    step.text = "it has not joined its stage yet";
    if (auto const obstacle = own_obstacle(board_, step.host, step.component)) {
      step.text = obstacle->text;
      step.remedy = obstacle->remedy;
      step.stuck = obstacle->stuck;
    }
  }

  Board const& board_;
  Instant now_;
  std::optional<std::int64_t> trace_;
};

StageState state_of(Board const& board, StageView const& view) {
  if (!board.rollout) return StageState::Idle;
  if (find_mark(board.soaks, view.stage) != nullptr) return StageState::Soaking;
  auto const is_over = [](StepView const& step) {
    return step.state == StepState::Done || step.state == StepState::Ahead || step.state == StepState::Excluded;
  };
  if (std::ranges::all_of(view.steps, is_over)) return StageState::Done;
  return std::ranges::any_of(view.steps, &StepView::at_turn) ? StageState::Open : StageState::Waiting;
}

/// The stages of one centre, filled step by step.
class Stages {
 public:
  Stages(Board const& board, CentreView& centre) : board_(board), centre_(centre) {}

  void add(Stage const& stage, StepView step) {
    auto found = std::ranges::find(centre_.stages, stage, &StageView::stage);
    if (found == centre_.stages.end()) {
      StageView view;
      view.stage = stage;
      if (board_.rollout) view.limit = limit_of(*board_.rollout, stage);
      found = centre_.stages.insert(centre_.stages.end(), std::move(view));
    }
    found->steps.push_back(std::move(step));
  }

  void finish() {
    auto const direction = board_.rollout ? board_.rollout->direction : Direction::Forwards;
    std::ranges::sort(centre_.stages, {}, [&](StageView const& view) { return place_of(view.stage, direction, {}).step; });
    for (auto& view : centre_.stages) {
      std::ranges::sort(view.steps, {}, &StepView::host);
      view.state = state_of(board_, view);
    }
  }

 private:
  Board const& board_;
  CentreView& centre_;
};

CentreView view_of(Board const& board, Policy const& policy, Centre const& centre, Instant now) {
  CentreView view{centre.name, centre.rank};
  for (auto const& each : board.unready)
    if (each.datacenter == centre.name) view.unready.push_back(each.host);
  Steps const steps(board, now);
  Stages stages(board, view);
  for (auto const& [host, created, modified] : board.hosts) {
    if (host.datacenter != centre.name) continue;
    for (auto const& carried : host.carried) {
      auto const stage = stage_of(policy, centre.name, carried.component, host.group);
      bool const moved = !board.rollout || board.rollout->pin(carried.component) != nullptr;
      if (stage && moved && !carried.installed.empty()) stages.add(*stage, steps.of_host(host, created, carried));
    }
  }
  for (auto const& pending : board.pending) {
    auto const* host = board.find(pending.host);
    bool const known = host != nullptr && host->record.datacenter == centre.name;
    if (pending.stage.datacenter == centre.name && !known && board.rollout) stages.add(pending.stage, steps.of_stranger(pending));
  }
  stages.finish();
  return view;
}

}  // namespace

std::vector<CentreView> centre_views(Board const& board, Instant now) {
  auto const& policy = board.rollout ? board.rollout->policy : *board.policy;
  bool const back = board.rollout && board.rollout->direction == Direction::Back;
  std::vector<CentreView> views;
  for (auto const& centre : policy.centres) views.push_back(view_of(board, policy, centre, now));
  std::ranges::stable_sort(views, [&](CentreView const& a, CentreView const& b) {
    if (a.rank != b.rank) return back ? a.rank > b.rank : a.rank < b.rank;
    return a.name < b.name;
  });
  return views;
}

}  // namespace tykup::fleet
