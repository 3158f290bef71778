#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/fleet/figures.hpp"
#include "daemon/core/notify.hpp"
#include "daemon/core/rollout.hpp"

/// What Prometheus is told, as text for node_exporter's textfile collector: valid both as OpenMetrics and in the older
/// text format, which that collector reads. Gauges only; base units; instants are `…_timestamp_seconds`, so that a file
/// that was not written for an hour still tells the truth, and what is left of a window is worked out where it is read.
namespace tykup {

/// One family: its name and what it means, for the text and for the manual.
struct MetricFamily {
  std::string_view name;
  std::string_view help;
};
/// Every family that the text may hold, in its order.
[[nodiscard]] std::vector<MetricFamily> const& metric_families();

struct MetricsInputs {
  rollout::State const& state;
  rollout::Context const& context;
  HostFacts const* facts = nullptr;                ///< null until the host was read once
  rollout::RunRecord const* last_run = nullptr;    ///< the newest that ended; null: none did
  std::string_view version;                        ///< of tykup
  std::vector<notify::WayStanding> ways = {};  ///< of [notify]
  std::optional<fleet::Figures> fleet = {};    ///< nothing: this host belongs to none
};

/// Not while the repositories or the host are being read and no plan stands: figures that come and go with each look would
/// be alarms that come and go.
[[nodiscard]] bool tells_something(rollout::Phase const& phase);

/// The whole text, the end mark included. A family without samples is left out.
[[nodiscard]] std::string metrics_text(MetricsInputs const& inputs);

}  // namespace tykup
