#include "daemon/core/plan.hpp"

#include <algorithm>

#include "daemon/core/fleet/pinned.hpp"
#include "daemon/core/one_way.hpp"
#include "daemon/core/plugins.hpp"
#include "daemon/core/policy_parts.hpp"
#include "daemon/core/preflight.hpp"

namespace tykup {
namespace {

/// What a package change with its restart takes on a slow host, where nothing was measured yet.
constexpr Duration kChangeEstimate = std::chrono::minutes{1};
constexpr std::size_t kRunsThatCount = 10;
constexpr std::string_view kMdcb = "mdcb";

void note_way_back(PlanStep& step) {
  auto const gone = std::ranges::find(step.from, std::string{}, &PackagePin::sha256);
  step.way_back = gone == step.from.end();
  if (!step.way_back) step.way_back_note = gone->name + " " + gone->version + " is neither kept nor offered any more";
}

std::optional<Migration> migration_of(Choice const& choice, Component const& component, PackageFormat format) {
  if (choice.from.empty() || choice.to.empty()) return std::nullopt;
  return migration_between(component.kind, format, choice.from.front().version, choice.to.front().version);
}

PlanStep step_of(Choice const& choice, Component const& component, Config const& config, Memory const& memory,
                 HostFacts const& facts) {
  PlanStep step{choice.component, choice.from, choice.to};
  note_way_back(step);
  auto const migration = migration_of(choice, component, facts.format);
  if (migration) step.one_way = migration->text;
  step.needs_database_backup = migration && migration->shared_database;
  step.estimate = estimate_step(component, config, memory, &facts);
  return step;
}

/// Held, or content with what it has: as good as done for the order. Whatever else keeps a component back keeps back what
/// comes after it, or a new Gateway could meet an old Dashboard.
bool counts_as_done(Choice const& choice) {
  auto const closes = [](Gate gate) {
    return [gate](Reason const& reason) { return reason.gate == gate; };
  };
  if (std::ranges::any_of(choice.reasons, closes(Gate::Hold))) return true;
  if (std::ranges::any_of(choice.reasons, closes(Gate::Trust))) return false;
  return choice.to.empty();
}

/// Keeps a component behind the first one that must move before it and may not yet.
void keep_behind(Choice& choice, std::string const& first) {
  if (first.empty() || choice.to.empty()) return;
  choice.reasons.push_back({Gate::Order, first + " comes first and may not move yet", "see what keeps " + first + " back"});
}

void add_plugin_check(Plan& plan, Component const& component, ComponentFacts const& facts, PackagePin const& to,
                      Memory const& memory, Instant now) {
  if (component.kind != ServiceKind::Gateway) return;
  auto builds = plugins_to_check({facts, to, memory, now});
  if (!builds.empty()) plan.plugin_checks.push_back({component.name, to, std::move(builds)});
}

/// What MDCB will be at on this host when the steps so far are done; empty where there is none.
std::string mdcb_version(Plan const& plan, HostFacts const& facts) {
  for (PlanStep const& step : plan.steps) {
    if (step.component == kMdcb) return step.to_version();
  }
  auto const* found = facts.find(std::string(kMdcb));
  return found == nullptr || found->installed.empty() ? std::string{} : found->installed.front().version;
}

/// A Gateway or Dashboard that needs a newer MDCB than this host will have stays behind it, whatever keeps MDCB back.
void keep_behind_mdcb(Choice& choice, Component const& component, std::string const& mdcb, PackageFormat format) {
  if (choice.to.empty() || mdcb.empty()) return;
  std::string const& target = choice.to.front().version;
  auto const release = release_of(target);
  auto const oldest = release ? oldest_mdcb(component.kind, *release) : std::nullopt;
  if (!oldest || compare_versions(format, mdcb, *oldest) >= 0) return;
  choice.reasons.push_back({Gate::Order, target + " needs MDCB " + *oldest + " or newer, and MDCB stays at " + mdcb,
                            "see what keeps mdcb back (tykup plan)"});
}

/// Nobody could put back what a migration has done to a database that was not saved.
void keep_without_backup(Choice& choice, Component const& component, HostFacts const& facts) {
  auto const migration = migration_of(choice, component, facts.format);
  if (!migration || !migration->shared_database) return;
  if (hooks_at(facts.hooks, job::Hook::Point::Backup) > 0) return;
  choice.reasons.push_back({Gate::WithoutRollback,
                            migration->text + "; nothing here saves the database before the step: " +
                                std::string(kBackupHooks) + " holds no executable",
                            "put one there that saves it and fails if it cannot, then: tykup check"});
}

}  // namespace

std::string PlanStep::no_way_back() const {
  if (way_back) return one_way;
  auto const why = way_back_note.empty() ? "no package of the old version is kept" : way_back_note;
  return one_way.empty() ? why : why + "; " + one_way;
}

bool names_step(std::vector<NamedVersion> const& named, PlanStep const& step) {
  return std::ranges::any_of(named, [&](NamedVersion const& one) {
    bool const is_version = one.version == step.to_version() || one.version == upstream_of(step.to_version());
    return one.component == step.component && is_version;
  });
}

NamedVersion name_of(PlanStep const& step) { return {step.component, step.to_version()}; }

std::string plan_hash(std::vector<PlanStep> const& steps, Digest const& digest) {
  if (steps.empty()) return {};
  std::string text;
  for (PlanStep const& step : steps) {
    for (PackagePin const& pin : step.to) {
      text += step.component + " " + pin.name + " " + pin.version + " " + pin.sha256 + "\n";
    }
  }
  return digest(text);
}

Plan make_plan(Config const& config, HostFacts const& facts, Memory const& memory, Instant now, Digest const& digest,
               fleet::View const* fleet) {
  Plan plan;
  bool const listed = !config.deployment.components.empty();
  std::string kept_back;
  for (Component const& component : config.components) {
    auto const* known = facts.find(component.name);
    ComponentFacts const found = known == nullptr ? ComponentFacts{component.name} : *known;
    // Without a list the deployment is what is installed: the rest is no news.
    if (!listed && found.installed.empty() && found.problem.empty()) continue;
    auto choice = fleet == nullptr ? choose(component, found, facts.format, config.policy, memory, now)
                                   : fleet::choose_pinned({component, found, facts.format, config.policy, memory, now}, *fleet);
    if (fleet != nullptr && fleet->back) {
      plan.staying.push_back(std::move(choice));
      continue;
    }
    keep_behind(choice, kept_back);
    keep_behind_mdcb(choice, component, mdcb_version(plan, facts), facts.format);
    keep_without_backup(choice, component, facts);
    if (choice.to.empty() || !choice.reasons.empty()) {
      if (kept_back.empty() && !counts_as_done(choice)) kept_back = component.name;
      plan.staying.push_back(std::move(choice));
    } else {
      add_plugin_check(plan, component, found, choice.to.front(), memory, now);
      plan.steps.push_back(step_of(choice, component, config, memory, facts));
    }
  }
  if (!plan.steps.empty())
    plan.steps.front().estimate += hook_time(facts.hooks, {job::Hook::Point::PreRun, job::Hook::Point::PostRun}, config.hooks);
  plan.hash = plan_hash(plan.steps, digest);
  return plan;
}

Duration estimate_run(Plan const* plan, Config const& config, Memory const& memory) {
  Duration sum{0};
  bool const planned = plan != nullptr && !plan->steps.empty();
  if (planned) {
    for (PlanStep const& step : plan->steps) sum += step.estimate;
  } else {
    for (Component const& component : config.components) sum += estimate_step(component, config, memory);
  }
  return sum;
}

Duration estimate_step(Component const& component, Config const& config, Memory const& memory, HostFacts const* facts) {
  using enum job::Hook::Point;
  Duration const hooks = facts == nullptr ? Duration{0} : hook_time(facts->hooks, {PreStep, Backup, PostStep}, config.hooks);
  if (component.expected) return *component.expected + hooks;
  // The way there and the way back, each with its gate to the last second.
  Duration const stated = 2 * (kChangeEstimate + config.health.timeout) + hooks;
  auto const measured = memory.durations.find(component.name);
  if (measured == memory.durations.end() || measured->second.empty()) return stated;
  auto const count = std::min(measured->second.size(), kRunsThatCount);
  Duration const longest =
      *std::max_element(measured->second.begin(), measured->second.begin() + static_cast<std::ptrdiff_t>(count));
  return std::max(stated, longest * 3 / 2);
}

}  // namespace tykup
