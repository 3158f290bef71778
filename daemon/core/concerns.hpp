#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/plan.hpp"

namespace tykup {

/// Something that waiting does not mend: settings that can never agree, a release line without support, a package change of
/// somebody else that was cut short.
struct Concern {
  std::string kind;       ///< "never-fits", "never-opens", "no-window", "order-against-windows", "approval-ends-first", "long-back-off", "support-ends", "unsupported", "reboot-pending", "other-actor", "interrupted-change", "plugin", "notify"
  std::string component;  ///< empty: the host
  std::string text;
  std::string remedy;
  bool is_trouble = false;  ///< nothing will ever happen on its own; else a warning
  friend bool operator==(Concern const&, Concern const&) = default;
};

struct ConcernQuery {
  Config const& config;
  Memory const& memory;
  Plan const* plan = nullptr;        ///< null: none is made yet
  HostFacts const* facts = nullptr;  ///< null: the host was not read; then every configured component counts as installed
  Instant now;
};
/// In the order of the configuration. The texts stay the same while nothing changes but the time.
[[nodiscard]] std::vector<Concern> concerns(ConcernQuery const& query);

inline constexpr auto kBudgetHorizon = std::chrono::hours{24 * 35};
/// Why that step fits no window of the next 35 days (or, where none opens in them, not the next one); both figures are
/// in the text. Nothing: it fits one, or no window is meant for it.
[[nodiscard]] std::optional<Reason> never_fits(PlanStep const& step, Config const& config, Instant now);

/// Where a step of the plan stands against the next opening (or the one that is open), by the sum of estimates.
enum class Fit { NextWindow, LaterWindow, Never };
/// One for each step of the plan.
[[nodiscard]] std::vector<Fit> fits(std::vector<PlanStep> const& steps, Config const& config, Instant now);

}  // namespace tykup
