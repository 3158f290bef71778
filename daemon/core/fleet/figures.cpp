#include "daemon/core/fleet/figures.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/participant_machine.hpp"

namespace tykup::fleet {
namespace {

constexpr std::array<std::string_view, 7> kParts{"none", "waiting", "queued", "working", "done", "failed", "apart"};

struct PartIn {
  Standing const& standing;

  Part operator()(phase::Off const&) const { return Part::Apart; }
  Part operator()(phase::Disputing const&) const { return Part::Apart; }
  Part operator()(phase::Suspect const&) const { return Part::Apart; }
  Part operator()(phase::Refused const&) const { return Part::Apart; }
  Part operator()(phase::Queued const&) const { return Part::Queued; }
  Part operator()(phase::Head const&) const { return Part::Queued; }
  Part operator()(phase::Taking const&) const { return Part::Queued; }
  Part operator()(phase::Failing const&) const { return Part::Failed; }
  Part operator()(phase::Failed const&) const { return Part::Failed; }
  template <typename P>
  Part operator()(P const& at) const {
    if constexpr (requires { at.held; } || requires { at.holding; }) return Part::Working;
    auto const& rollout = standing.rollout;
    if (!rollout || !rollout->open() || !standing.facts || is_excluded(*rollout, standing.facts->host)) return Part::None;
    auto const duty = duty_of(*standing.facts, *rollout);
    if (!duty.behind.empty()) return Part::Waiting;
    return duty.settled.empty() ? Part::None : Part::Done;
  }
};

}  // namespace

std::string_view to_string(Part part) { return kParts.at(static_cast<std::size_t>(part)); }

void fill_figures(Figures& figures, State const& state) {
  auto const& standing = state.standing;
  auto const& rollout = standing.rollout;
  figures.part = std::visit(PartIn{standing}, state.phase);
  figures.rollout = rollout ? rollout->id : std::string{};
  figures.direction = rollout ? rollout->direction : Direction::Forwards;
  figures.state = rollout ? std::optional{rollout->state} : std::nullopt;
  figures.failed = rollout ? static_cast<unsigned>(rollout->failures.size()) : 0;
  unsigned all = 0;
  if (rollout)
    for (auto const& numbers : rollout->stages) all += numbers.members;
  bool const is_over = rollout && rollout->state == RolloutState::Done;
  // What was read before it began says nothing about it.
  bool const known = rollout && (is_over || standing.left_of == rollout->id);
  figures.read = known ? standing.left_read : std::nullopt;
  figures.pending = !rollout || is_over ? 0 : static_cast<unsigned>(standing.left);
  figures.done = all - std::min(all, figures.pending);
}

}  // namespace tykup::fleet
