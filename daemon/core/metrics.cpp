#include "daemon/core/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "daemon/core/freezes.hpp"

namespace tykup {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

constexpr std::array kFamilies{
    MetricFamily{"tykup_build_info", "1, with the version of the daemon that wrote this."},
    MetricFamily{"tykup_state", "1 for the state the daemon is in, 0 for the others."},
    MetricFamily{"tykup_trouble", "1 while something ended badly and waits for somebody to read it."},
    MetricFamily{"tykup_last_refresh_timestamp_seconds", "When every subscribed source answered last."},
    MetricFamily{"tykup_next_refresh_timestamp_seconds", "When the sources are asked next."},
    MetricFamily{"tykup_source_problem", "1 for each source whose last refresh failed, with the kind of the error."},
    MetricFamily{"tykup_component_info", "1 for each component, with the versions installed, aimed at and newest of all offered."},
    MetricFamily{"tykup_component_update_available", "1 where a newer version is offered that the track allows."},
    MetricFamily{"tykup_component_gate_closed", "1 for each gate that keeps a component where it is."},
    MetricFamily{"tykup_component_update_first_seen_timestamp_seconds", "When the version aimed at was first seen here: the age of the plan."},
    MetricFamily{"tykup_component_running", "1 while the component's unit is active, as it was read last."},
    MetricFamily{"tykup_component_healthy", "How its last step here ended: 1 past its health gate, 0 not shown."},
    MetricFamily{"tykup_component_step_duration_seconds", "How long its last successful step took."},
    MetricFamily{"tykup_plan_steps", "Components that the plan moves."},
    MetricFamily{"tykup_window_opens_timestamp_seconds", "When the window that is open opened, or the next one opens."},
    MetricFamily{"tykup_window_closes_timestamp_seconds", "When that window closes."},
    MetricFamily{"tykup_frozen_until_timestamp_seconds", "When the freeze ends that is in force; absent where none is."},
    MetricFamily{"tykup_run_active", "1 while a run is at work."},
    MetricFamily{"tykup_last_run_result", "1 for the result of the last run that ended, 0 for the others."},
    MetricFamily{"tykup_last_run_started_timestamp_seconds", "When the last run that ended began."},
    MetricFamily{"tykup_last_run_ended_timestamp_seconds", "When it ended."},
    MetricFamily{"tykup_hold", "1 for each hold in force; one with an empty component holds all."},
    MetricFamily{"tykup_bad_version_failures", "How often a version failed here that is remembered as bad."},
    MetricFamily{"tykup_bad_version_until_timestamp_seconds", "When a version that failed may be tried again."},
    MetricFamily{"tykup_subscription_trusted", "1 where the subscription of a component can be trusted and used."},
    MetricFamily{"tykup_subscription_key_expires_timestamp_seconds", "When the key of a subscription expires; absent where it never does."},
    MetricFamily{"tykup_notify_failing", "1 for each way of [notify] that does not get through, 0 for the others."},
    MetricFamily{"tykup_notify_waiting", "Notifications that wait to be sent on that way."},
    MetricFamily{"tykup_notify_lost", "Notifications that were given up on that way since it failed."},
    MetricFamily{"tykup_fleet_member", "1 on a host of a fleet, 0 on others."},
    MetricFamily{"tykup_fleet_etcd_reachable", "1 if the fleet's etcd answered when it was asked last."},
    MetricFamily{"tykup_fleet_etcd_answered_timestamp_seconds", "When it answered last."},
    MetricFamily{"tykup_fleet_rollout_state", "1 for the state of the fleet's latest rollout, 0 for the others."},
    MetricFamily{"tykup_fleet_rollout_info", "1, with the name and direction of that rollout."},
    MetricFamily{"tykup_fleet_part", "1 for this host's part in it, 0 for the others."},
    MetricFamily{"tykup_fleet_steps", "Steps of the whole rollout, as this host read them last."},
    MetricFamily{"tykup_fleet_steps_read_timestamp_seconds", "When that was."},
    MetricFamily{"tykup_fleet_tells", "1 on the host that tells people of the fleet, 0 on the others."},
    MetricFamily{"tykup_fleet_stalled", "1 while none of the hosts that are left can start; told by the host that tells people."},
    MetricFamily{"tykup_fleet_waits_for_promotion", "1 while a group is done and the next one waits for it; likewise."},
};

constexpr std::array kStates{"idle", "downloading", "waiting", "running", "stopped", "needs-admin"};
constexpr std::array kResults{rollout::RunResult::Done, rollout::RunResult::Partial, rollout::RunResult::Stopped,
                              rollout::RunResult::NeedsAdmin, rollout::RunResult::RolledBack};

/// A label's value between its quotes.
std::string escaped(std::string_view value) {
  std::string out;
  for (char const each : value) {
    if (each == '\\' || each == '"') out += '\\';
    out += each == '\n' ? std::string("\\n") : std::string(1, each);
  }
  return out;
}

std::string number(double value) {
  if (value == std::floor(value)) return std::to_string(static_cast<std::int64_t>(value));
  auto text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

/// Samples by family; the order of the text is that of the table.
class Text {
 public:
  void add(std::string_view family, double value, Labels const& labels = {}) {
    auto const index = static_cast<std::size_t>(std::ranges::find(kFamilies, family, &MetricFamily::name) - kFamilies.begin());
    auto& samples = samples_.at(index);
    samples += family;
    for (std::size_t i = 0; i < labels.size(); ++i)
      samples += std::string(i == 0 ? "{" : ",") + std::string(labels[i].first) + "=\"" + escaped(labels[i].second) + "\"";
    samples += (labels.empty() ? " " : "} ") + number(value) + "\n";
  }
  /// Nothing where the instant is none.
  void add_instant(std::string_view family, std::optional<Instant> at, Labels const& labels = {}) {
    if (!at || *at == Instant{} || *at >= kForever) return;
    add(family, static_cast<double>(std::chrono::floor<std::chrono::seconds>(at->time_since_epoch()).count()), labels);
  }
  [[nodiscard]] std::string whole() const {
    std::string out;
    for (std::size_t i = 0; i < kFamilies.size(); ++i) {
      if (samples_.at(i).empty()) continue;
      auto const& [name, help] = kFamilies.at(i);
      out += "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " gauge\n" + samples_.at(i);
    }
    return out + "# EOF\n";
  }

 private:
  std::array<std::string, kFamilies.size()> samples_;
};

struct Target {
  std::vector<PackagePin> pins = {};
  std::vector<Reason> closed = {};
};

/// Where a component is bound, and what keeps it.
Target target_of(MetricsInputs const& inputs, std::string const& component) {
  if (auto const* run = rollout::run_of(inputs.state.phase)) {
    for (auto const& each : run->record.steps)
      if (each.step.component == component && each.result == rollout::StepResult::Pending) return {each.step.to};
    return {};
  }
  auto const* plan = rollout::plan_of(inputs.state.phase);
  if (plan == nullptr) return {};
  auto const step = std::ranges::find(plan->steps, component, &PlanStep::component);
  if (step != plan->steps.end()) return {step->to, rollout::closed_gates(inputs.state, *step, inputs.context)};
  auto const staying = std::ranges::find(plan->staying, component, &Choice::component);
  if (staying == plan->staying.end()) return {};
  return {staying->to, staying->to.empty() ? std::vector<Reason>{} : staying->reasons};
}

void add_target(Text& text, MetricsInputs const& inputs, std::string const& component, Target const& target) {
  text.add("tykup_component_update_available", target.pins.empty() ? 0 : 1, {{"component", component}});
  std::vector<Gate> told;
  for (auto const& reason : target.closed) {
    if (std::ranges::find(told, reason.gate) != told.end()) continue;
    told.push_back(reason.gate);
    text.add("tykup_component_gate_closed", 1, {{"component", component}, {"gate", std::string(to_string(reason.gate))}});
  }
  if (target.pins.empty()) return;
  auto const& seen = inputs.context.memory.seen;
  auto const first = std::ranges::find_if(seen, [&](SeenVersion const& version) {
    return version.component == component && version.version == target.pins.front().version && version.sha256 == target.pins.front().sha256;
  });
  if (first != seen.end())
    text.add_instant("tykup_component_update_first_seen_timestamp_seconds", first->first, {{"component", component}});
}

void add_facts(Text& text, ComponentFacts const& facts, std::string const& target) {
  Labels const which{{"component", facts.component}};
  auto const& installed = facts.installed.front();
  text.add("tykup_component_info", 1,
           {{"component", facts.component},
            {"package", installed.name},
            {"installed", installed.version},
            {"target", target},
            {"newest", facts.candidates.empty() ? std::string{} : facts.candidates.front().version}});
  if (!facts.unit.name.empty())
    text.add("tykup_component_running", facts.unit.running() ? 1 : 0, {{"component", facts.component}, {"unit", facts.unit.name}});
  auto const& subscription = facts.subscription;
  bool const trusted = !subscription.file.empty() && subscription.problem.empty();
  text.add("tykup_subscription_trusted", trusted ? 1 : 0, which);
  text.add_instant("tykup_subscription_key_expires_timestamp_seconds", subscription.key_expires,
                   {{"component", facts.component}, {"url", subscription.url}, {"fingerprint", subscription.key_fingerprint}});
}

void add_components(Text& text, MetricsInputs const& inputs) {
  for (auto const& component : inputs.context.config.components) {
    auto const* facts = inputs.facts == nullptr ? nullptr : inputs.facts->find(component.name);
    if (facts == nullptr || facts->installed.empty()) continue;
    auto const target = target_of(inputs, component.name);
    add_facts(text, *facts, target.pins.empty() ? std::string{} : target.pins.front().version);
    add_target(text, inputs, component.name, target);
    auto const& durations = inputs.context.memory.durations;
    auto const took = durations.find(component.name);
    if (took != durations.end() && !took->second.empty())
      text.add("tykup_component_step_duration_seconds", std::chrono::duration<double>(took->second.front()).count(),
               {{"component", component.name}});
  }
}

void add_window(Text& text, MetricsInputs const& inputs) {
  auto const& [config, now] = std::tie(inputs.context.config, inputs.context.now);
  auto const openings = next_openings(config.windows, "", now, 1);
  if (!openings.empty()) {
    text.add_instant("tykup_window_opens_timestamp_seconds", openings.front().from);
    text.add_instant("tykup_window_closes_timestamp_seconds", openings.front().until);
  }
  auto const* freeze = freeze_at(config.windows.freezes, now);
  if (freeze == nullptr) return;
  // A calendar that cannot be read freezes without an end: that must not look like no freeze.
  auto const until = std::min<Instant>(freeze->until, kForever - std::chrono::seconds{1});
  text.add_instant("tykup_frozen_until_timestamp_seconds", until);
}

std::size_t planned_steps(rollout::Phase const& phase) {
  if (auto const* run = rollout::run_of(phase)) return run->record.steps.size();
  auto const* plan = rollout::plan_of(phase);
  return plan == nullptr ? 0 : plan->steps.size();
}

bool past_its_gate(rollout::StepResult result) {
  return result == rollout::StepResult::Done || result == rollout::StepResult::RolledBack;
}

void add_runs(Text& text, MetricsInputs const& inputs) {
  text.add("tykup_run_active", rollout::run_of(inputs.state.phase) == nullptr ? 0 : 1);
  auto const* run = inputs.last_run;
  if (run == nullptr) return;
  for (auto const result : kResults)
    text.add("tykup_last_run_result", run->result == result ? 1 : 0, {{"result", std::string(to_string(result))}});
  text.add_instant("tykup_last_run_started_timestamp_seconds", run->started);
  text.add_instant("tykup_last_run_ended_timestamp_seconds", run->ended);
  for (auto const& step : run->steps) {
    bool const tried = past_its_gate(step.result) || step.result == rollout::StepResult::NeedsAdmin;
    if (tried) text.add("tykup_component_healthy", past_its_gate(step.result) ? 1 : 0, {{"component", step.step.component}});
  }
}

void add_memory(Text& text, MetricsInputs const& inputs) {
  auto const& [memory, now] = std::tie(inputs.context.memory, inputs.context.now);
  for (auto const& hold : memory.holds)
    if (!hold.until || now < *hold.until) text.add("tykup_hold", 1, {{"component", hold.component}, {"by", hold.by}});
  for (auto const& component : inputs.context.config.policy.hold)
    text.add("tykup_hold", 1, {{"component", component}, {"by", "tykup.toml"}});
  for (auto const& bad : memory.bad) {
    Labels const which{{"component", bad.component}, {"version", bad.version}};
    text.add("tykup_bad_version_failures", bad.failures, which);
    text.add_instant("tykup_bad_version_until_timestamp_seconds", bad.until, which);
  }
}

constexpr std::array<std::string_view, 7> kRolloutStates{"none", "preparing", "running", "paused", "stopped", "aborted", "done"};

void add_rollout(Text& text, fleet::Figures const& figures) {
  auto const& cluster = figures.cluster;
  auto const now = figures.state ? fleet::to_string(*figures.state) : std::string_view("none");
  for (auto const state : kRolloutStates)
    text.add("tykup_fleet_rollout_state", state == now ? 1 : 0, {{"cluster", cluster}, {"state", std::string(state)}});
  for (int part = 0; part <= static_cast<int>(fleet::kLastPart); ++part) {
    auto const each = static_cast<fleet::Part>(part);
    text.add("tykup_fleet_part", each == figures.part ? 1 : 0, {{"cluster", cluster}, {"part", std::string(to_string(each))}});
  }
  if (!figures.state) return;
  text.add("tykup_fleet_rollout_info", 1, {{"cluster", cluster}, {"rollout", figures.rollout}, {"direction", std::string(to_string(figures.direction))}});
  if (!figures.read) return;
  text.add("tykup_fleet_steps", figures.done, {{"cluster", cluster}, {"state", "done"}});
  text.add("tykup_fleet_steps", figures.pending, {{"cluster", cluster}, {"state", "pending"}});
  text.add("tykup_fleet_steps", figures.failed, {{"cluster", cluster}, {"state", "failed"}});
  text.add_instant("tykup_fleet_steps_read_timestamp_seconds", figures.read, {{"cluster", cluster}});
}

void add_fleet(Text& text, std::optional<fleet::Figures> const& figures) {
  if (!figures) return text.add("tykup_fleet_member", 0);
  Labels const which{{"cluster", figures->cluster}};
  text.add("tykup_fleet_member", 1, {{"cluster", figures->cluster}, {"datacenter", figures->datacenter}, {"group", figures->group}});
  text.add("tykup_fleet_etcd_reachable", figures->reachable ? 1 : 0, which);
  text.add_instant("tykup_fleet_etcd_answered_timestamp_seconds", figures->answered, which);
  add_rollout(text, *figures);
  text.add("tykup_fleet_tells", figures->tells ? 1 : 0, which);
  if (!figures->condition) return;
  text.add("tykup_fleet_stalled", *figures->condition == fleet::Condition::Stalled ? 1 : 0, which);
  text.add("tykup_fleet_waits_for_promotion", *figures->condition == fleet::Condition::Promotion ? 1 : 0, which);
}

void add_ways(Text& text, std::vector<notify::WayStanding> const& ways) {
  for (auto const& way : ways) {
    Labels const which{{"way", way.way}, {"to", way.to}};
    text.add("tykup_notify_failing", way.trouble ? 1 : 0, which);
    text.add("tykup_notify_waiting", static_cast<double>(way.waiting), which);
    text.add("tykup_notify_lost", way.trouble ? way.trouble->lost : 0, which);
  }
}

}  // namespace

bool tells_something(rollout::Phase const& phase) {
  return rollout::run_of(phase) != nullptr || rollout::plan_of(phase) != nullptr;
}

std::vector<MetricFamily> const& metric_families() {
  static std::vector<MetricFamily> const families(kFamilies.begin(), kFamilies.end());
  return families;
}

std::string metrics_text(MetricsInputs const& inputs) {
  Text text;
  auto const& standing = inputs.state.standing;
  text.add("tykup_build_info", 1, {{"version", std::string(inputs.version)}});
  auto const now = rollout::public_state(inputs.state);
  for (std::string const state : kStates) text.add("tykup_state", state == now ? 1 : 0, {{"state", state}});
  text.add("tykup_trouble", standing.trouble ? 1 : 0);
  text.add_instant("tykup_last_refresh_timestamp_seconds", standing.refreshed);
  text.add_instant("tykup_next_refresh_timestamp_seconds", standing.next_refresh);
  for (auto const& [source, problem] : standing.source_problems)
    text.add("tykup_source_problem", 1, {{"source", source}, {"kind", std::string(to_string(problem.kind))}});
  add_components(text, inputs);
  text.add("tykup_plan_steps", static_cast<double>(planned_steps(inputs.state.phase)));
  add_window(text, inputs);
  add_runs(text, inputs);
  add_memory(text, inputs);
  add_ways(text, inputs.ways);
  add_fleet(text, inputs.fleet);
  return text.whole();
}

}  // namespace tykup
