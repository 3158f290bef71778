#include <algorithm>
#include <utility>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/participant_machine.hpp"
#include "daemon/core/fleet/planted.hpp"
#include "daemon/core/words.hpp"

/// What was read of etcd, and whether it may be believed.
namespace tykup::fleet {
namespace {

constexpr Duration kReadAgain = std::chrono::minutes{10};

std::string text_of(Identity const& identity) { return identity.machine_id.substr(0, 8) + "/" + identity.nonce.substr(0, 8); }

}  // namespace

void Machine::see_revision(std::int64_t revision) { standing().revision = std::max(standing().revision, revision); }

void Machine::see_rollout(Stored<Rollout> const& rollout) {
  // A watch may tell what a later answer has told already.
  if (rollout && rollout.modified < standing().rollout.modified && !planted(Bug::RestoreTrusted)) return;
  standing().rollout = rollout;
  if (!rollout || rollout->open()) return;
  auto& ended = standing().memory.ended;
  if (std::ranges::find(ended, rollout->id) != ended.end()) return;
  ended.push_back(rollout->id);
  if (ended.size() > kEndedKept) ended.erase(ended.begin());
  save();
}

void Machine::see_freeze(Stored<FleetFreeze> const& freeze) {
  auto& now = standing();
  if (freeze && freeze.modified < now.freeze.modified) return;
  if (freeze != now.freeze) now.thaw_at.reset();
  now.freeze = freeze;
  // Its end may have been noticed by a clock that was wrong and is right by now.
  if (freeze && freeze->holds_at(context_.now) && !now.thaw_at) now.thaw_at = *freeze->until + spread(static_cast<std::uint64_t>(freeze.modified));
}

std::optional<decision::Stop> Machine::frozen_here() const {
  auto const& now = state_.standing;
  return now.thaw_at ? frozen(*now.freeze, Instant::min()) : std::nullopt;
}

std::string Machine::contradiction(Sight const& sight) const {
  if (planted(Bug::RestoreTrusted)) return {};
  auto const& now = state_.standing;
  auto const& memory = now.memory;
  if (sight.meta && sight.meta->epoch > memory.epoch && memory.epoch > 0) return {};
  // What a watch told while the answer was on its way may be newer than the answer.
  if (sight.revision < now.seen_before)
    return "its revision is " + std::to_string(sight.revision) + ", this host saw " + std::to_string(now.seen_before);
  auto const is_older = [&](auto const& there, auto const& known) { return there.modified < known.modified && known.modified <= sight.revision; };
  if (is_older(sight.rollout, now.rollout)) return "its rollout is older than the one that this host saw";
  if (is_older(sight.freeze, now.freeze)) return "its freeze is older than the one that this host saw";
  if (memory.epoch > 0 && (!sight.meta || sight.meta->epoch < memory.epoch)) return "its epoch is below the one that this host saw";
  bool const missing = memory.record_revision > 0 && !sight.host && !sight.forgotten;
  if (missing) return "the record that this host wrote is not there";
  if (sight.host && sight.host.modified < memory.record_revision) return "the record of this host is older than the one it wrote";
  bool const runs = sight.rollout && sight.rollout->open() && sight.rollout.modified >= now.rollout.modified;
  if (runs && std::ranges::find(memory.ended, sight.rollout->id) != memory.ended.end())
    return "rollout " + sight.rollout->id + " is open, and this host saw its end";
  return {};
}

/// The own name: whose record is there?
std::optional<Machine::Problem> Machine::host_problem(Sight const& sight) {
  auto const& facts = *standing().facts;
  if (!sight.host) return {};
  auto const& there = *sight.host;
  auto const refused = [&](Identity const& other) {
    return Problem{phase::Refused{"two hosts call themselves " + facts.host + ": this one (" + text_of(facts.identity) + ") and " + text_of(other),
                                  "give one of them another name ([fleet] host), then tykup fleet forget " + facts.host}};
  };
  bool const ours = there.identity == facts.identity;
  if (ours && there.conflict) return refused(*there.conflict);
  if (ours) return {};
  if (there.conflict == facts.identity) return refused(there.identity);
  auto disputed = there;
  disputed.conflict = facts.identity;
  auto question = step({});
  question.host_revision = sight.host.modified;
  return Problem{phase::Disputing{{std::move(question), std::move(disputed)}}};
}

std::optional<Machine::Problem> Machine::adopt(Sight const& sight) {
  if (auto const text = contradiction(sight); !text.empty())
    return Problem{phase::Suspect{"etcd was put back to an earlier state: " + text}};
  auto& memory = standing().memory;
  bool const trusted_anew = sight.meta && memory.epoch > 0 && sight.meta->epoch > memory.epoch;
  if (trusted_anew) {
    // What it wrote there is gone, who it is is not, nor what it has to tell: a run that a restart cuts off now goes on by that.
    memory = Memory{.record = std::move(memory.record), .record_revision = 0, .revision = 0, .epoch = sight.meta->epoch, .ended = {}, .untold = std::move(memory.untold)};
    standing().revision = 0;
    standing().rollout = {};
    standing().freeze = {};
    standing().thaw_at.reset();
  }
  see_revision(sight.revision);
  standing().unreadable.clear();
  standing().left = sight.left;
  standing().left_read = context_.now;
  bool const counts = sight.rollout && sight.rollout->state != RolloutState::Preparing;
  standing().left_of = counts ? sight.rollout->id : std::string{};
  standing().meta = sight.meta;
  standing().host_revision = sight.host.modified;
  if (!sight.meta) return Problem{phase::Refused{"etcd knows no cluster of that name, it has no " + context_.keys.meta(), "tykup fleet init makes it; is [fleet] cluster spelt as there?"}};
  bool const first = memory.epoch == 0;
  memory.epoch = sight.meta->epoch;
  if (trusted_anew || first) save();
  see_rollout(sight.rollout);
  see_freeze(sight.freeze);
  if (sight.meta->rule != kRule) {
    return Problem{phase::Refused{"the fleet is of rule " + std::to_string(sight.meta->rule) + ", this tykup has rule " + std::to_string(kRule),
                                  "install the tykup that the other hosts have"}};
  }
  if (!standing().watches_rollout) watch_rollout(sight.revision + 1);
  standing().read_at.reset();
  return host_problem(sight);
}

std::optional<Machine::Problem> Machine::policy_problem(Sight const& sight) const {
  auto const& facts = *state_.standing.facts;
  if (!sight.policy) return Problem{phase::Refused{"the fleet has no policy", "tykup fleet policy FILE"}};
  auto const& centres = sight.policy->centres;
  if (std::ranges::find(centres, facts.datacenter, &Centre::name) != centres.end()) return {};
  std::vector<std::string> names;
  for (auto const& centre : centres) names.push_back(centre.name);
  return Problem{phase::Refused{"the fleet's policy names no data centre " + quoted(facts.datacenter) + ", but " + join(names),
                                "[fleet] datacenter, or tykup fleet policy FILE"}};
}

/// False: the host stands elsewhere now.
bool Machine::adopted(Sight const& sight) {
  auto problem = adopt(sight);
  if (!problem) return true;
  if (!std::holds_alternative<phase::Disputing>(problem->phase)) standing().read_at = context_.now + kReadAgain;
  leave_queue();
  enter(std::move(problem->phase));
  // Its end is a new epoch.
  if (at<phase::Suspect>()) watch_gate({context_.keys.meta(), {}}, sight.revision, false);
  // Somebody makes the cluster, or writes another policy.
  if (at<phase::Refused>()) watch_gate({sight.meta ? context_.keys.policy() : context_.keys.meta(), {}}, sight.revision, false);
  return false;
}

HeldSlot const* Machine::own_slot(Sight const& sight) const {
  auto const& facts = *state_.standing.facts;
  auto const found = std::ranges::find_if(sight.slots, [&](HeldSlot const& held) {
    return held.slot && held.slot->host == facts.host && held.slot->identity == facts.identity;
  });
  return found == sight.slots.end() ? nullptr : &*found;
}

/// A slot from before a restart, or given back to this host by an operator's retry.
void Machine::take_up(Sight const& sight) {
  auto const& facts = *standing().facts;
  auto const* found = own_slot(sight);
  if (found == nullptr) return settle();
  auto const& slot = *found->slot;
  auto const& rollout = standing().rollout;
  auto stage = rollout ? stage_of(rollout->policy, found->datacenter, found->component, facts.group) : std::nullopt;
  if (!stage) stage = Stage{found->datacenter, 0, found->component, 0, 0};
  phase::Holding holding{{step(*stage), found->k, found->slot.created}, slot.rollout, slot.state == SlotState::Again, {}, !slot.outside.empty(), slot,
                         slot.state == SlotState::Promoting};
  if (slot.state != SlotState::Failed) return enter_holding(std::move(holding));
  // A later rollout is planned by what this host is offered by now.
  if (stop_for_a_withdrawal()) return;
  if (needs_record()) return register_record(true);
  enter_failed({std::move(holding), {facts.host, found->component, slot.reason, slot.since}}, sight.revision);
}

void Machine::told(phase::Reading const&, Told const& answer) {
  auto const* looked = std::get_if<told::Looked>(&answer);
  if (looked == nullptr || !adopted(looked->sight)) return;
  auto const& sight = looked->sight;
  if (auto problem = policy_problem(sight)) {
    enter(std::move(problem->phase));
    standing().read_at = context_.now + kReadAgain;
    return;
  }
  auto const& rollout = standing().rollout;
  bool const over = rollout && rollout->open() && rollout->state != RolloutState::Preparing && sight.left == 0;
  if (over) return enter(phase::Ending{});
  take_up(sight);
}

void Machine::told(phase::Ending const&, Told const& answer) {
  bool const answers = std::holds_alternative<told::Settled>(answer) || std::holds_alternative<told::Refused>(answer);
  if (answers) enter(phase::Reading{});
}

void Machine::told(phase::Stopping const& at, Told const& answer) {
  if (std::holds_alternative<told::Settled>(answer))
    send(command::Tell{"Rollout " + standing().rollout->id + " of the fleet is stopped: " + at.withdrawal.text});
  enter(phase::Reading{});
}

void Machine::told(phase::Registering const& at, Told const& answer) {
  if (auto const* refused = std::get_if<told::Refused>(&answer)) {
    if (adopted(refused->sight)) register_record(at.failed);
    return;
  }
  auto const* registered = std::get_if<told::Registered>(&answer);
  if (registered == nullptr) return;
  wrote(HostRecord(at.ask.record), registered->revision);
  at.failed ? enter(phase::Reading{}) : settle();
}

/// The own record, which has that revision now.
void Machine::wrote(HostRecord const& record, std::int64_t revision) {
  see_revision(revision);
  standing().host_revision = revision;
  standing().memory.record = record;
  standing().memory.record_revision = revision;
  save();
}

void Machine::told(phase::Disputing const&, Told const& answer) {
  bool const answers = std::holds_alternative<told::Settled>(answer) || std::holds_alternative<told::Refused>(answer);
  if (answers) enter(phase::Reading{});
}

}  // namespace tykup::fleet
