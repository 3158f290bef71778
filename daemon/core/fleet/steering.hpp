#pragma once

#include <string>
#include <vector>

#include "daemon/core/fleet/rule.hpp"
#include "daemon/core/result.hpp"

/// What operators and failures make of a rollout. Each is a function of the rollout as it was seen; the transaction that writes
/// it compares that it still is so. NotAllowed says why not.
namespace tykup::fleet {

/// With the failure of that host and component, once; Stopped where that is one too many.
[[nodiscard]] Rollout with_failure(Rollout rollout, Failure const& failure);

[[nodiscard]] Result<Rollout> paused(Rollout rollout, Word const& said);
/// From Paused and Stopped, where fewer than max_failed have failed.
[[nodiscard]] Result<Rollout> resumed(Rollout rollout, Word const& said);
[[nodiscard]] Result<Rollout> aborted(Rollout rollout, Word const& said);
[[nodiscard]] Result<Rollout> stopped(Rollout rollout, Halt halt, Word const& said);
/// Stopped for a pin that left its repository, by the host that saw it.
[[nodiscard]] Result<Rollout> pulled(Rollout rollout, Withdrawal const& withdrawal);
/// Blue-green. Refused while a host of the phase has not finished, or has failed. `hook_due`: a host of it has promote hooks, and
/// the next group waits for them.
[[nodiscard]] Result<Rollout> promoted(Rollout rollout, Stage const& stage, std::vector<Blocker> const& pending, Word const& said, bool hook_due = false);
/// The promote hooks of that phase have run, on that host.
[[nodiscard]] Rollout hooks_done(Rollout rollout, Stage const& stage, std::string const& host);
/// MDCB and Dashboard only with `host_is_stopped`: later stages would meet their old version.
[[nodiscard]] Result<Rollout> excluded(Rollout rollout, HostRecord const& host, bool host_is_stopped, Word const& said);
/// The host's failure is forgotten and its slot says Again; the rollout runs where it was stopped by failures only and enough of
/// them are gone. A failed slot may be one of an earlier rollout, whose failures this one does not know.
[[nodiscard]] Result<Rollout> retried(Rollout rollout, std::string const& host, bool holds_failed_slot, Word const& said);

}  // namespace tykup::fleet
