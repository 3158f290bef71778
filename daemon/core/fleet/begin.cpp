#include "daemon/core/fleet/begin.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "daemon/core/fleet/keys.hpp"
#include "daemon/core/fleet/planted.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

using Complaints = std::vector<std::string>;
using Hosts = std::vector<HostRecord>;

bool is_target(Build const& build, std::string const& version) {
  return build.version == version || upstream_of(build.version) == version;
}

/// The newest build of that class and version that a host could install.
Build const* offered(Carried const& carried, BuildClass const& of, std::string const& version, Direction direction) {
  Build const* best = nullptr;
  auto const look = [&](std::vector<Build> const& builds) {
    for (auto const& build : builds) {
      if (build.of != of || !is_target(build, version)) continue;
      if (best == nullptr || compare_versions(of.format, build.version, best->version) > 0) best = &build;
    }
  };
  look(direction == Direction::Back ? carried.kept : carried.candidates);
  if (best == nullptr) look(carried.installed);
  return best;
}

std::string text_of(BuildClass const& of) { return of.package + " for " + of.distribution + " " + of.architecture; }
std::string text_of(Build const& build) { return build.version + " (" + (build.sha256.empty() ? "digest unknown" : build.sha256.substr(0, 12) + "…") + ")"; }

/// One component's pin while hosts add what they have.
class Pinning {
 public:
  Pinning(NamedVersion const& target, Direction direction, Complaints& complaints)
      : direction_(direction), complaints_(complaints), pin_{target.component, target.version, {}} {}

  void add(HostRecord const& host, Carried const& carried) {
    ++hosts_;
    for (auto const& installed : carried.installed) {
      auto const* build = offered(carried, installed.of, pin_.version, direction_);
      if (build != nullptr) agree(host, *build);
      else lacking_.push_back({&host, &carried, installed.of});
    }
  }

  Pin take() {
    if (hosts_ == 0) complaints_.push_back("no host carries " + pin_.component);
    for (auto const& [host, carried, of] : lacking_)
      if (!is_past(*carried)) complaints_.push_back(host->host + " has no candidate " + pin_.component + " " + pin_.version + " (" + text_of(of) + ")");
    return std::move(pin_);
  }

 private:
  struct Lacking {
    HostRecord const* host;
    Carried const* carried;
    BuildClass of;
  };

  /// Newer on the pinned line: it needs no candidate.
  [[nodiscard]] bool is_past(Carried const& carried) const {
    return direction_ == Direction::Forwards && progress_of(carried, pin_, direction_) == Progress::Ahead;
  }

  void agree(HostRecord const& host, Build const& build) {
    auto const known = std::ranges::find(pin_.builds, build.of, &Build::of);
    if (known == pin_.builds.end()) {
      pin_.builds.push_back(build);
      first_[build.of] = host.host;
    } else if (known->version == build.version && known->sha256.empty()) {
      known->sha256 = build.sha256;
    } else if (known->version != build.version || (!build.sha256.empty() && known->sha256 != build.sha256)) {
      complaints_.push_back(host.host + " and " + first_[build.of] + " disagree about " + text_of(build.of) + ": " + text_of(build) +
                            " and " + text_of(*known));
    }
  }

  Direction direction_;
  Complaints& complaints_;
  Pin pin_;
  std::map<BuildClass, std::string> first_;
  std::vector<Lacking> lacking_;
  std::size_t hosts_ = 0;
};

void pin_all(Rollout& rollout, BeginAsked const& asked, Hosts const& hosts, Complaints& complaints) {
  for (auto const& target : asked.targets) {
    Pinning pinning(target, asked.direction, complaints);
    std::map<std::string, unsigned> had;
    for (auto const& host : hosts) {
      auto const* carried = host.find(target.component);
      if (carried == nullptr || carried->installed.empty()) continue;
      pinning.add(host, *carried);
      ++had[carried->version()];
    }
    rollout.pins.push_back(pinning.take());
    auto const most = std::ranges::max_element(had, {}, [](auto const& entry) { return entry.second; });
    if (most != had.end()) rollout.before.push_back({target.component, most->first});
  }
}

void check_host(HostRecord const& host, Rollout const& rollout, Complaints& complaints) {
  auto const& centres = rollout.policy.centres;
  if (host.rule != kRule)
    complaints.push_back(host.host + " has rule " + std::to_string(host.rule) + " of another tykup; this one has " + std::to_string(kRule));
  if (host.conflict) complaints.push_back("two hosts call themselves " + host.host);
  if (std::ranges::find(centres, host.datacenter, &Centre::name) == centres.end())
    return complaints.push_back(host.host + " is in data centre " + quoted(host.datacenter) + ", which the policy does not name");
  for (auto const& carried : host.carried) {
    auto const* pin = rollout.pin(carried.component);
    if (pin == nullptr || carried.installed.empty()) continue;
    if (!stage_of(rollout.policy, host.datacenter, carried.component, host.group))
      complaints.push_back(host.host + " carries " + carried.component + ", which is not in the order of " + host.datacenter);
    if (progress_of(carried, *pin, rollout.direction) == Progress::Beyond)
      complaints.push_back(host.host + " has " + carried.component + " " + carried.version() + ", beyond the line of " + pin->version);
  }
  if (!duty_of(host, rollout).behind.empty() && !host.next_opening)
    complaints.push_back(host.host + " has no maintenance window within " + std::to_string(kOpeningWithinDays) + " days");
}

