#include "pkg/executor/restart.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "daemon/core/words.hpp"
#include "daemon/fault/fault.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/landing.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/surroundings.hpp"

namespace tykup::executor {
namespace {

using FileState = Units::FileState;

constexpr auto kJobLimit = std::chrono::minutes{5};
constexpr auto kLandingLockWait = std::chrono::minutes{10};

Instant now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

/// Enabled, disabled and masked as before the step; other states ("static", "linked") are the unit file's own.
Result<void> bring_back_state(Context const& context, StepRecord const& record, Findings& findings) {
  auto const& name = record.unit.name;
  auto const unit = context.units.unit(name);
  if (!unit) return fail(unit.error());
  auto const& state = unit->facts.unit_file_state;
  auto const& wanted = record.unit.unit_file_state;
  bool const masked = unit->facts.load_state == "masked" || state.starts_with("masked");
  auto const set = [&](FileState to, std::string const& word) -> Result<void> {
    findings.repairs.push_back(name + " was " + (state.empty() ? "not known to systemd" : state) + " after the change: it is " + word +
                               " again, as before");
    return context.units.set(to, name);
  };
  if (masked && !record.masked)
    if (auto done = set(FileState::Unmasked, "unmasked"); !done) return done;
  if (!masked && record.masked) {
    // Below the mask too: who takes it off later must not find a service that a package script enabled.
    if (state == "enabled" && !record.enabled_below)
      if (auto done = context.units.set(FileState::Disabled, name); !done) return done;
    return set(FileState::Masked, "masked");
  }
  if (wanted == "enabled" && (state == "disabled" || state.empty())) return set(FileState::Enabled, "enabled");
  if (wanted == "disabled" && state == "enabled") return set(FileState::Disabled, "disabled");
  return {};
}

/// Services that the new version brought and enabled: their start was silenced with everything else.
Result<void> start_new_units(Context const& context, Component const& component, StepRecord const& record, Findings& findings) {
  if (!component.quiet) return {};
  for (auto const& pin : record.pins) {
    auto const files = context.packages.files(pin.name);
    if (!files) return fail(files.error());
    for (auto const& file : *files) {
      auto const name = std::filesystem::path(file.path).filename().string();
      bool const service = file.path.find("/lib/systemd/system/") != std::string::npos && name.ends_with(".service");
      bool const known = std::ranges::find(record.package_units, name) != record.package_units.end();
      if (!service || known || name == component.unit) continue;
      auto const unit = context.units.unit(name);
      if (!unit || unit->facts.unit_file_state != "enabled" || unit->facts.active_state != "inactive") continue;
      if (auto done = context.units.run(Units::Verb::Start, name, kJobLimit); !done) return done;
      findings.notes.push_back("started " + name + ", which the new version brought");
    }
  }
  return {};
}

/// A process is systemd's own copy for a moment before it becomes the binary.
Result<Unit> prove(Context const& context, Component const& component, StepRecord const& record) {
  auto const deadline = std::chrono::steady_clock::now() + context.patience;
  std::string const binary = record.runs_binary ? component.binary : std::string{};
  for (;;) {
    auto unit = context.units.unit(component.unit);
    if (!unit) return unit;
    std::string wrong = "it has no main process";
    if (unit->facts.main_pid != 0) wrong = wrong_process(context.paths, unit->facts.main_pid, binary);
    bool const forks_away = unit->facts.main_pid == 0 && unit->facts.active_state == "active";
    if (wrong.empty() || forks_away) return unit;
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(ErrorKind::UnitFailed, component.unit + " was restarted, but " + wrong + " (" + unit->facts.active_state + ", " +
                                             unit->result + "); see `journalctl -u " + component.unit + "`");
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

Result<void> restart_unit(Context const& context, std::string const& name) {
  auto const unit = context.units.unit(name);
  if (!unit) return fail(unit.error());
  // A start limit that was hit before would refuse the next start as well.
  if (unit->facts.active_state == "failed" || unit->result == "start-limit-hit")
    if (auto done = context.units.reset_failed(name); !done) return done;
  context.progress({"restart", -1, "restarting " + name});
  return context.units.run(Units::Verb::Restart, name, kJobLimit);
}

/// The change that was begun last put back what the step had found.
bool is_rollback(StepRecord const& record) {
  return !record.pins.empty() && std::ranges::all_of(record.pins, [&](PackagePin const& pin) {
    auto const old = std::ranges::find(record.packages, pin.name, &InstalledPackage::name);
    return old != record.packages.end() && old->version == pin.version;
  });
}

/// UnitLost, naming them, where units of others went down. After a rollback nothing is left to take back: they are a note,
/// and whether the old version is healthy is for the gate to say.
Result<void> see_to_others(Context const& context, Component const& component, StepRecord const& record, Findings& findings) {
  auto const lost = lost_elsewhere(context, component, record);
  if (!lost) return fail(lost.error());
  if (lost->empty()) return {};
  auto const text = "since " + component.name + " was changed these units are down: " + join(*lost) +
                    "; see `systemctl status` of each, and start what should run";
  if (!is_rollback(record)) return fail(ErrorKind::UnitLost, text);
  findings.notes.push_back(text);
  return {};
}

Result<job::Restarted> leave_stopped(Context const& context, Component const& component, StepRecord const& record,
                                     Findings findings) {
  job::Restarted out;
  out.at = now();
  if (!component.unit.empty()) {
    auto unit = context.units.unit(component.unit);
    if (!unit) return fail(unit.error());
    if (unit->facts.running()) {
      if (auto done = context.units.run(Units::Verb::Stop, component.unit, kJobLimit); !done) return fail(done.error());
      findings.repairs.push_back(component.unit + " had been started by its package: it is stopped again, as before");
      unit = context.units.unit(component.unit);
      if (!unit) return fail(unit.error());
    }
    out.unit = unit->facts;
  }
  if (auto done = see_to_others(context, component, record, findings); !done) return fail(done.error());
  out.notes = std::move(findings.notes);
  out.repairs = std::move(findings.repairs);
  return out;
}

Result<Findings> prepare(Context const& context, Component const& component, StepRecord& record) {
  Findings findings;
  if (record.landing) {
    auto landed = land(context, component, record, kLandingLockWait);
    if (!landed) return landed;
    findings = std::move(*landed);
  }
  fault::reached(fault::Point::ReloadBegins);
  if (auto done = context.units.reload(); !done) return fail(done.error());
  fault::reached(fault::Point::Reloaded);
  if (component.unit.empty()) return findings;
  if (auto done = bring_back_state(context, record, findings); !done) return fail(done.error());
  if (auto done = start_new_units(context, component, record, findings); !done) return fail(done.error());
  return findings;
}

/// A host that is still booting has not started everything that it will.
void wait_for_boot(Context const& context) {
  auto const deadline = std::chrono::steady_clock::now() + context.boot_limit;
  while (std::chrono::steady_clock::now() < deadline) {
    auto const state = context.units.system_state();
    bool const boots = state && (*state == "initializing" || *state == "starting");
    if (!boots || context.told_to_stop()) return;
    context.progress({"boot", -1, "the host is still starting"});
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

/// The boot itself started the service, and did so after the last thing that the step changed for it.
bool started_by_boot(Context const& context, Component const& component, StepRecord const& record) {
  auto const boot = boot_id(context.paths.boot());
  if (record.landing || record.changed_in.empty() || record.changed_in == boot || boot == "unknown") return false;
  auto const unit = context.units.unit(component.unit);
  if (!unit || unit->facts.main_pid == 0 || !unit->facts.started) return false;
  return wrong_process(context.paths, unit->facts.main_pid, record.runs_binary ? component.binary : std::string{}).empty();
}

Result<job::Restarted> restart_now(Context const& context, job::StepId const& step) {
  auto const component = configured(context.config, step.component);
  if (!component) return fail(component.error());
  auto record = load_step(context.paths, step);
  if (!record) return fail(record.error());
  wait_for_boot(context);
  if (auto ok = refuse_when_stopping(context, "the restart of " + component->name); !ok) return fail(ok.error());
  bool const by_boot = started_by_boot(context, *component, *record);
  auto found = prepare(context, *component, *record);
  if (!found) return fail(found.error());
  if (!record->unit.running()) return leave_stopped(context, *component, *record, std::move(*found));
  // What was put right only now is read at the next start.
  bool const leave = by_boot && found->repairs.empty();
  auto const begun = now();
  fault::reached(fault::Point::RestartBegins);
  if (!leave)
    if (auto done = restart_unit(context, component->unit); !done) return fail(done.error());
  fault::reached(fault::Point::RestartDone);
  auto const unit = prove(context, *component, *record);
  if (!unit) return fail(unit.error());
  fault::reached(fault::Point::RestartProven);
  if (auto done = see_to_others(context, *component, *record, *found); !done) return fail(done.error());
  auto const at = leave ? unit->facts.started.value_or(begun) : begun;
  return job::Restarted{true, at, unit->facts, std::move(found->notes), std::move(found->repairs), leave};
}

}  // namespace

Result<job::Restarted> restart(Context const& context, job::StepId const& step) {
  auto done = restart_now(context, step);
  if (done || done.error().kind == ErrorKind::Stopping) return done;
  // Of a host that goes down meanwhile nothing can be said: its services stop, and the bus with them.
  if (auto stopping = refuse_when_stopping(context, "the restart of " + step.component); !stopping) return fail(stopping.error());
  return done;
}

}  // namespace tykup::executor
