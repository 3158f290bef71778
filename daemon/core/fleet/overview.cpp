#include "daemon/core/fleet/overview.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

constexpr std::array<std::string_view, 10> kSteps{"idle", "done", "ahead", "in_work", "absent", "queued", "waiting", "failed", "excluded", "left"};
constexpr std::array<std::string_view, 5> kStages{"idle", "waiting", "open", "soaking", "done"};
constexpr std::array<std::string_view, 10> kConditions{"unmade", "idle", "preparing", "running", "stalled", "promotion", "paused", "stopped", "aborted", "done"};

void count_steps(Overview& view) {
  for (auto const& centre : view.centres) {
    for (auto const& stage : centre.stages) {
      auto const done = stage.count(StepState::Done) + stage.count(StepState::Ahead);
      view.done += done;
      view.all += static_cast<unsigned>(stage.steps.size()) - stage.count(StepState::Excluded);
    }
  }
}

Condition condition_of(RolloutState state) {
  switch (state) {
    case RolloutState::Preparing: return Condition::Preparing;
    case RolloutState::Running: return Condition::Running;
    case RolloutState::Paused: return Condition::Paused;
    case RolloutState::Stopped: return Condition::Stopped;
    case RolloutState::Aborted: return Condition::Aborted;
    case RolloutState::Done: break;
  }
  return Condition::Done;
}

std::vector<StepView const*> steps_left(Overview const& view) {
  std::vector<StepView const*> left;
  for (auto const& centre : view.centres)
    for (auto const& stage : centre.stages)
      for (auto const& step : stage.steps)
        if (step.state != StepState::Done && step.state != StepState::Ahead && step.state != StepState::Excluded) left.push_back(&step);
  return left;
}

/// Running, and yet nobody can start: those whose turn it is, each with its reason.
void look_for_a_stall(Board const& board, Overview& view) {
  bool promotion = false;
  for (auto const* step : steps_left(view)) {
    if (step->state == StepState::InWork) return;
    if (!step->at_turn) continue;
    if (!step->stuck) return;
    promotion = promotion || step->remedy == "tykup fleet promote";
    view.stalled.push_back({step->host, step->component, step->text, step->remedy});
  }
  if (view.stalled.empty()) return;
  bool const only_promotion = std::ranges::all_of(view.stalled, [](Trouble const& each) { return each.remedy == "tykup fleet promote"; });
  view.condition = promotion && only_promotion ? Condition::Promotion : Condition::Stalled;
  if (view.condition == Condition::Promotion) view.stalled.clear();
  view.text = view.condition == Condition::Promotion ? "rollout " + board.rollout->id + " waits for a promotion"
                                                     : "rollout " + board.rollout->id + " is stalled: none of the hosts that are left can start";
  view.remedy = view.condition == Condition::Promotion ? "tykup fleet promote" : view.stalled.front().remedy;
}

std::string why(Rollout const& rollout) {
  auto const& last = rollout.last;
  std::string text = last.why.empty() ? "" : ": " + last.why;
  return last.by.empty() ? text : text + " (" + last.by + ")";
}

std::string remedy_of_stop(Rollout const& rollout) {
  if (rollout.halt == Halt::Pulled) return "have it offered again, then tykup fleet resume; or tykup fleet abort, then tykup fleet start with a version that is offered";
  if (rollout.halt == Halt::Gate) return "mend what it found, then tykup fleet resume, which asks it again; or tykup fleet rollback";
  if (rollout.halt == Halt::Failures && !rollout.failures.empty()) {
    auto const& host = rollout.failures.front().host;
    return "tykup fleet retry " + host + ", or tykup fleet exclude " + host + ", or tykup fleet rollback";
  }
  return "tykup fleet resume";
}

void say(Rollout const& rollout, Overview& view) {
  view.condition = condition_of(rollout.state);
  auto const name = "rollout " + rollout.id;
  switch (view.condition) {
    case Condition::Preparing:
      view.text = name + " is being prepared";
      view.remedy = "tykup fleet start finishes it, should it have been cut short";
      break;
    case Condition::Paused:
      view.text = name + " is paused" + why(rollout);
      view.remedy = "tykup fleet resume";
      break;
    case Condition::Stopped:
      view.text = name + " is stopped" + why(rollout);
      view.remedy = remedy_of_stop(rollout);
      break;
    case Condition::Aborted: view.text = name + " was aborted" + why(rollout); break;
    case Condition::Done: view.text = name + " is done"; break;
    default: view.text = name + " is running";
  }
}

Overview with_freeze(Overview view) {
  if (!view.freeze) return view;
  auto const stop = *frozen(*view.freeze, view.now);
  view.text += "; the fleet is " + stop.text;
  if (view.remedy.empty()) view.remedy = stop.remedy;
  return view;
}

}  // namespace

std::string_view to_string(StepState state) { return kSteps.at(static_cast<std::size_t>(state)); }
std::string_view to_string(StageState state) { return kStages.at(static_cast<std::size_t>(state)); }
std::string_view to_string(Condition condition) { return kConditions.at(static_cast<std::size_t>(condition)); }

unsigned StageView::count(StepState wanted) const {
  return static_cast<unsigned>(std::ranges::count(steps, wanted, &StepView::state));
}

std::string some_of(std::vector<std::string> const& names) {
  constexpr std::size_t kShown = 3;
  if (names.size() <= kShown) return join(names);
  auto const others = names.size() - kShown;
  return join({names.begin(), names.begin() + kShown}) + " and " + std::to_string(others) + (others == 1 ? " other" : " others");
}

Overview bare_view(Rollout const& rollout) {
  Overview view;
  say(rollout, view);
  return view;
}

std::string name_of(Stage const& stage) { return stage.component + " in " + stage.datacenter; }

Overview overview(Board const& board, Instant now) {
  Overview view;
  view.cluster = board.cluster;
  view.now = now;
  if (!board.meta || !board.policy) {
    view.text = "the cluster " + quoted(board.cluster) + " was not made yet, or its name is misspelt in [fleet]";
    view.remedy = "tykup fleet init POLICY-FILE";
    return view;
  }
  view.rollout = board.rollout.record;
  view.centres = centre_views(board, now);
  view.troubles = troubles_of(board);
  view.condition = Condition::Idle;
  view.text = "no rollout is at work";
  if (board.freeze && board.freeze->holds_at(now)) view.freeze = *board.freeze;
  if (!board.rollout) return with_freeze(std::move(view));
  say(*board.rollout, view);
  count_steps(view);
  if (view.condition == Condition::Running) look_for_a_stall(board, view);
  if (board.rollout->open()) foresee(board, view);
  return with_freeze(std::move(view));
}

}  // namespace tykup::fleet
