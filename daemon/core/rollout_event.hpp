#pragma once

#include <string>
#include <variant>
#include <vector>

#include "daemon/core/health.hpp"
#include "daemon/core/job.hpp"
#include "daemon/core/plan.hpp"
#include "daemon/core/policy.hpp"
#include "daemon/core/result.hpp"

/// What happened, as past participles.
namespace tykup::rollout {

namespace event {
struct Started {
  std::string boot = {};  ///< the id of this boot of the host; empty: unknown
};
struct Ticked {};
struct ConfigChanged {};
struct CheckAsked {
  std::string by;
};
struct RunAsked {
  std::string by;
  bool ignore_unhealthy = false;
  bool override_freeze = false;
  std::vector<NamedVersion> without_way_back = {};  ///< steps that may go although there is no way back from them
  std::optional<std::string> outside = {};          ///< of a fleet: whatever the others do, and why
  std::vector<NamedVersion> steps = {};             ///< with it: those of the plan that was shown
};
struct StopAsked {
  std::string by;
};
struct Refreshed {
  std::string job;
  job::Refreshed result;
};
struct Inspected {
  std::string job;
  job::Inspected result;
};
struct Downloaded {
  std::string job;
  job::Downloaded result;
};
struct BackedUp {
  std::string job;
  job::BackedUp result;
};
struct Applied {
  std::string job;
  job::Applied result;
};
struct Restarted {
  std::string job;
  job::Restarted result;
};
struct Restored {
  std::string job;
  job::Restored result;
};
struct Recovered {
  std::string job;
  job::Recovered result;
};
struct Hooked {
  std::string job;
  job::Hooked result;
};
struct PluginsChecked {
  std::string job;
  job::PluginsChecked result;
};
struct JobFailed {
  std::string job;
  Error error;
};
struct HealthPassed {
  std::string component;
};
struct HealthFailed {
  std::string component;
  std::string reason;
  bool only_dependencies = false;
  Unwell unwell = {};
};
/// Replaces an earlier hold on the same component.
struct HoldAsked {
  Hold hold;
};
/// The hold on that component, or every hold where it is empty.
struct ReleaseAsked {
  std::string by;
  std::string component;
};
struct ApproveAsked {
  Approval approval;
};
/// The bad versions of that component, or all where it is empty.
struct ForgetBadAsked {
  std::string by;
  std::string component;
};
/// Takes back what that step of that run brought; `may_roll_back` allowed it.
struct RollBackAsked {
  std::string by;
  std::string run;
  PlanStep step;
  std::optional<fleet::Grant> grant = {};  ///< where the fleet goes back: the slot for it
};
/// The fleet says something else than before: a slot, an answer, whom it waits for.
struct FleetChanged {};
/// The fleet goes to other versions than before, or to none.
struct FleetPinned {};
/// The fleet gave a slot for what this host cannot do.
struct FleetHindered {
  fleet::Grant grant;
  std::string reason;
};
/// The fleet has written down how the step of that slot ended.
struct FleetHeard {
  std::int64_t slot;
};
}  // namespace event

using Event = std::variant<event::Started, event::Ticked, event::ConfigChanged, event::CheckAsked, event::RunAsked,
                           event::StopAsked, event::Refreshed, event::Inspected, event::Downloaded, event::BackedUp,
                           event::Applied, event::Restarted, event::Restored, event::Recovered, event::JobFailed,
                           event::HealthPassed, event::HealthFailed, event::HoldAsked, event::ReleaseAsked,
                           event::ApproveAsked, event::ForgetBadAsked, event::Hooked,
                           event::PluginsChecked, event::RollBackAsked, event::FleetChanged, event::FleetPinned,
                           event::FleetHeard, event::FleetHindered>;
std::string_view name_of(Event const& event);

}  // namespace tykup::rollout
