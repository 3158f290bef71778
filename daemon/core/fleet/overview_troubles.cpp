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

bool offers(Carried const& carried, Build const& build) {
  auto const is_it = [&](Build const& each) { return each.of == build.of && each.version == build.version && each.sha256 == build.sha256; };
  return std::ranges::any_of(carried.candidates, is_it) || std::ranges::any_of(carried.installed, is_it);
}

/// A pinned file that none of the hosts that need it is offered any more.
void about_pins(Board const& board, std::vector<Trouble>& troubles) {
  if (!board.rollout || !board.rollout->open() || board.rollout->direction == Direction::Back) return;
  for (auto const& pin : board.rollout->pins) {
    for (auto const& build : pin.builds) {
      std::vector<std::string> without;
      bool offered = false;
      for (auto const& [host, created, modified] : board.hosts) {
        auto const* carried = host.find(pin.component);
        bool const of_class = carried != nullptr && std::ranges::find(carried->installed, build.of, &Build::of) != carried->installed.end();
        if (!of_class) continue;
        offered = offered || offers(*carried, build);
        if (!offers(*carried, build)) without.push_back(host.host);
      }
      if (offered || without.empty()) continue;
      troubles.push_back({{}, pin.component, pin.component + " " + build.version + " for " + build.of.distribution + " " + build.of.architecture +
                                                  " is not offered any more to " + some_of(without),
                          "tykup fleet abort, then tykup fleet start with a version that is offered"});
    }
  }
}

}  // namespace

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
