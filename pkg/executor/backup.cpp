#include "pkg/executor/backup.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "daemon/core/preflight.hpp"
#include "daemon/fault/fault.hpp"
#include "pkg/common/space.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/init_files.hpp"
#include "pkg/executor/leftovers.hpp"
#include "pkg/executor/relabel.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/settings.hpp"
#include "pkg/executor/surroundings.hpp"
#include "pkg/executor/tarball.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using Role = SavedFile::Role;


/// Collects the files of one backup, each once, and stops at the limits.
class Collection {
 public:
  Collection(Paths const& paths, BackupLimits const& limits) : paths_(paths), limits_(limits) {}

  void shipped(pkg::PackagedFile const& file) { shipped_.insert(file.path); }
  [[nodiscard]] bool is_shipped(std::string const& path) const {
    return shipped_.count(path) != 0 || (path.starts_with("/usr/lib/") && shipped_.count(path.substr(4)) != 0) ||
           (path.starts_with("/lib/") && shipped_.count("/usr" + path) != 0);
  }

  Result<void> add(Role role, std::string const& path, std::string const& shipped = {}, bool changed = false) {
    struct stat info {};
    if (lstat(paths_.host(path).c_str(), &info) != 0 || (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode))) return {};
    if (!taken_.insert(path).second) return {};
    bytes_ += static_cast<std::uint64_t>(info.st_size);
    if (bytes_ > limits_.bytes || taken_.size() > limits_.files)
      return fail(ErrorKind::NoSpace, "the backup would hold more than " + std::to_string(limits_.files) + " files or " +
                                          std::to_string(limits_.bytes >> 20U) + " MiB (at " + path +
                                          "): move what is no configuration out of the component's folder");
    auto digest = digest_of_file(paths_.host(path));
    if (!digest && digest.error().kind == ErrorKind::NotFound) return {};
    if (!digest) return fail(digest.error());
    files_.push_back({role, path, std::move(*digest), shipped, changed});
    return {};
  }
  /// Every file below a folder that no package shipped; folders behind links are not ours to follow.
  Result<void> add_below(Role role, std::string const& folder) {
    std::error_code error;
    fs::recursive_directory_iterator entry(paths_.host(folder), fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      auto const path = entry->path().string().substr(paths_.root.size());
      if (is_shipped(path)) continue;
      if (auto added = add(role, path); !added) return added;
    }
    return {};
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  std::vector<SavedFile> take() { return std::move(files_); }

 private:
  Paths const& paths_;
  BackupLimits const& limits_;
  std::set<std::string> shipped_;
  std::set<std::string> taken_;
  std::vector<SavedFile> files_;
  std::uint64_t bytes_ = 0;
};

bool is_service_file(std::string const& path) {
  return path.find("/systemd/system/") != std::string::npos && path.ends_with(".service") &&
         path.find("/install/") == std::string::npos;
}

Result<void> collect_packaged(Context const& context, Component const& component, StepRecord& record, Collection& files) {
  std::set<std::string> known;
  for (auto const& package : record.packages) {
    auto const packaged = context.packages.files(package.name);
    if (!packaged) return fail(packaged.error());
    for (auto const& file : *packaged) {
      files.shipped(file);
      known.insert(file.path);
      bool const changed = file.state == pkg::PackagedFile::State::Changed;
      if (is_service_file(file.path)) record.package_units.push_back(fs::path(file.path).filename().string());
      if (file.state == pkg::PackagedFile::State::Missing && !file.config) record.missing.push_back(file.path);
      if (!changed && !file.config) continue;
      if (auto added = files.add(file.config ? Role::Config : Role::Changed, file.path, file.shipped, changed); !added) return added;
    }
  }
  record.leftovers = leftovers(context.paths, component.folder, known);
  return {};
}

Result<void> collect_unit_files(Paths const& paths, Component const& component, Collection& files) {
  std::string const own = "/etc/systemd/system/" + component.unit;
  if (auto added = files.add(Role::UnitFile, own); !added) return added;
  for (auto const* folder : {"/lib/systemd/system/", "/usr/lib/systemd/system/"}) {
    auto const path = folder + component.unit;
    if (files.is_shipped(path)) continue;
    if (auto added = files.add(Role::UnitFile, path); !added) return added;
  }
  for (auto const& script : init_scripts(paths, component)) {
    if (files.is_shipped(script)) continue;
    if (auto added = files.add(Role::UnitFile, script); !added) return added;
  }
  return files.add_below(Role::UnitFile, own + ".d");
}

