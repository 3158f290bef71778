#include "daemon/core/fleet/participant.hpp"

#include <algorithm>
#include <utility>

#include "daemon/core/fleet/participant_machine.hpp"
#include "daemon/core/fleet/planted.hpp"

/// Events as they come in, whatever the phase, and what every transition ends with.
namespace tykup::fleet {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds{1};
constexpr Duration kLongestPause = std::chrono::minutes{1};
constexpr Duration kSpreadStep = std::chrono::milliseconds{1};
constexpr Duration kBusy = std::chrono::seconds{5};
constexpr Duration kPatience = std::chrono::minutes{1};
constexpr Duration kReadRefusedAgain = std::chrono::minutes{10};

Duration pause_after(unsigned tries) {
  auto pause = kFirstPause;
  for (unsigned i = 1; i < tries && pause < kLongestPause; ++i) pause *= 2;
  return std::min(pause, kLongestPause);
}

}  // namespace

Transition step(State state, Event const& event, Context const& context) {
  Machine machine(std::move(state), context);
  std::visit([&](auto const& what) { machine.on(what); }, event);
  return machine.finish();
}

Duration Machine::spread(std::uint64_t salt) const {
  auto mixed = context_.seed + salt * 0x9E3779B97F4A7C15ULL;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  return Duration{static_cast<std::int64_t>((mixed ^ (mixed >> 31)) % static_cast<std::uint64_t>(kSpread.count()))};
}

void Machine::on(event::Started const& started) {
  state_ = {};
  standing().memory = started.memory;
  standing().revision = started.memory.revision;
  if (started.memory.record.host.empty()) return;
  auto written = started.memory.record;
  written.identity = started.identity;
  state_.phase = phase::Off{std::move(written)};
}

void Machine::on(event::FactsFound const& found) {
  standing().facts = found.record;
  bool const waits = at<phase::Blocked>() || at<phase::Queued>() || at<phase::Head>();
  if (at<phase::Off>() || at<phase::Refused>()) return enter(phase::Reading{});
  if (at<phase::Idle>()) return settle();
  if (waits && needs_record()) return settle();
  if (at<phase::Failed>() && needs_record()) return enter(phase::Reading{});
  // A holder whose run says nothing was waiting for this: is the component at the pin?
  if (auto const* holding = at<phase::Holding>()) work(phase::Holding(*holding));
}

void Machine::on(event::NeedChanged const& changed) {
  bool const other = standing().need != changed.need;
  standing().need = changed.need;
  if (other) note_outside();
  auto const* queueing = queueing_at(state_.phase);
  auto const component = wanted();
  if (at<phase::Off>()) return resume();
  if (at<phase::Idle>()) return settle();
  bool const same_way = is_outside(state_.phase) == (wanted_outside() != nullptr);
  if (queueing != nullptr && !at<phase::Taking>() && (component != queueing->component || !same_way)) return settle();
  if (auto const* holding = at<phase::Holding>()) return work(phase::Holding(*holding));
  auto const* ended = std::get_if<need::Ended>(&changed.need);
  if (at<phase::Failed>() && ended != nullptr) send(command::Heard{ended->grant.slot});
}

/// A run under a slot: its presence, and an answer at its next question, do not wait for the run's end.
void Machine::resume() {
  auto const& need = *standing().need;
  bool const works = std::holds_alternative<need::Works>(need) || std::holds_alternative<need::Confirms>(need);
  auto written = at<phase::Off>()->written;
  if (!works || !written) return;
  standing().facts = std::move(written);
  enter(phase::Reading{});
}

void Machine::on(event::Ticked const&) {
  standing().wake.reset();
  auto const is_due = [&](std::optional<Instant> const& at) { return at && *at <= context_.now; };
  if (is_due(standing().keep_alive_at) && standing().lease) {
    send(command::KeepAlive{*standing().lease});
    standing().keep_alive_at = context_.now + kPresence / 3;
  }
  if (is_due(standing().retry_at)) retry();
  if (is_due(standing().read_at)) read_now();
  if (!is_due(standing().thaw_at)) return;
  standing().thaw_at.reset();
  if (at<phase::Idle>()) settle();
}

/// What is asked again is asked of the rollout as it is now, which may stand still.
void Machine::retry() {
  auto const* confirming = at<phase::Confirming>();
  auto refused = confirming != nullptr ? refusal_of(confirming->holding) : std::string{};
  if (refused.empty()) return ask_again();
  auto const before = *confirming;
  answer_run(before.holding, before.point, std::move(refused));
}

/// After the end of a watch, wherever the host stands: read first.
void Machine::read_now() {
  standing().read_at.reset();
  if (auto const* blocked = at<phase::Blocked>()) return enter(phase::Looking{Stage(blocked->stage), 0});
  if (auto const* queued = at<phase::Queued>()) return enter(phase::Looking{Stage(queued->stage), queued->queued});
  if (auto const* head = at<phase::Head>()) return enter(phase::Looking{Stage(head->stage), head->queued});
  if (auto const* holding = at<phase::Holding>()) return enter(phase::Checking{phase::Holding(*holding)});
  if (auto const* asking = at<phase::Asking>(); asking != nullptr && asking->waits) return review(phase::Holding(asking->holding), std::vector(asking->asked));
  if (auto const* promoting = at<phase::Promoting>(); promoting != nullptr && promoting->waits) return enter(phase::Checking{phase::Holding(promoting->holding)});
  bool const rests = at<phase::Idle>() || at<phase::Failed>() || at<phase::Suspect>() || at<phase::Refused>();
  if (rests) return enter(phase::Reading{});
  standing().read_at = context_.now + kBusy;
}

