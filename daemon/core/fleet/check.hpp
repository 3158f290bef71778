#pragma once

#include <string>

#include "daemon/core/fleet/records.hpp"

/// What is wrong with a record whose fields are all there, as a sentence; empty: nothing. No name that could leave its place
/// in a key passes.
namespace tykup::fleet {

/// Whether a file of /etc/tykup/hooks/gate.d may be called so.
[[nodiscard]] bool is_gate_file(std::string_view name);
/// "https://prometheus:9090", with a path where it has one; no user, no query of its own.
[[nodiscard]] bool is_prometheus_url(std::string_view url);

[[nodiscard]] std::string problem_of(Meta const& meta);
/// Names, ranks, groups and limits of a policy; centres that cannot be told apart; an order that is missing.
[[nodiscard]] std::string problem_of(Policy const& policy);
[[nodiscard]] std::string problem_of(FleetFreeze const& freeze);
[[nodiscard]] std::string problem_of(HostRecord const& host);
[[nodiscard]] std::string problem_of(Presence const& presence);
[[nodiscard]] std::string problem_of(Rollout const& rollout);
[[nodiscard]] std::string problem_of(Slot const& slot);
[[nodiscard]] std::string problem_of(OutsideStep const& step);
[[nodiscard]] std::string problem_of(Mark const& mark);
[[nodiscard]] std::string problem_of(Pending const& pending);
[[nodiscard]] std::string problem_of(Teller const& teller);
[[nodiscard]] std::string problem_of(KnownNews const& known);

inline constexpr unsigned kLastRank = 99;   ///< of centres and of components
inline constexpr unsigned kMostGroups = 10;  ///< phases have one digit

}  // namespace tykup::fleet
