#include "daemon/core/fleet/inquiry.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

constexpr int kOk = 200;

bool is_due(After after, Sight const& sight) {
  if (after == After::First) return !sight.begun;
  return after == After::Stage ? sight.other_of_stage.empty() : sight.other_of_centre.empty();
}

bool asks(std::vector<OperatorGate> const& gates, After after) {
  return std::ranges::find(gates, after, &OperatorGate::after) != gates.end();
}

std::string group_of(Policy const& policy, Stage const& stage) {
  return policy.strategy != Strategy::Rolling && stage.phase < policy.groups.size() ? policy.groups[stage.phase] : std::string{};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (unsigned char const c : text) {
    bool const plain = std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) out += static_cast<char>(c);
    else out.append({'%', kDigits[c / 16], kDigits[c % 16]});
  }
  return out;
}

}  // namespace

std::vector<OperatorGate> due_gates(std::vector<OperatorGate> const& gates, Sight const& sight, std::vector<std::string> const& asked) {
  std::vector<OperatorGate> due;
  for (auto const after : {After::First, After::Stage, After::Datacenter})
    for (auto const& gate : gates)
      if (gate.after == after && is_due(after, sight) && std::ranges::find(asked, gate.name) == asked.end()) due.push_back(gate);
  return due;
}

std::vector<std::string> others_of(std::vector<OperatorGate> const& gates, Sight const& sight) {
  std::vector<std::string> others;
  if (asks(gates, After::Stage) && !sight.other_of_stage.empty()) others.push_back(sight.other_of_stage);
  if (asks(gates, After::Datacenter) && !sight.other_of_centre.empty()) others.push_back(sight.other_of_centre);
  return others;
}

Inquiry inquiry_about(Rollout const& rollout, Stage const& stage, std::optional<OperatorGate> gate) {
  Inquiry inquiry{rollout.id, stage, group_of(rollout.policy, stage)};
  auto const before = std::ranges::find(rollout.before, stage.component, &Before::component);
  if (before != rollout.before.end()) inquiry.from = before->version;
  if (auto const* pin = rollout.pin(stage.component)) inquiry.to = pin->version;
  inquiry.limit = gate ? rollout.policy.hooks.gate : rollout.policy.hooks.promote;
  inquiry.gate = std::move(gate);
  return inquiry;
}

std::string text_of(Inquiry const& inquiry) {
  auto const place = inquiry.stage.component + " in " + inquiry.stage.datacenter;
  auto const group = inquiry.group.empty() ? std::string{} : " (" + inquiry.group + ")";
  if (!inquiry.gate) return "the promote hooks of " + place + group;
  auto const& gate = *inquiry.gate;
  if (gate.after == After::Datacenter) return "gate " + gate.name + " after " + inquiry.stage.datacenter;
  return "gate " + gate.name + " after " + (gate.after == After::First ? "the first host of " : "") + place + group;
}

std::string closed_by(PrometheusAnswer const& answer) {
  if (!answer.problem.empty()) return answer.problem;
  if (answer.status != kOk) return "Prometheus answers with HTTP status " + std::to_string(answer.status);
  if (!answer.values) return "the query results in no vector and no scalar";
  if (answer.values->empty()) return "the query results in nothing";
  auto const closed = std::ranges::count_if(*answer.values, [](double value) { return value == 0 || std::isnan(value); });
  if (closed == 0) return {};
  return std::to_string(closed) + " of " + std::to_string(answer.values->size()) + " values of the query are 0 or no number";
}

std::string query_url(OperatorGate const& gate) {
  auto const slash = gate.prometheus.ends_with('/') ? "" : "/";
  return gate.prometheus + slash + "api/v1/query?query=" + percent_encoded(gate.query);
}

}  // namespace tykup::fleet
