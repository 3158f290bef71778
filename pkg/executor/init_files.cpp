#include "pkg/executor/init_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>

#include "pkg/executor/files.hpp"
#include "pkg/executor/relabel.hpp"
#include "pkg/executor/settings.hpp"
#include "pkg/executor/tarball.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

constexpr std::array kUnitFolders{"/etc/systemd/system/", "/lib/systemd/system/", "/usr/lib/systemd/system/"};

bool same_file(Paths const& paths, std::string const& a, std::string const& b) {
  std::error_code error;
  return fs::equivalent(paths.host(a), paths.host(b), error);
}

void add_existing(Paths const& paths, std::string const& path, std::vector<std::string>& to) {
  bool const known = std::ranges::any_of(to, [&](std::string const& other) { return same_file(paths, other, path); });
  if (!path.empty() && exists(paths.host(path)) && !known) to.push_back(path);
}

bool is_unit_file(std::string const& path) { return path.ends_with(".service"); }

bool is_mask(std::string const& file) {
  std::error_code error;
  return fs::read_symlink(file, error) == "/dev/null";
}

bool unit_file_there(Paths const& paths, Component const& component, StepRecord const& record) {
  auto const there = [&](std::string const& path) {
    return is_unit_file(path) && exists(paths.host(path)) && !is_mask(paths.host(path));
  };
  return std::ranges::any_of(record.init_files, there) ||
         std::ranges::any_of(kUnitFolders, [&](char const* folder) { return there(folder + component.unit); });
}

/// The package's own copy of that file; empty: it has none.
std::string copy_of(Paths const& paths, Component const& component, std::string const& path) {
  if (component.folder.empty()) return {};
  std::string const copy = component.folder + "/install/inits/" + (is_unit_file(path) ? "systemd/system/" : "sysv/init.d/") +
                           fs::path(path).filename().string();
  return exists(paths.host(copy)) ? copy : std::string{};
}

/// "S20tyk-gateway" of "tyk-gateway".
bool is_link_of(std::string const& name, std::string const& stem) {
  auto const digit = [&](std::size_t at) { return std::isdigit(static_cast<unsigned char>(name[at])) != 0; };
  return name.size() == stem.size() + 3 && (name[0] == 'S' || name[0] == 'K') && digit(1) && digit(2) && name.ends_with(stem);
}

std::vector<InitLink> links_in(Paths const& paths, std::string const& folder, std::string const& stem) {
  std::vector<InitLink> out;
  std::error_code error;
  for (fs::directory_iterator at(paths.host(folder), error); !error && at != fs::directory_iterator(); at.increment(error)) {
    auto const name = at->path().filename().string();
    if (!is_link_of(name, stem)) continue;
    auto const target = fs::read_symlink(at->path(), error).string();
    if (!error) out.push_back({folder + "/" + name, target});
    error.clear();
  }
  return out;
}

std::vector<std::string> runlevel_folders(Paths const& paths) {
  std::vector<std::string> out;
  for (auto const* parent : {"/etc/rc.d/rc", "/etc/rc"})
    for (char const level : std::string_view("0123456S")) add_existing(paths, std::string(parent) + level + ".d", out);
  return out;
}

Result<void> copy_file(Paths const& paths, std::string const& from, std::string const& to) {
  auto const text = read_file(paths.host(from));
  if (!text) return fail(text.error());
  auto const target = paths.host(to);
  std::error_code ignored;
  fs::create_directories(fs::path(target).parent_path(), ignored);
  if (auto written = write_durably(target, *text); !written) return written;
  if (chmod(target.c_str(), is_unit_file(to) ? 0644 : 0755) != 0) return fail(file_error("cannot set the mode of", target, errno));
  return {};
}

