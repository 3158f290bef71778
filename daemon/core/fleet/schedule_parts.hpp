#pragma once

#include "daemon/core/fleet/schedule.hpp"

/// The pieces of a schedule. Private to it.
namespace tykup::fleet {

/// One host's component that takes part.
struct Member {
  HostRecord const* host = nullptr;
  Carried const* carried = nullptr;
};

/// Those who take part: registered, not excluded.
[[nodiscard]] std::vector<HostRecord const*> participants(Board const& board, Wanted const& wanted);
[[nodiscard]] std::vector<Member> members_of(std::vector<HostRecord const*> const& hosts, std::string const& component);
/// Components of the participants, in the order of the going.
[[nodiscard]] std::vector<std::string> components_of(Board const& board, std::vector<HostRecord const*> const& hosts, Wanted const& wanted);
[[nodiscard]] std::string const* wanted_version(Wanted const& wanted, std::string const& component);

/// One class's file and who has it.
struct Offer {
  Build build = {};
  std::vector<std::string> hosts = {};
};
/// The pin of those offers; refuses where a class has two.
[[nodiscard]] Pin pin_of_offers(std::string const& component, std::string const& version, std::vector<Offer> const& offers, Schedule& schedule);
void add_offer(std::vector<Offer>& offers, Build const& build, std::string const& host);

/// The pin of a rollout forwards; nothing where nobody has a step to do, or it is refused.
[[nodiscard]] std::optional<Pin> choose_pin(std::string const& component, std::vector<Member> const& members, Wanted const& wanted, Schedule& schedule);
/// The pin of a rollout back; `before`: what most had when the rollout began that is undone.
[[nodiscard]] std::optional<Pin> choose_pin_back(Pin const& undone, std::string const* before, std::vector<Member> const& members, Wanted const& wanted, Schedule& schedule);

/// Why no rollout begins on this board at all; adds to the refusals.
void check_board(Board const& board, Wanted const& wanted, Schedule& schedule);
/// Hosts that would not go: refused by name, or blocked.
void check_hosts(std::vector<HostRecord const*> const& hosts, Policy const& policy, Instant now, Schedule& schedule);
/// Hosts in their step forwards: by their records they have not moved.
void check_at_work(Board const& board, Schedule& schedule);
/// Hosts that have the pinned version in other bytes: no step leads from one to the other.
void check_bytes(std::vector<HostRecord const*> const& hosts, Schedule& schedule);
/// Stages of which nobody is known.
void check_unknown_stages(std::vector<HostRecord const*> const& hosts, Policy const& policy, Schedule& schedule);
/// Hosts that are ahead of a stage that is not done.
void check_order(std::vector<HostRecord const*> const& hosts, Policy const& policy, Schedule& schedule);
/// Newer first.
[[nodiscard]] bool is_newer(PackageFormat format, std::string const& a, std::string const& b);

}  // namespace tykup::fleet
