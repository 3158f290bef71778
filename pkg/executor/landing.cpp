#include "pkg/executor/landing.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>

#include "daemon/core/words.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/settings.hpp"
#include "pkg/executor/tarball.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using Packaged = std::map<std::string, pkg::PackagedFile>;
using Notes = std::vector<std::string>;

Result<Packaged> packaged_files(Context const& context, std::vector<PackagePin> const& pins) {
  Packaged out;
  for (auto const& pin : pins) {
    auto files = context.packages.files(pin.name);
    if (!files) return fail(files.error());
    for (auto& file : *files) out.insert_or_assign(file.path, std::move(file));
  }
  return out;
}

/// Plain files that the change should have brought and did not. One that was gone before is the operator's doing.
std::vector<std::string> gone(Packaged const& files, StepRecord const& record) {
  std::vector<std::string> out;
  for (auto const& [path, file] : files) {
    bool const known = std::ranges::find(record.missing, path) != record.missing.end();
    if (file.state == pkg::PackagedFile::State::Missing && !file.config && !known) out.push_back(path);
  }
  return out;
}

bool unit_file_there(Paths const& paths, std::string const& unit) {
  return std::ranges::any_of(std::array{"/etc/systemd/system/", "/lib/systemd/system/", "/usr/lib/systemd/system/"},
                             [&](char const* folder) { return exists(paths.host(folder + unit)); });
}

Result<void> copy_unit_file(Paths const& paths, std::string const& from, std::string const& to) {
  auto const text = read_file(paths.host(from));
  if (!text) return fail(text.error());
  auto const target = paths.host(to);
  if (auto written = write_durably(target, *text); !written) return written;
  if (chmod(target.c_str(), 0644) != 0) return fail(file_error("cannot set the mode of", target, errno));
  return {};
}

/// Packages before 3.0.7 and 3.2.2 bring their unit by a script, and the script of the old one may take it away.
Result<void> mend_unit_file(Context const& context, Component const& component, StepRecord const& record, Notes& notes) {
  if (component.unit.empty() || record.unit.load_state == "not-found" || unit_file_there(context.paths, component.unit)) return {};
  std::string const copy = component.folder + "/install/inits/systemd/system/" + component.unit;
  if (component.folder.empty() || !exists(context.paths.host(copy)))
    return fail(ErrorKind::UnitFailed, "the new package of " + component.name + " left no unit file " + component.unit +
                                           " and no copy of it under install/inits");
  std::string const to = "/lib/systemd/system/" + component.unit;
  if (auto copied = copy_unit_file(context.paths, copy, to); !copied) return copied;
  notes.push_back("the unit file was gone: " + to + " restored from " + copy);
  return {};
}

Result<Packaged> complete_files(Context const& context, Component const& component, StepRecord const& record,
                                Duration lock_wait, Notes& notes) {
  auto files = packaged_files(context, record.pins);
  if (!files || gone(*files, record).empty()) return files;
  notes.push_back("reinstalled, because these files were missing after the change: " + join(gone(*files, record)));
  auto const again = context.packages.apply(
      {scope_of(component, context.config), job::Apply::Direction::Reinstall, record.pins, lock_wait}, context.progress);
  if (!again) return fail(again.error());
  files = packaged_files(context, record.pins);
  if (!files) return files;
  auto missing = gone(*files, record);
  std::erase_if(missing, [&](std::string const& path) { return path.ends_with("/" + component.unit); });
  if (!missing.empty())
    return fail(ErrorKind::PackageFailed, "files of the new package of " + component.name + " are missing: " + join(missing));
  return files;
}

/// The new shipped file stays beside the operator's; both names exist at every moment.
Result<void> keep_new(Context const& context, StepRecord& record, std::string const& path, Notes& notes) {
  fs::path const target = context.paths.host(path);
  auto const folder = trusted_folder(target.parent_path().string());
  if (!folder) return fail(folder.error());
  std::string const name = target.filename().string();
  std::string const beside = name + ".tykup-new";
  unlinkat(folder->get(), beside.c_str(), 0);
  if (linkat(folder->get(), name.c_str(), folder->get(), beside.c_str(), 0) != 0)
    return fail(file_error("cannot keep the new version of", target.string(), errno));
  record.kept_new.push_back(path + ".tykup-new");
  notes.push_back("the package brings another " + path + ": it is kept as " + path + ".tykup-new");
  return {};
}

Result<void> put_back_changed(Context const& context, StepRecord& record, Packaged const& files, Notes& notes) {
  std::vector<std::string> overwritten;
  for (auto const& saved : record.files) {
    if (saved.role != SavedFile::Role::Changed) continue;
    auto const now = digest_of_file(context.paths.host(saved.path));
    if (!now && now.error().kind != ErrorKind::NotFound) return fail(now.error());
    if (now && *now == saved.digest) continue;
    overwritten.push_back(saved.path);
    auto const shipped = files.find(saved.path);
    bool const same = shipped != files.end() && !saved.shipped.empty() && shipped->second.shipped == saved.shipped;
    if (!now || same) continue;
    if (auto kept = keep_new(context, record, saved.path, notes); !kept) return kept;
  }
  if (overwritten.empty()) return {};
  auto const done = extract_tarball(record.archive, context.paths.root, [&](std::string const& path) {
    return std::ranges::find(overwritten, path) != overwritten.end();
  });
  if (!done) return fail(done.error());
  for (auto const& path : *done) notes.push_back("put back the operator's " + path);
  return {};
}

