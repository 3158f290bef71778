#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/rollout.hpp"

/// Where a component would go if an operator took its version back. Pure: what history and the host say.
namespace tykup::rollout {

struct WayBack {
  std::string component;
  std::string installed = {};          ///< the version that stands; empty: none, or not known yet
  std::string run = {};                ///< that brought it; empty: none is known
  PlanStep step = {};                  ///< of that run: it would go from `to` back to `from`
  std::optional<Error> hindrance = {}; ///< why it cannot; absent: it can
  std::string remedy = {};             ///< what to do then
  std::string backup = {};             ///< the configuration as it was before that step, where it was saved
};

struct WayBackQuery {
  State const& state;
  std::vector<RunRecord> const& runs;  ///< newest first
  HostFacts const* facts = nullptr;    ///< null: the host was not read yet
  Config const& config;
};

/// From the latest run that brought the component to the version that stands. NotFound: no such component is configured.
[[nodiscard]] Result<WayBack> way_back_of(std::string const& component, WayBackQuery const& query);

/// The event that an operator's word is, if it makes sense now. `to` is the version that was shown; empty: whichever it is.
/// NotFound where another one is meant by now; the hindrance otherwise.
[[nodiscard]] Result<Event> may_roll_back(WayBack const& way, std::string const& to, std::string const& by);

}  // namespace tykup::rollout
