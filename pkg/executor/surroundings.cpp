#include "pkg/executor/surroundings.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <thread>

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

constexpr auto kBetweenLooks = std::chrono::milliseconds{100};

/// What comes and goes by itself proves nothing by being gone. A unit with a name on the bus that the boot starts is none
/// of these: firewalld, NetworkManager.
bool comes_and_goes(Unit const& unit) {
  bool const on_demand = unit.type == "dbus" && unit.wanted_by.empty() && unit.required_by.empty();
  return unit.transient || unit.type == "oneshot" || on_demand || unit.facts.name.ends_with(".scope");
}

/// An init script has no state of its own: the generator wants it where it has links in the folders of run levels.
bool is_enabled(Unit const& unit) {
  auto const& state = unit.facts.unit_file_state;
  return state.starts_with("enabled") || (state == "generated" && !unit.wanted_by.empty());
}

/// The units of the host, each read once.
class Neighbours {
 public:
  explicit Neighbours(Units& units) : units_(units) {}

  bool must_stay_up(std::string const& name) {
    auto const* unit = read(name);
    if (unit == nullptr || comes_and_goes(*unit)) return false;
    asked_ = {name};
    return is_enabled(*unit) || is_needed(*unit);
  }
  bool comes_and_goes_by_itself(std::string const& name) {
    auto const* unit = read(name);
    return unit != nullptr && comes_and_goes(*unit);
  }

 private:
  Unit const* read(std::string const& name) {
    if (auto const known = known_.find(name); known != known_.end()) return &known->second;
    auto unit = units_.unit(name);
    return unit ? &known_.emplace(name, std::move(*unit)).first->second : nullptr;
  }
  /// An enabled unit requires it, or requires what requires it.
  bool is_needed(Unit const& unit) {
    return std::ranges::any_of(unit.required_by, [this](std::string const& name) {
      if (!asked_.insert(name).second) return false;
      auto const* above = read(name);
      return above != nullptr && (is_enabled(*above) || is_needed(*above));
    });
  }

  Units& units_;
  std::map<std::string, Unit> known_;
  std::set<std::string> asked_;
};

bool contains(std::vector<std::string> const& names, std::string const& name) {
  return std::ranges::find(names, name) != names.end();
}

/// How the host compares with the record at one instant.
struct Look {
  std::vector<std::string> lost = {};    ///< down, with how
  std::vector<std::string> moving = {};  ///< on their way up or down, with what they would be if they stayed so
  bool starting = false;                 ///< one is on its way up, and nothing is wrong with that
};

void look_at(UnitRow const* row, std::string const& name, Look& look) {
  std::string const state = row == nullptr ? "inactive" : row->active_state;
  if (state == "active" || state == "reloading" || state == "failed") return;
  if (state == "inactive") {
    look.lost.push_back(name + " (stopped)");
  } else if (state == "deactivating") {
    look.moving.push_back(name + " (stopping)");
  } else if (row->sub_state == "auto-restart") {
    look.moving.push_back(name + " (ends again and again)");
  } else {
    look.starting = true;
  }
}

Look compare(std::vector<UnitRow> const& rows, std::string const& own, StepRecord const& record, Neighbours& neighbours) {
  Look look;
  for (auto const& row : rows) {
    if (row.active_state != "failed" || row.name == own || contains(record.failed_units, row.name)) continue;
    if (!neighbours.comes_and_goes_by_itself(row.name)) look.lost.push_back(row.name + " (failed)");
  }
  for (auto const& name : record.up_services) {
    auto const row = std::ranges::find(rows, name, &UnitRow::name);
    if (name != own) look_at(row == rows.end() ? nullptr : &*row, name, look);
  }
  return look;
}

bool is_active(std::vector<UnitRow> const& rows, std::string const& name) {
  auto const row = std::ranges::find(rows, name, &UnitRow::name);
  return row != rows.end() && row->active_state == "active";
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
  auto const rows = context.units.loaded();
  if (!rows) return fail(rows.error());
  Neighbours neighbours(context.units);
  for (auto const& row : *rows) {
    if (row.active_state == "failed") record.failed_units.push_back(row.name);
    bool const serves = row.active_state == "active" && row.name.ends_with(".service") && row.name != component.unit;
    if (serves && neighbours.must_stay_up(row.name)) record.up_services.push_back(row.name);
  }
  return own;
}

Result<std::vector<std::string>> lost_elsewhere(Context const& context, Component const& component, StepRecord const& record) {
  auto const begun = std::chrono::steady_clock::now();
  auto const watch = record.unit.running() ? std::min(context.config.health.settle, context.patience / 2) : Duration{0};
  Neighbours neighbours(context.units);
  for (;;) {
    auto const rows = context.units.loaded();
    if (!rows) return fail(rows.error());
    auto look = compare(*rows, component.unit, record, neighbours);
    auto const spent = std::chrono::steady_clock::now() - begun;
    bool const quiet = look.lost.empty() && look.moving.empty() && !look.starting;
    // Where the component itself is down, the health gate says so: it does not wait for this.
    if (quiet && (spent >= watch || !is_active(*rows, component.unit))) return look.lost;
    if (spent >= context.patience) {
      std::ranges::move(look.moving, std::back_inserter(look.lost));
      return look.lost;
    }
    std::this_thread::sleep_for(kBetweenLooks);
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
