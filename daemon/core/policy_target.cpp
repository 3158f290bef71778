#include <algorithm>

#include "daemon/core/policy_parts.hpp"

namespace tykup {
namespace {

bool same_line(std::optional<Release> const& a, std::optional<Release> const& b) {
  return a && b && a->major == b->major && a->minor == b->minor;
}

/// Pre-releases are for hosts that run one of the same line.
bool may_be_taken(TargetQuery const& query, Candidate const& candidate) {
  if (!is_prerelease(query.component.kind, candidate.version)) return true;
  return is_prerelease(query.component.kind, query.installed.version) &&
         same_line(release_of(candidate.version), release_of(query.installed.version));
}

std::optional<Reason> bad_version(TargetQuery const& query, Candidate const& candidate) {
  for (BadVersion const& bad : query.memory.bad) {
    if (bad.component != query.component.name || bad.version != candidate.version || bad.until <= query.now) continue;
    std::string const times = bad.failures == 1 ? "once" : std::to_string(bad.failures) + " times";
    return Reason{Gate::BadVersion, candidate.version + " failed here " + times + ": " + bad.reason,
                  "wait until " + to_rfc3339(bad.until) + ", or for a newer version; or: tykup forget-bad " + bad.component};
  }
  return std::nullopt;
}

/// What is seen for the first time now begins to soak now.
std::optional<Reason> soaking(TargetQuery const& query, Candidate const& candidate) {
  Instant first = query.now;
  for (SeenVersion const& seen : query.memory.seen) {
    bool const is_it =
        seen.component == query.component.name && seen.version == candidate.version && seen.sha256 == candidate.sha256;
    if (is_it) first = std::min(first, seen.first);
  }
  Instant const ready = first + query.policy.soak;
  if (ready <= query.now) return std::nullopt;
  return Reason{
      Gate::Soak,
      candidate.version + " was first seen " + to_rfc3339(first) + " and soaks for " + to_human(query.policy.soak),
      "wait until " + to_rfc3339(ready) + ", or shorten soak in [policy]"};
}

std::vector<Candidate> reached(TargetQuery const& query) {
  auto candidates = steps_up(query);
  std::vector<Release> offered;
  for (Candidate const& candidate : candidates) {
    if (auto const release = release_of(candidate.version)) offered.push_back(*release);
  }
  Reach const reach =
      reach_of(query.policy.track, query.component.kind, release_of(query.installed.version), offered, query.now);
  std::erase_if(candidates, [&](Candidate const& candidate) { return !reach.covers(release_of(candidate.version)); });
  return candidates;
}

}  // namespace

std::vector<Candidate> steps_up(TargetQuery const& query) {
  std::vector<Candidate> found;
  for (Candidate const& candidate : query.candidates) {
    bool const is_newer = candidate.package == query.installed.name &&
                          compare_versions(query.format, candidate.version, query.installed.version) > 0;
    if (is_newer && may_be_taken(query, candidate)) found.push_back(candidate);
  }
  std::ranges::stable_sort(found, [&](Candidate const& a, Candidate const& b) {
    return compare_versions(query.format, a.version, b.version) > 0;
  });
  // A version that was published again stands there twice: the repository's first is its current one.
  auto const same = [&](Candidate const& a, Candidate const& b) {
    return compare_versions(query.format, a.version, b.version) == 0;
  };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  return found;
}

std::optional<Target> target_of(TargetQuery const& query) {
  std::optional<Target> soaks;
  std::optional<Target> bad;
  for (Candidate const& candidate : reached(query)) {
    auto const failed = bad_version(query, candidate);
    auto const soak = soaking(query, candidate);
    if (!failed && !soak) return Target{candidate};
    auto& place = failed ? bad : soaks;
    if (place) continue;
    place = Target{candidate};
    if (failed) place->reasons.push_back(*failed);
    if (soak) place->reasons.push_back(*soak);
  }
  return soaks ? soaks : bad;
}

}  // namespace tykup
