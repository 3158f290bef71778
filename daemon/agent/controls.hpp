#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/word.hpp"

namespace tykup::agent {

/// Who asks, as the bus proved it.
struct Caller {
  std::uint32_t uid = 0;
  std::string name;  ///< "root", "alice"
};

/// What a run that is asked for does not mind.
struct RunOptions {
  bool ignore_unhealthy = false;
  bool override_freeze = false;
  std::vector<NamedVersion> without_way_back = {};  ///< steps of the plan that may go although there is no way back
  std::optional<std::string> outside = {};          ///< of a host in a fleet: whatever the others do, and why
};

/// The answer to what takes its time: called once, on the agent's loop, at once or later.
using Answered = std::function<void(Result<std::string>)>;

/// What a host says of its fleet that is in none.
[[nodiscard]] inline Error no_fleet() {
  return {ErrorKind::NotFound, "this host belongs to no fleet: [fleet] in /etc/tykup/tykup.toml says where it is"};
}

/// What the D-Bus service may ask of the agent. JSON texts follow docs/json-schema (wire/).
class Controls {
 public:
  virtual ~Controls() = default;
  /// The State property: `rollout::public_state`.
  virtual std::string state() = 0;
  /// What the run at work does; nothing in it changes with the time alone.
  virtual std::string progress_json() = 0;
  virtual std::string status_json() = 0;
  virtual std::string plan_json() = 0;
  virtual Result<std::string> history_json(unsigned limit, std::string const& run) = 0;
  /// Where a component would go back to; NotFound if there is none of that name.
  virtual Result<std::string> way_back_json(std::string const& component) = 0;
  /// Refresh and plan now.
  virtual Result<void> check(Caller const& caller) = 0;
  /// What a run outside the order of the fleet would do, as plan_json.
  virtual Result<std::string> plan_outside_json() { return fail(no_fleet()); }
  /// Run the plan of that hash now, outside the window; NotFound if the plan is another one by now. Returns the run's id; empty
  /// where a host of a fleet waits for its slot first.
  virtual Result<std::string> run(Caller const& caller, std::string const& plan_hash, RunOptions options) = 0;
  /// Take the component back to the version before, now. `to` is the version that was shown; NotFound if it is another one by
  /// now. Returns the run's id.
  virtual Result<std::string> roll_back(Caller const& caller, std::string const& component, std::string const& to) = 0;
  /// End the run after the step at work.
  virtual Result<void> stop(Caller const& caller) = 0;
  /// Keeps an operator's word; it is saved when this returns. For an approval the plan's whole hash comes back.
  virtual Result<std::string> tell(Caller const& caller, Word const& word) = 0;
  /// How the fleet stands (docs/json-schema/fleet.json).
  virtual void fleet_json(Answered answered) { answered(fail(no_fleet())); }
  /// What that word (wire::Said) would do, and what speaks against it; nothing is changed.
  virtual void plan_fleet(Caller const& caller, std::string word, Answered answered) {
    static_cast<void>(caller), static_cast<void>(word);
    answered(fail(no_fleet()));
  }
  /// Does it. NotFound where it is no longer what was shown, NotAllowed with a sentence where it is refused.
  virtual void steer_fleet(Caller const& caller, std::string word, Answered answered) {
    static_cast<void>(caller), static_cast<void>(word);
    answered(fail(no_fleet()));
  }
};

}  // namespace tykup::agent
