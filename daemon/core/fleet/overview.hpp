#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/fleet/board.hpp"

/// What `tykup fleet status` shows: who is how far, who waits for whom, and what somebody has to do.
namespace tykup::fleet {

/// Something that does not mend itself, and the command that resolves it.
struct Trouble {
  std::string host = {};       ///< empty: the whole fleet
  std::string component = {};  ///< empty: all of the host
  std::string text = {};
  std::string remedy = {};
  friend bool operator==(Trouble const&, Trouble const&) = default;
};

/// Idle: no rollout moves it. Left: it was not done when the rollout ended. Absent: in work, and its host does not answer.
enum class StepState { Idle, Done, Ahead, InWork, Absent, Queued, Waiting, Failed, Excluded, Left };
std::string_view to_string(StepState state);

/// One component of one host.
struct StepView {
  std::string host = {};
  std::string component = {};
  StepState state = StepState::Idle;
  std::string from = {};  ///< installed, upstream
  std::string to = {};    ///< pinned, upstream; empty where no rollout moves it
  std::optional<Instant> since = {};         ///< in work, or failed
  std::optional<Instant> next_opening = {};
  std::string text = {};    ///< whom or what it waits for, or why it failed
  std::string remedy = {};
  bool stuck = false;       ///< only people can change that
  bool at_turn = false;     ///< no earlier stage is before it
  bool late = false;        ///< it came after the rollout's first step was done
  friend bool operator==(StepView const&, StepView const&) = default;
};

enum class StageState { Idle, Waiting, Open, Soaking, Done };
std::string_view to_string(StageState state);

struct StageView {
  Stage stage = {};
  StageState state = StageState::Idle;
  unsigned limit = 0;              ///< 0: no rollout
  std::vector<StepView> steps = {};  ///< by host
  friend bool operator==(StageView const&, StageView const&) = default;

  [[nodiscard]] unsigned count(StepState state) const;
};

struct CentreView {
  std::string name = {};
  unsigned rank = 0;
  std::vector<std::string> unready = {};  ///< hosts whose packages are not there, before its first step
  std::vector<StageView> stages = {};     ///< in the order of the going
  friend bool operator==(CentreView const&, CentreView const&) = default;
};

/// Unmade: no `fleet init` yet. Stalled: it runs, and no remaining host can start. Promotion: it waits for `promote`, and
/// for nothing else.
enum class Condition { Unmade, Idle, Preparing, Running, Stalled, Promotion, Paused, Stopped, Aborted, Done };
std::string_view to_string(Condition condition);

struct Overview {
  std::string cluster = {};
  Instant now = {};
  Condition condition = Condition::Unmade;
  std::string text = {};    ///< one sentence
  std::string remedy = {};
  std::optional<Rollout> rollout = {};
  std::optional<FleetFreeze> freeze = {};  ///< in force
  unsigned done = 0;  ///< steps, those ahead included
  unsigned all = 0;   ///< without those of excluded hosts
  std::optional<Instant> earliest_end = {};  ///< if nothing fails and every window is long enough
  std::string end_unknown = {};              ///< why there is none, where a rollout is open
  std::vector<CentreView> centres = {};
  std::vector<Trouble> stalled = {};   ///< Stalled: every host whose turn it is
  std::vector<Trouble> troubles = {};  ///< whatever the condition
  friend bool operator==(Overview const&, Overview const&) = default;
};

[[nodiscard]] Overview overview(Board const& board, Instant now);

/// How long a step takes, by component, as this rollout's finished stages of several hosts have shown.
[[nodiscard]] std::map<std::string, Duration> measured_steps(Board const& board);

}  // namespace tykup::fleet
