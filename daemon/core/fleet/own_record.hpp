#pragma once

#include <map>
#include <string>

#include "daemon/core/config.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/core/fleet/records.hpp"
#include "daemon/core/plan.hpp"
#include "daemon/core/result.hpp"

namespace tykup::fleet {

/// What a host publishes of itself is made of these.
struct Own {
  Config const& config;
  HostFacts const& facts;
  std::map<std::string, Error> const& source_problems;  ///< URL and suite, or "refresh" → why the last refresh failed
  Plan const& plan;        ///< why components stay
  std::string const& host; ///< the host's own name, where the configuration gives it no other in the fleet
  Instant now;
};

/// The host's own record, but for its identity. A component that is not installed is not carried. Next opening: the beginning
/// of the window that is open, or of the next one that is not frozen.
[[nodiscard]] HostRecord own_record(Own const& own);

}  // namespace tykup::fleet