/// A stage that nobody is in is unknown, not done.
void check_centres(Rollout const& rollout, Hosts const& hosts, Complaints& complaints) {
  if (planted(Bug::EmptyStageDone)) return;
  for (auto const& centre : rollout.policy.centres) {
    auto const takes_part = [&](HostRecord const& host) {
      auto const duty = duty_of(host, rollout);
      return host.datacenter == centre.name && !(duty.behind.empty() && duty.settled.empty());
    };
    if (std::ranges::none_of(hosts, takes_part))
      complaints.push_back("data centre " + centre.name + " has no host with a component of this rollout: unknown is not done");
  }
}

bool is_before(Stage const& a, Stage const& b) {
  if (a.datacenter_rank != b.datacenter_rank) return a.datacenter_rank < b.datacenter_rank;
  if (a.datacenter != b.datacenter) return false;
  return std::pair(a.component_rank, a.phase) < std::pair(b.component_rank, b.phase);
}

/// What a later stage has in advance, an earlier one would meet.
void check_ahead(Rollout const& rollout, Hosts const& hosts, Complaints& complaints) {
  if (rollout.direction == Direction::Back) return;
  for (auto const& host : hosts) {
    for (auto const& carried : host.carried) {
      auto const* pin = rollout.pin(carried.component);
      auto const stage = stage_of(rollout.policy, host.datacenter, carried.component, host.group);
      if (pin == nullptr || !stage || progress_of(carried, *pin, rollout.direction) != Progress::Ahead) continue;
      for (auto const& other : hosts)
        for (auto const& behind : duty_of(other, rollout).behind)
          if (is_before(behind, *stage))
            return complaints.push_back(host.host + " is ahead with " + carried.component + " " + carried.version() + " of the earlier " +
                                        behind.component + " in " + behind.datacenter + ", which " + other.host + " has still to do");
    }
  }
}

bool comes_earlier(Stage const& a, Stage const& b, Direction direction) {
  auto const key = [&](Stage const& stage) {
    auto const place = place_of(stage, direction, {});
    return std::tuple(place.rank, place.datacenter, place.step);
  };
  return key(a) < key(b);
}

void number_stages(Rollout& rollout, Hosts const& hosts) {
  std::map<std::pair<std::string, std::string>, unsigned> of_component;
  for (auto const& host : hosts) {
    auto const duty = duty_of(host, rollout);
    for (auto const* stages : {&duty.behind, &duty.settled}) {
      for (auto const& stage : *stages) {
        ++of_component[{stage.datacenter, stage.component}];
        auto const known = std::ranges::find(rollout.stages, stage, &StageNumbers::stage);
        if (known == rollout.stages.end()) rollout.stages.push_back({stage, 1, 1});
        else ++known->members;
      }
    }
  }
  for (auto& numbers : rollout.stages)
    numbers.limit = limit_of(rollout.policy.max_unavailable, of_component[{numbers.stage.datacenter, numbers.stage.component}]);
  std::ranges::sort(rollout.stages, [&](auto const& a, auto const& b) { return comes_earlier(a.stage, b.stage, rollout.direction); });
}

}  // namespace

Result<Rollout> begin(BeginAsked const& asked, Policy const& policy, Hosts const& hosts) {
  Rollout rollout;
  rollout.id = asked.id;
  rollout.direction = asked.direction;
  rollout.policy = policy;
  rollout.undoes = asked.undoes;
  rollout.began = rollout.last = asked.said;
  Complaints complaints;
  if (asked.targets.empty()) complaints.emplace_back("no component is named");
  pin_all(rollout, asked, hosts, complaints);
  for (auto const& host : hosts) check_host(host, rollout, complaints);
  check_centres(rollout, hosts, complaints);
  check_ahead(rollout, hosts, complaints);
  auto const has_work = [&](HostRecord const& host) { return !duty_of(host, rollout).behind.empty(); };
  if (complaints.empty() && std::ranges::none_of(hosts, has_work)) complaints.emplace_back("every host is at these versions already");
  if (!complaints.empty()) {
    auto const more = complaints.size() == 1 ? std::string{} : " (and " + std::to_string(complaints.size() - 1) + " more)";
    return fail(ErrorKind::NotAllowed, complaints.front() + more, join(complaints, "\n"));
  }
  number_stages(rollout, hosts);
  return rollout;
}

BeginAsked back_from(Rollout const& rollout, std::string id, Word said) {
  BeginAsked asked{std::move(id), Direction::Back, {}, rollout.id, std::move(said)};
  for (auto const& [component, version] : rollout.before) asked.targets.push_back({component, version});
  return asked;
}

}  // namespace tykup::fleet
