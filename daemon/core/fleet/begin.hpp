#pragma once

#include <string>
#include <vector>

#include "daemon/core/fleet/order.hpp"
#include "daemon/core/named_version.hpp"
#include "daemon/core/result.hpp"

/// How a rollout begins: what is pinned, who is in which stage, and everything that speaks against it.
namespace tykup::fleet {

/// No maintenance window in this time: the host would hold up the fleet.
inline constexpr int kOpeningWithinDays = 35;

struct BeginAsked {
  std::string id = {};  ///< a key part
  Direction direction = Direction::Forwards;
  std::vector<NamedVersion> targets = {};  ///< components and their upstream versions
  std::string undoes = {};                 ///< Back: the rollout that is taken back
  Word said = {};
};

/// The rollout in Preparing, with the numbers of this moment. NotAllowed names each host, data centre or component that speaks
/// against it: the first in the message, all of them in the detail.
[[nodiscard]] Result<Rollout> begin(BeginAsked const& asked, Policy const& policy, std::vector<HostRecord> const& hosts);

/// What a rollback of it asks for: every component back to what most had, in reverse order.
[[nodiscard]] BeginAsked back_from(Rollout const& rollout, std::string id, Word said);

}  // namespace tykup::fleet
