#pragma once

/// Every place where a process of the test build can be made to end, fail or leave something out: one line a point.
/// The code names a point by its identifier, so that one that is not listed does not compile; `--fault list` prints the
/// list, and the crash matrix is generated from what is printed.
///
/// POINT(identifier, name, whose, road): `whose` program reaches it, on which `road` of a step:
///   There      an upgrade that goes well
///   Mended     an upgrade whose package is installed once more, because scripts of the old one took its unit along
///   Back       the new version is unhealthy: the way back
///   Undone     the next component's new version is unhealthy, and the run goes back as a whole
///   Recovered  the package manager was killed half-way
///   Plugins    an API needs a Go plugin, which has a build for the new version
///   Fleet      the host belongs to a fleet, whose rollout goes well
///   Doomed     neither version comes up
///   PutRight   the same, and the operator put the host right and says `check`
///   LeftOut    none: what stands there is left out (`skip`), to prove that the matrix would notice
#define TYKUP_FAULT_POINTS(POINT)                                      \
  POINT(StoreMigrating, "store-migrating", Daemon, There)              \
  POINT(StoreMigrated, "store-migrated", Daemon, There)                \
  POINT(GateBegins, "gate-begins", Daemon, There)                      \
  POINT(GateBegun, "gate-begun", Daemon, There)                        \
  POINT(PackageFetched, "package-fetched", Executor, There)            \
  POINT(PackageNamed, "package-named", Executor, There)                \
  POINT(PackageKept, "package-kept", Executor, There)                  \
  POINT(BackupWritten, "backup-written", Executor, There)              \
  POINT(BackupSynced, "backup-synced", Executor, There)                \
  POINT(BackupNamed, "backup-named", Executor, There)                  \
  POINT(BackupRecorded, "backup-recorded", Executor, There)            \
  POINT(ChangeRecorded, "change-recorded", Executor, There)            \
  POINT(ChangeDone, "change-done", Executor, There)                    \
  POINT(ReinstallBegins, "reinstall-begins", Rpm, Mended)              \
  POINT(ReinstallDone, "reinstall-done", Rpm, Mended)                  \
  POINT(FilesComplete, "files-complete", Executor, There)              \
  POINT(InitFilesMended, "init-files-mended", Executor, There)         \
  POINT(NewFileKept, "new-file-kept", Executor, There)                 \
  POINT(OwnFileWritten, "own-file-written", Executor, There)           \
  POINT(OwnFileNamed, "own-file-named", Executor, There)               \
  POINT(OwnFilesPutBack, "own-files-put-back", Executor, There)        \
  POINT(LandingRecorded, "landing-recorded", Executor, There)          \
  POINT(ReloadBegins, "reload-begins", Executor, There)                \
  POINT(Reloaded, "reloaded", Executor, There)                         \
  POINT(RestartBegins, "restart-begins", Executor, There)              \
  POINT(RestartDone, "restart-done", Executor, There)                  \
  POINT(RestartProven, "restart-proven", Executor, There)              \
  POINT(KeptNewRemoved, "kept-new-removed", Executor, Back)            \
  POINT(AptLocked, "apt-locked", Apt, There)                           \
  POINT(AptBegins, "apt-begins", Apt, There)                           \
  POINT(AptDone, "apt-done", Apt, There)                               \
  POINT(AptRecoverLocked, "apt-recover-locked", Apt, Recovered)        \
  POINT(AptConfiguring, "apt-configuring", Apt, Recovered)             \
  POINT(AptConfigured, "apt-configured", Apt, Recovered)               \
  POINT(RpmLocked, "rpm-locked", Rpm, There)                           \
  POINT(RpmNoted, "rpm-noted", Rpm, There)                             \
  POINT(RpmBegins, "rpm-begins", Rpm, There)                           \
  POINT(RpmDone, "rpm-done", Rpm, There)                               \
  POINT(RpmNoteDropped, "rpm-note-dropped", Rpm, There)                \
  POINT(RpmRecoverLocked, "rpm-recover-locked", Rpm, Recovered)        \
  POINT(RpmMending, "rpm-mending", Rpm, Recovered)                     \
  POINT(RpmMended, "rpm-mended", Rpm, Recovered)                       \
  POINT(FileSync, "file-sync", Executor, LeftOut)                      \
  POINT(StoreSync, "store-sync", Daemon, LeftOut)                      \
  POINT(JobRecord, "job-record", Executor, LeftOut)                    \
  POINT(ChangeRecord, "change-record", Executor, LeftOut)

/// Points that there are for each phase of a run or each operation of the executor: POINT-MEMBER, as "entered-applying".
///   FAMILY(identifier, name, whose, members)
#define TYKUP_FAULT_FAMILIES(FAMILY)                       \
  FAMILY(Entering, "entering", Daemon, Phases)             \
  FAMILY(Entered, "entered", Daemon, Phases)               \
  FAMILY(Submitting, "submitting", Daemon, Operations)     \
  FAMILY(Submitted, "submitted", Daemon, Operations)       \
  FAMILY(JobBegun, "job-begun", Executor, Operations)      \
  FAMILY(JobActed, "job-acted", Executor, Operations)      \
  FAMILY(JobEnded, "job-ended", Executor, Operations)
