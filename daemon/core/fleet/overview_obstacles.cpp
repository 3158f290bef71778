#include <algorithm>

#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

std::string exclude(std::string_view host) { return "tykup fleet exclude " + std::string(host); }

std::string name_of(BuildClass const& of) {
  return of.package + " for " + of.distribution + " " + of.architecture;
}

std::optional<Obstacle> about_files(Carried const& carried, Pin const& pin, Direction direction, std::string_view host) {
  if (packages_for(carried, pin).empty() && !carried.installed.empty())
    return Obstacle{"the rollout pins no file of " + name_of(carried.installed.front().of), exclude(host), true};
  if (progress_of(carried, pin, direction) == Progress::Beyond)
    return Obstacle{carried.version() + " is beyond the pinned " + pin.version + ", to which no upgrade leads", exclude(host), true};
  return {};
}

std::optional<Obstacle> about_identity(HostRecord const& host, Rollout const& rollout) {
  if (host.conflict)
    return Obstacle{"two hosts call themselves " + host.host, "give one of them another name with host = in its [fleet], then tykup fleet forget " + host.host, true};
  if (host.rule != rollout.rule) {
    return Obstacle{"its tykupd has rule " + std::to_string(host.rule) + ", the rollout is of rule " + std::to_string(rollout.rule),
                    "install the tykup of the others there, or " + exclude(host.host), true};
  }
  return {};
}

std::optional<Obstacle> about_hindrances(HostRecord const& host, std::string_view component) {
  for (auto const& each : host.hindrances) {
    if (!each.component.empty() && each.component != component) continue;
    return Obstacle{each.text, each.remedy.empty() ? exclude(host.host) : each.remedy, true};
  }
  if (!host.next_opening) return Obstacle{"no maintenance window of it opens", "a [[window]] there, or " + exclude(host.host), true};
  return {};
}

/// What keeps the host from having its packages.
std::optional<Obstacle> about_fetching(HostRecord const& host, Rollout const& rollout) {
  for (auto const& carried : host.carried) {
    auto const* pin = rollout.pin(carried.component);
    if (pin == nullptr || is_ready(carried, *pin, rollout.direction)) continue;
    for (auto const& each : host.hindrances)
      if (each.component.empty() || each.component == carried.component) return Obstacle{each.text, each.remedy.empty() ? exclude(host.host) : each.remedy, true};
  }
  return {};
}

/// The budget of failures is used up by hosts that are not there.
std::optional<Obstacle> about_budget(Board const& board) {
  auto const absent = absent_holders(board.slots, board.live);
  auto const& rollout = *board.rollout;
  if (failed_count(rollout, absent) < rollout.policy.max_failed) return {};
  if (!absent.empty()) {
    auto const& host = absent.front().slot->host;
    return Obstacle{"max_failed is reached: " + host + " holds a slot of " + absent.front().component + " and is not there",
                    "start tykupd there; if the host is lost, tykup fleet release-slot " + host, true};
  }
  auto const& host = rollout.failures.front().host;
  return Obstacle{"max_failed is reached: " + host + " failed", "tykup fleet retry " + host + ", or " + exclude(host), true};
}

std::optional<Obstacle> about_packages(Board const& board, Stage const& stage) {
  std::vector<std::string> names;
  for (auto const& each : board.unready) {
    if (each.datacenter != stage.datacenter) continue;
    names.push_back(each.host);
    auto const own = own_obstacle(board, each.host, {});
    if (own && own->stuck) return Obstacle{"the packages of " + each.host + " are not there: " + own->text, own->remedy, true};
  }
  if (names.empty()) return {};
  return Obstacle{"waiting for the packages of " + some_of(names), {}, false};
}

std::optional<Obstacle> about_proof(Board const& board, Stage const& stage) {
  auto const before = proven_before(*board.rollout, stage);
  if (!before) return {};
  if (find_mark(board.dones, *before) == nullptr) return Obstacle{"waiting for the hosts that prove " + fleet::name_of(*before), {}, false};
  if (board.rollout->policy.strategy == Strategy::Canary) {
    if (find_mark(board.soaks, *before) == nullptr) return {};
    return Obstacle{"the canaries of " + fleet::name_of(*before) + " soak", {}, false};
  }
  auto const* promotion = promotion_of(*board.rollout, *before);
  if (promotion != nullptr && !promotion->hook_due) return {};
  if (promotion != nullptr) return Obstacle{"waiting for the promote hooks of " + fleet::name_of(*before), {}, false};
  return Obstacle{"waiting for the promotion of " + fleet::name_of(*before), "tykup fleet promote", true, true};
}

