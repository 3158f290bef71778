#include "daemon/core/concerns.hpp"

#include <algorithm>

#include "daemon/core/policy_parts.hpp"
#include "daemon/core/punctuality.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

constexpr auto kWarnBeforeEnd = std::chrono::hours{24 * 60};
/// Windows that open more often than this are all alike.
constexpr std::size_t kMostOpenings = 1000;

using Concerns = std::vector<Concern>;

std::string day_of(Instant at) {
  return to_rfc3339(std::chrono::floor<std::chrono::days>(at)).substr(0, 10);
}

bool is_here(ConcernQuery const& query, Component const& component) {
  auto const* found = query.facts == nullptr ? nullptr : query.facts->find(component.name);
  return query.facts == nullptr || (found != nullptr && !found->installed.empty());
}

bool ever_opens(Windows const& windows, std::string const& component, Instant now) {
  auto const verdict = window_at(windows, component, now);
  return verdict.open || verdict.opens.has_value();
}

/// The longest of the openings that count: of the next 35 days, else the next one. Ends early at one of that length.
Duration longest_opening(Windows const& windows, std::string const& component, Instant now, Duration enough) {
  Duration longest{0};
  std::size_t seen = 0;
  for (auto const& opening : next_openings(windows, component, now, kMostOpenings)) {
    if (seen++ > 0 && opening.from > now + kBudgetHorizon) break;
    longest = std::max(longest, opening.until - opening.from);
    if (longest >= enough) break;
  }
  return longest;
}

/// The same without laying out a thousand openings where the next one is long enough.
Duration longest_or_enough(Windows const& windows, std::string const& component, Instant now, Duration enough) {
  auto const next = next_openings(windows, component, now, 1);
  if (next.empty()) return Duration::zero();
  auto const length = next.front().until - next.front().from;
  return length >= enough ? length : longest_opening(windows, component, now, enough);
}

void add_never_fits(Concerns& found, ConcernQuery const& query, Component const& component) {
  PlanStep const step{component.name, {}, {}, false, {}, estimate_step(component, query.config, query.memory, query.facts)};
  auto const never = never_fits(step, query.config, query.now);
  if (never) found.push_back({"never-fits", component.name, never->text, never->remedy, true});
}

/// A component without any window keeps those behind it back as well.
void add_windowless(Concerns& found, ConcernQuery const& query, std::size_t index) {
  auto const& components = query.config.components;
  auto const& name = components[index].name;
  // Which of a topology's components are on the host is not known without its facts.
  if (query.facts == nullptr && query.config.deployment.components.empty()) return;
  if (ever_opens(query.config.windows, name, query.now)) return;
  std::string const remedy = "give " + name + " a window, or tykup hold " + name;
  for (auto later = index + 1; later < components.size(); ++later) {
    if (!is_here(query, components[later]) || !ever_opens(query.config.windows, components[later].name, query.now)) continue;
    found.push_back({"order-against-windows", name,
                     name + " has no window and comes before " + components[later].name +
                         ", which has one: neither is upgraded on its own when both have a newer version",
                     remedy, true});
    return;
  }
  found.push_back({"no-window", name, "no window is meant for " + name + ": it is not upgraded on its own", remedy, true});
}

void add_windows(Concerns& found, ConcernQuery const& query) {
  auto const& windows = query.config.windows;
  if (windows.windows.empty()) return;
  auto const verdict = window_at(windows, "", query.now);
  if (!verdict.open && !verdict.opens) {
    bool const opens_unfrozen = ever_opens(without_freezes(windows), "", query.now);
    found.push_back({"never-opens", "",
                     opens_unfrozen ? "the freezes cover every window of the next 400 days: nothing is upgraded on its own"
                                    : "no window opens within 400 days: nothing is upgraded on its own",
                     opens_unfrozen ? "shorten the [[freeze]] tables" : "put calendar in [[window]] right", true});
    return;
  }
  for (std::size_t i = 0; i < query.config.components.size(); ++i) {
    auto const& component = query.config.components[i];
    if (!is_here(query, component)) continue;
    add_windowless(found, query, i);
    add_never_fits(found, query, component);
  }
}

void add_approval(Concerns& found, ConcernQuery const& query) {
  auto const& given = query.memory.approval;
  bool const stands = given && given->until && query.plan != nullptr && given->plan_hash == query.plan->hash;
  if (!stands || query.config.windows.windows.empty()) return;
  auto const next = next_openings(query.config.windows, query.plan->steps.front().component, query.now, 1);
  if (!next.empty() && next.front().from < *given->until) return;
  found.push_back({"approval-ends-first", "",
                   "the approval of plan " + given->plan_hash.substr(0, 12) + " ends " + to_rfc3339(*given->until) +
                       ", before a window opens" + (next.empty() ? "" : " (" + to_rfc3339(next.front().from) + ")"),
                   "tykup approve " + given->plan_hash.substr(0, 12) + " with a later --until, or tykup run", true});
}

