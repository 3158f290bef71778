#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/fleet/planted.hpp"
#include "daemon/core/fleet/schedule_parts.hpp"
#include "daemon/core/fleet/steering.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

std::string leave_out(std::string const& host) { return "tykup fleet start --exclude " + host; }

void refuse(Schedule& schedule, std::string host, std::string text, std::string remedy) {
  schedule.refusals.push_back({std::move(host), {}, std::move(text), std::move(remedy)});
}

std::set<std::string_view> with_a_step(Schedule const& schedule) {
  std::set<std::string_view> names;
  for (auto const& stage : schedule.stages)
    for (auto const& each : stage.hosts)
      if (!each.settled) names.insert(each.host);
  return names;
}

void check_excluded(Board const& board, Wanted const& wanted, Schedule& schedule) {
  Rollout const trial{.id = "new", .state = RolloutState::Running};
  for (auto const& name : wanted.exclude) {
    auto const* host = board.find(name);
    if (host == nullptr) {
      std::vector<std::string> names;
      for (auto const& each : board.hosts) names.push_back(each.record.host);
      auto const near = nearest_name(name, names);
      refuse(schedule, name, "no host of that name is registered" + (near ? "; did you mean " + quoted(*near) + "?" : std::string{}), "tykup fleet status names them");
      continue;
    }
    if (board.is_live(name)) refuse(schedule, name, "it is at work", "exclude it when it is done");
    if (auto const left_out = excluded(trial, host->record, wanted.stopped, {}); !left_out)
      refuse(schedule, {}, left_out.error().message, "then the same with --stopped");
  }
}

void check_rollout(Rollout const& rollout, Schedule& schedule) {
  if (!rollout.open()) return;
  auto const state = "rollout " + rollout.id + " is " + std::string(to_string(rollout.state));
  bool const may_go_back = schedule.direction == Direction::Back && (rollout.state == RolloutState::Paused || rollout.state == RolloutState::Stopped);
  if (may_go_back) return;
  refuse(schedule, {}, state, schedule.direction == Direction::Back ? "tykup fleet pause, then tykup fleet rollback" : "wait for its end, or tykup fleet abort");
}

/// Any host may be the one that a gate is asked on; where it is not there it lets nobody go on.
void check_gates(HostRecord const& host, Policy const& policy, Schedule& schedule) {
  for (auto const& gate : policy.gates) {
    bool const there = gate.command.empty() || std::ranges::find(host.gates, gate.command) != host.gates.end();
    if (!there) refuse(schedule, host.host, "it lacks /etc/tykup/hooks/gate.d/" + gate.command + ", which the policy's gate " + gate.name + " runs", "put it there and say tykup check, or " + leave_out(host.host));
  }
}

/// MDCB and Dashboard are met by others: a centre that should have them and shows none is not known to be done.
bool is_met(std::string const& component) {
  constexpr std::array<std::string_view, 2> kMet{"mdcb", "dashboard"};
  return std::ranges::find(kMet, component) != kMet.end();
}

}  // namespace

void check_board(Board const& board, Wanted const& wanted, Schedule& schedule) {
  if (!board.meta || !board.policy) {
    refuse(schedule, {}, "the cluster " + quoted(board.cluster) + " was not made yet, or its name is misspelt in [fleet]", "tykup fleet init POLICY-FILE");
    return;
  }
  if (board.meta->rule != kRule) {
    refuse(schedule, {}, "the cluster is of rule " + std::to_string(board.meta->rule) + ", this tykup has rule " + std::to_string(kRule), "install the same tykup on all hosts");
  }
  if (board.rollout) check_rollout(*board.rollout, schedule);
  if (board.hosts.empty()) refuse(schedule, {}, "no host is registered", "start tykupd with [fleet] on the hosts");
  for (auto const& each : board.unreadable)
    if (each.key.starts_with("host/")) refuse(schedule, each.key.substr(5), "its record cannot be read: " + each.problem, "install the same tykup on all hosts");
  check_excluded(board, wanted, schedule);
}

void check_hosts(std::vector<HostRecord const*> const& hosts, Policy const& policy, Instant now, Schedule& schedule) {
  auto const moved = with_a_step(schedule);
  for (auto const* host : hosts) {
    if (host->conflict)
      refuse(schedule, host->host, "two hosts call themselves " + host->host, "give one of them another name with host = in its [fleet], then tykup fleet forget " + host->host);
    if (host->rule != kRule)
      refuse(schedule, host->host, "its tykupd has rule " + std::to_string(host->rule) + ", this one has rule " + std::to_string(kRule), "install the same tykup there, or " + leave_out(host->host));
    if (std::ranges::find(policy.centres, host->datacenter, &Centre::name) == policy.centres.end())
      refuse(schedule, host->host, "its data centre " + quoted(host->datacenter) + " is not in the policy", "name it with tykup fleet policy FILE, or mend datacenter in its [fleet]");
    if (!moved.contains(host->host)) continue;
    if (schedule.direction == Direction::Forwards) check_gates(*host, policy, schedule);
    bool const never = !host->next_opening || *host->next_opening > now + kFarthestOpening;
    if (never && schedule.direction == Direction::Forwards)
      refuse(schedule, host->host, "no maintenance window of it opens in 35 days", "a [[window]] there, or " + leave_out(host->host));
    if (never && schedule.direction == Direction::Back)
      schedule.blocked.push_back({host->host, {}, "no maintenance window of it opens in 35 days", "a [[window]] there"});
    for (auto const& each : host->hindrances)
      schedule.blocked.push_back({host->host, each.component, each.text, each.remedy.empty() ? leave_out(host->host) : each.remedy});
  }
}

