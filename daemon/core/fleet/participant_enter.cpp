#include <algorithm>
#include <utility>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/participant_machine.hpp"
#include "daemon/core/fleet/steering.hpp"

/// Where a phase leads when it begins, and what it asks.
namespace tykup::fleet {
namespace {

constexpr Duration kLookAtClockAgain = std::chrono::minutes{5};

}  // namespace

Step Machine::step(Stage const& stage) const {
  auto const& now = state_.standing;
  auto const record = now.facts.value_or(HostRecord{});
  return {record.host, record.identity, stage, now.rollout, now.host_revision, now.meta.modified, now.freeze, now.memory.record_revision};
}

Holding Machine::held_now(phase::Holding const& holding) const {
  auto held = holding.held;
  held.step = step(holding.held.step.stage);
  return held;
}

ask::Fail Machine::fail_ask(phase::Failing const& at) const {
  auto const& failure = at.failure;
  auto const record = state_.standing.facts.value_or(HostRecord{});
  Slot const slot{record.host, record.identity, at.holding.rollout, failure.component, SlotState::Failed, failure.reason, failure.at, {}};
  auto const rollout = state_.standing.rollout.record.value_or(Rollout{});
  bool const counts = is_of_this_rollout(at.holding);
  return {held_now(at.holding), counts ? with_failure(rollout, failure) : rollout, slot};
}

/// What stands still already, or is over, is read again.
Ask Machine::stop_ask(phase::Stopping const& at) const {
  auto after = pulled(state_.standing.rollout.record.value_or(Rollout{}), at.withdrawal);
  return after ? Ask{ask::Stop{step({}), std::move(*after)}} : Ask{ask::Read{step({})}};
}

ask::Take Machine::take_ask(phase::Taking const& at) const {
  auto const* word = at.outside ? wanted_outside() : nullptr;
  auto outside = at.outside ? std::string("by somebody's word") : std::string{};
  if (word != nullptr) outside = "by " + word->by + (word->why.empty() ? "" : ": " + word->why);
  return {step(at.stage), at.go, state_.standing.lease.value_or(0), context_.now, at.seen, std::move(outside)};
}

std::optional<Ask> Machine::ask_of(Phase const& phase) const {
  auto const lease = state_.standing.lease.value_or(0);
  auto const now = context_.now;
  if (std::holds_alternative<phase::Reading>(phase) || std::holds_alternative<phase::Checking>(phase)) return ask::Read{step({})};
  if (auto const* at = std::get_if<phase::Registering>(&phase)) return at->ask;
  if (auto const* at = std::get_if<phase::Disputing>(&phase)) return at->ask;
  if (auto const* at = std::get_if<phase::Looking>(&phase)) return ask::Look{step(at->stage), at->queued};
  if (auto const* at = std::get_if<phase::Enqueueing>(&phase)) return ask::Enqueue{step(at->stage), lease, now};
  if (auto const* at = std::get_if<phase::Taking>(&phase)) return take_ask(*at);
  if (auto const* at = std::get_if<phase::Appearing>(&phase)) return ask::Appear{held_now(at->holding), lease, now, at->holding.slot};
  if (auto const* at = std::get_if<phase::Confirming>(&phase)) return ask::Confirm{held_now(at->holding), at->holding.outside};
  if (auto const* at = std::get_if<phase::Completing>(&phase))
    return ask::Complete{held_now(at->holding), is_of_this_rollout(at->holding), at->soak, now, at->others, at->record};
  if (auto const* at = std::get_if<phase::Failing>(&phase)) return fail_ask(*at);
  if (auto const* at = std::get_if<phase::Releasing>(&phase)) return ask::Release{held_now(at->holding)};
  if (auto const* at = std::get_if<phase::Recording>(&phase)) return ask::Record{step({}), at->what};
  if (std::holds_alternative<phase::Ending>(phase)) return ask::End{step({}), now};
  if (auto const* at = std::get_if<phase::Stopping>(&phase)) return stop_ask(*at);
  if (auto const* at = std::get_if<phase::Reviewing>(&phase)) return ask::Review{held_now(at->holding)};
  if (auto const* at = std::get_if<phase::Asking>(&phase); at != nullptr && !at->waits && !at->noted) return note_ask(*at);
  if (auto const* at = std::get_if<phase::Refusing>(&phase)) return refusal_ask(*at);
  if (auto const* at = std::get_if<phase::Promoted>(&phase)) return promoted_ask(*at);
  if (auto const* at = std::get_if<phase::Volunteering>(&phase); at != nullptr && lease != 0) return ask::Promote{step(at->promoted), lease, now};
  return {};
}

std::optional<Duration> Machine::grant_of(Phase const& phase) const {
  if (std::holds_alternative<phase::Volunteering>(phase) || std::holds_alternative<phase::Leasing>(phase) || std::holds_alternative<phase::Returning>(phase)) return kPresence;
  if (std::holds_alternative<phase::Soaking>(phase)) return state_.standing.rollout->policy.canary_soak;
  return {};
}

void Machine::ask_again() {
  standing().retry_at.reset();
  standing().seen_before = standing().revision;
  if (auto ask = ask_of(state_.phase)) return send(command::Transact{++standing().asked, std::move(*ask)});
  if (auto inquiry = inquiry_of(state_.phase)) return send(command::Inquire{++standing().asked, std::move(*inquiry)});
  if (auto const ttl = grant_of(state_.phase)) send(command::Grant{++standing().asked, *ttl});
}

void Machine::enter(Phase next) {
  bool const watched = at<phase::Blocked>() || at<phase::Queued>() || at<phase::Head>() || at<phase::Suspect>() || at<phase::Failed>();
  if (watched && standing().watches_gate) {
    send(command::Unwatch{Watched::Gate});
    standing().watches_gate = false;
  }
  state_.phase = std::move(next);
  ask_again();
}

void Machine::save() {
  standing().memory.revision = standing().revision;
  send(command::Save{standing().memory});
}

void Machine::watch_gate(etcd::KeyRange keys, std::int64_t after, bool deletions) {
  if (keys.begin.empty()) return;
  send(command::Watch{Watched::Gate, std::move(keys), after + 1, deletions});
  standing().watches_gate = true;
}

void Machine::watch_rollout(std::int64_t from) {
  send(command::Watch{Watched::Rollout, context_.keys.steering(), from, false});
  standing().watches_rollout = true;
}

/// What was under it is gone, or goes when nobody keeps it alive any more.
void Machine::forget_lease() {
  standing().lease.reset();
  standing().keep_alive_at.reset();
}

void Machine::leave_queue() {
  if (standing().lease) send(command::Revoke{*standing().lease});
  forget_lease();
}

void Machine::idle(std::string text, std::string remedy) {
  leave_queue();
  enter(phase::Idle{std::move(text), std::move(remedy)});
}

std::optional<std::string> Machine::wanted() const {
  auto const& need = state_.standing.need;
  auto const* wants = need ? std::get_if<need::Wants>(&*need) : nullptr;
  if (wants == nullptr) return {};
  return wants->component;
}

/// Nothing is held: what is next follows from the record, the rollout and the run's need alone.
void Machine::settle() {
  auto const component = wanted();
  if (!component) leave_queue();
  note_outside();
  if (stop_for_a_withdrawal()) return;
  if (needs_record()) return register_record();
  if (auto const& untold = standing().memory.untold; !untold.empty()) return enter(phase::Recording{untold.front()});
  if (auto const* word = wanted_outside()) return want_outside(*word, *component);
  if (volunteer()) return;
  if (component) return want(*component);
  auto const& need = standing().need;
  auto const* ended = need ? std::get_if<need::Ended>(&*need) : nullptr;
  if (ended != nullptr) send(command::Heard{ended->grant.slot});
  if (!at<phase::Idle>() || !at<phase::Idle>()->text.empty()) enter(phase::Idle{});
}

/// Before the own record is written anew: what it says is what this host was offered before.
bool Machine::stop_for_a_withdrawal() {
  auto const& now = standing();
  bool const goes = now.facts && now.rollout && (now.rollout->state == RolloutState::Running || now.rollout->state == RolloutState::Paused);
  auto withdrawal = goes ? withdrawn_from(*now.facts, now.memory.record, *now.rollout, context_.now) : std::nullopt;
  if (!withdrawal) return false;
  leave_queue();
  enter(phase::Stopping{std::move(*withdrawal)});
  return true;
}

void Machine::want(std::string const& component) {
  auto const& rollout = standing().rollout;
  if (clock_is_off()) {
    standing().read_at = context_.now + kLookAtClockAgain;
    return idle("the clock of this host is " + to_human(context_.clock_off) + " off etcd's: nothing is begun", "timedatectl status");
  }
  if (auto const stop = frozen_here()) return idle(stop->text, stop->remedy);
  if (!rollout) return idle("no rollout is at work", "tykup fleet start");
  if (auto const stop = standstill(*rollout)) return idle(stop->text, stop->remedy);
  auto const& record = *standing().facts;
  auto const stage = stage_of(rollout->policy, record.datacenter, component, record.group);
  if (!stage)
    return idle("the policy's order for " + record.datacenter + " has no " + component, "tykup fleet policy");
  Sight known;
  known.rollout = rollout;
  known.pending = true;
  // What the rollout says of this host needs no question.
  auto const said = gate(known, {record.host, *stage, context_.now}, context_.keys);
  if (said && std::holds_alternative<decision::Stop>(*said)) {
    auto const& stop = std::get<decision::Stop>(*said);
    return idle(stop.text, stop.remedy);
  }
  enter(phase::Looking{*stage, 0});
}

bool Machine::needs_record() const {
  auto const& now = state_.standing;
  if (!now.facts) return false;
  return now.host_revision == 0 || now.host_revision != now.memory.record_revision || now.memory.record != *now.facts;
}

void Machine::register_record(bool failed) {
  ask::Register ask{step({}), *standing().facts, {}, {}, false, context_.now};
  auto const& rollout = standing().rollout;
  if (rollout && rollout->open()) {
    auto const duty = duty_of(ask.record, *rollout);
    ask.join = duty.behind;
    ask.leave = duty.settled;
    ask.unready = !duty.ready;
    // A host that was moved elsewhere leaves no key where it was.
    auto const old = standing().memory.record_revision > 0 ? duty_of(standing().memory.record, *rollout) : Duty{};
    auto const is_known = [&](Stage const& stage) {
      return std::ranges::find(ask.join, stage) != ask.join.end() || std::ranges::find(ask.leave, stage) != ask.leave.end();
    };
    for (auto const* stages : {&old.behind, &old.settled})
      for (auto const& stage : *stages)
        if (!is_known(stage)) ask.leave.push_back(stage);
  }
  enter(phase::Registering{std::move(ask), failed});
}

}  // namespace tykup::fleet
