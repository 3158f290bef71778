#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/fleet/rule.hpp"

/// What is asked of the operator's own programs on one host before a rollout goes on.
namespace tykup::fleet {

/// Everything that such a program is told.
struct Inquiry {
  std::string rollout = {};
  Stage stage = {};
  std::string group = {};
  std::string from = {};  ///< versions of the stage's component: what most hosts had, and the pin
  std::string to = {};
  std::optional<OperatorGate> gate = {};  ///< absent: the promote hooks
  Duration limit = {};
  friend bool operator==(Inquiry const&, Inquiry const&) = default;
};

/// The gates that are asked when this host's step of the stage is done, as a Review saw it, but for those that were `asked`.
[[nodiscard]] std::vector<OperatorGate> due_gates(std::vector<OperatorGate> const& gates, Sight const& sight, std::vector<std::string> const& asked);
/// The keys whose hosts make this one not the last one, of the kinds that some gate is asked for.
[[nodiscard]] std::vector<std::string> others_of(std::vector<OperatorGate> const& gates, Sight const& sight);

[[nodiscard]] Inquiry inquiry_about(Rollout const& rollout, Stage const& stage, std::optional<OperatorGate> gate);
/// "gate errors after gateway in eu-1", "the promote hooks of gateway in eu-1 (blue)".
[[nodiscard]] std::string text_of(Inquiry const& inquiry);

/// What Prometheus answered to a query, by its HTTP interface; empty: the gate is open. It is where the query results in one
/// value or more and all of them are neither 0 nor no number. Otherwise one clause says why it is not.
struct PrometheusAnswer {
  int status = 0;
  std::string problem = {};                    ///< why there is no answer; its own words where it refused the query
  std::optional<std::vector<double>> values = {};  ///< absent: it is no vector and no scalar
};
[[nodiscard]] std::string closed_by(PrometheusAnswer const& answer);
/// "https://prometheus:9090/api/v1/query?query=…".
[[nodiscard]] std::string query_url(OperatorGate const& gate);

}  // namespace tykup::fleet
