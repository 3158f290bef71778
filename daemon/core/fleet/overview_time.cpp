#include <algorithm>

#include "daemon/core/fleet/overview_parts.hpp"

namespace tykup::fleet {
namespace {

unsigned rounds_of(unsigned steps, unsigned limit) { return limit == 0 ? steps : (steps + limit - 1) / limit; }

/// Walks the order with the measured times.
class Forecast {
 public:
  Forecast(Board const& board, Overview const& view)
      : board_(board), measured_(measured_steps(board)), clock_(view.freeze ? *view.freeze->until : view.now) {}

  /// Centres of one rank go at once.
  void rank(std::vector<CentreView const*> const& centres) {
    auto end = clock_;
    for (auto const* centre : centres) end = std::max(end, chain(*centre));
    clock_ = end;
  }
  [[nodiscard]] std::string const& unknown() const { return unknown_; }
  [[nodiscard]] Instant end() const { return clock_; }

 private:
  Instant chain(CentreView const& centre) {
    auto at = clock_;
    for (auto const& stage : centre.stages) at = stage_end(stage, at);
    return at;
  }

  Instant stage_end(StageView const& stage, Instant at) {
    if (auto const* soak = find_mark(board_.soaks, stage.stage)) at = std::max(at, soak->mark.at + board_.rollout->policy.canary_soak);
    auto const over = stage.count(StepState::Done) + stage.count(StepState::Ahead) + stage.count(StepState::Excluded);
    auto const left = static_cast<unsigned>(stage.steps.size()) - over;
    if (left == 0) return at;
    auto const step = length_of(stage.stage.component);
    if (!step) return at;
    bool const begun = find_mark(board_.firsts, stage.stage) != nullptr;
    auto const rounds = begun ? rounds_of(left, stage.limit) : 1 + rounds_of(left - 1, stage.limit);
    auto end = at + *step * rounds;
    for (auto const& each : stage.steps)
      if (each.next_opening && each.state != StepState::Done && each.state != StepState::Ahead && each.state != StepState::Excluded)
        end = std::max(end, *each.next_opening + *step);
    return end + soak_of(stage.stage);
  }

  /// A canary's stage is followed by its soak where another phase comes after it.
  [[nodiscard]] Duration soak_of(Stage const& stage) const {
    auto const& rollout = *board_.rollout;
    auto next = stage;
    ++next.phase;
    auto const before = proven_before(rollout, next);
    return rollout.policy.strategy == Strategy::Canary && before == stage ? rollout.policy.canary_soak : Duration{0};
  }

  std::optional<Duration> length_of(std::string const& component) {
    auto const found = measured_.find(component);
    if (found != measured_.end()) return found->second;
    if (!measured_.empty())
      return std::ranges::max_element(measured_, {}, [](auto const& each) { return each.second; })->second;
    unknown_ = "no stage of several hosts is done yet, so nobody knows how long a step takes here";
    return {};
  }

  Board const& board_;
  std::map<std::string, Duration> measured_;
  Instant clock_;
  std::string unknown_;
};

std::string why_unknown(Overview const& view) {
  if (view.condition != Condition::Running) return "it does not go on by itself";
  for (auto const& centre : view.centres)
    for (auto const& stage : centre.stages)
      for (auto const& step : stage.steps)
        if (step.stuck) return step.host + " has to be helped first: " + step.text;
  return {};
}

}  // namespace

std::map<std::string, Duration> measured_steps(Board const& board) {
  std::map<std::string, Duration> longest;
  if (!board.rollout) return longest;
  for (auto const& [stage, members, limit] : board.rollout->stages) {
    auto const* first = find_mark(board.firsts, stage);
    auto const* done = find_mark(board.dones, stage);
    bool const ours = first != nullptr && done != nullptr && first->mark.rollout == board.rollout->id && done->mark.rollout == board.rollout->id;
    if (!ours || members < 2 || done->mark.at <= first->mark.at) continue;
    auto& length = longest[stage.component];
    length = std::max(length, (done->mark.at - first->mark.at) / rounds_of(members - 1, limit));
  }
  return longest;
}

void foresee(Board const& board, Overview& view) {
  view.end_unknown = why_unknown(view);
  if (!view.end_unknown.empty()) return;
  Forecast forecast(board, view);
  for (auto begin = view.centres.begin(); begin != view.centres.end();) {
    auto const end = std::find_if(begin, view.centres.end(), [&](CentreView const& each) { return each.rank != begin->rank; });
    std::vector<CentreView const*> centres;
    for (auto each = begin; each != end; ++each) centres.push_back(&*each);
    forecast.rank(centres);
    begin = end;
  }
  view.end_unknown = forecast.unknown();
  if (view.end_unknown.empty()) view.earliest_end = forecast.end();
}

}  // namespace tykup::fleet
