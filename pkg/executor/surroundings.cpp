#include "pkg/executor/surroundings.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "daemon/core/words.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

/// Services that come and go by themselves prove nothing by being gone.
bool must_stay_up(Unit const& unit) {
  if (unit.transient || unit.type == "oneshot" || unit.type == "dbus") return false;
  return unit.facts.unit_file_state.starts_with("enabled") || !unit.required_by.empty();
}

bool is_up(std::string const& active) { return active == "active" || active == "reloading" || active == "activating"; }

std::vector<std::string> failed_of(std::vector<UnitRow> const& rows) {
  std::vector<std::string> out;
  for (auto const& row : rows)
    if (row.active_state == "failed") out.push_back(row.name);
  return out;
}

bool contains(std::vector<std::string> const& names, std::string const& name) {
  return std::ranges::find(names, name) != names.end();
}

/// What is worse than the record says; empty: nothing.
std::string worse(std::vector<UnitRow> const& rows, std::string const& own, StepRecord const& record) {
  std::vector<std::string> lost;
  for (auto const& name : failed_of(rows))
    if (name != own && !contains(record.failed_units, name)) lost.push_back(name + " (failed)");
  for (auto const& name : record.up_services) {
    auto const row = std::ranges::find(rows, name, &UnitRow::name);
    bool const failed = row != rows.end() && row->active_state == "failed";
    if (name == own || failed || (row != rows.end() && is_up(row->active_state))) continue;
    lost.push_back(name + " (stopped)");
  }
  return join(lost);
}

/// A link to the unit in another unit's folder: what `systemctl enable` makes.
bool has_links(Paths const& paths, std::string const& unit) {
  std::error_code error;
  for (fs::directory_iterator at(paths.host("/etc/systemd/system"), error); !error && at != fs::directory_iterator(); at.increment(error)) {
    auto const extension = at->path().extension();
    bool const folder = extension == ".wants" || extension == ".requires";
    std::error_code ignored;
    if (folder && fs::is_symlink(at->path() / unit, ignored)) return true;
  }
  return false;
}

}  // namespace

Result<Unit> look_around(Context const& context, Component const& component, StepRecord& record) {
  Unit own;
  if (!component.unit.empty()) {
    auto unit = context.units.unit(component.unit);
    if (!unit) return unit;
    own = std::move(*unit);
  }
  record.unit = own.facts;
  record.masked = own.facts.load_state == "masked" || own.facts.unit_file_state.starts_with("masked");
  record.enabled_below = record.masked && has_links(context.paths, component.unit);
  record.runs_binary = own.facts.main_pid != 0 && !component.binary.empty() &&
                       wrong_process(context.paths, own.facts.main_pid, component.binary).empty();
  auto const rows = context.units.services();
  if (!rows) return fail(rows.error());
  record.failed_units = failed_of(*rows);
  for (auto const& row : *rows) {
    if (row.active_state != "active" || row.name == component.unit) continue;
    auto const unit = context.units.unit(row.name);
    if (unit && must_stay_up(*unit)) record.up_services.push_back(row.name);
  }
  return own;
}

Result<void> check_surroundings(Context const& context, Component const& component, StepRecord const& record) {
  auto const deadline = std::chrono::steady_clock::now() + context.patience;
  for (;;) {
    auto const rows = context.units.services();
    if (!rows) return fail(rows.error());
    auto const lost = worse(*rows, component.unit, record);
    if (lost.empty()) return {};
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(ErrorKind::UnitLost, "since " + component.name + " was changed these units are down: " + lost +
                                           "; see `systemctl status` of each");
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

std::string wrong_process(Paths const& paths, std::uint32_t pid, std::string const& binary) {
  std::string const link = paths.process(pid) + "/exe";
  std::error_code error;
  auto const target = fs::read_symlink(link, error).string();
  if (error) return "process " + std::to_string(pid) + " is gone";
  if (target.ends_with(" (deleted)")) return "process " + std::to_string(pid) + " still runs the old " + target;
  if (binary.empty()) return {};
  struct stat running {};
  struct stat installed {};
  if (stat(paths.host(binary).c_str(), &installed) != 0) return binary + " is not there";
  if (stat(link.c_str(), &running) == 0 && running.st_dev == installed.st_dev && running.st_ino == installed.st_ino) return {};
  return "process " + std::to_string(pid) + " runs " + target + ", not " + binary;
}

}  // namespace tykup::executor
