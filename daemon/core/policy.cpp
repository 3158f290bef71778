#include "daemon/core/policy.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/plugins.hpp"
#include "daemon/core/policy_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

using Reasons = std::vector<Reason>;

bool is_tyks(Component const& component) {
  return component.kind != ServiceKind::Generic;
}

std::vector<InstalledPackage> installed_of(Component const& component, ComponentFacts const& facts) {
  auto const& names = is_tyks(component) ? component.editions : component.packages;
  std::vector<InstalledPackage> found;
  for (std::string const& name : names) {
    std::ranges::copy_if(facts.installed, std::back_inserter(found),
                         [&](InstalledPackage const& package) { return package.name == name; });
  }
  return found;
}

void add_trust(Reasons& reasons, Component const& component, Subscription const& subscription) {
  if (!subscription.problem.empty()) {
    std::string const where = subscription.file.empty() ? "" : " (" + subscription.file + ")";
    reasons.push_back({Gate::Trust, "its repository cannot be trusted or used" + where + ": " + subscription.problem,
                       "put the repository right, then: tykup check"});
  } else if (subscription.file.empty() && is_tyks(component)) {
    reasons.push_back({Gate::Trust, "this host is not subscribed to the repository of " + component.title,
                       "tykup subscribe " + component.name});
  } else if (subscription.file.empty()) {
    reasons.push_back({Gate::Trust, "no signed repository of origin " + quoted(component.origin) + " provides it",
                       "add the repository, or put origin in [component." + component.name + "] right"});
  }
}

/// What `recover` finishes before a step begins is no reason to stay; these are beyond it.
bool is_beyond_recovery(std::string const& status) {
  return status == "half-installed" || status == "duplicate";
}

void add_broken_package(Reasons& reasons, InstalledPackage const& package, PackageFormat format, bool moves) {
  if (package.status == "installed" || (moves && !is_beyond_recovery(package.status))) return;
  bool const deb = format == PackageFormat::Deb;
  std::string const remedy = is_beyond_recovery(package.status)
                                 ? (deb ? "apt-get install --reinstall " + package.name : "dnf remove --duplicates")
                                 : (deb ? std::string("dpkg --configure -a") : "dnf reinstall " + package.name);
  reasons.push_back({Gate::Broken, package.name + " " + package.version + " is " + package.status, remedy});
}

void add_incomplete(Reasons& reasons, Component const& component, std::vector<InstalledPackage> const& here) {
  if (here.empty()) {
    reasons.push_back({Gate::Broken, component.title + " is not installed on this host",
                       "install it by hand once, or take it out of components in [deployment]"});
    return;
  }
  auto const is_here = [&](std::string const& name) {
    return std::ranges::find(here, name, &InstalledPackage::name) != here.end();
  };
  if (!is_tyks(component)) {
    for (std::string const& name : component.packages) {
      if (is_here(name)) continue;
      reasons.push_back({Gate::Broken, "its package " + name + " is not installed",
                         "install it by hand once, or take it out of packages in [component." + component.name + "]"});
    }
    return;
  }
  if (std::ranges::count_if(component.editions, is_here) < 2) return;
  std::vector<std::string> names;
  std::ranges::copy_if(component.editions, std::back_inserter(names), is_here);
  reasons.push_back({Gate::Broken, "several editions are installed: " + join(names), "remove all but the one in use"});
}

void add_holds(Reasons& reasons, Component const& component, std::vector<InstalledPackage> const& here,
               PackageFormat format, PolicyConfig const& policy) {
  if (std::ranges::find(policy.hold, component.name) != policy.hold.end()) {
    reasons.push_back({Gate::Hold, "held by [policy] hold",
                       "take " + quoted(component.name) + " out of hold in [policy], then: systemctl reload tykupd"});
  }
  for (InstalledPackage const& package : here) {
    if (package.held) {
      std::string const command = format == PackageFormat::Deb ? "apt-mark unhold " : "dnf versionlock delete ";
      reasons.push_back({Gate::Hold, package.name + " is held in the package manager", command + package.name});
    }
    if (!package.pinned.empty()) {
      reasons.push_back(
          {Gate::Hold, package.name + " is pinned: " + package.pinned, "take the pin out of the package manager"});
    }
  }
}

/// The digest of that package, where its bytes can be had: kept by us, or offered.
PackagePin pin_of(InstalledPackage const& package, ComponentFacts const& facts) {
  PackagePin pin{package.name, package.version, ""};
  for (KeptPackage const& kept : facts.kept) {
    if (pin.sha256.empty() && kept.name == pin.name && kept.version == pin.version) pin.sha256 = kept.sha256;
  }
  for (Candidate const& offered : facts.candidates) {
    if (pin.sha256.empty() && offered.package == pin.name && offered.version == pin.version)
      pin.sha256 = offered.sha256;
  }
  return pin;
}

