#include "daemon/wire/status_json.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/concerns.hpp"
#include "daemon/core/freezes.hpp"
#include "daemon/wire/instants.hpp"
#include "daemon/wire/run_json.hpp"

namespace tykup::wire {
namespace {

using nlohmann::json;

json reasons_json(std::vector<Reason> const& reasons) {
  auto out = json::array();
  for (auto const& reason : reasons)
    out.push_back({{"gate", to_string(reason.gate)}, {"text", reason.text}, {"remedy", reason.remedy}});
  return out;
}

json step_json(PlanStep const& step) {
  return {{"component", step.component},
          {"from", step.from_version()},
          {"to", step.to_version()},
          {"way_back", step.no_way_back().empty()},
          {"way_back_note", step.no_way_back()},
          {"one_way", step.one_way},
          {"database_backup", step.needs_database_backup},
          {"estimate_seconds", whole_seconds(step.estimate)}};
}

std::string target_of(Choice const& choice) { return choice.to.empty() ? std::string{} : choice.to.front().version; }

json fit_json(StatusInputs const& inputs, Fit fit) {
  if (inputs.context.config.windows.windows.empty()) return nullptr;
  constexpr std::array kNames{"next_window", "later_window", "never"};
  return kNames.at(static_cast<std::size_t>(fit));
}

json plan_body(StatusInputs const& inputs) {
  auto const* plan = rollout::plan_of(inputs.state.phase);
  json out{{"hash", plan == nullptr ? "" : plan->hash}, {"steps", json::array()}, {"staying", json::array()}};
  if (plan == nullptr) return out;
  auto const fit = fits(plan->steps, inputs.context.config, inputs.context.now);
  for (std::size_t i = 0; i < plan->steps.size(); ++i) {
    out["steps"].push_back(step_json(plan->steps[i]));
    out["steps"].back()["fits"] = fit_json(inputs, fit[i]);
  }
  for (auto const& choice : plan->staying)
    out["staying"].push_back({{"component", choice.component},
                              {"newest", choice.newest},
                              {"target", target_of(choice)},
                              {"reasons", reasons_json(choice.reasons)}});
  return out;
}

/// When this host begins in the next opening, or in the one that is open if that is still to come.
std::optional<Instant> host_begins(StatusInputs const& inputs) {
  auto const& [config, memory, now, machine_id, digest, life, synchronised, fleet] = inputs.context;
  auto const run = estimate_run(rollout::plan_of(inputs.state.phase), config, memory);
  for (auto const& opening : next_openings(config.windows, "", now, 2)) {
    auto const own = start_on_host(opening, run, config.policy.spread, machine_id);
    if (own >= now) return own;
  }
  return std::nullopt;
}

json window_json(StatusInputs const& inputs) {
  auto const& now = inputs.context.now;
  auto const verdict = window_at(inputs.context.config.windows, "", now);
  json out{{"open", verdict.open},
           {"until", instant(verdict.open ? std::optional{verdict.until} : std::nullopt)},
           {"opens", instant(verdict.opens)},
           {"reason", verdict.reason},
           {"seconds_to_open", nullptr},
           {"seconds_left", nullptr}};
  auto const begins = host_begins(inputs);
  out["host_begins"] = instant(begins);
  out["seconds_to_begin"] = nullptr;
  if (begins) out["seconds_to_begin"] = whole_seconds(*begins - now);
  if (verdict.opens) out["seconds_to_open"] = whole_seconds(*verdict.opens - now);
  if (verdict.open) out["seconds_left"] = whole_seconds(verdict.until - now);
  return out;
}

/// Calendars that cannot be read: while it is so, everything is frozen.
json freeze_problems(StatusInputs const& inputs) {
  auto out = json::array();
  for (auto const& freeze : inputs.context.config.windows.freezes)
    if (is_endless(freeze) && freeze.from <= inputs.context.now) out.push_back(freeze.reason);
  return out;
}

json subscription_json(Subscription const& subscription) {
  return {{"file", subscription.file},
          {"url", subscription.url},
          {"suite", subscription.suite},
          {"key_fingerprint", subscription.key_fingerprint},
          {"key_expires", instant(subscription.key_expires)},
          {"refreshed", instant(subscription.refreshed)},
          {"problem", subscription.problem},
          {"weakness", subscription.weakness}};
}

Choice const* staying(Plan const* plan, std::string const& component) {
  if (plan == nullptr) return nullptr;
  auto const found = std::find_if(plan->staying.begin(), plan->staying.end(),
                                  [&](auto const& choice) { return choice.component == component; });
  return found == plan->staying.end() ? nullptr : &*found;
}

std::vector<Reason> hindrances(StatusInputs const& inputs, std::string const& component, bool moving) {
  if (auto const* choice = staying(rollout::plan_of(inputs.state.phase), component)) return choice->reasons;
  auto const* waiting = std::get_if<rollout::phase::Waiting>(&inputs.state.phase);
  if (!moving || waiting == nullptr) return {};
  auto const step = std::ranges::find(waiting->plan.steps, component, &PlanStep::component);
  if (step == waiting->plan.steps.end()) return {};
  return rollout::closed_gates(inputs.state, *step, inputs.context);
}

std::string target_of(StatusInputs const& inputs, std::string const& component) {
  auto const* plan = rollout::plan_of(inputs.state.phase);
  if (plan == nullptr) return {};
  for (auto const& step : plan->steps)
    if (step.component == component) return step.to_version();
  auto const* choice = staying(plan, component);
  return choice == nullptr ? std::string{} : target_of(*choice);
}

json component_json(StatusInputs const& inputs, Component const& component) {
  auto const* facts = inputs.facts == nullptr ? nullptr : inputs.facts->find(component.name);
  auto const target = target_of(inputs, component.name);
  json out{{"name", component.name},
           {"title", component.title},
           {"unit", component.unit},
           {"package", ""},
           {"installed", ""},
           {"newest", ""},
           {"target", target},
           {"unit_state", {{"active", ""}, {"sub", ""}, {"enabled", ""}}},
           {"reasons", reasons_json(hindrances(inputs, component.name, !target.empty()))},
           {"subscription", subscription_json({})}};
  if (facts == nullptr) return out;
  if (!facts->installed.empty()) {
    out["package"] = facts->installed.front().name;
    out["installed"] = facts->installed.front().version;
  }
  if (!facts->candidates.empty()) out["newest"] = facts->candidates.front().version;
  out["unit_state"] = {{"active", facts->unit.active_state}, {"sub", facts->unit.sub_state}, {"enabled", facts->unit.unit_file_state}};
  out["subscription"] = subscription_json(facts->subscription);
  return out;
}

/// Without a list in [deployment] the deployment is what is installed; the rest of the topology is no news.
bool is_of_this_host(StatusInputs const& inputs, std::string const& component) {
  if (inputs.facts == nullptr || !inputs.context.config.deployment.components.empty()) return true;
  auto const* facts = inputs.facts->find(component);
  return facts == nullptr || !facts->installed.empty() || !facts->problem.empty();
}

json holds_json(std::vector<Hold> const& holds, Instant now) {
  auto out = json::array();
  for (auto const& hold : holds) {
    if (hold.until && *hold.until <= now) continue;
    out.push_back({{"component", hold.component},
                   {"by", hold.by},
                   {"since", instant(hold.since)},
                   {"until", instant(hold.until)},
                   {"reason", hold.reason}});
  }
  return out;
}

json approval_json(rollout::Context const& context) {
  auto const& given = context.memory.approval;
  bool const manual = context.config.policy.approve == Approve::Manual;
  json out{{"mode", manual ? "manual" : "auto"}, {"plan_hash", ""}, {"by", ""}, {"since", nullptr}, {"until", nullptr}, {"without_way_back", json::array()}};
  if (!given) return out;
  out["plan_hash"] = given->plan_hash;
  out["by"] = given->by;
  out["since"] = instant(given->since);
  out["until"] = instant(given->until);
  for (auto const& named : given->without_way_back) out["without_way_back"].push_back(to_string(named));
  return out;
}

json bad_versions_json(rollout::Context const& context) {
  auto out = json::array();
  for (auto const& bad : context.memory.bad)
    out.push_back({{"component", bad.component},
                   {"version", bad.version},
                   {"reason", bad.reason},
                   {"since", instant(bad.since)},
                   {"failures", bad.failures},
                   {"until", instant(bad.until)},
                   {"in_force", context.now < bad.until},
                   {"remedy", "tykup forget-bad " + bad.component}});
  return out;
}

json concerns_json(StatusInputs const& inputs) {
  auto const& context = inputs.context;
  auto out = json::array();
  // Without the host's facts every component of the topology would seem to be here.
  if (inputs.facts == nullptr) return out;
  auto const* plan = rollout::plan_of(inputs.state.phase);
  for (auto const& concern : concerns({context.config, context.memory, plan, inputs.facts, context.now}))
    out.push_back({{"kind", concern.kind},
                   {"component", concern.component},
                   {"text", concern.text},
                   {"remedy", concern.remedy},
                   {"trouble", concern.is_trouble}});
  return out;
}

json notify_json(std::vector<notify::WayStanding> const& ways) {
  auto out = json::array();
  for (auto const& way : ways) {
    out.push_back({{"way", way.way}, {"to", way.to}, {"waiting", way.waiting}, {"trouble", nullptr}});
    if (way.trouble)
      out.back()["trouble"] = {{"since", instant(way.trouble->since)}, {"why", way.trouble->why}, {"lost", way.trouble->lost}};
  }
  return out;
}

json trouble_json(std::optional<rollout::Trouble> const& trouble) {
  if (!trouble) return nullptr;
  return {{"run", trouble->run},
          {"component", trouble->component},
          {"text", trouble->text},
          {"remedy", trouble->remedy},
          {"since", instant(trouble->since)}};
}

}  // namespace

json status_json(StatusInputs const& inputs) {
  auto const& standing = inputs.state.standing;
  json out{{"schema", kSchema},
           {"version", TYKUP_VERSION},
           {"host", inputs.host},
           {"now", instant(inputs.context.now)},
           {"state", rollout::public_state(inputs.state)},
           {"status", inputs.status},
           {"trouble", trouble_json(standing.trouble)},
           {"hindrance", standing.hindrance},
           {"source_problems", json::object()},
           {"next_refresh", instant(standing.next_refresh)},
           {"refreshed", instant(standing.refreshed)},
           {"window", window_json(inputs)},
           {"freeze_problems", freeze_problems(inputs)},
           {"components", json::array()},
           {"run", run_at_work_json(inputs)},
           {"plan", plan_body(inputs)},
           {"holds", holds_json(inputs.context.memory.holds, inputs.context.now)},
           {"approval", approval_json(inputs.context)},
           {"bad_versions", bad_versions_json(inputs.context)},
           {"concerns", concerns_json(inputs)},
           {"notify", notify_json(inputs.ways)}};
  for (auto const& [source, problem] : standing.source_problems) out["source_problems"][source] = with_kind(problem);
  for (auto const& component : inputs.context.config.components)
    if (is_of_this_host(inputs, component.name)) out["components"].push_back(component_json(inputs, component));
  return out;
}

json plan_json(StatusInputs const& inputs) {
  auto out = plan_body(inputs);
  out["approval"] = approval_json(inputs.context);
  out["bad_versions"] = bad_versions_json(inputs.context);
  out["schema"] = kSchema;
  out["state"] = rollout::public_state(inputs.state);
  out["window"] = window_json(inputs);
  return out;
}

json history_json(std::vector<rollout::RunRecord> const& runs) {
  json out{{"schema", kSchema}, {"runs", json::array()}};
  for (auto const& run : runs) out["runs"].push_back(run_json(run));
  return out;
}

}  // namespace tykup::wire
