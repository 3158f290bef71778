#pragma once

#include <string>
#include <vector>

#include "daemon/core/notify.hpp"
#include "daemon/core/rollout.hpp"

namespace tykup::notify {

/// A transition as it is about to be saved, and what it came from.
struct NewsQuery {
  rollout::State const& before;
  rollout::Event const& event;
  rollout::Transition const& transition;
  rollout::Context const& context;
  std::string const& host;
};

/// What people who asked for it are told of a transition. What was told once is not told again: each version of a component,
/// each plan that waits, each run, each key and threshold.
[[nodiscard]] std::vector<Notification> news(NewsQuery const& query);

/// Adds them to the transition's records, so that they are saved with it or not at all. Nothing where [notify] names no way.
/// True: something was added.
bool add_news(rollout::Transition& transition, std::vector<Notification> const& news, NotifyConfig const& config, Digest const& digest);

}  // namespace tykup::notify
