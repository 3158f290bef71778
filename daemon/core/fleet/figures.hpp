#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/fleet/overview.hpp"
#include "daemon/core/fleet/participant.hpp"

/// What monitoring is told of a fleet by one of its hosts: what that host knows anyway.
namespace tykup::fleet {

/// None: no rollout asks anything of this host. Apart: it takes no part, because it or the fleet's records have to be mended.
enum class Part { None, Waiting, Queued, Working, Done, Failed, Apart };
std::string_view to_string(Part part);
inline constexpr Part kLastPart = Part::Apart;

struct Figures {
  std::string cluster = {};
  std::string datacenter = {};
  std::string group = {};
  bool reachable = true;                  ///< etcd, when it was asked last
  std::optional<Instant> answered = {};   ///< when it answered last; nothing: never
  std::string rollout = {};               ///< the latest; empty: there is none
  Direction direction = Direction::Forwards;
  std::optional<RolloutState> state = {};
  Part part = Part::None;
  unsigned done = 0;     ///< steps of the whole fleet, those of excluded hosts too …
  unsigned pending = 0;  ///< … and that are left, as they were read last
  unsigned failed = 0;
  std::optional<Instant> read = {};       ///< when that was; nothing: never of this rollout
  bool tells = false;                     ///< this host tells people of the fleet, and sees all of it
  std::optional<Condition> condition = {};  ///< as it saw it last
  friend bool operator==(Figures const&, Figures const&) = default;
};

/// What the participant knows; the rest is left as it is.
void fill_figures(Figures& figures, State const& state);

}  // namespace tykup::fleet
