#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"
#include "daemon/core/words.hpp"

/// Neither version could be shown: what whoever comes finds and does, and what `check` then sees.
namespace tykup::rollout {
namespace {

constexpr std::string_view kArchives = "/var/cache/tykup-executor/archives/";

std::string unit_text(UnitFacts const& unit) {
  if (unit.name.empty()) return "no unit";
  if (unit.active_state.empty()) return "the state of " + unit.name + " is not known";
  auto const state = unit.sub_state.empty() ? unit.active_state : unit.active_state + " (" + unit.sub_state + ")";
  return unit.name + " is " + state + (unit.unit_file_state.empty() ? "" : ", " + unit.unit_file_state);
}

std::string backup_text(StepRecord const& at) {
  for (auto const& note : at.notes)
    if (note.starts_with(kBackupNote)) return "the configuration as it was: " + note.substr(kBackupNote.size());
  return "no backup of this step";
}

std::string kept_text(ComponentFacts const& found, std::vector<PackagePin> const& wanted) {
  std::string text;
  for (auto const& pin : wanted) {
    auto const is_it = [&](KeptPackage const& kept) { return kept.name == pin.name && kept.version == pin.version; };
    if (std::ranges::any_of(found.kept, is_it)) text += (text.empty() ? "" : ", ") + pin.name + " " + pin.version;
  }
  return text.empty() ? "no package of the old version is kept" : "kept: " + text;
}

std::string on_disk_text(StepRecord const& at, HostFacts const& facts) {
  auto const* found = facts.find(at.step.component);
  if (found == nullptr) return "nothing is known of its packages; " + backup_text(at);
  auto text = "installed is " + installed_text(found->installed) + "; " + unit_text(found->unit) + "; " + backup_text(at) + "; " +
              kept_text(*found, at.step.from);
  if (!facts.broken_packages.empty()) text += "; not cleanly installed on this host: " + join(facts.broken_packages, "; ");
  return text;
}

/// As the archive spells a version in the name of a file.
std::string file_of(PackagePin const& pin, std::string_view suffix) {
  auto version = pin.version;
  for (auto at = version.find(':'); at != std::string::npos; at = version.find(':', at)) version.replace(at, 1, "%3a");
  return std::string(kArchives) + pin.name + "_" + version + "_*" + std::string(suffix);
}

std::string files_of(PlanStep const& step, std::string_view suffix) {
  std::string text;
  for (auto const& pin : step.from) text += " " + file_of(pin, suffix);
  return text;
}

/// What an operator types, in the order in which it helps.
std::string commands(PlanStep const& step, std::string const& unit, PackageFormat format) {
  std::string text;
  if (!unit.empty()) text = "`systemctl status " + unit + "` and `journalctl -u " + unit + "` say why; ";
  if (format == PackageFormat::Deb) text += "`dpkg --audit` shows what is half-way and `dpkg --configure -a` finishes it; ";
  if (can_go_back(step) && format == PackageFormat::Deb)
    text += "`dpkg --install" + files_of(step, ".deb") + "` puts the old package back; ";
  if (can_go_back(step) && format == PackageFormat::Rpm)
    text += "`rpm -U --oldpackage" + files_of(step, ".rpm") + "` puts the old package back; ";
  return text + "when the service is well: `tykup check`";
}

std::string which_version(PlanStep const& step, std::vector<InstalledPackage> const& installed) {
  auto const text = installed_text(installed);
  if (stands_at(installed, step.from)) return text + ", the old version";
  if (stands_at(installed, step.to)) return text + ", the new version";
  return text + ", neither the old version (" + step.from_version() + ") nor the new one (" + step.to_version() + ")";
}

}  // namespace

Transition Stepper::assess(Run run, Error cause, std::string tried) {
  return enter(phase::Assessing{std::move(run), std::move(cause), std::move(tried)});
}

Transition Stepper::operator()(phase::Assessing const& at, event::Inspected const& done) {
  return needs_admin(at.run, at.cause, at.tried, done.result.facts);
}

Transition Stepper::operator()(phase::Assessing const& at, event::JobFailed const& failed) {
  return needs_admin(at.run, at.cause, at.tried, fail(failed.error));
}

Transition Stepper::needs_admin(Run run, Error const& cause, std::string const& tried, Result<HostFacts> const& facts) {
  auto& at = run.at();
  auto const on_disk = facts ? on_disk_text(at, *facts) : "the host could not be read (" + facts.error().message + "); " + backup_text(at);
  if (!run.undo) remember_bad(at.step, cause);
  at.result = StepResult::NeedsAdmin;
  at.reason = cause.message + "; " + tried;
  at.kind = to_string(cause.kind);
  at.notes.push_back("found at the end: " + on_disk);
  // Nothing further is touched: a host that was drained stays so.
  if (run.step_asked && !run.hooks.empty()) at.notes.push_back("the hooks after the step are not run: what those before it did stands");
  at.ended = context_.now;
  auto const format = facts ? facts->format : PackageFormat::Deb;
  auto const next = commands(at.step, component(run).unit, format);
  say(Said::NeedsAdmin, Priority::Error, run,
      at.step.component + " needs an administrator: " + at.reason + ". On disk: " + on_disk +
          ". Nothing more is touched. What to do: " + next + ".",
      at.kind);
  auto const later = "`tykup history " + run.record.id + "`";
  auto reason = at.step.component + ": " + at.reason;
  auto out = end_run(std::move(run), RunResult::NeedsAdmin, std::move(reason));
  out.next.standing.trouble->text += ". On disk: " + on_disk;
  out.next.standing.trouble->remedy = next + "; " + later + " has the details";
  return out;
}

// ---- the way out -------------------------------------------------------------------------------------------------

Transition Stepper::operator()(phase::NeedsAdmin const&, event::Started const&) { return std::move(out_); }

Transition Stepper::operator()(phase::NeedsAdmin const& at, event::CheckAsked const& asked) {
  if (!at.step) return out_of_trouble(asked.by, {}, true);
  return enter(phase::Checking{*at.step, asked.by});
}

Transition Stepper::operator()(phase::Checking const& at, event::Inspected const& done) {
  auto const* found = done.result.facts.find(at.step.component);
  auto const* known = context_.config.find(at.step.component);
  if (found == nullptr || known == nullptr)
    return out_of_trouble(at.by, at.step.component + " is not in the configuration any more", true);
  auto const installed = which_version(at.step, found->installed);
  bool const is_either = stands_at(found->installed, at.step.from) || stands_at(found->installed, at.step.to);
  if (!is_either) return out_of_trouble(at.by, at.step.component + " is at " + installed, false);
  if (!found->unit.running())
    return out_of_trouble(at.by, at.step.component + " is at " + installed + ", and " + unit_text(found->unit), false);
  auto const version = stands_at(found->installed, at.step.from) ? at.step.from_version() : at.step.to_version();
  HealthExpectation wanted{*known, found->endpoints, version, {}, true};
  return enter(phase::Proving{at.step, at.by, installed, std::move(wanted)});
}

/// Whoever asked is told that nothing was seen: it stays as it is.
Transition Stepper::operator()(phase::Checking const& at, event::JobFailed const& failed) {
  say(Said::InspectFailed, Priority::Error,
      at.by + " asked for a check, but the host could not be read: " + with_kind(failed.error) + ". " + at.step.component +
          " still needs an administrator.");
  return enter(phase::NeedsAdmin{{}, at.step});
}

Transition Stepper::operator()(phase::Proving const& at, event::HealthPassed const&) {
  return out_of_trouble(at.by, at.step.component + " is at " + at.installed + ", and healthy", true);
}

Transition Stepper::operator()(phase::Proving const& at, event::HealthFailed const& failed) {
  return out_of_trouble(at.by, at.step.component + " is at " + at.installed + ", but not healthy: " + failed.reason, false);
}

/// The operator's word counts. What is still not well stops the next step by itself, before anything is changed.
Transition Stepper::out_of_trouble(std::string const& by, std::string const& found, bool is_well) {
  say(Said::TroubleCleared, is_well ? Priority::Notice : Priority::Warning,
      by + " says that the host was put right; " + (found.empty() ? "" : "found now: " + found + ". ") + "tykup looks again.");
  standing().trouble.reset();
  return refresh();
}

}  // namespace tykup::rollout
