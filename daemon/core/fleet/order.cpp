#include "daemon/core/fleet/order.hpp"

#include <algorithm>
#include <array>

namespace tykup::fleet {
namespace {

unsigned phase_of(Policy const& policy, std::string_view group) {
  if (policy.strategy == Strategy::Rolling || policy.groups.empty()) return 0;
  auto const found = std::ranges::find(policy.groups, group);
  auto const place = static_cast<unsigned>(found - policy.groups.begin());
  if (policy.strategy == Strategy::Canary) return place == 0 ? 0 : 1;
  return std::min(place, static_cast<unsigned>(policy.groups.size() - 1));
}

bool is_one_line(Release const& a, Release const& b) { return a.major == b.major && a.minor == b.minor; }

Build const* build_for(Pin const& pin, BuildClass const& of) {
  auto const found = std::ranges::find(pin.builds, of, &Build::of);
  return found == pin.builds.end() ? nullptr : &*found;
}

bool is_among(std::vector<Build> const& builds, Build const& wanted) {
  return std::ranges::any_of(builds, [&](Build const& build) {
    return build.of == wanted.of && build.version == wanted.version && (wanted.sha256.empty() || build.sha256 == wanted.sha256);
  });
}

/// A list that was cut off tells nothing of what is older than its end.
bool is_offered(Carried const& carried, Build const& build) {
  auto const& told = carried.candidates;
  bool const cut_off = told.size() >= kCandidatesTold && compare_versions(build.of.format, build.version, told.back().version) < 0;
  return cut_off || is_among(told, build);
}

/// Of one package, by its format's own rules; other bytes under the pinned version are not the pinned ones.
Progress progress_of(Build const& installed, Build const& pinned, Direction direction) {
  auto const order = compare_versions(installed.of.format, installed.version, pinned.version);
  bool const same_bytes = installed.sha256.empty() || installed.sha256 == pinned.sha256;
  if (order == 0) return same_bytes ? Progress::At : Progress::Behind;
  if (direction == Direction::Back) return order > 0 ? Progress::Behind : Progress::Ahead;
  if (order < 0) return Progress::Behind;
  auto const here = release_of(upstream_of(installed.version));
  auto const there = release_of(upstream_of(pinned.version));
  return here && there && is_one_line(*here, *there) ? Progress::Ahead : Progress::Beyond;
}

}  // namespace

std::vector<std::string> components_of(Centre const& centre) {
  return centre.topology == Topology::Custom ? centre.order : order_of(centre.topology);
}

std::optional<Stage> stage_of(Policy const& policy, std::string_view datacenter, std::string_view component,
                              std::string_view group) {
  auto const centre = std::ranges::find(policy.centres, datacenter, &Centre::name);
  if (centre == policy.centres.end()) return {};
  auto const order = components_of(*centre);
  auto const place = std::ranges::find(order, component);
  if (place == order.end()) return {};
  return Stage{centre->name, centre->rank, *place, static_cast<unsigned>(place - order.begin()), phase_of(policy, group)};
}

unsigned limit_of(Limit const& limit, unsigned members) {
  if (!limit.percent) return std::max(limit.number, 1U);
  return std::max(members * limit.number / 100, 1U);
}

unsigned limit_of(Rollout const& rollout, Stage const& stage) {
  auto const is_same = [&](StageNumbers const& numbers) {
    return numbers.stage.datacenter == stage.datacenter && numbers.stage.component == stage.component;
  };
  auto const found = std::ranges::find_if(rollout.stages, is_same);
  return found == rollout.stages.end() ? limit_of(rollout.policy.max_unavailable, 0) : found->limit;
}

Progress progress_of(Carried const& carried, Pin const& pin, Direction direction) {
  auto worst = carried.installed.empty() ? Progress::Behind : Progress::Ahead;
  auto const rank = [](Progress progress) {
    constexpr std::array kWorst{Progress::Beyond, Progress::Behind, Progress::At, Progress::Ahead};
    return std::ranges::find(kWorst, progress) - kWorst.begin();
  };
  for (auto const& installed : carried.installed) {
    auto const* pinned = build_for(pin, installed.of);
    auto const progress = pinned == nullptr ? Progress::Behind : progress_of(installed, *pinned, direction);
    if (rank(progress) < rank(worst)) worst = progress;
  }
  return worst;
}

std::vector<PackagePin> packages_for(Carried const& carried, Pin const& pin) {
  std::vector<PackagePin> packages;
  for (auto const& installed : carried.installed) {
    auto const* pinned = build_for(pin, installed.of);
    if (pinned == nullptr) return {};
    packages.push_back({pinned->of.package, pinned->version, pinned->sha256});
  }
  return packages;
}

bool is_ready(Carried const& carried, Pin const& pin, Direction direction) {
  if (is_settled(progress_of(carried, pin, direction))) return true;
  return !carried.installed.empty() && std::ranges::all_of(carried.installed, [&](Build const& installed) {
    auto const* pinned = build_for(pin, installed.of);
    return pinned != nullptr && is_among(carried.kept, *pinned) && is_among(carried.kept, installed);
  });
}

bool is_excluded(Rollout const& rollout, std::string_view host) {
  return std::ranges::find(rollout.excluded, host, &Exclusion::host) != rollout.excluded.end();
}

std::vector<Missing> missing_of(HostRecord const& host, Rollout const& rollout) {
  std::vector<Missing> missing;
  if (rollout.direction == Direction::Back || is_excluded(rollout, host.host)) return missing;
  for (auto const& carried : host.carried) {
    auto const* pin = rollout.pin(carried.component);
    if (pin == nullptr || progress_of(carried, *pin, rollout.direction) != Progress::Behind) continue;
    for (auto const& installed : carried.installed) {
      auto const* pinned = build_for(*pin, installed.of);
      bool const needed = pinned != nullptr && progress_of(installed, *pinned, rollout.direction) == Progress::Behind;
      if (needed && !is_offered(carried, *pinned)) missing.push_back({carried.component, *pinned});
    }
  }
  return missing;
}

std::optional<Withdrawal> withdrawn_from(HostRecord const& host, HostRecord const& before, Rollout const& rollout, Instant now) {
  for (auto const& [component, build] : missing_of(host, rollout)) {
    auto const* carried = host.find(component);
    auto const* earlier = before.find(component);
    bool const was_offered = is_among(carried->kept, build) || (earlier != nullptr && is_among(earlier->candidates, build));
    if (!carried->current || !was_offered) continue;
    auto const same_version = [&](Build const& other) { return other.of == build.of && other.version == build.version; };
    bool const other_bytes = std::ranges::any_of(carried->candidates, same_version);
    auto const text = build.of.package + " " + build.version + " for " + build.of.distribution + " " + build.of.architecture +
                      (other_bytes ? " is offered to " + host.host + " with other bytes than were pinned" : " is not offered to " + host.host + " any more");
    return Withdrawal{host.host, component, build.of.package, build.version, text, now};
  }
  return {};
}

Duty duty_of(HostRecord const& host, Rollout const& rollout) {
  Duty duty;
  if (is_excluded(rollout, host.host)) return duty;
  for (auto const& carried : host.carried) {
    auto const* pin = rollout.pin(carried.component);
    auto const stage = stage_of(rollout.policy, host.datacenter, carried.component, host.group);
    if (pin == nullptr || !stage || carried.installed.empty()) continue;
    bool const settled = is_settled(progress_of(carried, *pin, rollout.direction));
    (settled ? duty.settled : duty.behind).push_back(*stage);
    duty.ready = duty.ready && is_ready(carried, *pin, rollout.direction);
  }
  return duty;
}

}  // namespace tykup::fleet
