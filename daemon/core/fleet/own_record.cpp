#include "daemon/core/fleet/own_record.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/job.hpp"
#include "daemon/core/punctuality.hpp"

namespace tykup::fleet {
namespace {

/// Metadata is current for so many times the pause between two refreshes.
constexpr int kMissedRefreshes = 2;

Build build_of(HostFacts const& facts, std::string const& package, std::string const& version, std::string const& sha256) {
  return {{package, facts.format, facts.distribution, facts.architecture}, version, sha256};
}

/// The digest of what is installed, where its file is kept or offered.
std::string digest_of(ComponentFacts const& found, InstalledPackage const& package) {
  for (auto const& kept : found.kept)
    if (kept.name == package.name && kept.version == package.version) return kept.sha256;
  for (auto const& offered : found.candidates)
    if (offered.package == package.name && offered.version == package.version) return offered.sha256;
  return {};
}

/// What a repository that was not read lately, or not completely, does not offer may be there all the same. One whose signature
/// nobody checks proves nothing either way.
bool is_current(Own const& own, ComponentFacts const& found) {
  auto const& subscription = found.subscription;
  bool const sound = !subscription.file.empty() && subscription.problem.empty() && subscription.weakness.empty() && found.problem.empty();
  bool const answers = !own.source_problems.contains(subscription.url + " " + subscription.suite) && !own.source_problems.contains("refresh");
  return sound && answers && subscription.refreshed && own.now - *subscription.refreshed <= kMissedRefreshes * own.config.repository.refresh;
}

Carried carried(Own const& own, ComponentFacts const& found) {
  auto const& facts = own.facts;
  Carried carried{found.component};
  carried.current = is_current(own, found);
  for (auto const& package : found.installed)
    carried.installed.push_back(build_of(facts, package.name, package.version, digest_of(found, package)));
  for (auto const& offered : found.candidates)
    if (carried.candidates.size() < kCandidatesTold) carried.candidates.push_back(build_of(facts, offered.package, offered.version, offered.sha256));
  for (auto const& kept : found.kept) carried.kept.push_back(build_of(facts, kept.name, kept.version, kept.sha256));
  return carried;
}

/// What the fleet says itself, and what a rollout does not ask, hinders nobody.
bool hinders(Reason const& reason) {
  using enum Gate;
  constexpr std::array others{Fleet, Track, Soak, Approval, Window, Budget, Order};
  return std::ranges::find(others, reason.gate) == others.end();
}

std::optional<Instant> next_opening(Windows const& windows, Instant now) {
  if (auto const open = open_at(windows, "", now)) return open->from;
  return next_beginning(windows, "", now);
}

}  // namespace

HostRecord own_record(Own const& own) {
  HostRecord record;
  record.host = own.config.fleet.host.empty() ? own.host : own.config.fleet.host;
  record.datacenter = own.config.fleet.datacenter;
  record.group = own.config.fleet.group;
  for (auto const& component : own.config.components) {
    auto const* found = own.facts.find(component.name);
    if (found != nullptr && !found->installed.empty()) record.carried.push_back(carried(own, *found));
  }
  for (auto const& choice : own.plan.staying)
    for (auto const& reason : choice.reasons)
      if (hinders(reason)) record.hindrances.push_back({choice.component, reason.text, reason.remedy});
  for (auto const& hook : own.facts.hooks) {
    record.promotes = record.promotes || hook.starts_with(job::folder_of(job::Hook::Point::Promote));
    auto const gates = job::folder_of(job::Hook::Point::Gate);
    if (hook.starts_with(gates)) record.gates.push_back(hook.substr(gates.size()));
  }
  record.next_opening = next_opening(own.config.windows, own.now);
  return record;
}

}  // namespace tykup::fleet
