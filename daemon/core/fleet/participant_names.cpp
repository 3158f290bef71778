#include <algorithm>
#include <array>
#include <utility>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/participant_machine.hpp"

/// Names for people and tables, and what the run is told.
namespace tykup::fleet {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Phase>> kPhases{
    "off",       "reading",    "registering", "disputing", "idle",    "looking",    "blocked", "leasing",   "enqueueing",
    "queued",    "head",       "taking",      "holding",   "returning", "appearing", "checking", "confirming", "soaking",
    "completing", "failing",   "failed",      "releasing", "recording", "ending", "stopping", "reviewing", "asking", "refusing", "volunteering",
    "promoting", "promoted", "suspect",    "refused"};

constexpr std::array<std::string_view, std::variant_size_v<Event>> kEvents{
    "started", "facts-found", "need-changed", "ticked", "answered", "lost", "unreadable", "granted", "lease-lost",
    "rollout-changed", "freeze-changed", "steering-unreadable", "gate-changed", "watch-ended", "inquired"};

constexpr std::array<std::string_view, std::variant_size_v<Command>> kCommands{
    "transact", "watch", "unwatch", "grant", "keep-alive", "revoke", "wake", "save", "show", "heard", "tell", "inquire"};

std::string name_of(Stage const& stage) { return stage.component + " in " + stage.datacenter; }

/// The pauses between them are more than a minute.
constexpr unsigned kTriesOfPatience = 7;

/// Why no slot is held, and what to do about it.
struct Said {
  std::string text;
  std::string remedy = {};
};

struct WaitingText {
  Said operator()(phase::Idle const& at) const { return {at.text, at.remedy}; }
  Said operator()(phase::Blocked const& at) const { return {at.wait.text, at.wait.remedy}; }
  Said operator()(phase::Head const& at) const { return {at.wait.text, at.wait.remedy}; }
  Said operator()(phase::Queued const& at) const { return {"queued for " + name_of(at.stage) + " behind " + at.predecessor}; }
  Said operator()(phase::Suspect const& at) const { return {at.text, "tykup fleet resume --after-restore"}; }
  Said operator()(phase::Refused const& at) const { return {at.text, at.remedy}; }
  Said operator()(phase::Asking const& at) const { return {"gate " + at.due.front().name + " is asked after " + name_of(at.holding.held.step.stage)}; }
  Said operator()(phase::Promoting const& at) const { return {"the promote hooks of " + name_of(at.holding.held.step.stage) + " are run"}; }
  Said operator()(phase::Failed const& at) const {
    auto const& host = at.failure.host;
    return {at.failure.component + " failed here and keeps its slot: " + at.failure.reason,
            "tykup fleet retry " + host + ", or tykup fleet release-slot " + host};
  }
  template <typename P>
  Said operator()(P const&) const {
    return {"the fleet is asked"};
  }
};

struct HoldingIn {
  phase::Holding const* operator()(phase::Holding const& at) const { return &at; }
  template <typename P>
  phase::Holding const* operator()(P const& at) const {
    if constexpr (requires { at.holding; }) return &at.holding;
    return nullptr;
  }
};

/// In the order in which this host's steps come, which is the other way round in a rollout back.
std::vector<PinnedPackage> pins_for(HostRecord const& record, Rollout const& rollout) {
  std::vector<std::pair<std::string, PinnedPackage>> pins;
  for (auto const& carried : record.carried) {
    auto const* pin = rollout.pin(carried.component);
    auto const stage = stage_of(rollout.policy, record.datacenter, carried.component, record.group);
    if (pin == nullptr || !stage) continue;
    for (auto const& package : packages_for(carried, *pin))
      pins.emplace_back(place_of(*stage, rollout.direction, {}).step, PinnedPackage{carried.component, package});
  }
  std::ranges::stable_sort(pins, {}, [](auto const& entry) { return entry.first; });
  std::vector<PinnedPackage> ordered;
  for (auto& [step, pin] : pins) ordered.push_back(std::move(pin));
  return ordered;
}

bool are_same(PinnedPackage const& a, PinnedPackage const& b) { return a.component == b.component && a.package == b.package; }

}  // namespace

std::string_view name_of(Phase const& phase) { return kPhases.at(phase.index()); }
std::string_view name_of(Event const& event) { return kEvents.at(event.index()); }
std::string_view name_of(Command const& command) { return kCommands.at(command.index()); }

phase::Holding const* holding_of(Phase const& phase) { return std::visit(HoldingIn{}, phase); }

Stage const* queueing_at(Phase const& phase) {
  return std::visit([](auto const& at) -> Stage const* {
    if constexpr (requires { at.stage; }) return &at.stage;
    return nullptr;
  }, phase);
}

