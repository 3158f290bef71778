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
  std::string shipped = {};  ///< Config, Changed: the digest of what the package shipped, in its own words
  bool changed = false;      ///< Config: not as the package shipped it
};

/// A link of an init script: "/etc/rc3.d/S20tyk-gateway" → "../init.d/tyk-gateway".
struct InitLink {
  std::string path;
  std::string target;
};

/// A file that a package manager left beside another, and which one it was: "INODE.SECONDS.NANOSECONDS".
struct Leftover {
  std::string path;
  std::string stamp;
};

/// The version of a step record on disk. A field that is added is optional when it is read and means what its absence meant;
/// a change that an older executor would misread raises the number, and an older one then refuses the record.
inline constexpr int kStepSchema = 1;

/// What a step found before it changed anything: filed by `backup`, read by `apply`, `restart` and `restore`.
struct StepRecord {
  job::StepId step;
  UnitFacts unit = {};
  bool masked = false;
  bool enabled_below = false;  ///< masked, but with links in folders of other units that would be in force without the mask
  bool runs_binary = false;  ///< the main process was the component's own binary
  std::vector<InstalledPackage> packages = {};
  std::vector<SavedFile> files = {};
  std::vector<std::string> missing = {};        ///< packaged files that were already gone
  std::vector<std::string> package_units = {};  ///< services that the packages brought
  std::string init_source = {};                 ///< the unit's own file, or the init script it was made from; empty: unknown
  std::vector<std::string> init_files = {};     ///< unit file and init scripts that were there
  std::vector<InitLink> init_links = {};
  std::vector<Leftover> leftovers = {};         ///< .rpmnew and the like that were there
  std::vector<std::string> failed_units = {};   ///< on the whole host
  std::vector<std::string> up_services = {};    ///< on the whole host: those that must still be up afterwards
  std::string archive = {};
  /// A package change was begun, and what it left was not yet looked at to the end.
  bool landing = false;
  std::vector<PackagePin> pins = {};  ///< of the change that was begun last
  std::vector<InstalledPackage> replaced = {};  ///< what stood before that change
  std::vector<std::string> kept_new = {};  ///< FILE.tykup-new that we left
  std::string changed_in = {};  ///< the boot in which the step last changed something that the service reads when it starts
};

std::string step_file(Paths const& paths, job::StepId const& step);
Result<void> save(Paths const& paths, StepRecord const& record);
/// NotFound where the step has no backup.
Result<StepRecord> load_step(Paths const& paths, job::StepId const& step);

std::string to_text(StepRecord const& record);

/// Keeps the newest `keep` backups of a component with their records; those of the runs that are `at_work` stay in any case.
void prune_backups(Paths const& paths, std::string const& component, unsigned keep, std::vector<std::string> const& at_work);

}  // namespace tykup::executor