void Machine::on(event::Answered const& answered) {
  if (answered.number != standing().asked) return;
  standing().retry_at.reset();
  standing().tries = 0;
  auto const phase = state_.phase;
  std::visit([&](auto const& at) { told(at, answered.told); }, phase);
}

void Machine::on(event::Lost const& lost) {
  if (lost.number != standing().asked || !is_asking()) return;
  ++standing().tries;
  if (planted(Bug::LostReplyIsRefusal) && holding_of(state_.phase) == nullptr && queueing_at(state_.phase) != nullptr) return idle(lost.error.message, {});
  auto const pause = pause_after(standing().tries);
  // Up to half as long again: those who were refused in one instant do not come back in one.
  standing().retry_at = context_.now + pause + pause * (spread(standing().tries) / kSpreadStep) / (2 * (kSpread / kSpreadStep));
  // A host that is drained, or about to be, does not wait for an etcd that is away: it goes back and asks anew.
  auto const* confirming = at<phase::Confirming>();
  if (confirming == nullptr || context_.now - confirming->since < kPatience) return;
  auto const before = *confirming;
  answer_run(before.holding, before.point, before.holding.outside ? std::string{} : "etcd does not answer: " + lost.error.message);
}

void Machine::on(event::Unreadable const& unreadable) {
  if (unreadable.number != standing().asked || !is_asking()) return;
  if (holding_of(state_.phase) != nullptr) return on(event::Lost{unreadable.number, unreadable.error});
  refuse_unreadable(unreadable.error.message);
}

void Machine::refuse_unreadable(std::string const& problem) {
  leave_queue();
  enter(phase::Refused{"a record of the fleet cannot be read: " + problem, "tykup fleet status"});
  standing().read_at = context_.now + kReadRefusedAgain;
}

/// Whoever asks something compares the record, and is told of it by the answer.
void Machine::on(event::SteeringUnreadable const& unreadable) {
  standing().unreadable = unreadable.problem;
  if (!is_asking() && holding_of(state_.phase) == nullptr && !at<phase::Off>() && !at<phase::Suspect>()) refuse_unreadable(unreadable.problem);
}

void Machine::on(event::Granted const& lease) {
  if (lease.number != standing().asked) return send(command::Revoke{lease.lease});
  standing().retry_at.reset();
  standing().tries = 0;
  auto const phase = state_.phase;
  std::visit([&](auto const& at) { granted(at, lease.lease); }, phase);
}

void Machine::on(event::LeaseLost const& lost) {
  if (standing().lease != lost.lease) return;
  forget_lease();
  bool const kept = at<phase::Holding>() || at<phase::Asking>() || at<phase::Promoting>();
  if (kept) return enter_holding(phase::Holding(*holding_of(state_.phase)));
  if (queueing_at(state_.phase) != nullptr && !at<phase::Taking>()) settle();
}

void Machine::on(event::RolloutChanged const& changed) {
  see_revision(changed.revision);
  bool const was_unreadable = !std::exchange(standing().unreadable, {}).empty();
  auto const before = standing().rollout;
  see_rollout(changed.rollout);
  if (was_unreadable && at<phase::Refused>()) return enter(phase::Reading{});
  auto const& now = standing().rollout;
  if (now == before) return;
  if (at<phase::Idle>()) return settle();
  if (at<phase::Failed>()) return enter(phase::Reading{});
  look_again();
  auto const* blocked = at<phase::Blocked>();
  bool const waits = blocked || at<phase::Queued>() || at<phase::Head>();
  bool const other = !now || !before || now->id != before->id || standstill(*now);
  if (waits && (other || (blocked && blocked->wait.watch.begin.empty()))) settle();
}

void Machine::on(event::FreezeChanged const& changed) {
  see_revision(changed.revision);
  bool const was_unreadable = !std::exchange(standing().unreadable, {}).empty();
  see_freeze(changed.freeze);
  if (was_unreadable && at<phase::Refused>()) return enter(phase::Reading{});
  bool const waits = at<phase::Blocked>() || at<phase::Queued>() || at<phase::Head>();
  if (at<phase::Idle>() || (waits && standing().thaw_at)) settle();
}

void Machine::on(event::GateChanged const& changed) {
  if (!standing().watches_gate) return;
  send(command::Unwatch{Watched::Gate});
  standing().watches_gate = false;
  see_revision(changed.revision);
  if (at<phase::Suspect>() || at<phase::Refused>() || at<phase::Failed>()) return enter(phase::Reading{});
  // The transaction that asks for the place compares everything: to look first is not needed where nothing else is in the way.
  auto const* blocked = at<phase::Blocked>();
  if (blocked != nullptr && blocked->wait.is_last && !needs_record()) return queue_up(Stage(blocked->stage));
  bool const waits = blocked != nullptr || at<phase::Queued>() || at<phase::Head>();
  if (waits) read_now();
}

void Machine::on(event::WatchEnded const& ended) {
  (ended.which == Watched::Rollout ? standing().watches_rollout : standing().watches_gate) = false;
  if (planted(Bug::WatchWithoutReading) && ended.which == Watched::Rollout) return watch_rollout(0);
  auto const again = context_.now + spread(++standing().reconnects);
  standing().read_at = standing().read_at ? std::min(*standing().read_at, again) : again;
}

Transition Machine::finish() {
  std::optional<Instant> wake;
  for (auto const& at : {standing().keep_alive_at, standing().retry_at, standing().read_at, standing().thaw_at})
    if (at && (!wake || *at < *wake)) wake = at;
  if (wake && wake != standing().wake) send(command::WakeAt{*wake});
  standing().wake = wake;
  auto shown = view();
  if (!are_same(shown, standing().shown)) send(command::Show{shown});
  standing().shown = std::move(shown);
  return {std::move(state_), std::move(commands_)};
}

}  // namespace tykup::fleet
