#include "daemon/core/fleet/rule.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/planted.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

constexpr unsigned kLastNumber = 99;
constexpr unsigned kLastPhase = 9;

std::string name_of(Stage const& stage) { return stage.component + " in " + stage.datacenter; }

etcd::KeyRange only(std::string key) { return {std::move(key), {}}; }

unsigned held_in(Sight const& sight, Stage const& stage, std::vector<unsigned>& held) {
  for (auto const& slot : sight.slots)
    if (slot.datacenter == stage.datacenter && slot.component == stage.component) held.push_back(slot.k);
  return static_cast<unsigned>(held.size());
}

unsigned limit_now(Sight const& sight, Stage const& stage) {
  auto const& rollout = *sight.rollout;
  bool const of_current = planted(Bug::PercentOfCurrent) && rollout.policy.max_unavailable.percent;
  return of_current ? limit_of(rollout.policy.max_unavailable, static_cast<unsigned>(sight.hosts)) : limit_of(rollout, stage);
}

std::string holders_of(Sight const& sight, Stage const& stage) {
  std::vector<std::string> names;
  for (auto const& held : sight.slots) {
    if (held.datacenter != stage.datacenter || held.component != stage.component || !held.slot) continue;
    if (names.size() == 3) return join(names) + ", …";
    names.push_back(held.slot->host + (held.slot->state == SlotState::Failed ? " (failed)" : ""));
  }
  return join(names);
}

std::optional<Decision> membership(Sight const& sight, Asking const& asking) {
  if (is_excluded(*sight.rollout, asking.host)) return decision::Stop{"this host is excluded from rollout " + sight.rollout->id, {}};
  auto const failed = std::ranges::find_if(sight.rollout->failures, [&](Failure const& failure) {
    return failure.host == asking.host && failure.component == asking.stage.component;
  });
  if (failed != sight.rollout->failures.end())
    return decision::Stop{asking.stage.component + " failed here: " + failed->reason, "tykup fleet retry " + asking.host};
  if (!sight.pending) return decision::Join{};
  return {};
}

std::optional<Decision> budget(Sight const& sight, Keys const& keys) {
  auto const absent = absent_holders(sight.slots, sight.live);
  if (failed_count(*sight.rollout, absent) < sight.rollout->policy.max_failed) return {};
  if (absent.empty()) return decision::Stop{"max_failed is reached", "tykup fleet status"};
  auto const& first = absent.front();
  return decision::Wait{first.slot->host + " holds a slot of " + first.component + " in " + first.datacenter +
                            " and is not there; it counts as failed, and max_failed is reached",
                        "start tykupd there, or tykup fleet release-slot " + first.slot->host,
                        only(keys.slot(first.datacenter, first.component, first.k))};
}

/// The last stage of the own chain is done after all others of it; what ranks a centre behind others has several chains, and a
/// later phase is to be proven, too.
bool is_last_before(Sight const& sight, Stage const& watched, Stage const& own) {
  return watched.datacenter == own.datacenter && !proven_before(*sight.rollout, own) && sight.unready.empty();
}

std::optional<Decision> earlier(Sight const& sight, Asking const& asking, Keys const& keys) {
  if (!sight.latest || sight.earlier.empty()) return {};
  std::vector<std::string> names;
  for (auto const& blocker : sight.earlier) names.push_back(blocker.place.host + " (" + blocker.component + ")");
  auto const watched = stage_at(*sight.latest, sight.rollout->direction);
  return decision::Wait{"waiting for " + join(names) + " in earlier stages", {}, only(keys.done(watched)), is_last_before(sight, watched, asking.stage)};
}

std::optional<Decision> readiness(Sight const& sight, Asking const& asking, Keys const& keys) {
  if (sight.unready.empty()) return {};
  return decision::Wait{"waiting for the packages of " + join(sight.unready) + ": all of " + asking.stage.datacenter +
                            " hold the new and the old one before its first step",
                        {}, only(keys.ready(asking.stage.datacenter))};
}


std::optional<Decision> proof(Sight const& sight, Asking const& asking, Keys const& keys) {
  auto const before = proven_before(*sight.rollout, asking.stage);
  if (!before) return {};
  if (!sight.previous_done)
    return decision::Wait{"waiting for the hosts that prove " + name_of(*before), {}, only(keys.done(*before))};
  if (sight.rollout->policy.strategy == Strategy::Canary) {
    if (!sight.soaking) return {};
    return decision::Wait{"the canaries of " + name_of(*before) + " soak", {}, only(keys.soak(*before))};
  }
  auto const* promotion = promotion_of(*sight.rollout, *before);
  if (promotion != nullptr && !promotion->hook_due) return {};
  if (promotion != nullptr) return decision::Wait{"waiting for the promote hooks of " + name_of(*before), {}, {}};
  return decision::Wait{"waiting for the promotion of " + name_of(*before), "tykup fleet promote", {}};
}

}  // namespace

Promotion const* promotion_of(Rollout const& rollout, Stage const& stage) {
  auto const found = std::ranges::find_if(rollout.promoted, [&](Promotion const& one) {
    return one.datacenter == stage.datacenter && one.component == stage.component && one.phase == stage.phase;
  });
  return found == rollout.promoted.end() ? nullptr : &*found;
}

