#include "daemon/core/fleet/schedule.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/fleet/schedule_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

void add_stages(std::vector<HostRecord const*> const& hosts, Policy const& policy, Schedule& schedule) {
  for (auto const* host : hosts) {
    for (auto const& carried : host->carried) {
      auto const pin = std::ranges::find(schedule.pins, carried.component, &Pin::component);
      auto const stage = stage_of(policy, host->datacenter, carried.component, host->group);
      if (pin == schedule.pins.end() || !stage || carried.installed.empty()) continue;
      auto found = std::ranges::find_if(schedule.stages, [&](PlannedStage const& each) { return each.numbers.stage == *stage; });
      if (found == schedule.stages.end()) found = schedule.stages.insert(schedule.stages.end(), PlannedStage{{*stage, 0, 1}, {}});
      bool const settled = is_settled(progress_of(carried, *pin, schedule.direction));
      found->hosts.push_back({host->host, carried.version(), pin->version, settled, host->next_opening});
      ++found->numbers.members;
    }
  }
}

/// A percentage is of the component's members in that data centre, whatever their group.
void set_limits(Policy const& policy, Schedule& schedule) {
  for (auto& stage : schedule.stages) {
    unsigned members = 0;
    for (auto const& other : schedule.stages) {
      auto const& a = stage.numbers.stage;
      auto const& b = other.numbers.stage;
      if (a.datacenter == b.datacenter && a.component == b.component) members += other.numbers.members;
    }
    stage.numbers.limit = limit_of(policy.max_unavailable, members);
  }
}

void sort_stages(Schedule& schedule) {
  for (auto& stage : schedule.stages) std::ranges::sort(stage.hosts, {}, &PlannedHost::host);
  std::ranges::sort(schedule.stages, {}, [&](PlannedStage const& each) {
    auto const place = place_of(each.numbers.stage, schedule.direction, {});
    return std::tuple(place.rank, place.datacenter, place.step);
  });
}

std::string hash_of(Board const& board, Wanted const& wanted, Schedule const& schedule, Digest const& digest) {
  std::string text = std::string(to_string(schedule.direction)) + "\n" + std::to_string(board.policy.modified) + "\n";
  for (auto const& pin : schedule.pins)
    for (auto const& build : pin.builds)
      text += pin.component + " " + pin.version + " " + build.of.package + " " + build.of.distribution + " " + build.of.architecture + " " + build.version + " " + build.sha256 + "\n";
  for (auto const& stage : schedule.stages) {
    text += name_of(stage.numbers.stage) + " " + std::to_string(stage.numbers.stage.phase) + " " + std::to_string(stage.numbers.limit) + ":";
    for (auto const& host : stage.hosts) text += " " + host.host + (host.settled ? " settled" : "");
    text += "\n";
  }
  for (auto const& host : wanted.exclude) text += "without " + host + "\n";
  return digest(text);
}

bool moves_nobody(Schedule const& schedule) {
  return std::ranges::all_of(schedule.stages, [](PlannedStage const& stage) { return std::ranges::all_of(stage.hosts, &PlannedHost::settled); });
}

/// What most hosts have now: where a rollback goes.
std::vector<Before> versions_now(Schedule const& schedule) {
  std::vector<Before> before;
  for (auto const& pin : schedule.pins) {
    std::map<std::string, unsigned> had;
    for (auto const& stage : schedule.stages)
      if (stage.numbers.stage.component == pin.component)
        for (auto const& host : stage.hosts) ++had[host.from];
    auto const most = std::ranges::max_element(had, {}, [](auto const& each) { return each.second; });
    if (most != had.end()) before.push_back({pin.component, most->first});
  }
  return before;
}

std::string const* version_before(Rollout const& rollout, std::string const& component) {
  auto const found = std::ranges::find(rollout.before, component, &Before::component);
  return found == rollout.before.end() ? nullptr : &found->version;
}

void make_rollout(Board const& board, Wanted const& wanted, Beginning const& beginning, Schedule& schedule) {
  Rollout rollout;
  rollout.id = beginning.id;
  rollout.direction = schedule.direction;
  rollout.policy = *board.policy;
  rollout.pins = schedule.pins;
  for (auto const& stage : schedule.stages) rollout.stages.push_back(stage.numbers);
  for (auto const& host : wanted.exclude) rollout.excluded.push_back({host, beginning.said});
  if (schedule.direction == Direction::Back) rollout.undoes = board.rollout->id;
  rollout.before = versions_now(schedule);
  rollout.began = rollout.last = beginning.said;
  schedule.rollout = std::move(rollout);
}

