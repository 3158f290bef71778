#include "pkg/executor/put_back.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "daemon/fault/fault.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/relabel.hpp"
#include "pkg/executor/tarball.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using Role = SavedFile::Role;

enum class Fate { Untouched, Overwritten, Removed };

/// The mask itself is brought back by systemd's own means, with the reload.
bool is_own_unit_file(SavedFile const& saved, Component const& component, StepRecord const& record) {
  std::string const own = "/etc/systemd/system/" + component.unit;
  return saved.path.starts_with("/etc/systemd/system/") && !(record.masked && saved.path == own);
}

Fate fate_of_missing(SavedFile const& saved, Component const& component, StepRecord const& record) {
  switch (saved.role) {
    case Role::Changed: return Fate::Overwritten;
    case Role::Environment: return Fate::Removed;
    // A configuration file that nobody had changed is the package's to take back, but the service cannot do without its own.
    case Role::Config: return saved.changed || saved.path == component.config_file ? Fate::Removed : Fate::Untouched;
    case Role::UnitFile: return is_own_unit_file(saved, component, record) ? Fate::Removed : Fate::Untouched;
    case Role::Own: break;
  }
  return Fate::Untouched;
}

Result<Fate> fate_of(Paths const& paths, SavedFile const& saved, Component const& component, StepRecord const& record,
                     Packaged const& files) {
  auto const now = digest_of_file(paths.host(saved.path));
  if (!now && now.error().kind != ErrorKind::NotFound) return fail(now.error());
  if (!now) return fate_of_missing(saved, component, record);
  if (*now == saved.digest) return Fate::Untouched;
  if (saved.role == Role::Changed) return Fate::Overwritten;
  // Older packages protected whole folders as configuration that newer ones just overwrite.
  auto const shipped = files.find(saved.path);
  bool const plain = shipped != files.end() && !shipped->second.config;
  return saved.role == Role::Config && saved.changed && plain ? Fate::Overwritten : Fate::Untouched;
}

/// The new shipped file stays beside the operator's; both names exist at every moment.
Result<void> keep_new(Context const& context, StepRecord& record, std::string const& path, Findings& findings) {
  fs::path const target = context.paths.host(path);
  auto const folder = trusted_folder(target.parent_path().string());
  if (!folder) return fail(folder.error());
  std::string const name = target.filename().string();
  std::string const beside = name + ".tykup-new";
  unlinkat(folder->get(), beside.c_str(), 0);
  if (linkat(folder->get(), name.c_str(), folder->get(), beside.c_str(), 0) != 0)
    return fail(file_error("cannot keep the new version of", target.string(), errno));
  fault::reached(fault::Point::NewFileKept);
  record.kept_new.push_back(path + ".tykup-new");
  findings.notes.push_back("the package brings another " + path + ": it is kept as " + path + ".tykup-new");
  return {};
}

bool ships_the_same(SavedFile const& saved, Packaged const& files) {
  auto const shipped = files.find(saved.path);
  return shipped != files.end() && !saved.shipped.empty() && shipped->second.shipped == saved.shipped;
}

}  // namespace

Result<void> put_back_own(Context const& context, Component const& component, StepRecord& record, Packaged const& files,
                          Findings& findings) {
  std::map<std::string, Fate> fates;
  for (auto const& saved : record.files) {
    auto const fate = fate_of(context.paths, saved, component, record, files);
    if (!fate) return fail(fate.error());
    if (*fate == Fate::Untouched) continue;
    fates[saved.path] = *fate;
    if (*fate == Fate::Removed || !exists(context.paths.host(saved.path)) || ships_the_same(saved, files)) continue;
    if (auto kept = keep_new(context, record, saved.path, findings); !kept) return kept;
  }
  if (fates.empty()) return {};
  auto const done = extract_tarball(record.archive, context.paths.root, [&](std::string const& path) { return fates.contains(path); });
  if (!done) return fail(done.error());
  for (auto const& path : *done) {
    if (fates[path] == Fate::Overwritten) findings.notes.push_back("put back the operator's " + path);
    if (fates[path] == Fate::Removed) findings.repairs.push_back(path + " was gone after the change: it is put back from the backup");
  }
  relabel(context.paths, *done, findings.notes);
  return {};
}

}  // namespace tykup::executor
