#include "pkg/executor/landing.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "daemon/core/reinstall.hpp"
#include "daemon/core/words.hpp"
#include "daemon/fault/fault.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/init_files.hpp"
#include "pkg/executor/leftovers.hpp"
#include "pkg/executor/new_program.hpp"
#include "pkg/executor/put_back.hpp"
#include "pkg/executor/scope.hpp"

namespace tykup::executor {
namespace {


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

/// The old package's script runs after the new one's: was one of those replaced that take the unit along?
std::string fault_of_replaced(Context const& context, Component const& component, StepRecord const& record) {
  for (auto const& old : record.replaced) {
    auto const pin = std::ranges::find(record.pins, old.name, &PackagePin::name);
    if (pin == record.pins.end() || pin->version == old.version) continue;
    if (auto const reason = reinstall_after(component.kind, context.packages.format(), old.version)) return *reason;
  }
  return {};
}

/// Why the package has to be installed once more; empty: all is there.
std::string incomplete(Context const& context, Component const& component, StepRecord const& record, Packaged const& files) {
  std::vector<std::string> missing = gone(files, record);
  for (auto const& path : lost_init_files(context.paths, component, record))
    if (std::ranges::find(missing, path) == missing.end()) missing.push_back(path);
  auto const fault = fault_of_replaced(context, component, record);
  if (missing.empty()) return fault;
  return "these files were missing after the change: " + join(missing) + (fault.empty() ? "" : " (" + fault + ")");
}

/// What a reinstall left out of the unit's files is put back from their copies; anything else is not.
std::vector<std::string> beyond_repair(Component const& component, StepRecord const& record, Packaged const& files) {
  auto missing = gone(files, record);
  std::erase_if(missing, [&](std::string const& path) {
    return path.ends_with("/" + component.unit) || std::ranges::find(record.init_files, path) != record.init_files.end();
  });
  return missing;
}

Result<Packaged> complete_files(Context const& context, Component const& component, StepRecord& record,
                                Duration lock_wait, Findings& findings) {
  auto files = packaged_files(context, record.pins);
  if (!files) return files;
  auto const reason = incomplete(context, component, record, *files);
  if (reason.empty()) return files;
  // If we are cut short here, what is missing decides alone: a reinstall is not done twice because of what is known.
  record.replaced.clear();
  if (auto saved = save(context.paths, record); !saved) return fail(saved.error());
  context.progress({"reinstall", -1, reason});
  fault::reached(fault::Point::ReinstallBegins);
  auto const again = context.packages.apply(
      {scope_of(component, context.config), job::Apply::Direction::Reinstall, record.pins, lock_wait}, context.progress);
  fault::reached(fault::Point::ReinstallDone);
  if (!again) return fail(with_context(again.error(), "the reinstall that was needed, because " + reason));
  findings.repairs.push_back("its package was installed once more, because " + reason);
  files = packaged_files(context, record.pins);
  if (!files) return files;
  if (auto const missing = beyond_repair(component, record, *files); !missing.empty())
    return fail(ErrorKind::PackageFailed, "files of the new package of " + component.name + " are missing: " + join(missing));
  return files;
}

void note_leftovers(Context const& context, Component const& component, StepRecord const& record, Packaged const& files,
                    Findings& findings) {
  std::set<std::string> known;
  for (auto const& [path, file] : files) known.insert(path);
  for (auto const& saved : record.files) known.insert(saved.path);
  for (auto& note : told_of(leftovers(context.paths, component.folder, known), record.leftovers))
    findings.notes.push_back(std::move(note));
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
  // A change that was cut short is begun again: what it replaced is what it found the first time.
  bool const again = record->landing && record->pins == request.packages;
  if (!again) record->replaced = inventory->installed;
  return record;
}

}  // namespace

Result<void> refuse_when_stopping(Context const& context, std::string const& what) {
  auto const state = context.units.system_state();
  if ((state && *state == "stopping") || context.told_to_stop())
    return fail(ErrorKind::Stopping, "the host is going down: " + what + " is left for after the next start");
  return {};
}

Result<Findings> land(Context const& context, Component const& component, StepRecord& record, Duration lock_wait) {
  Findings findings;
  auto const files = complete_files(context, component, record, lock_wait, findings);
  if (!files) return fail(files.error());
  fault::reached(fault::Point::FilesComplete);
  if (auto done = mend_init_files(context, component, record, findings); !done) return fail(done.error());
  fault::reached(fault::Point::InitFilesMended);
  if (auto done = check_versions(context, component, record); !done) return fail(done.error());
  if (auto done = ask_new_program(context, component, record, findings); !done) return fail(done.error());
  if (auto done = put_back_own(context, component, record, *files, findings); !done) return fail(done.error());
  fault::reached(fault::Point::OwnFilesPutBack);
  note_leftovers(context, component, record, *files, findings);
  record.landing = false;
  record.changed_in = boot_id(context.paths.boot());
  if (auto saved = save(context.paths, record); !saved) return fail(saved.error());
  fault::reached(fault::Point::LandingRecorded);
  return findings;
}

Result<job::Applied> apply(Context const& context, job::Apply const& request) {
  auto const component = configured(context.config, request.step.component);
  if (!component) return fail(component.error());
  auto record = allowed(context, *component, request);
  if (!record) return fail(record.error());
  if (auto ok = refuse_when_stopping(context, "the change of " + component->name); !ok) return fail(ok.error());
  auto const before = main_pid(context, *component);
  record->landing = true;
  record->changed_in = boot_id(context.paths.boot());
  record->pins = request.packages;
  if (request.direction == job::Apply::Direction::Rollback) {
    for (auto const& file : record->kept_new) unlink(context.paths.host(file).c_str());
    record->kept_new.clear();
    fault::reached(fault::Point::KeptNewRemoved);
  }
  if (!fault::skipped(fault::Point::ChangeRecord))
    if (auto saved = save(context.paths, *record); !saved) return fail(saved.error());
  fault::reached(fault::Point::ChangeRecorded);
  auto const scope = scope_of(*component, context.config);
  auto installed = context.packages.apply({scope, request.direction, request.packages, request.lock_wait}, context.progress);
  if (!installed) return fail(installed.error());
  fault::reached(fault::Point::ChangeDone);
  auto found = land(context, *component, *record, request.lock_wait);
  if (!found) return fail(found.error());
  if (auto const after = main_pid(context, *component); component->quiet && after != before && !context.told_to_stop())
    found->notes.push_back("the main process of " + component->unit + " changed during the package change, from " +
                     std::to_string(before) + " to " + std::to_string(after) + ": something else restarted it");
  return job::Applied{std::move(*installed), std::move(found->notes), std::move(found->repairs)};
}

}  // namespace tykup::executor
