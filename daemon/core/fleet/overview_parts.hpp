#pragma once

#include "daemon/core/fleet/overview.hpp"

/// The pieces of an overview. Private to it.
namespace tykup::fleet {

/// Why a step does not begin.
struct Obstacle {
  std::string text = {};
  std::string remedy = {};
  bool stuck = false;
  bool promotion = false;  ///< it waits for that alone
};

/// What about a host itself keeps its component from going, whatever the others do.
[[nodiscard]] std::optional<Obstacle> own_obstacle(Board const& board, std::string_view host, std::string_view component);
/// Likewise, and what the others do. `turn`: no earlier stage is before it. Precondition: there is a rollout.
[[nodiscard]] Obstacle obstacle_of(Board const& board, BoardPending const& step, bool turn, Instant now);
/// Steps of earlier stages, in the order of the going.
[[nodiscard]] std::vector<BoardPending> earlier_than(Board const& board, Stage const& stage);

/// How far each host is; of no rollout where there is none.
[[nodiscard]] std::vector<CentreView> centre_views(Board const& board, Instant now);
/// What does not mend itself.
[[nodiscard]] std::vector<Trouble> troubles_of(Board const& board);
/// A pinned file that hosts have still to install and are not offered.
struct Unoffered {
  std::string component = {};
  Build build = {};
  std::vector<std::string> hosts = {};
  bool offered = false;  ///< to another host
};
[[nodiscard]] std::vector<Unoffered> unoffered_of(Board const& board);
/// "tyk-gateway 5.8.15 for debian 12 amd64 is not offered to gw-1 any more".
[[nodiscard]] std::string text_of(Unoffered const& unoffered);
/// The earliest end, and why there is none.
void foresee(Board const& board, Overview& view);

/// What the rollout's own record says: condition, sentence and remedy.
[[nodiscard]] Overview bare_view(Rollout const& rollout);

/// "a, b, c and 4 others".
[[nodiscard]] std::string some_of(std::vector<std::string> const& names);
[[nodiscard]] std::string name_of(Stage const& stage);

}  // namespace tykup::fleet
