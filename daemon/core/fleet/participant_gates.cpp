#include <algorithm>
#include <utility>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/participant_machine.hpp"
#include "daemon/core/fleet/steering.hpp"

/// What is asked of the operator's own programs while a slot is held: gates before a step counts, hooks when a group was promoted.
namespace tykup::fleet {
namespace {

constexpr Duration kTryAgain = std::chrono::seconds{30};
/// Half an hour of an executor that is at work on something else, or away.
constexpr unsigned kTriesOfInquiry = 60;

/// Nobody has said no: it was not asked, or cut off.
bool is_no_answer(ErrorKind kind) {
  using enum ErrorKind;
  return kind == Busy || kind == Stopping || kind == Interrupted || kind == ExecutorUnavailable || kind == OtherVersion;
}

}  // namespace

bool Machine::stands_still() const {
  auto const& rollout = state_.standing.rollout;
  return !rollout || standstill(*rollout).has_value();
}

bool Machine::is_gated(phase::Holding const& holding) const {
  auto const& rollout = state_.standing.rollout;
  return is_of_this_rollout(holding) && rollout->direction == Direction::Forwards && !rollout->policy.gates.empty();
}

void Machine::review(phase::Holding holding, std::vector<std::string> asked) { enter(phase::Reviewing{std::move(holding), std::move(asked)}); }

void Machine::told(phase::Reviewing const& at, Told const& answer) {
  auto const* looked = std::get_if<told::Looked>(&answer);
  if (looked == nullptr) return;
  auto const& sight = looked->sight;
  if (adopt(sight)) return void(standing().retry_at = context_.now + kTryAgain);
  auto const is_ours = [&](HeldSlot const& slot) { return slot.slot.created == at.holding.held.created; };
  if (std::ranges::none_of(sight.slots, is_ours)) return lost_slot();
  if (!is_of_this_rollout(at.holding)) return finish_step(at.holding, {}, {});
  auto const& gates = standing().rollout->policy.gates;
  auto due = due_gates(gates, sight, at.asked);
  if (due.empty()) return finish_step(at.holding, at.asked, others_of(gates, sight));
  enter(phase::Asking{at.holding, std::move(due), at.asked, stands_still(), false});
}

ask::Note Machine::note_ask(phase::Asking const& at) const {
  auto slot = at.holding.slot;
  slot.state = SlotState::Asking;
  slot.reason = text_of(inquiry_about(*state_.standing.rollout, at.holding.held.step.stage, at.due.front()));
  slot.since = context_.now;
  return {held_now(at.holding), std::move(slot)};
}

void Machine::told(phase::Asking const& at, Told const& answer) {
  auto noted = at;
  noted.holding.slot = note_ask(at).slot;
  noted.noted = true;
  if (std::holds_alternative<told::Settled>(answer)) return enter(std::move(noted));
  if (std::holds_alternative<told::Refused>(answer)) review(at.holding, at.asked);
}

std::optional<Inquiry> Machine::inquiry_of(Phase const& phase) const {
  auto const& rollout = state_.standing.rollout;
  if (!rollout) return {};
  if (auto const* at = std::get_if<phase::Asking>(&phase); at != nullptr && at->noted && !at->waits)
    return inquiry_about(*rollout, at->holding.held.step.stage, at->due.front());
  if (auto const* at = std::get_if<phase::Promoting>(&phase); at != nullptr && !at->waits)
    return inquiry_about(*rollout, at->holding.held.step.stage, {});
  return {};
}

void Machine::on(event::Inquired const& inquired) {
  if (inquired.number != standing().asked || !inquiry_of(state_.phase)) return;
  auto const& error = inquired.error;
  if (error && is_no_answer(error->kind) && ++standing().tries < kTriesOfInquiry) return void(standing().retry_at = context_.now + kTryAgain);
  standing().tries = 0;
  auto const phase = state_.phase;
  if (auto const* asking = std::get_if<phase::Asking>(&phase)) {
    auto asked = asking->asked;
    if (error) return refused_by_people(asking->holding, error->message, std::move(asked));
    asked.push_back(asking->due.front().name);
    return review(asking->holding, std::move(asked));
  }
  auto const* promoting = std::get_if<phase::Promoting>(&phase);
  if (error) return refused_by_people(promoting->holding, error->message, {});
  enter(phase::Promoted{promoting->holding});
}

/// Where a gate is named, and what said no.
void Machine::refused_by_people(phase::Holding holding, std::string text, std::vector<std::string> asked) {
  auto const inquiry = inquiry_of(state_.phase);
  auto const what = inquiry ? text_of(*inquiry) : std::string("it");
  enter(phase::Refusing{std::move(holding), what + ", asked on " + standing().facts->host + ", let nobody go on: " + text, std::move(asked)});
}

Ask Machine::refusal_ask(phase::Refusing const& at) const {
  auto const& now = state_.standing;
  auto after = stopped(now.rollout.record.value_or(Rollout{}), Halt::Gate, {now.facts.value_or(HostRecord{}).host, at.text, context_.now});
  return after && is_of_this_rollout(at.holding) ? Ask{ask::Stop{step({}), std::move(*after)}} : Ask{ask::Read{step({})}};
}

void Machine::told(phase::Refusing const& at, Told const& answer) {
  auto const* refused = std::get_if<told::Refused>(&answer);
  if (refused != nullptr && adopt(refused->sight)) return void(standing().retry_at = context_.now + kTryAgain);
  // Somebody else has changed it meanwhile.
  if (refused != nullptr) return enter(phase::Refusing(at));
  if (std::holds_alternative<told::Settled>(answer)) send(command::Tell{"Rollout " + at.holding.rollout + " of the fleet is stopped: " + at.text});
  at.holding.promotes ? enter(phase::Checking{at.holding}) : review(at.holding, at.asked);
}

/// The rollout is another one than before.
void Machine::look_again() {
  auto const phase = state_.phase;
  if (auto const* asking = std::get_if<phase::Asking>(&phase); asking != nullptr && asking->waits) return review(asking->holding, asking->asked);
  if (auto const* promoting = std::get_if<phase::Promoting>(&phase); promoting != nullptr && promoting->waits) promote(promoting->holding);
}

// ---- a group that was promoted --------------------------------------------------------------------------------------

/// Whether this host runs the hooks of its promoted group, unless another one does.
bool Machine::volunteer() {
  auto const& now = standing();
  bool const may = now.facts && now.facts->promotes && !stands_still() && !clock_is_off() && now.yielded != now.rollout.modified;
  if (!may || is_excluded(*now.rollout, now.facts->host)) return false;
  for (auto const& promotion : now.rollout->promoted) {
    auto const stage = stage_of(now.rollout->policy, now.facts->datacenter, promotion.component, now.facts->group);
    bool const own = promotion.hook_due && stage && stage->datacenter == promotion.datacenter && stage->phase == promotion.phase;
    if (!own || now.facts->find(promotion.component) == nullptr) continue;
    leave_queue();
    enter(phase::Volunteering{*stage});
    return true;
  }
  return false;
}

void Machine::granted(phase::Volunteering const& at, etcd::LeaseId lease) {
  standing().lease = lease;
  standing().keep_alive_at = context_.now + kPresence / 3;
  enter(phase::Volunteering(at));
}

void Machine::told(phase::Volunteering const& at, Told const& answer) {
  if (auto const* taken = std::get_if<told::Taken>(&answer)) {
    see_revision(taken->created);
    save();
    Slot slot{standing().facts->host, standing().facts->identity, taken->rollout, at.promoted.component, SlotState::Promoting, {}, context_.now};
    return enter_holding({{step(at.promoted), taken->k, taken->created}, taken->rollout, false, {}, false, std::move(slot), true});
  }
  auto const* refused = std::get_if<told::Refused>(&answer);
  auto const before = standing().rollout.modified;
  if (refused == nullptr || !adopted(refused->sight)) return;
  // Nothing has changed but that the slot is another one's.
  if (standing().rollout.modified == before) standing().yielded = before;
  leave_queue();
  enter(phase::Idle{});
  settle();
}

void Machine::promote(phase::Holding holding) {
  auto const* promotion = is_of_this_rollout(holding) ? promotion_of(*standing().rollout, holding.held.step.stage) : nullptr;
  if (promotion == nullptr || !promotion->hook_due) return enter(phase::Releasing{std::move(holding)});
  enter(phase::Promoting{std::move(holding), stands_still()});
}

Ask Machine::promoted_ask(phase::Promoted const& at) const {
  auto after = hooks_done(state_.standing.rollout.record.value_or(Rollout{}), at.holding.held.step.stage, state_.standing.facts->host);
  return is_of_this_rollout(at.holding) ? Ask{ask::Promoted{held_now(at.holding), std::move(after)}} : Ask{ask::Release{held_now(at.holding)}};
}

void Machine::told(phase::Promoted const& at, Told const& answer) {
  auto const* refused = std::get_if<told::Refused>(&answer);
  if (refused != nullptr && adopt(refused->sight)) return void(standing().retry_at = context_.now + kTryAgain);
  if (refused != nullptr) return enter(phase::Promoted(at));
  if (!std::holds_alternative<told::Settled>(answer)) return;
  forget_lease();
  enter(phase::Reading{});
}

}  // namespace tykup::fleet
