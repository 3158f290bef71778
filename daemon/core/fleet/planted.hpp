#pragma once

/// Mistakes that others made, or that were tried by hand and broke an invariant. A test build has them behind switches, to
/// prove that the simulation would notice; in every other build the function is a constant and nothing of them is left.
namespace tykup::fleet {

enum class Bug {
  GateOutsideTransaction,   ///< the gate is looked at, then the slot is taken without it
  GateByKeys,               ///< the pending keys that were read are compared, not their range: a new one slips through
  SlotUnderLease,
  SlotByRollout,            ///< the slot's key holds the rollout: abort and start leave the former holders uncounted
  BlindRelease,             ///< deletes whatever is in the slot, the next holder included
  LostReplyIsRefusal,       ///< what was perhaps done counts as not done
  PercentOfCurrent,         ///< of the members now, not of those when the rollout began
  EmptyStageDone,           ///< a control plane that nobody knows counts as upgraded
  PauseOnlyAtTake,
  FreezeOnlyAtTake,
  WatchWithoutReading,      ///< resumed after a gap from the present
  RestoreTrusted,
  RunBackInFleet,           ///< a failing step takes the host's earlier components back as well
  kCount
};

#ifdef TYKUP_PLANTED
[[nodiscard]] bool planted(Bug bug);
void plant(Bug bug, bool on);
#else
[[nodiscard]] constexpr bool planted(Bug) { return false; }
#endif

}  // namespace tykup::fleet
