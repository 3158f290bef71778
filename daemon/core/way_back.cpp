#include "daemon/core/way_back.hpp"

#include <algorithm>

#include "daemon/core/rollout_stepper.hpp"
#include "daemon/core/words.hpp"

namespace tykup::rollout {
namespace {

/// A step that left its component on another version than it found, or back on the one before.
struct Mark {
  RunRecord const* run = nullptr;
  StepRecord const* step = nullptr;
};

Mark newest_mark(WayBackQuery const& query, std::string const& component, auto const& counts) {
  for (auto const& run : query.runs)
    for (auto const& step : run.steps)
      if (step.step.component == component && counts(run, step)) return {&run, &step};
  return {};
}

bool has_moved(RunRecord const&, StepRecord const& step) {
  return step.result == StepResult::Done || step.result == StepResult::RolledBack;
}

std::vector<PackagePin> const& left_at(StepRecord const& step) {
  return step.result == StepResult::Done ? step.step.to : step.step.from;
}

void hinder(WayBack& way, ErrorKind kind, std::string why, std::string remedy) {
  way.hindrance = Error{kind, std::move(why)};
  way.remedy = std::move(remedy);
}

constexpr char const* kByHand = "install the older package by hand, with its configuration; `tykup hold` keeps it there";

/// What the daemon does, or waits for, keeps everybody from beginning.
void look_at_state(WayBack& way, State const& state) {
  if (auto const* run = run_of(state.phase)) {
    hinder(way, ErrorKind::Busy, "run " + run->record.id + " is at work on " + run->component(), "ask again when it has ended: tykup status");
  } else if (std::holds_alternative<phase::NeedsAdmin>(state.phase) && state.standing.trouble) {
    hinder(way, ErrorKind::NotAllowed, state.standing.trouble->component + " needs an administrator: " + state.standing.trouble->text,
           state.standing.trouble->remedy);
  } else if (!std::holds_alternative<phase::Idle>(state.phase) && !std::holds_alternative<phase::Waiting>(state.phase)) {
    hinder(way, ErrorKind::Busy, "tykupd is " + public_state(state), "ask again in a moment");
  }
}

/// Finds the run; true: there is one.
bool find_run(WayBack& way, WayBackQuery const& query, ComponentFacts const& found) {
  auto const latest = newest_mark(query, way.component, has_moved);
  bool const is_as_left = latest.step == nullptr || stands_at(found.installed, left_at(*latest.step));
  if (!is_as_left) {
    hinder(way, ErrorKind::NoWayBack,
           "installed is " + installed_text(found.installed) + ", and run " + latest.run->id + " had left " +
               left_at(*latest.step).front().version + ": somebody else changed it since",
           "tykup goes back only over its own steps; " + std::string(kByHand));
    return false;
  }
  auto const brought = newest_mark(query, way.component, [&](RunRecord const&, StepRecord const& step) {
    return step.result == StepResult::Done && stands_at(found.installed, step.step.to);
  });
  if (brought.step == nullptr) {
    hinder(way, ErrorKind::NoWayBack, "no run of tykup on this host brought " + installed_text(found.installed), kByHand);
    return false;
  }
  way.run = brought.run->id;
  way.step = brought.step->step;
  for (auto const& note : brought.step->notes)
    if (note.starts_with(kBackupNote)) way.backup = note.substr(kBackupNote.size());
  return true;
}

/// The archive tells the digest of a package that had none when the step was planned.
bool find_kept(PackagePin& pin, ComponentFacts const& found) {
  auto const is_it = [&](KeptPackage const& kept) { return kept.name == pin.name && kept.version == pin.version; };
  auto const kept = std::ranges::find_if(found.kept, is_it);
  if (kept == found.kept.end()) return false;
  if (pin.sha256.empty()) pin.sha256 = kept->sha256;
  return true;
}

void look_at_packages(WayBack& way, ComponentFacts const& found) {
  auto const gone = std::ranges::find_if_not(way.step.from, [&](PackagePin& pin) { return find_kept(pin, found); });
  if (!way.step.one_way.empty()) {
    hinder(way, ErrorKind::NoWayBack, way.step.one_way + ": the old package does not go back over that",
           "restore the database as it was before run " + way.run + " first, then install the older package by hand");
  } else if (gone != way.step.from.end()) {
    hinder(way, ErrorKind::NoWayBack, "the package " + gone->name + " " + gone->version + " is not kept on this host", kByHand);
  }
}

}  // namespace

Result<WayBack> way_back_of(std::string const& component, WayBackQuery const& query) {
  if (component.empty()) return fail(ErrorKind::BadRequest, "A component must be named.");
  if (auto known = known_component(component, query.config); !known) return fail(known.error());
  WayBack way{.component = component};
  auto const* found = query.facts == nullptr ? nullptr : query.facts->find(component);
  if (found != nullptr && !found->installed.empty()) way.installed = found->installed.front().version;
  if (found == nullptr) {
    hinder(way, ErrorKind::Busy, "the host was not read yet", "tykup check");
  } else if (found->installed.empty()) {
    hinder(way, ErrorKind::NoWayBack, component + " is not installed on this host", "nothing can go back");
  } else if (find_run(way, query, *found)) {
    look_at_packages(way, *found);
  }
  look_at_state(way, query.state);
  way.step.way_back = !way.hindrance;
  return way;
}

Result<Event> may_roll_back(WayBack const& way, std::string const& to, std::string const& by) {
  if (way.hindrance)
    return fail(way.hindrance->kind, way.component + " does not go back: " + way.hindrance->message + ". → " + way.remedy + ".");
  if (!to.empty() && to != way.step.from_version())
    return fail(ErrorKind::NotFound, way.component + " would go back to " + way.step.from_version() + " by now, not to " + to + ".");
  return event::RollBackAsked{by, way.run, way.step};
}

}  // namespace tykup::rollout