void check_at_work(Board const& board, Schedule& schedule) {
  for (auto const& held : board.slots) {
    if (!held.slot || held.slot->state == SlotState::Failed) continue;
    auto const& host = held.slot->host;
    refuse(schedule, host, "it is at work on " + held.component + ", and nobody knows yet where it has to be taken back from",
           "wait for its end, or, where that host is lost, tykup fleet release-slot " + host);
  }
}

void check_bytes(std::vector<HostRecord const*> const& hosts, Schedule& schedule) {
  for (auto const& pin : schedule.pins) {
    for (auto const& member : members_of(hosts, pin.component)) {
      for (auto const& installed : member.carried->installed) {
        auto const pinned = std::ranges::find(pin.builds, installed.of, &Build::of);
        bool const known = pinned != pin.builds.end() && !installed.sha256.empty() && !pinned->sha256.empty();
        if (!known || installed.version != pinned->version || installed.sha256 == pinned->sha256) continue;
        refuse(schedule, member.host->host,
               "its " + installed.of.package + " " + installed.version + " is another file (" + installed.sha256.substr(0, 12) + ") than the one of that version that the others go to (" +
                   pinned->sha256.substr(0, 12) + "), and no step leads from one to the other",
               "a newer version, or " + leave_out(member.host->host));
      }
    }
  }
}

void check_unknown_stages(std::vector<HostRecord const*> const& hosts, Policy const& policy, Schedule& schedule) {
  if (planted(Bug::EmptyStageDone)) return;
  for (auto const& centre : policy.centres) {
    std::vector<std::string> carried;
    bool known = false;
    for (auto const* host : hosts) {
      if (host->datacenter != centre.name) continue;
      known = true;
      for (auto const& each : host->carried)
        if (!each.installed.empty()) carried.push_back(each.component);
    }
    if (!known) {
      refuse(schedule, {}, "no host of data centre " + centre.name + " is registered: nobody knows how far it is", "start tykupd with [fleet] there, or take it out with tykup fleet policy FILE");
      continue;
    }
    for (auto const& component : components_of(centre))
      if (is_met(component) && std::ranges::find(carried, component) == carried.end())
        refuse(schedule, {}, "no host of data centre " + centre.name + " carries " + component + ", which its topology has: nobody knows its version",
               "start tykupd with [fleet] on the host that does, or give the centre another topology with tykup fleet policy FILE");
  }
}

void check_order(std::vector<HostRecord const*> const& hosts, Policy const& policy, Schedule& schedule) {
  if (schedule.direction == Direction::Back) return;
  auto const find_pin = [&](std::string const& component) { return std::ranges::find(schedule.pins, component, &Pin::component); };
  for (auto const* host : hosts) {
    for (auto const& carried : host->carried) {
      auto const pin = find_pin(carried.component);
      auto const stage = stage_of(policy, host->datacenter, carried.component, host->group);
      if (pin == schedule.pins.end() || carried.installed.empty()) continue;
      if (!stage) {
        refuse(schedule, host->host, "it carries " + carried.component + ", which the topology of " + host->datacenter + " does not have", "mend the topology with tykup fleet policy FILE, or " + leave_out(host->host));
        continue;
      }
      auto const progress = progress_of(carried, *pin, Direction::Forwards);
      if (progress == Progress::Beyond)
        refuse(schedule, host->host, carried.component + " " + carried.version() + " is beyond " + pin->version + ", to which no upgrade leads", "a newer version, --component " + carried.component + "=…, or " + leave_out(host->host));
      if (progress != Progress::Ahead) continue;
      for (auto const& earlier : schedule.stages) {
        auto const place = place_of(*stage, Direction::Forwards, {});
        auto const other = place_of(earlier.numbers.stage, Direction::Forwards, {});
        bool const before = other.rank < place.rank || (other.rank == place.rank && other.datacenter == place.datacenter && other.step < place.step);
        auto const unfinished = std::ranges::find(earlier.hosts, false, &PlannedHost::settled);
        if (!before || unfinished == earlier.hosts.end()) continue;
        refuse(schedule, host->host, "its " + carried.component + " " + carried.version() + " is ahead of " + unfinished->host + " (" + name_of(earlier.numbers.stage) + "), which comes before it",
               "pin that version, --component " + carried.component + "=" + carried.version() + ", or tykup rollback " + carried.component + " there, or " + leave_out(host->host));
        break;
      }
    }
  }
}

}  // namespace tykup::fleet
