#include "daemon/core/fleet/steering.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

tl::unexpected<Error> refuse(std::string text) { return fail(ErrorKind::NotAllowed, std::move(text)); }

std::string is_text(Rollout const& rollout) { return "rollout " + rollout.id + " is " + std::string(to_string(rollout.state)); }

Rollout changed(Rollout rollout, RolloutState state, Halt halt, Word const& said) {
  rollout.state = state;
  rollout.halt = halt;
  rollout.last = said;
  return rollout;
}

/// Others build on them: an old one that is up would be met by newer ones.
bool is_met_by_later_stages(Carried const& carried) {
  constexpr std::array<std::string_view, 2> kMet{"mdcb", "dashboard"};
  return std::ranges::find(kMet, carried.component) != kMet.end();
}

}  // namespace

Rollout with_failure(Rollout rollout, Failure const& failure) {
  auto const is_known = [&](Failure const& other) { return other.host == failure.host && other.component == failure.component; };
  if (std::ranges::none_of(rollout.failures, is_known)) rollout.failures.push_back(failure);
  if (!rollout.open() || rollout.state == RolloutState::Stopped) return rollout;
  if (rollout.failures.size() < rollout.policy.max_failed) return rollout;
  return changed(std::move(rollout), RolloutState::Stopped, Halt::Failures,
                 {failure.host, failure.component + " failed on " + failure.host + ": " + failure.reason, failure.at});
}

Result<Rollout> paused(Rollout rollout, Word const& said) {
  if (rollout.state != RolloutState::Running) return refuse(is_text(rollout) + "; only a running one is paused");
  return changed(std::move(rollout), RolloutState::Paused, Halt::None, said);
}

Result<Rollout> resumed(Rollout rollout, Word const& said) {
  bool const rests = rollout.state == RolloutState::Paused || rollout.state == RolloutState::Stopped;
  if (!rests) return refuse(is_text(rollout) + "; only a paused or stopped one is resumed");
  if (rollout.failures.size() >= rollout.policy.max_failed) {
    return refuse("rollout " + rollout.id + " has " + std::to_string(rollout.failures.size()) + " failed hosts, max_failed is " +
                  std::to_string(rollout.policy.max_failed) + ": tykup fleet retry " + rollout.failures.front().host + ", or exclude it");
  }
  return changed(std::move(rollout), RolloutState::Running, Halt::None, said);
}

Result<Rollout> aborted(Rollout rollout, Word const& said) {
  if (!rollout.open()) return refuse(is_text(rollout) + " already");
  return changed(std::move(rollout), RolloutState::Aborted, Halt::None, said);
}

Result<Rollout> stopped(Rollout rollout, Halt halt, Word const& said) {
  bool const goes = rollout.state == RolloutState::Running || rollout.state == RolloutState::Paused;
  if (!goes) return refuse(is_text(rollout) + "; only a running or paused one is stopped");
  return changed(std::move(rollout), RolloutState::Stopped, halt, said);
}

Result<Rollout> pulled(Rollout rollout, Withdrawal const& withdrawal) {
  auto after = stopped(std::move(rollout), Halt::Pulled, {withdrawal.host, withdrawal.text, withdrawal.at});
  if (after) after->pulled.push_back(withdrawal);
  return after;
}

Result<Rollout> promoted(Rollout rollout, Stage const& stage, std::vector<Blocker> const& pending, Word const& said, bool hook_due) {
  auto const name = stage.component + " in " + stage.datacenter;
  if (!rollout.open()) return refuse(is_text(rollout));
  if (rollout.policy.strategy != Strategy::BlueGreen) return refuse("rollout " + rollout.id + " is not blue-green");
  for (auto const& failure : rollout.failures)
    if (failure.component == stage.component) return refuse(failure.component + " failed on " + failure.host + ": retry or exclude it first");
  for (auto const& blocker : pending)
    if (stage_at(blocker, rollout.direction) == stage) return refuse(blocker.place.host + " has not finished " + name);
  if (promotion_of(rollout, stage) == nullptr) rollout.promoted.push_back({stage.datacenter, stage.component, stage.phase, said, hook_due, {}});
  rollout.last = said;
  return rollout;
}

Rollout hooks_done(Rollout rollout, Stage const& stage, std::string const& host) {
  for (auto& each : rollout.promoted) {
    bool const is_it = each.datacenter == stage.datacenter && each.component == stage.component && each.phase == stage.phase;
    if (!is_it) continue;
    each.hook_due = false;
    each.hooked = host;
  }
  return rollout;
}

Result<Rollout> excluded(Rollout rollout, HostRecord const& host, bool host_is_stopped, Word const& said) {
  if (!rollout.open()) return refuse(is_text(rollout));
  auto const met = std::ranges::find_if(host.carried, is_met_by_later_stages);
  if (met != host.carried.end() && !host_is_stopped) {
    return refuse(host.host + " carries " + met->component + ", which later stages would meet in its old version: stop it there first");
  }
  std::erase_if(rollout.failures, [&](Failure const& failure) { return failure.host == host.host; });
  if (!is_excluded(rollout, host.host)) rollout.excluded.push_back({host.host, said});
  rollout.last = said;
  return rollout;
}

Result<Rollout> retried(Rollout rollout, std::string const& host, bool holds_failed_slot, Word const& said) {
  if (!rollout.open()) return refuse(is_text(rollout));
  auto const gone = std::erase_if(rollout.failures, [&](Failure const& failure) { return failure.host == host; });
  if (gone == 0 && !holds_failed_slot)
    return refuse("no step failed on " + host + " in rollout " + rollout.id);
  bool const for_failures = rollout.state == RolloutState::Stopped && rollout.halt == Halt::Failures;
  if (for_failures && rollout.failures.size() < rollout.policy.max_failed)
    return changed(std::move(rollout), RolloutState::Running, Halt::None, said);
  rollout.last = said;
  return rollout;
}

}  // namespace tykup::fleet