std::optional<decision::Stop> standstill(Rollout const& rollout) {
  if (rollout.rule != kRule) {
    return decision::Stop{"rollout " + rollout.id + " is of rule " + std::to_string(rollout.rule) + ", this tykup has rule " +
                              std::to_string(kRule) + " and takes no slot",
                          "install the tykup that the other hosts have"};
  }
  auto const why = rollout.last.why.empty() ? std::string{} : " (" + rollout.last.why + ")";
  switch (rollout.state) {
    case RolloutState::Running:
      return {};
    case RolloutState::Preparing:
      return decision::Stop{"rollout " + rollout.id + " is being prepared", "tykup fleet start finishes it"};
    case RolloutState::Paused:
      return decision::Stop{"rollout " + rollout.id + " is paused" + why, "tykup fleet resume"};
    case RolloutState::Stopped:
      return decision::Stop{"rollout " + rollout.id + " is stopped" + why, "tykup fleet status"};
    case RolloutState::Aborted:
    case RolloutState::Done:
      break;
  }
  return decision::Stop{"no rollout is at work", "tykup fleet start"};
}

std::optional<decision::Stop> frozen(FleetFreeze const& freeze, Instant now) {
  if (!freeze.holds_at(now)) return {};
  auto const& why = freeze.said.why;
  return decision::Stop{"frozen until " + to_rfc3339(std::chrono::floor<std::chrono::seconds>(*freeze.until)) + " by " + freeze.said.by + (why.empty() ? "" : ": " + why),
                        "tykup fleet unfreeze"};
}

std::vector<HeldSlot> absent_holders(std::vector<HeldSlot> const& slots, std::vector<std::string> const& live) {
  std::vector<HeldSlot> absent;
  // A big fleet holds hundreds of each.
  std::unordered_set<std::string_view> const present(live.begin(), live.end());
  for (auto const& held : slots) {
    bool const waits_for_people = held.slot && held.slot->state == SlotState::Failed;
    if (!held.slot || waits_for_people) continue;
    if (!present.contains(held.slot->host)) absent.push_back(held);
  }
  return absent;
}

unsigned failed_count(Rollout const& rollout, std::vector<HeldSlot> const& absent) {
  auto const is_counted = [&](HeldSlot const& held) {
    return std::ranges::any_of(rollout.failures, [&](Failure const& failure) {
      return failure.host == held.slot->host && failure.component == held.component;
    });
  };
  auto const uncounted = std::ranges::count_if(absent, [&](HeldSlot const& held) { return !is_counted(held); });
  return static_cast<unsigned>(rollout.failures.size() + static_cast<std::size_t>(uncounted));
}

std::optional<unsigned> free_slot(std::vector<unsigned> const& held, unsigned limit) {
  auto const above = [&](unsigned k) {
    return static_cast<unsigned>(std::ranges::count_if(held, [&](unsigned number) { return number >= k; }));
  };
  unsigned room = limit;
  while (room > 0 && room + above(room) > limit) --room;
  for (unsigned k = 0; k < room; ++k)
    if (std::ranges::find(held, k) == held.end()) return k;
  return {};
}

Stage stage_at(Blocker const& blocker, Direction direction) {
  auto const number = [&](std::string const& text, unsigned last) {
    auto const value = static_cast<unsigned>(std::stoul(text));
    return direction == Direction::Back ? last - value : value;
  };
  auto const& place = blocker.place;
  return {place.datacenter, number(place.rank, kLastNumber), blocker.component, number(place.step.substr(0, 2), kLastNumber),
          number(place.step.substr(3), kLastPhase)};
}

std::optional<Stage> proven_before(Rollout const& rollout, Stage const& stage) {
  if (stage.phase == 0 || rollout.direction == Direction::Back || rollout.policy.strategy == Strategy::Rolling) return {};
  std::optional<Stage> before;
  for (auto const& [other, members, limit] : rollout.stages) {
    bool const same = other.datacenter == stage.datacenter && other.component == stage.component;
    if (same && other.phase < stage.phase && (!before || other.phase > before->phase)) before = other;
  }
  return before;
}

std::optional<Decision> gate(Sight const& sight, Asking const& asking, Keys const& keys) {
  if (!sight.rollout) return decision::Stop{"no rollout is at work", "tykup fleet start"};
  if (auto const stop = standstill(*sight.rollout)) return *stop;
  if (auto const stop = sight.freeze ? frozen(*sight.freeze, asking.now) : std::nullopt) return *stop;
  if (auto found = membership(sight, asking)) return found;
  if (auto found = budget(sight, keys)) return found;
  if (auto found = earlier(sight, asking, keys)) return found;
  if (auto found = readiness(sight, asking, keys)) return found;
  return proof(sight, asking, keys);
}

Decision decide(Sight const& sight, Asking const& asking, Keys const& keys) {
  if (auto closed = gate(sight, asking, keys)) return *closed;
  std::vector<unsigned> held;
  auto const count = held_in(sight, asking.stage, held);
  auto const slots = keys.slots_of(asking.stage.datacenter, asking.stage.component);
  if (!sight.begun && count > 0)
    return decision::Wait{"the stage's first host is at work: " + holders_of(sight, asking.stage), {}, slots};
  if (!sight.begun) return decision::Go{0, true};
  auto const limit = limit_now(sight, asking.stage);
  if (auto const k = free_slot(held, limit)) return decision::Go{*k, false};
  return decision::Wait{"all " + std::to_string(limit) + " slots are held: " + holders_of(sight, asking.stage), {}, slots};
}

}  // namespace tykup::fleet
