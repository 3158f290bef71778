#include <algorithm>

#include "daemon/agent/agent.hpp"
#include "daemon/core/fleet/own_record.hpp"
#include "daemon/core/notify_news.hpp"
#include "daemon/wire/json_basics.hpp"
#include "daemon/wire/status_json.hpp"

/// The agent of a host that belongs to a fleet: what its run and its part in the fleet tell one another.
namespace tykup::agent {

void Agent::join(FleetMember& member, FleetDesk& desk) {
  fleet_ = &member;
  desk_ = &desk;
  member.on_view([this](bool other_pins) { hear_fleet(other_pins); });
  member.on_figures([this] { publish_metrics(); });
  member.on_heard([this](std::int64_t slot) { post(rollout::event::FleetHeard{slot}); });
}

void Agent::lend_voice(FleetTeller& teller) {
  teller_ = &teller;
  teller.on_change([this] { publish_metrics(); });
  fleet_->on_seen([this](fleet::Stored<fleet::Rollout> const& rollout) {
    teller_->see(rollout);
    teller_->wake();
  });
}

std::optional<fleet::Figures> Agent::fleet_figures() const {
  if (fleet_ == nullptr) return {};
  auto figures = fleet_->figures();
  if (teller_ != nullptr) figures.tells = teller_->is_teller();
  if (teller_ != nullptr) figures.condition = teller_->condition();
  return figures;
}

bool Agent::can_tell() {
  auto const& events = config_.notify.events;
  bool const asks = std::ranges::any_of(notify::topics_of_fleets(), [&](notify::Topic topic) { return std::ranges::find(events, topic) != events.end(); });
  auto const gets_through = [this](notify::WayStanding const& way) { return !way.trouble || world_.clock.now() - way.trouble->since < notify::kOtherTells; };
  return asks && fleet_->takes_part() && std::ranges::any_of(outbox_.standing(), gets_through);
}

bool Agent::tell(notify::Notification const& told) {
  auto const& events = config_.notify.events;
  if (std::ranges::find(events, told.topic) == events.end() || std::ranges::find(memory_.told, told.key) != memory_.told.end()) return true;
  rollout::Transition transition{state_, {}, {}};
  notify::add_news(transition, {told}, config_.notify, digest_);
  if (!world_.store.commit(transition.next, transition.records)) return false;
  for (auto const& record : transition.records) rollout::apply_record(memory_, record);
  outbox_.wake();
  return true;
}

bool Agent::is_out(std::string const& key) {
  auto const parcels = world_.post.store.parcels();
  if (!parcels) return false;
  auto const waiting = std::ranges::count_if(*parcels, [&](notify::Parcel const& parcel) { return parcel.notification.key == key; });
  return waiting == 0 || static_cast<std::size_t>(waiting) < outbox_.standing().size();
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
  if (facts_ && plan != nullptr)
    fleet_->set_record(fleet::own_record({config_, *facts_, state_.standing.source_problems, *plan, identity_.host, now.now}));
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