void add_way_back(Reasons& reasons, std::vector<PackagePin> const& from) {
  for (PackagePin const& pin : from) {
    if (!pin.sha256.empty()) continue;
    reasons.push_back(
        {Gate::WithoutRollback,
         "there is no way back: " + pin.name + " " + pin.version + " is neither kept nor offered any more",
         "have the repository offer " + pin.version + " again, or set without_rollback = \"go\" in [policy]"});
  }
}

/// Each reason once: packages that move together share most of theirs.
void add_once(Reasons& reasons, Reasons const& more) {
  for (Reason const& reason : more) {
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
  }
}

std::string newest_of(TargetQuery const& query) {
  if (auto const up = steps_up(query); !up.empty()) return up.front().version;
  std::string newest;
  for (Candidate const& candidate : query.candidates) {
    if (candidate.package != query.installed.name || is_prerelease(query.component.kind, candidate.version)) continue;
    if (newest.empty() || compare_versions(query.format, candidate.version, newest) > 0) newest = candidate.version;
  }
  return newest;
}

Reason beyond_track(Track const& track, std::string const& newest, std::string const& installed) {
  return {Gate::Track,
          newest + " is offered, but from " + installed + " track " + quoted(to_string(track)) + " does not lead there",
          "set another track in [policy]"};
}

/// The packages that move, each to its own target; those without one stay where they are and are not named.
void add_targets(Choice& choice, std::vector<TargetQuery> const& queries, ComponentFacts const& facts) {
  for (TargetQuery const& query : queries) {
    auto const target = target_of(query);
    add_broken_package(choice.reasons, query.installed, query.format, target.has_value());
    bool const is_named = std::ranges::find(choice.to, query.installed.name, &PackagePin::name) != choice.to.end();
    if (!target || is_named) continue;
    choice.from.push_back(pin_of(query.installed, facts));
    choice.to.push_back({query.installed.name, target->candidate.version, target->candidate.sha256});
    add_once(choice.reasons, target->reasons);
  }
  if (choice.to.empty() || queries.front().policy.without_rollback == WithoutRollback::Go) return;
  add_way_back(choice.reasons, choice.from);
}

void add_stay(Choice& choice, std::vector<TargetQuery> const& queries, ComponentFacts const& facts) {
  for (TargetQuery const& query : queries) {
    choice.from.push_back(pin_of(query.installed, facts));
    auto const up = steps_up(query);
    if (up.empty()) continue;
    choice.reasons.push_back(beyond_track(query.policy.track, up.front().version, query.installed.version));
  }
}

}  // namespace

std::string_view to_string(Gate gate) {
  constexpr std::array<std::string_view, 20> kNames{"trust",  "broken", "bad_version",      "plugin", "hold",
                                                    "track",  "soak",   "without_rollback", "order",  "approval",
                                                    "freeze", "window", "budget",           "fleet",  "lock", "clock",
                                                    "room", "reboot", "shutdown", "hook"};
  static_assert(kNames.size() == static_cast<std::size_t>(Gate::Hook) + 1);
  return kNames[static_cast<std::size_t>(gate)];
}

Duration bad_version_backoff(unsigned failures) {
  constexpr Duration kFirst = std::chrono::hours{8};
  constexpr Duration kLongest = std::chrono::hours{24 * 14};
  Duration backoff = kFirst;
  for (unsigned i = 1; i < failures && backoff < kLongest; ++i) backoff *= 2;
  return std::min(backoff, kLongest);
}

Choice choose(Component const& component, ComponentFacts const& facts, PackageFormat format, PolicyConfig const& policy,
              Memory const& memory, Instant now) {
  Choice choice{component.name};
  if (!facts.problem.empty())
    choice.reasons.push_back({Gate::Broken, facts.problem, "put it right, then: tykup check"});
  auto const here = installed_of(component, facts);
  add_incomplete(choice.reasons, component, here);
  if (here.empty()) return choice;
  std::vector<TargetQuery> queries;
  for (InstalledPackage const& package : here) {
    queries.push_back({component, facts.candidates, package, format, policy, memory, now});
  }
  choice.newest = newest_of(queries.front());
  add_trust(choice.reasons, component, facts.subscription);
  add_holds(choice.reasons, component, here, format, policy);
  std::ranges::move(hold_reasons(memory, component.name, now), std::back_inserter(choice.reasons));
  add_targets(choice, queries, facts);
  if (choice.to.empty()) add_stay(choice, queries, facts);
  if (component.kind == ServiceKind::Gateway && !choice.to.empty())
    std::ranges::move(plugin_reasons({facts, choice.to.front(), memory, now}), std::back_inserter(choice.reasons));
  std::ranges::stable_sort(choice.reasons, {}, &Reason::gate);
  return choice;
}

}  // namespace tykup