Result<void> collect(Context const& context, Component const& component, Unit const& unit, StepRecord& record,
                     Collection& files) {
  if (auto done = collect_packaged(context, component, record, files); !done) return done;
  if (!component.config_file.empty())
    if (auto done = files.add(Role::Config, component.config_file); !done) return done;
  for (auto const& file : environment_files_of(context.paths, unit, component.unit))
    if (auto done = files.add(Role::Environment, file); !done) return done;
  for (auto const* folder : {"/etc/default/", "/etc/sysconfig/"})
    if (auto done = files.add(Role::Environment, folder + stem_of(component.unit)); !done) return done;
  if (!component.unit.empty())
    if (auto done = collect_unit_files(context.paths, component, files); !done) return done;
  if (component.folder.empty()) return {};
  return files.add_below(Role::Own, component.folder);
}

Result<void> write_archive(Context const& context, StepRecord& record, std::uint64_t bytes) {
  std::string const folder = context.paths.backups() + "/" + record.step.run;
  if (auto made = make_folder(folder); !made) return made;
  if (auto room = pkg::require_space(folder, bytes + kBesideBackups, 16, "the backup of " + record.step.component); !room) return room;
  record.archive = folder + "/" + record.step.component + ".tar.zst";
  std::vector<std::string> paths;
  for (auto const& file : record.files) paths.push_back(file.path);
  return write_tarball(record.archive, to_text(record), context.paths.root, paths);
}

Error gone(Error error, job::Backup const& request) {
  if (error.kind != ErrorKind::NotFound) return error;
  return {ErrorKind::NotFound, "the backup of " + request.step.component + " from before run " + request.undoes +
                                   " is not kept any more ([backup] keep), and without it there is no way back over that run"};
}

/// A way back long after its step is held against the host of today. A service that failed since is to run again, as it did
/// then; one that somebody stopped stays so.
Result<void> renew(Paths const& paths, job::Backup const& request, StepRecord const& today) {
  auto record = load_step(paths, {request.undoes, request.step.component});
  if (!record) return fail(record.error());
  auto const state = today.unit.unit_file_state;
  if (today.unit.active_state != "failed") record->unit = today.unit;
  record->unit.unit_file_state = state;
  record->masked = today.masked;
  record->enabled_below = today.enabled_below;
  record->runs_binary = record->runs_binary || today.runs_binary;
  record->leftovers = today.leftovers;
  record->failed_units = today.failed_units;
  record->up_services = today.up_services;
  return save(paths, *record);
}

}  // namespace

Result<job::BackedUp> back_up(Context const& context, job::Backup const& request, BackupLimits const& limits) {
  auto const& step = request.step;
  if (!request.undoes.empty())
    if (auto const known = load_step(context.paths, {request.undoes, step.component}); !known) return fail(gone(known.error(), request));
  auto const component = configured(context.config, step.component);
  if (!component) return fail(component.error());
  auto const inventory = context.packages.inspect(scope_of(*component, context.config));
  if (!inventory) return fail(inventory.error());
  if (inventory->installed.empty())
    return fail(ErrorKind::UnknownPackage, component->title + " is not installed on this host: there is nothing to back up");
  StepRecord record{step};
  record.packages = inventory->installed;
  auto const unit = look_around(context, *component, record);
  if (!unit) return fail(unit.error());
  look_at_init_files(context.paths, *component, *unit, record);
  Collection files(context.paths, limits);
  if (auto done = collect(context, *component, *unit, record, files); !done) return fail(done.error());
  auto const bytes = files.bytes();
  record.files = files.take();
  if (auto done = write_archive(context, record, bytes); !done) return fail(done.error());
  if (auto saved = save(context.paths, record); !saved) return fail(saved.error());
  fault::reached(fault::Point::BackupRecorded);
  std::vector<std::string> at_work{step.run};
  if (!request.undoes.empty()) {
    if (auto renewed = renew(context.paths, request, record); !renewed) return fail(renewed.error());
    at_work.push_back(request.undoes);
  }
  prune_backups(context.paths, step.component, context.config.backup.keep, at_work);
  return job::BackedUp{record.archive, record.unit.running()};
}

Result<job::Restored> restore(Context const& context, job::StepId const& step) {
  if (auto const component = configured(context.config, step.component); !component) return fail(component.error());
  auto record = load_step(context.paths, step);
  if (!record) return fail(record.error());
  record->changed_in = boot_id(context.paths.boot());
  if (auto saved = save(context.paths, *record); !saved) return fail(saved.error());
  auto const differs = [&](std::string const& path) {
    auto const file = std::ranges::find(record->files, path, &SavedFile::path);
    if (file == record->files.end()) return false;
    auto const now = digest_of_file(context.paths.host(path));
    if (!now) return now.error().kind == ErrorKind::NotFound;
    return file->role != Role::Own && *now != file->digest;
  };
  auto files = extract_tarball(record->archive, context.paths.root, differs);
  if (!files) return fail(files.error());
  job::Restored out{std::move(*files)};
  relabel(context.paths, out.files, out.notes);
  return out;
}

}  // namespace tykup::executor
