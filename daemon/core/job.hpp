#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::job {

/// Both ends say it with every request; another number is answered with BadRequest "restart tykupd".
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
/// Asks the program in a kept package, in a sandbox, whether it loads these plugins of the component's.
struct CheckPlugin {
  PluginCheck check;
};
/// The recorded outcome of another job; waits up to `wait` for its end if it is at work.
struct ResultOf {
  std::string job;
  Duration wait = {};
};

using Operation = std::variant<Inspect, Refresh, Download, Backup, Apply, Restart, Restore, Recover, ResultOf, CheckPlugin>;
std::string_view name_of(Operation const& operation);

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
};
struct Restored {
  std::vector<std::string> files;
  std::vector<std::string> notes = {};
};
struct Recovered {
  std::vector<std::string> packages;  ///< what was put right
};
/// One for each plugin that was asked for, in that order.
struct PluginsChecked {
  std::vector<CheckedPlugin> plugins;
};

using Outcome = std::variant<Inspected, Refreshed, Downloaded, BackedUp, Applied, Restarted, Restored, Recovered,
                             PluginsChecked>;

}  // namespace tykup::job
