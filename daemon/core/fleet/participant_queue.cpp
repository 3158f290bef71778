#include <utility>

#include "daemon/core/fleet/participant_machine.hpp"

/// From wanting a slot to having one.
namespace tykup::fleet {

/// The gate is closed: whatever place in the queue there was is left to those who may go.
void Machine::closed(Stage const& stage, Decision const& decision, std::int64_t revision) {
  leave_queue();
  if (auto const* wait = std::get_if<decision::Wait>(&decision)) {
    enter(phase::Blocked{stage, *wait});
    return watch_gate(wait->watch, revision, false);
  }
  if (auto const* stop = std::get_if<decision::Stop>(&decision)) return enter(phase::Idle{stop->text, stop->remedy});
  if (is_at_pin(stage.component)) return enter(phase::Idle{stage.component + " is at the pin already", {}});
  register_record();
}

/// In the queue, at `sight.queued`: behind somebody, or at its head.
void Machine::placed(Stage const& stage, Sight const& sight) {
  if (!sight.predecessor.empty()) {
    auto const key = context_.keys.queue(stage.datacenter, stage.component, sight.predecessor);
    enter(phase::Queued{stage, sight.queued, sight.predecessor});
    return watch_gate({key, {}}, sight.revision, true);
  }
  auto const decision = decide(sight, {standing().facts->host, stage, context_.now}, context_.keys);
  if (auto const* go = std::get_if<decision::Go>(&decision)) return enter(phase::Taking{stage, sight.queued, *go, sight.revision, false});
  auto const* wait = std::get_if<decision::Wait>(&decision);
  if (wait == nullptr || wait->watch.begin.empty()) return closed(stage, decision, sight.revision);
  enter(phase::Head{stage, sight.queued, *wait});
  watch_gate(wait->watch, sight.revision, true);
}

/// Its keys were those of a rollout that is no more; or what the host wants or carries has changed meanwhile, and nobody was told.
bool Machine::is_overtaken(Sight const& sight, std::int64_t before) const {
  auto const now = state_.standing.rollout.modified;
  return sight.rollout.modified < now || now != before || !wanted() || needs_record();
}

void Machine::told(phase::Looking const& at, Told const& answer) {
  auto const* looked = std::get_if<told::Looked>(&answer);
  auto const before = standing().rollout.modified;
  if (looked == nullptr || !adopted(looked->sight)) return;
  if (is_overtaken(looked->sight, before)) return settle();
  at.outside ? looked_outside(at.stage, looked->sight) : seen(at.stage, looked->sight, at.queued);
}

/// How everything stands for that step: the gate, then the place in the queue, whose predecessor was read for `queued`.
void Machine::seen(Stage const& stage, Sight const& sight, std::int64_t queued) {
  // A restored etcd may have given back a slot that this host does not remember: others wait for it.
  if (own_slot(sight) != nullptr) {
    leave_queue();
    return take_up(sight);
  }
  Asking const asking{standing().facts->host, stage, context_.now};
  if (auto const shut = gate(sight, asking, context_.keys)) return closed(stage, *shut, sight.revision);
  bool const ours = sight.queued > 0 && sight.queue_lease == standing().lease;
  if (ours && queued != sight.queued) return enter(phase::Looking{stage, sight.queued});
  if (ours) return placed(stage, sight);
  // A place from before a restart, under a lease that nobody keeps.
  if (sight.queued > 0) send(command::Revoke{sight.queue_lease});
  queue_up(stage);
}

void Machine::queue_up(Stage const& stage) { standing().lease ? enter(phase::Enqueueing{stage}) : enter(phase::Leasing{stage}); }

void Machine::granted(phase::Leasing const& at, etcd::LeaseId lease) {
  standing().lease = lease;
  standing().keep_alive_at = context_.now + kPresence / 3;
  if (at.outside) return enter(phase::Looking{at.stage, 0, true});
  enter(phase::Enqueueing{at.stage});
}

void Machine::told(phase::Enqueueing const& at, Told const& answer) {
  if (auto const* enqueued = std::get_if<told::Enqueued>(&answer)) {
    auto const& sight = enqueued->sight;
    // An etcd that is behind what this host saw is not believed before it was read.
    if (sight.revision < standing().seen_before) return enter(phase::Looking{at.stage, sight.queued});
    see_revision(sight.revision);
    return placed(at.stage, sight);
  }
  auto const* refused = std::get_if<told::Refused>(&answer);
  auto const before = standing().rollout.modified;
  if (refused == nullptr || !adopted(refused->sight)) return;
  if (is_overtaken(refused->sight, before)) return settle();
  seen(at.stage, refused->sight, 0);
}

void Machine::told(phase::Taking const& at, Told const& answer) {
  if (auto const* taken = std::get_if<told::Taken>(&answer)) {
    see_revision(taken->created);
    save();
    auto const record = standing().facts.value_or(HostRecord{});
    Slot const slot{record.host, record.identity, taken->rollout, at.stage.component, SlotState::InWork, {}, context_.now, take_ask(at).outside};
    return enter_holding({{step(at.stage), taken->k, taken->created}, slot.rollout, false, {}, at.outside, slot});
  }
  auto const* refused = std::get_if<told::Refused>(&answer);
  if (refused == nullptr || !adopted(refused->sight)) return;
  if (!wanted() || at.outside) return settle();
  enter(phase::Looking{at.stage, refused->sight.queued});
}

}  // namespace tykup::fleet
