#include <algorithm>

#include "daemon/core/concerns.hpp"
#include "daemon/core/preflight.hpp"
#include "daemon/core/rollout_stepper.hpp"

/// What the daemon keeps in mind of the windows while it waits.
namespace tykup::rollout {
namespace {

/// How often a host is read anew while something of it keeps a plan from beginning.
constexpr auto kLookAgain = std::chrono::minutes{5};

}  // namespace

void Stepper::note_opening() {
  auto const opening = opening_of_host(context_);
  if (opening == Instant{} || opening == standing().watched_opening) return;
  standing().watched_opening = opening;
  standing().watched_since = context_.life.since;
  auto const& windows = context_.config.windows;
  auto const latest = latest_beginning(windows, "", *open_at(windows, "", context_.now), context_.now);
  bool const in_time = standing().watched_since <= latest + std::max(kGrace, context_.config.policy.spread);
  if (in_time || context_.config.policy.missed == Missed::RunIfOpen) return;
  say(Said::WindowMissed, Priority::Notice,
      "The window that opened " + to_rfc3339(latest) + " was missed: tykupd watches since " +
          to_rfc3339(std::chrono::floor<std::chrono::seconds>(standing().watched_since)) +
          ". What waits for a window waits for the next one.");
}

Instant Stepper::idle_wake() const {
  auto const beginning = next_beginning(context_.config.windows, "", context_.now).value_or(Instant::max());
  return std::min({out_.next.standing.next_refresh, next_end(), beginning});
}

void Stepper::note_obstacles(Plan const& plan, HostFacts const& facts) {
  standing().obstacles = obstacles(plan.steps, facts, context_.config, context_.now);
  if (plan.steps.empty()) standing().obstacles.clear();
  standing().look_again = standing().obstacles.empty() ? Instant{} : context_.now + kLookAgain;
}

void Stepper::raise_concerns(Plan const& plan, HostFacts const& facts) {
  std::vector<std::string> texts;
  for (auto const& concern : concerns({context_.config, memory_, &plan, &facts, context_.now})) {
    texts.push_back(concern.text);
    if (std::ranges::count(standing().concerns, concern.text) > 0) continue;
    say({.said = Said::ConcernRaised,
         .priority = concern.is_trouble ? Priority::Error : Priority::Warning,
         .message = concern.text + ". → " + concern.remedy + ".",
         .component = concern.component,
         .reason = concern.kind});
  }
  standing().concerns = std::move(texts);
}

}  // namespace tykup::rollout
