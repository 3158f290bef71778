#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What is said in the journal.
namespace tykup::rollout {

/// A closed list of things said in the journal; each has a MESSAGE_ID and a catalog entry in systemd/.
enum class Said {
  SourceFailed,
  SourceRecovered,
  VersionSeen,
  PlanMade,
  PlanGone,
  DownloadFailed,
  WaitingForWindow,
  RunStarted,
  StepStarted,
  PackageChanged,
  ServiceRestarted,
  StepDone,
  StepNotDone,
  RollbackStarted,
  RolledBack,
  NeedsAdmin,
  RunDone,
  RunPartial,
  RunStopped,
  Recovered,
  UnitRepaired,
  OperatorAsked,
  TroubleCleared,
  InspectFailed,
  DaemonStarted,
  ConfigReloaded,
  ConfigRejected,
  HoldSet,
  HoldReleased,
  HoldEnded,
  PlanApproved,
  ApprovalVoid,
  BadForgotten,
  ConcernRaised,
  WindowMissed,
  ClockUnsynchronised,
  FreezeUnreadable,
  FreezeRead,
  StepPutOff,
  JobSlow,
  HookFailed,
  NotTakenBack,
  NotifyFailing,
  NotifyLost,
  NotifyWorks,
  FleetTrouble,
  FleetWell,
  FleetStopped,
};
std::string_view to_string(Said said);
std::vector<Said> const& all_said();

enum class Priority { Error = 3, Warning = 4, Notice = 5, Info = 6 };

/// One structured journal entry.
struct Announcement {
  Said said;
  Priority priority = Priority::Info;
  std::string message;
  std::string run = {};
  std::string step = {};  ///< "2/3"
  std::string component = {};
  std::string from = {};
  std::string to = {};
  std::string reason = {};
  std::string unit = {};
};

}  // namespace tykup::rollout