void note_leftovers(Context const& context, Packaged const& files, Notes& notes) {
  for (auto const& [path, file] : files) {
    if (!file.config) continue;
    for (auto const* suffix : {".dpkg-dist", ".dpkg-new", ".dpkg-old", ".rpmnew", ".rpmsave"})
      if (exists(context.paths.host(path + suffix)))
        notes.push_back("the package's own version of " + path + " was left as " + path + suffix);
  }
}

Result<void> check_versions(Context const& context, Component const& component, StepRecord const& record) {
  auto const inventory = context.packages.inspect(scope_of(component, context.config));
  if (!inventory) return fail(inventory.error());
  for (auto const& pin : record.pins) {
    auto const found = std::ranges::find(inventory->installed, pin.name, &InstalledPackage::name);
    if (found != inventory->installed.end() && found->version == pin.version && found->status == "installed") continue;
    return fail(ErrorKind::PackageFailed, pin.name + " should be installed as " + pin.version + ", but the package database says " +
                                              (found == inventory->installed.end() ? "nothing" : found->version + " (" + found->status + ")"));
  }
  if (!component.binary.empty() && access(context.paths.host(component.binary).c_str(), X_OK) != 0)
    return fail(ErrorKind::PackageFailed, "the new package of " + component.name + " left no program " + component.binary);
  return {};
}

std::uint32_t main_pid(Context const& context, Component const& component) {
  if (component.unit.empty()) return 0;
  auto const unit = context.units.unit(component.unit);
  return unit ? unit->facts.main_pid : 0;
}

Result<StepRecord> allowed(Context const& context, Component const& component, job::Apply const& request) {
  auto const scope = scope_of(component, context.config);
  if (auto ok = allow_packages(scope, request.packages); !ok) return fail(ok.error());
  auto record = load_step(context.paths, request.step);
  if (!record) return record;
  auto const inventory = context.packages.inspect(scope);
  if (!inventory) return fail(inventory.error());
  ApplyRule const rule{context.packages.format(), context.by_root, &*record};
  if (auto ok = allow_apply(request, *inventory, rule); !ok) return fail(ok.error());
  return record;
}

}  // namespace

Result<void> refuse_when_stopping(Context const& context, std::string const& what) {
  auto const state = context.units.system_state();
  if ((state && *state == "stopping") || context.told_to_stop())
    return fail(ErrorKind::Stopping, "the host is going down: " + what + " is left for after the next start");
  return {};
}

Result<std::vector<std::string>> land(Context const& context, Component const& component, StepRecord& record,
                                      Duration lock_wait) {
  Notes notes;
  auto const files = complete_files(context, component, record, lock_wait, notes);
  if (!files) return fail(files.error());
  if (auto done = mend_unit_file(context, component, record, notes); !done) return fail(done.error());
  if (auto done = check_versions(context, component, record); !done) return fail(done.error());
  if (auto done = put_back_changed(context, record, *files, notes); !done) return fail(done.error());
  note_leftovers(context, *files, notes);
  record.landing = false;
  if (auto saved = save(context.paths, record); !saved) return fail(saved.error());
  return notes;
}

Result<job::Applied> apply(Context const& context, job::Apply const& request) {
  auto const component = configured(context.config, request.step.component);
  if (!component) return fail(component.error());
  auto record = allowed(context, *component, request);
  if (!record) return fail(record.error());
  if (auto ok = refuse_when_stopping(context, "the change of " + component->name); !ok) return fail(ok.error());
  auto const before = main_pid(context, *component);
  record->landing = true;
  record->pins = request.packages;
  if (request.direction == job::Apply::Direction::Rollback) {
    for (auto const& file : record->kept_new) unlink(context.paths.host(file).c_str());
    record->kept_new.clear();
  }
  if (auto saved = save(context.paths, *record); !saved) return fail(saved.error());
  auto const scope = scope_of(*component, context.config);
  auto installed = context.packages.apply({scope, request.direction, request.packages, request.lock_wait}, context.progress);
  if (!installed) return fail(installed.error());
  auto notes = land(context, *component, *record, request.lock_wait);
  if (!notes) return fail(notes.error());
  if (auto const after = main_pid(context, *component); component->quiet && after != before)
    notes->push_back("the main process of " + component->unit + " changed during the package change, from " +
                     std::to_string(before) + " to " + std::to_string(after) + ": something else restarted it");
  return job::Applied{std::move(*installed), std::move(*notes)};
}

}  // namespace tykup::executor
