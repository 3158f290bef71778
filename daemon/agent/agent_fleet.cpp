#include <algorithm>

#include "daemon/agent/agent.hpp"
#include "daemon/core/fleet/own_record.hpp"

/// The agent of a host that belongs to a fleet: what its run and its part in the fleet tell one another.
namespace tykup::agent {

void Agent::join(FleetMember& member, FleetDesk& desk) {
  fleet_ = &member;
  desk_ = &desk;
  member.on_view([this](bool other_pins) { hear_fleet(other_pins); });
  member.on_heard([this](std::int64_t slot) { post(rollout::event::FleetHeard{slot}); });
}

/// Who lets a failed step try again means the version that failed here, too.
void Agent::forget_for_fleet(fleet::View const& view) {
  if (!view.again || !view.grant || rollout::run_of(state_.phase) != nullptr || state_.standing.fleet_step) return;
  auto const& component = view.grant->component;
  if (std::ranges::find(memory_.bad, component, &BadVersion::component) == memory_.bad.end()) return;
  post(rollout::event::ForgetBadAsked{"tykup fleet retry", component});
}

/// A slot to go back with begins what an operator's `rollback` begins.
void Agent::hear_fleet(bool other_pins) {
  auto const& view = fleet_->view();
  forget_for_fleet(view);
  bool const goes_back = view.back && view.grant && rollout::run_of(state_.phase) == nullptr && !state_.standing.fleet_step;
  if (!goes_back) return other_pins ? post(rollout::event::FleetPinned{}) : post(rollout::event::FleetChanged{});
  auto const grant = *view.grant;
  auto const* pinned = view.pin(grant.component);
  auto const way = way_back(grant.component);
  auto event = way ? rollout::may_roll_back(*way, pinned == nullptr ? std::string{} : pinned->package.version, "the fleet's rollout " + grant.rollout)
                   : Result<rollout::Event>(fail(way.error()));
  if (!event) return post(rollout::event::FleetHindered{grant, event.error().message});
  std::get<rollout::event::RollBackAsked>(*event).grant = grant;
  post(std::move(*event));
}

/// What the host carries first: how a step ended is judged by it.
void Agent::tell_fleet() {
  if (fleet_ == nullptr) return;
  auto const now = context();
  auto const* plan = rollout::plan_of(state_.phase);
  if (facts_ && plan != nullptr) fleet_->set_record(fleet::own_record({config_, *facts_, state_.standing.source_problems, *plan, identity_.host, now.now}));
  fleet_->set_need(rollout::need_of(state_, now));
}

// ---- what the bus asks of the fleet -------------------------------------------------------------------------------

void Agent::fleet_json(Answered answered) {
  desk_ == nullptr ? Controls::fleet_json(std::move(answered)) : desk_->fleet_json(std::move(answered));
}

void Agent::plan_fleet(Caller const& caller, std::string word, Answered answered) {
  desk_ == nullptr ? Controls::plan_fleet(caller, std::move(word), std::move(answered)) : desk_->plan_fleet(caller, word, std::move(answered));
}

void Agent::steer_fleet(Caller const& caller, std::string word, Answered answered) {
  desk_ == nullptr ? Controls::steer_fleet(caller, std::move(word), std::move(answered)) : desk_->steer_fleet(caller, word, std::move(answered));
}

}  // namespace tykup::agent
