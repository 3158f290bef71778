#include <algorithm>
#include <utility>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/participant_machine.hpp"
#include "daemon/core/fleet/planted.hpp"

/// From holding a slot to its end.
namespace tykup::fleet {
namespace {

/// The host is refused meanwhile; how its step ended is written down all the same, once that is possible.
constexpr Duration kTryAgain = std::chrono::seconds{30};

}  // namespace

bool Machine::is_of_this_rollout(phase::Holding const& holding) const {
  auto const& rollout = state_.standing.rollout;
  return rollout && rollout->id == holding.rollout && rollout->open();
}

bool Machine::is_at_pin(std::string const& component) const {
  auto const& now = state_.standing;
  auto const* carried = now.facts ? now.facts->find(component) : nullptr;
  auto const* pin = now.rollout ? now.rollout->pin(component) : nullptr;
  return carried != nullptr && pin != nullptr && is_settled(progress_of(*carried, *pin, now.rollout->direction));
}

/// A holder whose presence nobody keeps counts as failed: that comes first.
void Machine::enter_holding(phase::Holding holding) {
  if (!standing().lease) return enter(phase::Returning{std::move(holding)});
  if (holding.promotes) return promote(std::move(holding));
  enter(holding);
  work(std::move(holding));
}

void Machine::granted(phase::Returning const& at, etcd::LeaseId lease) {
  standing().lease = lease;
  standing().keep_alive_at = context_.now + kPresence / 3;
  enter(phase::Appearing{at.holding});
}

void Machine::told(phase::Appearing const& at, Told const& answer) {
  if (std::holds_alternative<told::Settled>(answer)) return enter_holding(at.holding);
  auto const* refused = std::get_if<told::Refused>(&answer);
  if (refused != nullptr && adopted(refused->sight)) settle();
}

void Machine::told(phase::Checking const& at, Told const& answer) {
  auto const* looked = std::get_if<told::Looked>(&answer);
  if (looked == nullptr || !adopted(looked->sight)) return;
  auto const is_ours = [&](HeldSlot const& slot) { return slot.slot.created == at.holding.held.created; };
  if (std::ranges::any_of(looked->sight.slots, is_ours)) return enter_holding(at.holding);
  lost_slot();
}

/// An operator released it.
void Machine::lost_slot() {
  leave_queue();
  enter(phase::Idle{});
  settle();
}

/// What the run's need asks of a holder.
void Machine::work(phase::Holding holding) {
  auto const& need = standing().need;
  if (!need) return;
  auto const slot = holding.held.created;
  auto const& component = holding.held.step.stage.component;
  if (auto const* ended = std::get_if<need::Ended>(&*need)) return work_ended(std::move(holding), *ended);
  if (auto const* confirms = std::get_if<need::Confirms>(&*need)) {
    bool const answered = holding.confirmed && holding.confirmed->point == confirms->point;
    if (confirms->slot == slot && !answered) confirm(std::move(holding), confirms->point);
    return;
  }
  if (std::holds_alternative<need::Works>(*need) || wanted() == component) return;
  give_back(std::move(holding));
}

void Machine::work_ended(phase::Holding holding, need::Ended const& ended) {
  if (ended.grant.slot != holding.held.created) return send(command::Heard{ended.grant.slot});
  if (ended.completed) return complete(std::move(holding));
  if (!ended.begun) return enter(phase::Releasing{std::move(holding)});
  Failure failure{standing().facts->host, holding.held.step.stage.component, ended.reason, context_.now};
  enter(phase::Failing{std::move(holding), std::move(failure)});
}

/// Nothing of the step is under way. Whoever is at the pin has done it, whenever that was.
void Machine::give_back(phase::Holding holding) {
  if (!standing().facts) return;
  if (is_of_this_rollout(holding) && is_at_pin(holding.held.step.stage.component)) return complete(std::move(holding));
  // It waits for the run, which may wait for its window.
  if (holding.again && is_of_this_rollout(holding)) return;
  enter(phase::Releasing{std::move(holding)});
}

void Machine::answer_run(phase::Holding holding, Point point, std::string refused) {
  holding.confirmed = Confirmed{holding.held.created, point, std::move(refused)};
  enter_holding(std::move(holding));
}

/// By what is known here; empty: nothing speaks against it.
std::string Machine::refusal_of(phase::Holding const& holding) const {
  auto const& rollout = state_.standing.rollout;
  if (holding.outside) return {};
  if (clock_is_off()) return "the clock of this host is " + to_human(context_.clock_off) + " off etcd's";
  if (!is_of_this_rollout(holding)) return "rollout " + holding.rollout + " is no longer at work";
  if (auto const stop = standstill(*rollout); stop && !planted(Bug::PauseOnlyAtTake)) return stop->text;
  if (auto const stop = frozen_here(); stop && !planted(Bug::FreezeOnlyAtTake)) return "the fleet is " + stop->text;
  return is_excluded(*rollout, state_.standing.facts->host) ? "this host was excluded" : std::string{};
}

void Machine::confirm(phase::Holding holding, Point point) {
  if (auto refused = refusal_of(holding); !refused.empty()) return answer_run(std::move(holding), point, std::move(refused));
  enter(phase::Confirming{std::move(holding), point, context_.now});
}

void Machine::told(phase::Confirming const& at, Told const& answer) {
  // The answer may be the first by which this host's clock is off.
  if (std::holds_alternative<told::Settled>(answer)) return answer_run(at.holding, at.point, refusal_of(at.holding));
  auto const* refused = std::get_if<told::Refused>(&answer);
  if (refused == nullptr) return;
  auto const& sight = refused->sight;
  auto const seen = standing().rollout.modified;
  auto const freeze_seen = standing().freeze.modified;
  auto const host_seen = standing().host_revision;
  auto const is_ours = [&](HeldSlot const& slot) { return slot.slot.created == at.holding.held.created; };
  bool const held = std::ranges::any_of(sight.slots, is_ours);
  if (at.holding.outside) return answer_run(at.holding, at.point, held ? "" : "the slot was released by an operator");
  if (auto const problem = adopt(sight)) {
    auto const* why = std::get_if<phase::Suspect>(&problem->phase);
    return answer_run(at.holding, at.point, why != nullptr ? why->text : "this host is refused by its fleet: tykup fleet status");
  }
  if (!held) return answer_run(at.holding, at.point, "the slot was released by an operator");
  bool const moved = standing().rollout.modified != seen || standing().freeze.modified != freeze_seen || standing().host_revision != host_seen;
  if (!moved) return answer_run(at.holding, at.point, "the fleet's records changed: the step is asked for anew");
  confirm(at.holding, at.point);
}

void Machine::complete(phase::Holding holding) {
  is_gated(holding) ? review(std::move(holding), {}) : finish_step(std::move(holding), {}, {});
}

void Machine::finish_step(phase::Holding holding, std::vector<std::string> asked, std::vector<std::string> others) {
  auto const& rollout = standing().rollout;
  auto const& stage = holding.held.step.stage;
  bool const soaks = is_of_this_rollout(holding) && rollout->direction == Direction::Forwards && stage.phase == 0 &&
                     rollout->policy.strategy == Strategy::Canary && rollout->policy.canary_soak > Duration{0};
  if (soaks) return enter(phase::Soaking{std::move(holding), std::move(asked), std::move(others)});
  auto record = record_with(holding);
  enter(phase::Completing{std::move(holding), 0, std::move(asked), std::move(others), std::move(record)});
}

/// The own record as it has to be after the step, where the step is all that it tells anew: no other stage is joined or left.
std::optional<HostRecord> Machine::record_with(phase::Holding const& holding) const {
  auto const& now = state_.standing;
  bool const is_ours = now.host_revision != 0 && now.host_revision == now.memory.record_revision;
  if (!is_ours || !needs_record() || !is_of_this_rollout(holding)) return {};
  auto before = duty_of(now.memory.record, *now.rollout);
  auto const after = duty_of(*now.facts, *now.rollout);
  std::erase(before.behind, holding.held.step.stage);
  bool const same = before.behind == after.behind && after.ready && is_at_pin(holding.held.step.stage.component);
  return same ? now.facts : std::nullopt;
}

void Machine::granted(phase::Soaking const& at, etcd::LeaseId lease) {
  enter(phase::Completing{at.holding, lease, at.asked, at.others, record_with(at.holding)});
}

void Machine::told(phase::Completing const& at, Told const& answer) {
  if (auto const* refused = std::get_if<told::Refused>(&answer)) {
    // Another rollout has begun, or this one was touched: the slot goes all the same.
    if (adopt(refused->sight)) return void(standing().retry_at = context_.now + kTryAgain);
    if (!is_gated(at.holding)) return enter(phase::Completing{at.holding, at.soak, {}, {}, record_with(at.holding)});
    // Or this host is the last one by now.
    if (at.soak != 0) send(command::Revoke{at.soak});
    return review(at.holding, at.asked);
  }
  auto const* completed = std::get_if<told::Completed>(&answer);
  if (completed == nullptr) return;
  if (at.soak != 0 && !completed->stage_done) send(command::Revoke{at.soak});
  if (completed->registered != 0 && at.record) wrote(HostRecord(*at.record), completed->registered);
  send(command::Heard{at.holding.held.created});
  forget_lease();
  enter(phase::Idle{});
  settle();
}

void Machine::told(phase::Failing const& at, Told const& answer) {
  if (auto const* refused = std::get_if<told::Refused>(&answer)) {
    if (!adopt(refused->sight)) enter(phase::Failing(at));
    else standing().retry_at = context_.now + kTryAgain;
    return;
  }
  if (!std::holds_alternative<told::Settled>(answer)) return;
  send(command::Heard{at.holding.held.created});
  forget_lease();
  enter_failed({at.holding, at.failure}, standing().revision);
}

/// Where an operator releases the slot the host takes part again, whether or not a rollout runs.
void Machine::enter_failed(phase::Failed failed, std::int64_t seen) {
  auto const& held = failed.holding.held;
  auto slot = context_.keys.slot(held.step.stage.datacenter, held.step.stage.component, held.k);
  enter(std::move(failed));
  watch_gate({std::move(slot), {}}, seen, true);
}

void Machine::told(phase::Releasing const& at, Told const& answer) {
  if (std::holds_alternative<told::Refused>(answer)) standing().retry_at = context_.now + kTryAgain;
  if (!std::holds_alternative<told::Settled>(answer)) return;
  send(command::Heard{at.holding.held.created});
  forget_lease();
  enter(phase::Idle{});
  settle();
}

}  // namespace tykup::fleet