/// All slots are held; stuck where nobody of the holders is at work.
std::optional<Obstacle> about_slots(Board const& board, Stage const& stage) {
  std::vector<std::string> holders;
  std::vector<std::string> lost;
  std::vector<unsigned> held;
  for (auto const& each : board.slots) {
    if (each.datacenter != stage.datacenter || each.component != stage.component || !each.slot) continue;
    held.push_back(each.k);
    holders.push_back(each.slot->host);
    if (each.slot->state == SlotState::Failed || !board.is_live(each.slot->host)) lost.push_back(each.slot->host);
  }
  bool const begun = find_mark(board.firsts, stage) != nullptr;
  auto const limit = begun ? limit_of(*board.rollout, stage) : 1;
  if (free_slot(held, limit) && (begun || held.empty())) return {};
  if (lost.size() < holders.size()) return Obstacle{"waiting for a slot: " + some_of(holders) + (holders.size() == 1 ? " has it" : " have them"), {}, false};
  return Obstacle{"every slot is held by hosts that failed or are not there: " + some_of(lost),
                  "tykup fleet retry " + lost.front() + ", or tykup fleet release-slot " + lost.front(), true};
}

Obstacle about_time(HostRecord const& host, Instant now) {
  if (host.next_opening && *host.next_opening > now) return {"its window opens at " + to_rfc3339(*host.next_opening), {}, false};
  return {"its turn", {}, false};
}

std::string blockers(std::vector<BoardPending> const& earlier) {
  std::vector<std::string> names;
  for (auto const& each : earlier) names.push_back(each.host + " (" + each.stage.component + ")");
  return "waiting for " + some_of(names);
}

}  // namespace

std::vector<BoardPending> earlier_than(Board const& board, Stage const& stage) {
  auto const direction = board.rollout ? board.rollout->direction : Direction::Forwards;
  auto const place = place_of(stage, direction, {});
  std::vector<BoardPending> earlier;
  for (auto const& each : board.pending) {
    auto const other = place_of(each.stage, direction, each.host);
    bool const same_centre = other.rank == place.rank && other.datacenter == place.datacenter;
    if (other.rank < place.rank || (same_centre && other.step < place.step)) earlier.push_back(each);
  }
  std::ranges::stable_sort(earlier, {}, [&](BoardPending const& each) { return place_of(each.stage, direction, {}).rank + place_of(each.stage, direction, {}).step; });
  return earlier;
}

std::optional<Obstacle> own_obstacle(Board const& board, std::string_view name, std::string_view component) {
  auto const& rollout = *board.rollout;
  auto const* found = board.find(name);
  if (found == nullptr) return Obstacle{"it is not registered any more", "tykup fleet forget " + std::string(name), true};
  auto const& host = found->record;
  if (auto obstacle = about_identity(host, rollout)) return obstacle;
  for (auto const& carried : host.carried) {
    if (!component.empty() && carried.component != component) continue;
    auto const* pin = rollout.pin(carried.component);
    if (pin == nullptr) continue;
    if (auto obstacle = about_files(carried, *pin, rollout.direction, name)) return obstacle;
  }
  return component.empty() ? about_fetching(host, rollout) : about_hindrances(host, component);
}

Obstacle obstacle_of(Board const& board, BoardPending const& step, bool turn, Instant now) {
  if (auto obstacle = own_obstacle(board, step.host, step.stage.component)) return *obstacle;
  if (auto const stop = board.freeze ? frozen(*board.freeze, now) : std::nullopt) return {"the fleet is " + stop->text, stop->remedy, false};
  if (!turn) return {blockers(earlier_than(board, step.stage)), {}, false};
  if (auto obstacle = about_budget(board)) return *obstacle;
  if (auto obstacle = about_packages(board, step.stage)) return *obstacle;
  if (auto obstacle = about_proof(board, step.stage)) return *obstacle;
  if (auto obstacle = about_slots(board, step.stage)) return *obstacle;
  return about_time(board.find(step.host)->record, now);
}

}  // namespace tykup::fleet
