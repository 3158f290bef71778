#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::job {

/// Both ends say it with every request, and the executor writes it into its records; a request of another number is answered
/// with OtherVersion. Fields that are added to requests, answers and records are optional when they are read, and mean by their
/// absence what was done before; whatever an older reader must not skip raises the number.
inline constexpr int kProtocol = 1;

/// What a step is to the executor: its records (unit snapshot, backup) are filed under it. "RUN/INDEX-COMPONENT".
struct StepId {
  std::string run;
  std::string component;
  friend bool operator==(StepId const&, StepId const&) = default;
};

/// Reads the host, changes nothing. All components when empty.
struct Inspect {
  std::vector<std::string> components = {};
};
/// Fetches the metadata of the subscribed sources only; each source succeeds or keeps what it had.
struct Refresh {};
/// Fetches and verifies packages into the archive: `packages`, and what is installed now, so that the way back needs no network.
struct Download {
  std::string component;
  std::vector<PackagePin> packages;
};
/// Records the unit's state and writes the step's backup.
struct Backup {
  StepId step;
  /// The run whose step of that component is to be taken back: what it recorded of the unit and of the host's other services
  /// is brought up to date, so that the way back is held against today. NotFound where its record is gone. Empty: none is.
  std::string undoes = {};
};
/// Changes the package to exactly `packages`; touches no service.
struct Apply {
  enum class Direction { Upgrade, Rollback, Reinstall };
  StepId step;
  Direction direction = Direction::Upgrade;
  std::vector<PackagePin> packages;
  Duration lock_wait = std::chrono::minutes{10};
};
/// daemon-reload, enabled/masked state as the backup recorded it, one restart if it was running, proof of the new binary.
struct Restart {
  StepId step;
};
/// Puts the backup's files back.
struct Restore {
  StepId step;
};
/// Finishes what an interrupted package manager left.
struct Recover {};
/// Runs every executable of one of the operator's folders, in the order of their names. Which files these are is root's
/// matter alone: the caller names a point, never a path.
struct Hook {
  /// `Pre…` and `Backup` may veto, `Post…` are told how it ended. `Promote` and `Gate` are of a fleet.
  enum class Point { PreRun, PreStep, Backup, PostStep, PostRun, Promote, Gate };
  /// What of its fleet a hook is about.
  struct OfFleet {
    std::string datacenter = {};
    std::string group = {};
    std::string after = {};  ///< Gate: "first", "stage", "datacenter"
    std::string gate = {};   ///< Gate: the one file of its folder that is run
    Duration limit = {};     ///< of the fleet's policy
    friend bool operator==(OfFleet const&, OfFleet const&) = default;
  };
  StepId step;  ///< PreRun, PostRun: of the whole run, its component is empty
  Point point = Point::PreRun;
  std::string from = {};    ///< versions of the component, for the hook's environment; empty for a run
  std::string to = {};
  std::string result = {};  ///< Post…: "done", "not-done", "rolled-back"; of a run "done", "partial", "stopped"
  std::optional<OfFleet> fleet = {};  ///< Promote, Gate
};
/// Asks the program in a kept package, in a sandbox, whether it loads these plugins of the component's.
struct CheckPlugin {
  PluginCheck check;
};
/// The recorded outcome of another job; waits up to `wait` for its end if it is at work.
struct ResultOf {
  std::string job;
  Duration wait = {};
};

using Operation = std::variant<Inspect, Refresh, Download, Backup, Apply, Restart, Restore, Recover, Hook, ResultOf, CheckPlugin>;
std::string_view name_of(Operation const& operation);
/// The folder's name without its ".d": "pre-run", "pre-step", "backup", "post-step", "post-run", "promote", "gate".
std::string_view name_of(Hook::Point point);
inline constexpr std::size_t kHookPoints = 7;
/// "pre-step.d/", what the names in HostFacts::hooks begin with.
std::string folder_of(Hook::Point point);

struct Request {
  std::string id;  ///< [A-Za-z0-9._-]{1,120}; the same id asks for the same job: it is never done twice
  Operation operation;
};

/// A line of progress, from the package manager's own reports.
struct Progress {
  std::string phase;  ///< "waiting for lock", "download", "unpack", "configure", "restart", …
  double percent = -1;  ///< of the phase; negative: unknown
  std::string message = {};
};

/// How each source fared.
struct RefreshedSource {
  std::string url;
  std::string suite;
  std::optional<Error> error = {};
};

/// Final results, one for each operation.
struct Inspected {
  HostFacts facts;
};
struct Refreshed {
  std::vector<RefreshedSource> sources;
};
struct Downloaded {
  std::vector<KeptPackage> kept;
  std::optional<Error> no_way_back = {};  ///< why the installed version could not be kept
};
struct BackedUp {
  std::string file;
  bool was_running = false;
};
struct Applied {
  std::vector<InstalledPackage> installed;  ///< re-read from the package database
  std::vector<std::string> notes = {};      ///< "put back /opt/…/policies.json", ".dpkg-dist left at …"
  std::vector<std::string> repairs = {};    ///< what the change had broken and was put right: what was found, what was done
};
struct Restarted {
  bool was_running = false;  ///< false: left as it was, no gate
  Instant at = {};
  UnitFacts unit = {};
  std::vector<std::string> notes = {};
  std::vector<std::string> repairs = {};
  bool by_boot = false;  ///< the boot of the host had started it already: it was proven, and left alone
};
struct Restored {
  std::vector<std::string> files;
  std::vector<std::string> notes = {};
};
struct Recovered {
  std::vector<std::string> packages;  ///< what was put right
};
/// Every hook of the point succeeded. The first that does not is HookFailed, and none after it is run.
struct Hooked {
  std::vector<std::string> ran;  ///< "pre-step.d/10-drain", in the order in which they ran
};

/// One for each plugin that was asked for, in that order.
struct PluginsChecked {
  std::vector<CheckedPlugin> plugins;
};

using Outcome = std::variant<Inspected, Refreshed, Downloaded, BackedUp, Applied, Restarted, Restored, Recovered, Hooked,
                             PluginsChecked>;

}  // namespace tykup::job
