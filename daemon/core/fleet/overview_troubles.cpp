#include <algorithm>

#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

void about_hosts(Board const& board, std::vector<Trouble>& troubles) {
  auto const& policy = *board.policy;
  for (auto const& [host, created, modified] : board.hosts) {
    if (host.conflict) {
      troubles.push_back({host.host, {}, "two hosts call themselves " + host.host + " (machine ids " + host.identity.machine_id + " and " + host.conflict->machine_id + ")",
                          "give one of them another name with host = in its [fleet], then tykup fleet forget " + host.host});
    }
    if (host.rule != kRule) {
      troubles.push_back({host.host, {}, "its tykupd has rule " + std::to_string(host.rule) + ", this one has rule " + std::to_string(kRule),
                          "install the same tykup on all hosts"});
    }
    if (std::ranges::find(policy.centres, host.datacenter, &Centre::name) == policy.centres.end()) {
      troubles.push_back({host.host, {}, "its data centre " + quoted(host.datacenter) + " is not in the policy",
                          "name it with tykup fleet policy FILE, or mend datacenter in its [fleet]"});
    }
  }
}

void about_slots(Board const& board, std::vector<Trouble>& troubles) {
  for (auto const& held : absent_holders(board.slots, board.live)) {
    troubles.push_back({held.slot->host, held.component, "it holds a slot of " + held.component + " since " + to_rfc3339(held.slot->since) + " and is not there",
                        "start tykupd there; if the host is lost, tykup fleet release-slot " + held.slot->host});
  }
  for (auto const& held : board.slots) {
    if (!held.slot || held.slot->state != SlotState::Failed) continue;
    troubles.push_back({held.slot->host, held.component, "failed: " + held.slot->reason,
                        "tykup fleet retry " + held.slot->host + ", or tykup fleet exclude " + held.slot->host});
  }
}

/// While all hosts that need it are without it, and once it has stopped the rollout.
void about_pins(Board const& board, std::vector<Trouble>& troubles) {
  if (!board.rollout || !board.rollout->open()) return;
  for (auto const& each : unoffered_of(board)) {
    bool const stopped_it = std::ranges::any_of(board.rollout->pulled, [&](Withdrawal const& known) {
      return known.package == each.build.of.package && known.version == each.build.version;
    });
    if (each.offered && !stopped_it) continue;
    troubles.push_back({{}, each.component, text_of(each), "have it offered again, then tykup fleet resume; or tykup fleet abort, then tykup fleet start with a version that is offered"});
  }
}

}  // namespace

std::vector<Unoffered> unoffered_of(Board const& board) {
  std::vector<Unoffered> all;
  if (!board.rollout) return all;
  for (auto const& [host, created, modified] : board.hosts) {
    for (auto& missing : missing_of(host, *board.rollout)) {
      auto found = std::ranges::find(all, missing.build, &Unoffered::build);
      if (found == all.end()) found = all.insert(all.end(), {missing.component, missing.build, {}, false});
      found->hosts.push_back(host.host);
    }
  }
  for (auto& each : all) {
    each.offered = std::ranges::any_of(board.hosts, [&](BoardHost const& host) {
      auto const* carried = host.record.find(each.component);
      return carried != nullptr && std::ranges::find(carried->candidates, each.build) != carried->candidates.end();
    });
  }
  return all;
}

std::string text_of(Unoffered const& unoffered) {
  auto const& build = unoffered.build;
  return build.of.package + " " + build.version + " for " + build.of.distribution + " " + build.of.architecture + " is not offered to " + some_of(unoffered.hosts) + " any more";
}

std::vector<Trouble> troubles_of(Board const& board) {
  std::vector<Trouble> troubles;
  about_hosts(board, troubles);
  about_slots(board, troubles);
  about_pins(board, troubles);
  for (auto const& each : board.unreadable)
    troubles.push_back({{}, {}, "the record " + quoted(each.key) + " cannot be read: " + each.problem, "install the same tykup on all hosts"});
  return troubles;
}

}  // namespace tykup::fleet
