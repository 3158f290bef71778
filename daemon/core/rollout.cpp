#include "daemon/core/rollout.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/rollout_stepper.hpp"

namespace tykup::rollout {
namespace {

constexpr auto kRetryAfterFailure = std::chrono::minutes{5};
/// A process that was ended says nothing against what it was about to do.
constexpr auto kRetryInterrupted = std::chrono::seconds{30};
constexpr auto kDriftOfClock = std::chrono::hours{24};

std::string job_at(std::string_view what, Instant now) {
  return std::string(what) + "-" + std::to_string(now.time_since_epoch().count());
}

/// The next refresh on a grid that is shifted by this host's own offset: a thousand hosts do not ask in one second.
Instant next_on_grid(Duration every, Duration offset, Instant now) {
  auto const since = now.time_since_epoch() - offset;
  return Instant{since - since % every + every + offset};
}

Announcement source_failed(std::string const& what, Error const& error) {
  return {.said = Said::SourceFailed,
          .priority = Priority::Warning,
          .message = what + with_kind(error),
          .reason = std::string(to_string(error.kind))};
}

bool keeps(ComponentFacts const& facts, PackagePin const& pin) {
  return std::ranges::any_of(facts.kept, [&](KeptPackage const& kept) { return kept.name == pin.name && kept.version == pin.version; });
}

/// A repository that could not be reached keeps what it had, and what it had is signed. These say that it is not to be
/// believed at present.
bool is_about_trust(ErrorKind kind) {
  using enum ErrorKind;
  constexpr std::array kinds{RepositoryUnsigned, RepositoryWrongKey, KeyTooWeak, RepositoryExpired, RepositoryStale, HashMismatch};
  return std::ranges::find(kinds, kind) != kinds.end();
}

}  // namespace

HostFacts distrusting(HostFacts facts, std::map<std::string, Error> const& problems) {
  for (auto& component : facts.components) {
    auto& subscription = component.subscription;
    auto const known = problems.find(subscription.url + " " + subscription.suite);
    bool const distrusted = known != problems.end() && is_about_trust(known->second.kind);
    if (distrusted && subscription.problem.empty()) subscription.problem = with_kind(known->second);
  }
  return facts;
}

Transition Stepper::enter(Phase next) {
  out_.next.phase = std::move(next);
  for (auto& command : entry_commands(out_.next, context_.config)) out_.commands.push_back(std::move(command));
  return std::move(out_);
}

void Stepper::say(Said said, Priority priority, std::string message) {
  say(Announcement{.said = said, .priority = priority, .message = std::move(message)});
}

// ---- idle -------------------------------------------------------------------------------------------------------

Transition Stepper::operator()(phase::Idle const&, event::Started const&) {
  return refresh_is_due() ? refresh() : inspect();
}

Transition Stepper::operator()(phase::Idle const& at, event::Ticked const&) {
  if (refresh_is_due()) return refresh();
  return context_.now >= at.wake ? inspect() : enter(phase::Idle{at.plan, std::min(at.wake, idle_wake())});
}

Transition Stepper::operator()(phase::Idle const&, event::ConfigChanged const&) {
  schedule_refresh();
  return inspect();
}

Transition Stepper::operator()(phase::Idle const&, event::CheckAsked const& asked) {
  say_check_asked(asked);
  return refresh();
}

void Stepper::say_check_asked(event::CheckAsked const& asked) {
  say(Said::OperatorAsked, Priority::Info, asked.by + " asked for a check.");
}

Transition Stepper::refresh() { return enter(phase::Refreshing{job_at("refresh", context_.now)}); }

Transition Stepper::inspect() { return enter(phase::Inspecting{job_at("inspect", context_.now)}); }

/// Also where the next one is further away than any schedule would have it: the clock was set back meanwhile.
bool Stepper::refresh_is_due() {
  auto const latest = context_.now + context_.config.repository.refresh + kDriftOfClock;
  return context_.now >= standing().next_refresh || standing().next_refresh > latest;
}

void Stepper::schedule_refresh() {
  auto const every = context_.config.repository.refresh;
  standing().next_refresh = next_on_grid(every, spread_offset(context_.machine_id, "refresh", every), context_.now);
}

// ---- refreshing -------------------------------------------------------------------------------------------------

void Stepper::compare_sources(job::Refreshed const& result) {
  std::map<std::string, Error> problems;
  for (auto const& source : result.sources) {
    auto const name = source.url + " " + source.suite;
    auto const before = standing().source_problems.find(name);
    bool const failed_before = before != standing().source_problems.end();
    if (source.error) {
      problems[name] = *source.error;
      if (!failed_before || with_kind(before->second) != with_kind(*source.error))
        say(source_failed("Refreshing " + name + " failed: ", *source.error));
    } else if (failed_before) {
      say(Said::SourceRecovered, Priority::Notice, "Refreshing " + name + " works again.");
    }
  }
  standing().source_problems = std::move(problems);
  if (standing().source_problems.empty()) standing().refreshed = context_.now;
}

Transition Stepper::operator()(phase::Refreshing const&, event::Refreshed const& done) {
  schedule_refresh();
  compare_sources(done.result);
  return inspect();
}

Transition Stepper::operator()(phase::Refreshing const&, event::JobFailed const& failed) {
  schedule_refresh();
  if (failed.error.kind == ErrorKind::Interrupted)
    standing().next_refresh = std::min(standing().next_refresh, context_.now + kRetryInterrupted);
  if (with_kind(standing().source_problems["refresh"]) != with_kind(failed.error))
    say(source_failed("The refresh failed: ", failed.error));
  standing().source_problems["refresh"] = failed.error;
  return inspect();
}

// ---- inspecting: the plan is made --------------------------------------------------------------------------------

void Stepper::note_seen(HostFacts const& facts) {
  for (auto const& found : facts.components) {
    if (found.installed.empty()) continue;
    std::string newest;
    for (auto const& candidate : found.candidates) {
      auto const here = std::find_if(found.installed.begin(), found.installed.end(),
                                     [&](auto const& package) { return package.name == candidate.package; });
      if (here == found.installed.end() || compare_versions(facts.format, candidate.version, here->version) <= 0)
        continue;
      bool const known = std::any_of(memory_.seen.begin(), memory_.seen.end(), [&](auto const& seen) {
        return seen.component == found.component && seen.version == candidate.version &&
               seen.sha256 == candidate.sha256;
      });
      if (known) continue;
      keep(record::Seen{{found.component, candidate.version, candidate.sha256, context_.now}});
      if (newest.empty()) newest = candidate.package + " " + candidate.version + " from " + candidate.repository;
    }
    if (newest.empty()) continue;
    say({.said = Said::VersionSeen,
         .priority = Priority::Notice,
         .message = "First seen: " + newest + " (installed: " + found.installed.front().version + ").",
         .component = found.component,
         .from = found.installed.front().version});
  }
}

/// What the host is at, or beyond, soaks no more: without this the memory would grow by every version there ever was.
void Stepper::forget_seen(HostFacts const& facts) {
  for (auto const& seen : std::vector<SeenVersion>(memory_.seen)) {
    auto const* found = facts.find(seen.component);
    if (found == nullptr || found->installed.empty()) continue;
    bool const outgrown = std::ranges::all_of(found->installed, [&](InstalledPackage const& installed) {
      return compare_versions(facts.format, seen.version, installed.version) <= 0;
    });
    if (outgrown) keep(record::Outgrown{seen.component, seen.version});
  }
}

/// Once everything is fetched, a version that is offered but could not be kept is no way back.
void Stepper::look_at_kept(Plan& plan, HostFacts const& facts) {
  for (auto& step : plan.steps) {
    auto const* found = facts.find(step.component);
    auto const gone = std::ranges::find_if(step.from, [&](PackagePin const& pin) { return found == nullptr || !keeps(*found, pin); });
    if (gone == step.from.end()) continue;
    step.way_back = false;
    step.way_back_note = gone->name + " " + gone->version + " could not be kept";
    // It is fetched again, or its step stays.
    if (context_.config.policy.without_rollback == WithoutRollback::Hold) standing().ready_plan.clear();
  }
}

Transition Stepper::operator()(phase::Inspecting const&, event::Inspected const& done) {
  standing().hindrance.clear();
  end_what_is_over();
  note_opening();
  note_seen(done.result.facts);
  forget_seen(done.result.facts);
  auto const facts = distrusting(done.result.facts, standing().source_problems);
  auto plan = make_plan(context_.config, facts, memory_, context_.now, context_.digest, planned_by(standing(), context_));
  review_asked(plan);
  if (memory_.approval && memory_.approval->plan_hash != plan.hash) void_approval("the plan is another one by now");
  raise_concerns(plan, facts);
  if (plan.hash == standing().ready_plan) look_at_kept(plan, facts);
  note_obstacles(plan, facts);
  return planned(std::move(plan));
}

Transition Stepper::operator()(phase::Inspecting const&, event::JobFailed const& failed) {
  auto const text = "The host could not be read: " + with_kind(failed.error);
  if (standing().hindrance != text) say(Said::InspectFailed, Priority::Error, text);
  standing().hindrance = text;
  return rest({}, failed.error);
}

/// What is being read comes from the metadata before: it is not what was asked for.
Transition Stepper::operator()(phase::Inspecting const&, event::CheckAsked const& asked) {
  say_check_asked(asked);
  return refresh();
}

Transition Stepper::planned(Plan plan) {
  if (plan.steps.empty()) {
    if (!standing().ready_plan.empty())
      say(Said::PlanGone, Priority::Info, "Nothing to upgrade any more: every component stays where it is.");
    standing().ready_plan.clear();
    return enter(phase::Idle{std::move(plan), idle_wake()});
  }
  if (plan.hash == standing().ready_plan) return fetched(std::move(plan));
  say(Said::PlanMade, Priority::Notice, "Plan " + plan.hash.substr(0, 12) + ": " + describe(plan.steps) + ".");
  return download_next({std::move(plan), 0, {}});
}

// ---- downloading ------------------------------------------------------------------------------------------------

Transition Stepper::download_next(phase::Downloading at) {
  if (at.index < at.plan.steps.size()) {
    at.job = job_at("download-" + std::to_string(at.index + 1), context_.now);
    return enter(std::move(at));
  }
  standing().ready_plan = at.plan.hash;
  if (refresh_is_due()) return refresh();
  // Held while it was fetched: the plan is another one.
  bool const held = std::ranges::any_of(at.plan.steps, [&](PlanStep const& step) {
    return !hold_reasons(memory_, step.component, context_.now).empty();
  });
  // A fleet waits until it was told that the packages are there.
  return held || context_.fleet != nullptr ? inspect() : fetched(std::move(at.plan));
}

/// The repository is asked again: it may have moved on while the daemon was away.
Transition Stepper::operator()(phase::Downloading const&, event::Started const&) { return inspect(); }

Transition Stepper::operator()(phase::Downloading const& at, event::Downloaded const& done) {
  auto next = at;
  auto& step = next.plan.steps[next.index];
  step.way_back = !done.result.no_way_back;
  if (done.result.no_way_back) {
    step.way_back_note = done.result.no_way_back->message;
    if (context_.config.policy.without_rollback == WithoutRollback::Hold)
      return without_way_back(next, *done.result.no_way_back);
  }
  ++next.index;
  return download_next(std::move(next));
}

/// The step and all that come after it stay; what comes before it can go.
Transition Stepper::without_way_back(phase::Downloading const& at, Error const& why) {
  auto plan = at.plan;
  auto const first = plan.steps.begin() + static_cast<std::ptrdiff_t>(at.index);
  for (auto step = first; step != plan.steps.end(); ++step) {
    Reason reason{Gate::Order, first->component + " comes first and stays", "see what keeps " + first->component + " back"};
    if (step == first)
      reason = {Gate::WithoutRollback, why.message,
                "put the package of the installed version into the archive, or set [policy] without_rollback = \"go\""};
    plan.staying.push_back({step->component, step->from, step->to, {reason}, step->to_version()});
  }
  say({.said = Said::DownloadFailed,
       .priority = Priority::Warning,
       .message = first->component + " stays at " + first->from_version() + ": " + why.message,
       .component = first->component,
       .from = first->from_version(),
       .to = first->to_version(),
       .reason = why.message});
  plan.steps.erase(first, plan.steps.end());
  std::erase_if(plan.plugin_checks, [&](PluginCheck const& check) {
    return std::ranges::find(plan.steps, check.component, &PlanStep::component) == plan.steps.end();
  });
  plan.hash = plan_hash(plan.steps, context_.digest);
  if (memory_.approval && memory_.approval->plan_hash != plan.hash) void_approval("the plan is another one by now");
  if (plan.steps.empty()) return enter(phase::Idle{std::move(plan), idle_wake()});
  standing().ready_plan = plan.hash;
  return refresh_is_due() ? refresh() : fetched(std::move(plan));
}

Transition Stepper::rest(Plan plan, Error const& error) {
  Duration const pause = error.kind == ErrorKind::Interrupted ? Duration{kRetryInterrupted} : Duration{kRetryAfterFailure};
  return enter(phase::Idle{std::move(plan), std::min(standing().next_refresh, context_.now + pause)});
}

Transition Stepper::operator()(phase::Downloading const& at, event::JobFailed const& failed) {
  auto const& step = at.plan.steps[at.index];
  auto const text = "Fetching " + describe(step) + " failed: " + with_kind(failed.error);
  if (standing().hindrance != text)
    say({.said = Said::DownloadFailed,
         .priority = Priority::Error,
         .message = text,
         .component = step.component,
         .from = step.from_version(),
         .to = step.to_version(),
         .reason = std::string(to_string(failed.error.kind))});
  standing().hindrance = text;
  return rest(at.plan, failed.error);
}

/// The executor does one such thing at a time; the refresh comes when this one is over.
Transition Stepper::operator()(phase::Downloading const&, event::CheckAsked const& asked) {
  say_check_asked(asked);
  standing().next_refresh = context_.now;
  return std::move(out_);
}

}  // namespace tykup::rollout
