#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/fleet/overview.hpp"
#include "daemon/core/named_version.hpp"
#include "daemon/core/plan.hpp"

/// What `tykup fleet start` and `rollback` would begin: shown before anybody is asked, and begun exactly so or not at all.
namespace tykup::fleet {

/// No rollout begins with a host that has no opening within it.
inline constexpr Duration kFarthestOpening = std::chrono::hours{24 * 35};

/// What the operator asks for.
struct Wanted {
  std::vector<NamedVersion> versions = {};    ///< upstream; the others are chosen
  std::vector<std::string> components = {};   ///< empty: all; those of `versions` are in it
  std::vector<std::string> exclude = {};      ///< hosts that take no part from the beginning
  bool stopped = false;                       ///< the operator's word that excluded hosts with MDCB or Dashboard are stopped
  friend bool operator==(Wanted const&, Wanted const&) = default;
};

/// Who begins it, and under which name.
struct Beginning {
  std::string id = {};
  Word said = {};  ///< its instant is now
};

struct PlannedHost {
  std::string host = {};
  std::string from = {};
  std::string to = {};
  bool settled = false;  ///< it is there already, or ahead
  std::optional<Instant> next_opening = {};
  friend bool operator==(PlannedHost const&, PlannedHost const&) = default;
};

struct PlannedStage {
  StageNumbers numbers = {};
  std::vector<PlannedHost> hosts = {};  ///< by name
  friend bool operator==(PlannedStage const&, PlannedStage const&) = default;
};

struct Schedule {
  Direction direction = Direction::Forwards;
  std::vector<Pin> pins = {};
  std::vector<PlannedStage> stages = {};  ///< in the order of the going
  std::vector<Trouble> refusals = {};     ///< it does not begin
  std::vector<Trouble> blocked = {};      ///< it begins, and these hosts would not go
  std::vector<std::string> notes = {};
  bool nothing_to_do = false;             ///< everybody is there; one of the refusals
  std::string hash = {};                  ///< of all that is shown and decides; empty where it is refused
  std::optional<Rollout> rollout = {};    ///< Preparing; nothing where it is refused
};

/// To the newest version of each component that every host is offered, or to the wanted one.
[[nodiscard]] Schedule schedule(Board const& board, Wanted const& wanted, Beginning const& beginning, Digest const& digest);
/// Back from what the latest rollout did, to the newest version that every host which moved has kept, or to the wanted one.
[[nodiscard]] Schedule schedule_back(Board const& board, Wanted const& wanted, Beginning const& beginning, Digest const& digest);

}  // namespace tykup::fleet
