#pragma once

#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/job.hpp"
#include "daemon/core/result.hpp"
#include "pkg/executor/paths.hpp"

namespace tykup::executor {

/// A file of the backup, and why it is in it.
struct SavedFile {
  enum class Role { Config, Environment, UnitFile, Changed, Own } role = Role::Own;
  std::string path;
  std::string digest;       ///< of the operator's contents
  std::string shipped = {};  ///< Changed: the digest of what the package shipped, in its own words
};

/// What a step found before it changed anything: filed by `backup`, read by `apply`, `restart` and `restore`.
struct StepRecord {
  job::StepId step;
  UnitFacts unit = {};
  bool masked = false;
  bool runs_binary = false;  ///< the main process was the component's own binary
  std::vector<InstalledPackage> packages = {};
  std::vector<SavedFile> files = {};
  std::vector<std::string> missing = {};        ///< packaged files that were already gone
  std::vector<std::string> package_units = {};  ///< services that the packages brought
  std::vector<std::string> failed_units = {};   ///< on the whole host
  std::vector<std::string> up_services = {};    ///< on the whole host: those that must still be up afterwards
  std::string archive = {};
  /// A package change was begun, and what it left was not yet looked at to the end.
  bool landing = false;
  std::vector<PackagePin> pins = {};  ///< of the change that was begun last
  std::vector<std::string> kept_new = {};  ///< FILE.tykup-new that we left
};

std::string step_file(Paths const& paths, job::StepId const& step);
Result<void> save(Paths const& paths, StepRecord const& record);
/// NotFound where the step has no backup.
Result<StepRecord> load_step(Paths const& paths, job::StepId const& step);

std::string to_text(StepRecord const& record);

/// Keeps the newest `keep` backups of a component with their records; the run `current` stays in any case.
void prune_backups(Paths const& paths, std::string const& component, unsigned keep, std::string const& current);

}  // namespace tykup::executor
