#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/fleet/records.hpp"

/// Who comes when, and how far each host is.
namespace tykup::fleet {

/// The components of a centre in the order of their upgrade.
[[nodiscard]] std::vector<std::string> components_of(Centre const& centre);
/// Nothing where the policy does not name the data centre, or its topology not the component.
[[nodiscard]] std::optional<Stage> stage_of(Policy const& policy, std::string_view datacenter, std::string_view component,
                                            std::string_view group);
/// Of that many members: a percentage is rounded down, and nobody waits for ever: at least 1.
[[nodiscard]] unsigned limit_of(Limit const& limit, unsigned members);
/// How many slots the component has in that data centre during the rollout. One that nobody had at the beginning has 1 where
/// the policy says a percentage.
[[nodiscard]] unsigned limit_of(Rollout const& rollout, Stage const& stage);

/// Where a component stands to a pin. Ahead: newer on the pinned line (older, in a rollout back), which counts as done.
/// Beyond: newer than the line; no upgrade leads to the pin.
enum class Progress { Behind, At, Ahead, Beyond };
[[nodiscard]] Progress progress_of(Carried const& carried, Pin const& pin, Direction direction);
[[nodiscard]] inline bool is_settled(Progress progress) { return progress == Progress::At || progress == Progress::Ahead; }

/// The files that this component's host goes to; empty where a class is not in the pin.
[[nodiscard]] std::vector<PackagePin> packages_for(Carried const& carried, Pin const& pin);
/// The new package and the way back from it are in the host's archive, verified; or it is settled.
[[nodiscard]] bool is_ready(Carried const& carried, Pin const& pin, Direction direction);

/// The pinned files that the host has still to install and is not offered. Nothing in a rollout back, which goes by kept files,
/// and nothing of a host that is excluded.
struct Missing {
  std::string component = {};
  Build build = {};
  friend bool operator==(Missing const&, Missing const&) = default;
};
[[nodiscard]] std::vector<Missing> missing_of(HostRecord const& host, Rollout const& rollout);
/// The first of them that was offered before: it is among its kept files, or among the candidates of the record that the host
/// wrote `before`. Metadata that is not current proves nothing.
[[nodiscard]] std::optional<Withdrawal> withdrawn_from(HostRecord const& host, HostRecord const& before, Rollout const& rollout, Instant now);

/// What a rollout asks of one host.
struct Duty {
  std::vector<Stage> behind = {};   ///< where it has a step to do
  std::vector<Stage> settled = {};  ///< where it is at the pin or ahead
  bool ready = true;                ///< every step's packages are there
  friend bool operator==(Duty const&, Duty const&) = default;
};
/// Nothing of a host that is excluded.
[[nodiscard]] Duty duty_of(HostRecord const& host, Rollout const& rollout);
[[nodiscard]] bool is_excluded(Rollout const& rollout, std::string_view host);

}  // namespace tykup::fleet
