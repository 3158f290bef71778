#include "daemon/core/fleet/own_record.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/punctuality.hpp"

namespace tykup::fleet {
namespace {

/// So many versions of a component are published: the pin is one of the newest.
constexpr std::size_t kCandidatesTold = 20;

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

Carried carried(HostFacts const& facts, ComponentFacts const& found) {
  Carried carried{found.component};
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
    if (found != nullptr && !found->installed.empty()) record.carried.push_back(carried(own.facts, *found));
  }
  for (auto const& choice : own.plan.staying)
    for (auto const& reason : choice.reasons)
      if (hinders(reason)) record.hindrances.push_back({choice.component, reason.text, reason.remedy});
  record.next_opening = next_opening(own.config.windows, own.now);
  return record;
}

}  // namespace tykup::fleet
