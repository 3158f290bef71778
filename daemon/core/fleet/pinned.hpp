#pragma once

#include "daemon/core/fleet/view.hpp"
#include "daemon/core/policy.hpp"

namespace tykup::fleet {

/// What `choose` is asked, as one value.
struct PinnedQuery {
  Component const& component;
  ComponentFacts const& facts;
  PackageFormat format;
  PolicyConfig const& policy;
  Memory const& memory;
  Instant now;
};

/// The decision for one component of a fleet's host. The rollout's pin stands for this host's own track, soak and approval: the
/// component goes to exactly that version and file or stays. Holds, trust, bad versions, plugins and the way back are asked
/// as on any host. What is newer than the pin stays: it is ahead.
[[nodiscard]] Choice choose_pinned(PinnedQuery const& query, View const& view);

}  // namespace tykup::fleet