/// The stages of the pins, all checks, and the rollout where nothing is against it. Precondition: the board has a policy.
void finish(Board const& board, Wanted const& wanted, Beginning const& beginning, Digest const& digest, Schedule& schedule) {
  auto const hosts = participants(board, wanted);
  auto const& policy = *board.policy;
  add_stages(hosts, policy, schedule);
  set_limits(policy, schedule);
  sort_stages(schedule);
  check_hosts(hosts, policy, beginning.said.at, schedule);
  check_bytes(hosts, schedule);
  if (auto const stop = board.freeze ? frozen(*board.freeze, beginning.said.at) : std::nullopt)
    schedule.notes.push_back("nobody starts at once: the fleet is " + stop->text + "; " + stop->remedy);
  if (schedule.direction == Direction::Forwards) check_unknown_stages(hosts, policy, schedule);
  check_order(hosts, policy, schedule);
  if (schedule.refusals.empty() && moves_nobody(schedule)) {
    schedule.nothing_to_do = true;
    schedule.refusals.push_back({{}, {}, schedule.direction == Direction::Back ? "no host has moved" : "every host is at the newest version that all of them are offered", "tykup check on the hosts asks their repositories anew"});
  }
  if (!schedule.refusals.empty()) return;
  schedule.hash = hash_of(board, wanted, schedule, digest);
  make_rollout(board, wanted, beginning, schedule);
}

void check_wanted(std::vector<std::string> const& known, Wanted const& wanted, Schedule& schedule) {
  auto const check = [&](std::string const& component) {
    if (std::ranges::find(known, component) != known.end()) return;
    auto const near = nearest_name(component, known);
    schedule.refusals.push_back({{}, component, "no host carries " + quoted(component) + (near ? "; did you mean " + quoted(*near) + "?" : std::string{}), "tykup fleet status names what they carry"});
  };
  for (auto const& each : wanted.versions) check(each.component);
  for (auto const& each : wanted.components) check(each);
}

}  // namespace

std::vector<HostRecord const*> participants(Board const& board, Wanted const& wanted) {
  std::vector<HostRecord const*> hosts;
  for (auto const& each : board.hosts)
    if (std::ranges::find(wanted.exclude, each.record.host) == wanted.exclude.end()) hosts.push_back(&each.record);
  return hosts;
}

std::vector<Member> members_of(std::vector<HostRecord const*> const& hosts, std::string const& component) {
  std::vector<Member> members;
  for (auto const* host : hosts)
    if (auto const* carried = host->find(component); carried != nullptr && !carried->installed.empty()) members.push_back({host, carried});
  return members;
}

std::vector<std::string> components_of(Board const& board, std::vector<HostRecord const*> const& hosts, Wanted const& wanted) {
  std::vector<std::string> order;
  auto const add = [&](std::string const& component) {
    bool const asked = wanted.components.empty() || std::ranges::find(wanted.components, component) != wanted.components.end() || wanted_version(wanted, component) != nullptr;
    if (asked && std::ranges::find(order, component) == order.end() && !members_of(hosts, component).empty()) order.push_back(component);
  };
  for (auto const& centre : board.policy->centres)
    for (auto const& component : components_of(centre)) add(component);
  return order;
}

Schedule schedule(Board const& board, Wanted const& wanted, Beginning const& beginning, Digest const& digest) {
  Schedule made;
  check_board(board, wanted, made);
  if (!board.meta || !board.policy) return made;
  auto const hosts = participants(board, wanted);
  check_wanted(components_of(board, hosts, {}), wanted, made);
  for (auto const& component : components_of(board, hosts, wanted))
    if (auto pin = choose_pin(component, members_of(hosts, component), wanted, made)) made.pins.push_back(std::move(*pin));
  finish(board, wanted, beginning, digest, made);
  return made;
}

Schedule schedule_back(Board const& board, Wanted const& wanted, Beginning const& beginning, Digest const& digest) {
  Schedule made;
  made.direction = Direction::Back;
  check_board(board, wanted, made);
  if (!board.meta || !board.policy) return made;
  if (!board.rollout || board.rollout->direction == Direction::Back) {
    auto const text = board.rollout ? "rollout " + board.rollout->id + " went back already" : std::string("there was no rollout yet");
    made.refusals.push_back({{}, {}, text, board.rollout ? "tykup fleet start goes forwards again" : "tykup rollback COMPONENT on a host takes that one back"});
    return made;
  }
  check_at_work(board, made);
  auto const hosts = participants(board, wanted);
  for (auto const& pin : board.rollout->pins) {
    bool const asked = wanted.components.empty() || std::ranges::find(wanted.components, pin.component) != wanted.components.end() || wanted_version(wanted, pin.component) != nullptr;
    if (!asked) continue;
    if (auto back = choose_pin_back(pin, version_before(*board.rollout, pin.component), members_of(hosts, pin.component), wanted, made)) made.pins.push_back(std::move(*back));
  }
  finish(board, wanted, beginning, digest, made);
  return made;
}

}  // namespace tykup::fleet
