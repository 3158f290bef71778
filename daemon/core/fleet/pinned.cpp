#include "daemon/core/fleet/pinned.hpp"

#include <algorithm>

#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

bool is_pinned(Candidate const& candidate, PackagePin const& pin) {
  return candidate.package == pin.name && candidate.version == pin.version && candidate.sha256 == pin.sha256;
}

/// The pin is all that is offered, beside what is installed: its digest tells the way back.
ComponentFacts only_pinned(ComponentFacts facts, PackagePin const& pin) {
  std::erase_if(facts.candidates, [&](Candidate const& candidate) {
    auto const is_it = [&](InstalledPackage const& package) { return package.name == candidate.package && package.version == candidate.version; };
    return !is_pinned(candidate, pin) && std::ranges::none_of(facts.installed, is_it);
  });
  return facts;
}

PolicyConfig of_a_rollout(PolicyConfig policy) {
  policy.track = {Track::Kind::Latest};
  policy.soak = Duration{0};
  return policy;
}

Choice ask(PinnedQuery const& query, ComponentFacts const& facts) {
  return choose(query.component, facts, query.format, of_a_rollout(query.policy), query.memory, query.now);
}

Choice sorted(Choice choice) {
  std::ranges::stable_sort(choice.reasons, {}, &Reason::gate);
  return choice;
}

/// Nothing of the host's own policy is asked while nobody goes anywhere.
Choice at_rest(PinnedQuery const& query, std::string text, std::string remedy) {
  auto choice = choose(query.component, query.facts, query.format, query.policy, query.memory, query.now);
  bool const has_newer = !choice.newest.empty() && !choice.from.empty() &&
                         compare_versions(query.format, choice.newest, choice.from.front().version) > 0;
  std::erase_if(choice.reasons, [](Reason const& reason) { return reason.gate == Gate::Track || reason.gate == Gate::Soak; });
  choice.to.clear();
  if (has_newer) choice.reasons.push_back({Gate::Fleet, std::move(text), std::move(remedy)});
  return sorted(std::move(choice));
}

bool is_offered(ComponentFacts const& facts, PackagePin const& pin) {
  return std::ranges::any_of(facts.candidates, [&](Candidate const& candidate) { return is_pinned(candidate, pin); });
}

/// Other bytes under the pinned version are another package.
Reason not_offered(PinnedQuery const& query, PackagePin const& pin) {
  auto const same = [&](Candidate const& candidate) { return candidate.package == pin.name && candidate.version == pin.version; };
  if (std::ranges::any_of(query.facts.candidates, same))
    return {Gate::Fleet, pin.name + " " + pin.version + " is offered here with other bytes than the fleet pinned (" + pin.sha256.substr(0, 12) + "…)",
            "find out which repository was published again; `tykup fleet status` names the hosts"};
  return {Gate::Fleet, "the fleet's rollout goes to " + pin.name + " " + pin.version + ", which no repository offers here",
          "have this host's repositories offer it, then: tykup check"};
}

/// It goes back as an operator would take it back, and not as a step of a plan.
Choice going_back(PinnedQuery const& query, View const& view, PinnedPackage const& pinned) {
  auto choice = choose(query.component, query.facts, query.format, query.policy, query.memory, query.now);
  auto const of_target = [](Reason const& reason) { return reason.gate != Gate::Hold && reason.gate != Gate::Broken; };
  std::erase_if(choice.reasons, of_target);
  bool const is_newer = !choice.from.empty() && compare_versions(query.format, choice.from.front().version, pinned.package.version) > 0;
  choice.to = is_newer ? std::vector{pinned.package} : std::vector<PackagePin>{};
  if (is_newer)
    choice.reasons.push_back({Gate::Fleet, "rollout " + view.rollout + " of the fleet takes it back to " + pinned.package.version, "tykup fleet status"});
  return sorted(std::move(choice));
}

}  // namespace

Choice choose_pinned(PinnedQuery const& query, View const& view) {
  auto const* pinned = view.pin(query.component.name);
  if (pinned == nullptr) {
    if (view.rollout.empty() && !view.frozen.empty()) return at_rest(query, "the fleet is " + view.frozen, "tykup fleet unfreeze");
    if (view.rollout.empty()) return at_rest(query, "hosts of a fleet move in its rollouts, and none is at work", "tykup fleet start; or tykup run --outside-fleet, for this host alone");
    return at_rest(query, "rollout " + view.rollout + " of the fleet leaves " + query.component.name + " as it is", "tykup fleet start, after it");
  }
  if (view.back) return going_back(query, view, *pinned);
  auto choice = ask(query, only_pinned(query.facts, pinned->package));
  if (!choice.to.empty()) return choice;
  bool const is_behind = !choice.from.empty() && compare_versions(query.format, choice.from.front().version, pinned->package.version) < 0;
  if (is_behind && !is_offered(query.facts, pinned->package)) choice.reasons.push_back(not_offered(query, pinned->package));
  return sorted(std::move(choice));
}

}  // namespace tykup::fleet