bool is_outside(Phase const& phase) {
  return std::visit([](auto const& at) {
    if constexpr (requires { at.outside; }) return at.outside;
    return false;
  }, phase);
}

bool are_same(View const& a, View const& b) {
  bool const pins = std::ranges::equal(a.pins, b.pins, [](auto const& x, auto const& y) { return are_same(x, y); });
  return pins && a.rollout == b.rollout && a.back == b.back && a.grant == b.grant && a.again == b.again && a.confirmed == b.confirmed && a.text == b.text && a.remedy == b.remedy && a.frozen == b.frozen;
}

/// A run that a restart cut off asks before anything is read; it does not wait for an etcd that is away, either.
bool Machine::asks_in_vain(View const& shown) const {
  auto const& now = state_.standing;
  auto const* asks = now.need ? std::get_if<need::Confirms>(&*now.need) : nullptr;
  bool const answered = asks != nullptr && shown.confirmed && shown.confirmed->slot == asks->slot && shown.confirmed->point == asks->point;
  return asks != nullptr && !answered && now.tries >= kTriesOfPatience;
}

View Machine::view() const {
  View shown;
  auto const& now = state_.standing;
  bool const works = now.rollout && now.rollout->open() && now.rollout->rule == kRule && now.facts;
  if (works && !is_excluded(*now.rollout, now.facts->host)) {
    shown.rollout = now.rollout->id;
    shown.back = now.rollout->direction == Direction::Back;
    shown.pins = pins_for(*now.facts, *now.rollout);
  }
  if (auto const stop = frozen_here()) shown.frozen = stop->text;
  // A slot whose failure is written down is nothing to begin with; one that is given back is not, either.
  auto const* holding = holding_of(state_.phase);
  auto const* asks = now.need ? std::get_if<need::Confirms>(&*now.need) : nullptr;
  bool const asks_people = at<phase::Reviewing>() || at<phase::Asking>() || at<phase::Refusing>() || at<phase::Promoting>() || at<phase::Promoted>();
  bool const over = at<phase::Failed>() || at<phase::Failing>() || at<phase::Releasing>() || asks_people || (holding != nullptr && holding->promotes);
  if (holding != nullptr && !over) {
    shown.grant = Grant{holding->held.step.stage.component, holding->rollout, holding->held.created};
    shown.again = holding->again;
    shown.confirmed = holding->confirmed;
    if (asks != nullptr && asks->slot != holding->held.created) shown.confirmed = Confirmed{asks->slot, asks->point, "its slot is another one now"};
    if (asks_in_vain(shown)) shown.confirmed = Confirmed{asks->slot, asks->point, holding->outside ? "" : "etcd does not answer"};
    return shown;
  }
  // A run that asks under a slot that is no longer held would wait for ever.
  bool const rests = at<phase::Idle>() || at<phase::Failed>() || at<phase::Suspect>() || at<phase::Refused>();
  if (asks != nullptr && rests) shown.confirmed = Confirmed{asks->slot, asks->point, "its slot is no longer held: " + status_line(state_)};
  if (asks_in_vain(shown)) shown.confirmed = Confirmed{asks->slot, asks->point, "etcd does not answer"};
  auto said = std::visit(WaitingText{}, state_.phase);
  shown.text = std::move(said.text);
  shown.remedy = std::move(said.remedy);
  return shown;
}

std::string trouble_of(State const& state) {
  bool const refused = std::holds_alternative<phase::Suspect>(state.phase) || std::holds_alternative<phase::Refused>(state.phase);
  if (refused) return status_line(state);
  auto const& problem = state.standing.unreadable;
  return problem.empty() ? std::string{} : "what the fleet does cannot be read, nothing is begun: " + problem + "; install the same tykup on all hosts";
}

std::string status_line(State const& state) {
  bool const says_more = std::holds_alternative<phase::Failed>(state.phase) || std::holds_alternative<phase::Asking>(state.phase) ||
                         std::holds_alternative<phase::Promoting>(state.phase);
  if (auto const* holding = holding_of(state.phase); holding != nullptr && !says_more)
    return "holds a slot of " + name_of(holding->held.step.stage) + " (" + std::string(name_of(state.phase)) + ")";
  auto said = std::visit(WaitingText{}, state.phase);
  if (said.text.empty()) said.text = state.standing.thaw_at ? frozen(*state.standing.freeze, Instant::min())->text : "takes part, nothing to do";
  return said.remedy.empty() ? said.text : said.text + "; " + said.remedy;
}

}  // namespace tykup::fleet
