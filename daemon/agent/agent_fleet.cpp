#include <algorithm>

#include "daemon/agent/agent.hpp"
#include "daemon/core/fleet/own_record.hpp"
#include "daemon/wire/json_basics.hpp"
#include "daemon/wire/status_json.hpp"

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
  if (!goes_back) {
    if (other_pins) post(rollout::event::FleetPinned{});
    // It may answer a run that asks, too.
    return post(rollout::event::FleetChanged{});
  }
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

Result<std::string> Agent::plan_outside_json() {
  if (fleet_ == nullptr) return fail(no_fleet());
  if (!facts_) return fail(ErrorKind::Busy, "The host has not been read yet; ask again in a moment.");
  auto now = context();
  rollout::State shown = state_;
  shown.phase = rollout::phase::Idle{rollout::plan_outside(state_, *facts_, now), {}};
  now.fleet = nullptr;
  return wire::to_line(wire::plan_json({shown, now, &*facts_, nullptr, identity_.host, status_text(), {}}));
}

Result<rollout::Event> Agent::outside_event(Caller const& caller, std::string const& plan_hash, RunOptions options) {
  if (fleet_ == nullptr) return fail(no_fleet());
  if (!facts_) return fail(ErrorKind::Busy, "The host has not been read yet; ask again in a moment.");
  auto const now = context();
  rollout::event::RunAsked asked{caller.name, options.ignore_unhealthy, options.override_freeze, std::move(options.without_way_back), std::move(options.outside), {}};
  return rollout::may_run_outside(state_, rollout::plan_outside(state_, *facts_, now), plan_hash, std::move(asked), now);
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