void add_back_off(Concerns& found, ConcernQuery const& query) {
  for (auto const& bad : query.memory.bad) {
    if (bad.until <= query.now) continue;
    auto const next = next_openings(query.config.windows, bad.component, query.now, 1);
    if (next.empty() || next.front().from <= query.now || next.front().until > bad.until) continue;
    found.push_back({"long-back-off", bad.component,
                     bad.version + " of " + bad.component + " failed here and stays away until " + to_rfc3339(bad.until) +
                         ": that is longer than the time between two windows, which pass without it",
                     "tykup forget-bad " + bad.component + " if its cause is gone"});
  }
}

/// Somebody else's: what we began ourselves is finished at once, whatever the window says.
void add_interrupted(Concerns& found, ConcernQuery const& query) {
  if (query.facts == nullptr || query.facts->broken_packages.empty()) return;
  bool const apt = query.facts->format == PackageFormat::Deb;
  found.push_back({"interrupted-change", "",
                   "a package change was interrupted on this host: " + join(query.facts->broken_packages) +
                       "; it is left alone until a run begins, which finishes it first",
                   apt ? "dpkg --configure -a finishes it now" : "tykup run finishes it now; dnf check names what is left"});
}

void add_support(Concerns& found, ConcernQuery const& query) {
  if (query.facts == nullptr) return;
  for (auto const& component : query.config.components) {
    auto const* here = query.facts->find(component.name);
    bool const has_lines = component.kind == ServiceKind::Gateway || component.kind == ServiceKind::Dashboard;
    if (!has_lines || here == nullptr || here->installed.empty()) continue;
    auto const release = release_of(here->installed.front().version);
    auto const end = release ? support_ends(*release, query.now) : std::nullopt;
    if (!end || query.now + kWarnBeforeEnd < *end) continue;
    auto const line = std::to_string(release->major) + "." + std::to_string(release->minor);
    bool const over = *end <= query.now;
    found.push_back({over ? "unsupported" : "support-ends", component.name,
                     component.title + " " + line + (over ? " is out of support since " : " is out of support from ") +
                         day_of(*end) + (over ? "" : " on"),
                     "move to a supported line: track \"lts\" in [policy] leads there"});
  }
}

/// A host that nobody boots anew would never be upgraded, and nobody would know.
void add_reboots(Concerns& found, ConcernQuery const& query) {
  if (query.facts == nullptr || query.config.policy.reboot_pending == RebootPending::Go) return;
  for (auto const& reboot : query.facts->reboots) {
    if (reboot.at) continue;
    found.push_back({"reboot-pending", "", "nothing is upgraded on its own before this host is booted anew: " + reboot.text,
                     "reboot it; or reboot_pending = \"go\" in [policy]", true});
  }
}

void add_other_actors(Concerns& found, ConcernQuery const& query) {
  if (query.facts == nullptr) return;
  for (auto const& actor : query.facts->other_actors) found.push_back({"other-actor", "", actor.name + " " + actor.does, actor.advice});
}

/// A plugin that does not fit waits for somebody who builds it, however many windows open.
void add_plugins(Concerns& found, ConcernQuery const& query) {
  if (query.plan == nullptr) return;
  for (auto const& choice : query.plan->staying) {
    for (auto const& reason : choice.reasons) {
      if (reason.gate == Gate::Plugin && !choice.to.empty())
        found.push_back({"plugin", choice.component, choice.to.front().version + " is held back: " + reason.text, reason.remedy, true});
    }
  }
}

}  // namespace

std::vector<Concern> concerns(ConcernQuery const& query) {
  Concerns found;
  add_windows(found, query);
  add_approval(found, query);
  add_back_off(found, query);
  add_support(found, query);
  add_interrupted(found, query);
  add_reboots(found, query);
  add_other_actors(found, query);
  add_plugins(found, query);
  return found;
}

std::optional<Reason> never_fits(PlanStep const& step, Config const& config, Instant now) {
  auto const longest = longest_or_enough(config.windows, step.component, now, step.estimate);
  if (longest == Duration::zero() || longest >= step.estimate) return {};
  return Reason{Gate::Budget,
                "never fits: " + step.component + " needs " + to_human(step.estimate) +
                    " with a rollback, and the longest window of the next 35 days has " + to_human(longest),
                "a longer window, or [component." + step.component + "] expected"};
}

std::vector<Fit> fits(std::vector<PlanStep> const& steps, Config const& config, Instant now) {
  std::vector<Fit> found;
  Duration before{0};
  for (auto const& step : steps) {
    auto const next = next_openings(config.windows, step.component, now, 1);
    bool const ever = !never_fits(step, config, now);
    bool soon = !next.empty() && ever;
    if (soon) soon = before + step.estimate <= next.front().until - std::max(now, next.front().from);
    found.push_back(!ever ? Fit::Never : (soon ? Fit::NextWindow : Fit::LaterWindow));
    before += step.estimate;
  }
  return found;
}

}  // namespace tykup
