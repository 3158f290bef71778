#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/fleet/board.hpp"

/// Fleets as an operator has them before their eyes, built row by row.
namespace tykup::fleet::test {

inline Instant at(int minutes) { return Instant{std::chrono::hours{490'000}} + std::chrono::minutes{minutes}; }

inline BuildClass debian(std::string const& component) {
  return {component == "mdcb" ? "tyk-sink" : "tyk-" + component, PackageFormat::Deb, "debian 12", "amd64"};
}
inline std::string digest_of(std::string const& version) { return "sha-" + version; }
inline Build build(std::string const& component, std::string const& version) {
  return {debian(component), version, digest_of(version)};
}

/// At `installed`, offered the others (newest first).
inline Carried carried(std::string const& component, std::string const& installed, std::vector<std::string> const& offered = {"5.8.15"}) {
  Carried item{component, {build(component, installed)}, {}, {}};
  for (auto const& version : offered) item.candidates.push_back(build(component, version));
  return item;
}

inline HostRecord host(std::string const& name, std::string const& centre, std::vector<Carried> items, std::string const& group = {}) {
  HostRecord record{name, {"machine-" + name, "nonce-" + name}, centre, group};
  record.carried = std::move(items);
  record.next_opening = at(0);
  return record;
}

/// A control plane with one Dashboard and two Gateways, and two data planes behind it.
inline Policy policy() {
  Policy made;
  made.centres = {{"core", 0, Topology::MdcbControlPlane, {}}, {"eu-1", 1, Topology::MdcbDataPlane, {}}, {"us-1", 1, Topology::MdcbDataPlane, {}}};
  return made;
}

inline std::vector<HostRecord> hosts(std::string const& version = "5.8.14") {
  return {host("core-1", "core", {carried("mdcb", version), carried("dashboard", version), carried("gateway", version)}),
          host("core-2", "core", {carried("gateway", version)}),
          host("eu-a", "eu-1", {carried("gateway", version)}),
          host("eu-b", "eu-1", {carried("gateway", version)}),
          host("us-a", "us-1", {carried("gateway", version)})};
}

inline Pin pin(std::string const& component, std::string const& version = "5.8.15") { return {component, version, {build(component, version)}}; }

/// As `fleet init` leaves it, with these hosts registered.
inline Board idle(std::vector<HostRecord> records = hosts()) {
  Board board;
  board.cluster = "prod";
  board.revision = 100;
  board.meta = {Meta{}, 1, 1};
  board.policy = {policy(), 2, 2};
  std::int64_t revision = 10;
  for (auto& record : records) board.hosts.push_back({std::move(record), revision, revision}), ++revision;
  return board;
}

/// Where somebody's step of that component stands.
inline Stage stage(Board const& board, std::string const& host, std::string const& component) {
  auto const& record = board.find(host)->record;
  return *stage_of(board.rollout ? board.rollout->policy : *board.policy, record.datacenter, component, record.group);
}

inline void add_stage(Rollout& rollout, Stage const& stage) {
  auto const found = std::ranges::find(rollout.stages, stage, &StageNumbers::stage);
  if (found == rollout.stages.end()) {
    rollout.stages.push_back({stage, 1, limit_of(rollout.policy.max_unavailable, 1)});
  } else {
    ++found->members;
  }
}

/// The same with a rollout to 5.8.15, in which nothing is done.
inline Board running(std::vector<HostRecord> records = hosts()) {
  auto board = idle(std::move(records));
  Rollout rollout;
  rollout.id = "r1";
  rollout.state = RolloutState::Running;
  rollout.policy = *board.policy;
  rollout.pins = {pin("mdcb"), pin("dashboard"), pin("gateway")};
  rollout.began = {"alice", "", at(0)};
  for (auto const& each : board.hosts) {
    for (auto const& item : each.record.carried) {
      auto const of = stage(board, each.record.host, item.component);
      add_stage(rollout, of);
      board.pending.push_back({of, each.record.host, 50});
    }
  }
  board.rollout = {std::move(rollout), 40, 60};
  return board;
}

inline void hold_slot(Board& board, std::string const& host, std::string const& component, SlotState state = SlotState::InWork, unsigned k = 0) {
  auto const& record = board.find(host)->record;
  Slot slot{host, record.identity, "r1", component, state, state == SlotState::Failed ? "the gate did not pass" : "", at(5)};
  board.slots.push_back({record.datacenter, component, k, {slot, 70, 70}});
}

/// That step is done: the host is at the pin, its pending key is gone.
inline void finish(Board& board, std::string const& host, std::string const& component, int minute = 10) {
  auto const of = stage(board, host, component);
  std::erase_if(board.pending, [&](BoardPending const& each) { return each.host == host && each.stage.component == component; });
  auto& record = std::ranges::find_if(board.hosts, [&](BoardHost const& each) { return each.record.host == host; })->record;
  for (auto& item : record.carried)
    if (item.component == component) item.installed = {build(component, "5.8.15")};
  if (find_mark(board.firsts, of) == nullptr) board.firsts.push_back({of.datacenter, component, of.phase, {"r1", host, at(minute)}, 80});
  bool const left = std::ranges::any_of(board.pending, [&](BoardPending const& each) { return each.stage == of; });
  if (!left) board.dones.push_back({of.datacenter, component, of.phase, {"r1", host, at(minute)}, 81});
}

inline HostRecord& record_of(Board& board, std::string const& host) {
  return std::ranges::find_if(board.hosts, [&](BoardHost const& each) { return each.record.host == host; })->record;
}

}  // namespace tykup::fleet::test