/// Where it was put back from.
Result<std::string> put_back(Context const& context, Component const& component, StepRecord const& record, std::string const& path) {
  if (auto const copy = copy_of(context.paths, component, path); !copy.empty()) {
    if (auto copied = copy_file(context.paths, copy, path); !copied) return fail(copied.error());
    return copy;
  }
  auto const done = extract_tarball(record.archive, context.paths.root, [&](std::string const& saved) { return saved == path; });
  if (!done) return fail(done.error());
  if (!done->empty()) return std::string("the backup of this step");
  return fail(ErrorKind::UnitFailed, "the package of " + component.name + " left no " + path +
                                         ", no copy of it under install/inits, and the backup has none");
}

Result<void> put_back_link(Paths const& paths, InitLink const& link, std::string const& stem, std::vector<InitLink> const& known) {
  std::string const folder = fs::path(link.path).parent_path().string();
  auto const opened = trusted_folder(paths.host(folder));
  if (!opened) return fail(opened.error());
  for (auto const& other : links_in(paths, folder, stem))
    if (std::ranges::find(known, other.path, &InitLink::path) == known.end())
      unlinkat(opened->get(), fs::path(other.path).filename().c_str(), 0);
  auto const name = fs::path(link.path).filename().string();
  if (symlinkat(link.target.c_str(), opened->get(), name.c_str()) != 0 && errno != EEXIST)
    return fail(file_error("cannot put back the link", link.path, errno));
  return {};
}

Result<void> mend_links(Paths const& paths, Component const& component, StepRecord const& record, Findings& findings) {
  std::vector<std::string> done;
  for (auto const& link : record.init_links) {
    if (exists(paths.host(link.path)) || init_scripts(paths, component).empty()) continue;
    if (auto put = put_back_link(paths, link, stem_of(component.unit), record.init_links); !put) return put;
    done.push_back(link.path);
  }
  if (done.empty()) return {};
  findings.repairs.push_back("the links of its init script were taken out, as `chkconfig --del` does: " + std::to_string(done.size()) +
                             " of them, " + done.front() + " first, are there again");
  relabel(paths, done, findings.notes);
  return {};
}

}  // namespace

std::vector<std::string> init_scripts(Paths const& paths, Component const& component) {
  std::vector<std::string> out;
  if (component.unit.empty()) return out;
  for (auto const* folder : {"/etc/init.d/", "/etc/rc.d/init.d/"}) add_existing(paths, folder + stem_of(component.unit), out);
  return out;
}

void look_at_init_files(Paths const& paths, Component const& component, Unit const& unit, StepRecord& record) {
  if (component.unit.empty()) return;
  bool const made = unit.fragment.starts_with("/run/");
  record.init_source = !unit.source.empty() ? unit.source : made || record.masked ? std::string{} : unit.fragment;
  add_existing(paths, record.init_source, record.init_files);
  for (auto const* folder : {"/lib/systemd/system/", "/usr/lib/systemd/system/"})
    add_existing(paths, folder + component.unit, record.init_files);
  for (auto const& script : init_scripts(paths, component)) add_existing(paths, script, record.init_files);
  for (auto const& folder : runlevel_folders(paths))
    for (auto& link : links_in(paths, folder, stem_of(component.unit))) record.init_links.push_back(std::move(link));
}

std::vector<std::string> lost_init_files(Paths const& paths, Component const& component, StepRecord const& record) {
  std::vector<std::string> out;
  bool const unit_there = component.unit.empty() || unit_file_there(paths, component, record);
  for (auto const& path : record.init_files) {
    if (exists(paths.host(path))) continue;
    bool const wanted = is_unit_file(path) ? !unit_there && std::ranges::none_of(out, is_unit_file)
                                           : !copy_of(paths, component, path).empty() || (path == record.init_source && !unit_there);
    if (wanted) out.push_back(path);
  }
  return out;
}

Result<void> mend_init_files(Context const& context, Component const& component, StepRecord const& record, Findings& findings) {
  auto const lost = lost_init_files(context.paths, component, record);
  for (auto const& path : lost) {
    auto const from = put_back(context, component, record, path);
    if (!from) return fail(from.error());
    findings.repairs.push_back(path + " was gone after the change: it is restored from " + *from);
  }
  relabel(context.paths, lost, findings.notes);
  return mend_links(context.paths, component, record, findings);
}

}  // namespace tykup::executor
