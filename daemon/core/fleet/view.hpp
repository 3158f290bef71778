#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/policy.hpp"

/// What a host's run and its part in the fleet say to one another. Both sides tell how things stand, never only what has just
/// changed: whatever is lost in a crash is told again.
namespace tykup::fleet {

/// A slot that this host holds for one component; `slot` (its create revision) tells it from the next of the same name.
struct Grant {
  std::string component = {};
  std::string rollout = {};
  std::int64_t slot = 0;

  friend bool operator==(Grant const&, Grant const&) = default;
};

/// Where a run asks once more whether it may go on: before traffic is led away from the component, and before its package
/// changes. From then on the step has begun and is finished.
enum class Point { BeforeDrain, BeforeApply };
std::string_view to_string(Point point);

/// The answer at such a point; `refused` empty: go on, otherwise why not.
struct Confirmed {
  std::int64_t slot = 0;
  Point point = Point::BeforeDrain;
  std::string refused = {};

  friend bool operator==(Confirmed const&, Confirmed const&) = default;
};

/// The one version and the one file that a component of this host goes to, from the rollout's pin of its class.
struct PinnedPackage {
  std::string component = {};
  PackagePin package = {};
};

/// What the fleet says to the run.
struct View {
  std::string rollout = {};                  ///< the one at work; empty: none
  bool back = false;                         ///< it takes an earlier one back: its pins are the versions before
  std::vector<PinnedPackage> pins = {};      ///< of the components of this host that the rollout moves
  std::optional<Grant> grant = {};
  bool again = false;                        ///< its step failed here, and an operator lets it try once more: `tykup fleet retry`
  std::optional<Confirmed> confirmed = {};
  std::string text = {};                     ///< why no slot is held: who is waited for, or what stands still; empty: nothing was asked
  std::string remedy = {};
  std::string frozen = {};                   ///< "frozen until …": nobody begins a step, whether or not a rollout is at work

  [[nodiscard]] PinnedPackage const* pin(std::string const& component) const;
};

namespace need {
struct Nothing {
  friend bool operator==(Nothing const&, Nothing const&) = default;
};
/// Somebody's word that the step begins whatever the others do.
struct Outside {
  std::string version;  ///< full, to which
  std::string by;       ///< on this host
  std::string why;
  Instant at;
  friend bool operator==(Outside const&, Outside const&) = default;
};
/// Everything else is open: a slot, please.
struct Wants {
  std::string component;
  std::optional<Outside> outside = {};  ///< one more than the limit if need be, and now
  friend bool operator==(Wants const&, Wants const&) = default;
};
/// The slot is held for a run that has not come to a question, or that has begun its step.
struct Works {
  std::int64_t slot;
  friend bool operator==(Works const&, Works const&) = default;
};
struct Confirms {
  std::int64_t slot;
  Point point;
  friend bool operator==(Confirms const&, Confirms const&) = default;
};
/// The step of that slot is over. Completed: the component is at the pin and well; otherwise `reason`, and `begun` says
/// whether its package was touched at all.
struct Ended {
  Grant grant;
  bool completed = false;
  bool begun = false;
  std::string reason = {};
  friend bool operator==(Ended const&, Ended const&) = default;
};
}  // namespace need

/// What the run says to the fleet.
using Need = std::variant<need::Nothing, need::Wants, need::Works, need::Confirms, need::Ended>;

}  // namespace tykup::fleet
