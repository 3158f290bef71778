#pragma once

#include <array>

#include "daemon/core/rollout.hpp"
#include "daemon/wire/fields.hpp"

/// The fields of everything that a saved state or a run's record holds. Words and names are stable: stores keep them.
namespace tykup::wire {

template <>
struct Words<ServiceKind> {
  static constexpr std::array<std::string_view, 7> kAll{"gateway",         "dashboard", "pump",   "mdcb",
                                                        "identity_broker", "portal",    "generic"};
};
template <>
struct Words<Probe::Kind> {
  static constexpr std::array<std::string_view, 2> kAll{"tcp", "http"};
};
template <>
struct Words<Gate> {
  static constexpr std::array<std::string_view, 20> kAll{"trust",  "broken", "bad_version",      "plugin", "hold",
                                                         "track",  "soak",   "without_rollback", "order",  "approval",
                                                         "freeze", "window", "budget",           "fleet",  "lock", "clock",
                                                         "room", "reboot", "shutdown", "hook"};
};
template <>
struct Words<job::Hook::Point> {
  static constexpr std::array<std::string_view, job::kHookPoints> kAll{"pre_run", "pre_step", "backup", "post_step", "post_run", "promote", "gate"};
};
template <>
struct Words<fleet::Point> {
  static constexpr std::array<std::string_view, 2> kAll{"before_drain", "before_apply"};
};
template <>
struct Words<rollout::Trigger> {
  static constexpr std::array<std::string_view, 2> kAll{"window", "operator"};
};
template <>
struct Words<rollout::StepResult> {
  static constexpr std::array<std::string_view, 5> kAll{"pending", "done", "not_done", "rolled_back", "needs_admin"};
};
template <>
struct Words<rollout::RunResult> {
  static constexpr std::array<std::string_view, 6> kAll{"running", "done", "partial", "stopped", "needs_admin", "rolled_back"};
};

/// An enumeration that grew has words for all of it. Its words are looked up by position: a new one needs the same
/// place.
template <auto last>
inline constexpr bool kComplete = Words<decltype(last)>::kAll.size() == static_cast<std::size_t>(last) + 1;
static_assert(kComplete<ServiceKind::Generic> && kComplete<Probe::Kind::Http> && kComplete<Gate::Hook> &&
              kComplete<fleet::Point::BeforeApply> && kComplete<rollout::Trigger::Operator> && kComplete<rollout::StepResult::NeedsAdmin> &&
              kComplete<rollout::RunResult::RolledBack>);

/// The kind by its name on the wire, which is not the order of the enumeration.
void describe(auto& io, Like<Error> auto& error) {
  std::string kind(to_string(error.kind));
  io("kind", kind);
  io("message", error.message);
  io("detail", error.detail);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(error)>>) error.kind = error_kind_from(kind);
}

void describe(auto& io, Like<PackagePin> auto& pin) {
  io("name", pin.name);
  io("version", pin.version);
  io("sha256", pin.sha256);
}

void describe(auto& io, Like<NamedVersion> auto& named) {
  io("component", named.component);
  io("version", named.version);
}

void describe(auto& io, Like<Endpoint> auto& endpoint) {
  io("purpose", endpoint.purpose);
  io("url", endpoint.url);
}

void describe(auto& io, Like<Probe> auto& probe) {
  io("kind", probe.kind);
  io("target", probe.target);
  io("status", probe.status);
  io("body", probe.body);
}

void describe(auto& io, Like<Component> auto& component) {
  io("name", component.name);
  io("title", component.title);
  io("kind", component.kind);
  io("editions", component.editions);
  io("packages", component.packages);
  io("unit", component.unit);
  io("repository", component.repository);
  io("origin", component.origin);
  io("folder", component.folder);
  io("config_file", component.config_file);
  io("binary", component.binary);
  io("environment_prefix", component.environment_prefix);
  io("quiet", component.quiet);
  io("probes", component.probes);
  io("expected_us", component.expected);
}

void describe(auto& io, Like<Reason> auto& reason) {
  io("gate", reason.gate);
  io("text", reason.text);
  io("remedy", reason.remedy);
}

void describe(auto& io, Like<Choice> auto& choice) {
  io("component", choice.component);
  io("from", choice.from);
  io("to", choice.to);
  io("reasons", choice.reasons);
  io("newest", choice.newest);
}

void describe(auto& io, Like<PluginBuild> auto& build) {
  io("path", build.path);
  io("sha256", build.sha256);
  io("symbol", build.symbol);
}

void describe(auto& io, Like<PluginCheck> auto& check) {
  io("component", check.component);
  io("package", check.package);
  io("plugins", check.plugins);
}

void describe(auto& io, Like<PlanStep> auto& step) {
  io("component", step.component);
  io("from", step.from);
  io("to", step.to);
  io("way_back", step.way_back);
  io("way_back_note", step.way_back_note);
  io("estimate_us", step.estimate);
  io("one_way", step.one_way);
  io("database_backup", step.needs_database_backup);
}

void describe(auto& io, Like<Plan> auto& plan) {
  io("hash", plan.hash);
  io("steps", plan.steps);
  io("staying", plan.staying);
  io("plugin_checks", plan.plugin_checks);
}

void describe(auto& io, Like<HealthExpectation> auto& expectation) {
  io("component", expectation.component);
  io("endpoints", expectation.endpoints);
  io("version", expectation.version);
  io("restarted_us", expectation.restarted);
  io("expect_running", expectation.expect_running);
}

void describe(auto& io, Like<Unwell> auto& unwell) {
  io("own", unwell.own);
  io("dependencies", unwell.dependencies);
}

void describe(auto& io, Like<rollout::Undo> auto& undo) {
  io("failed", undo.failed);
  io("cause", undo.cause);
}

void describe(auto& io, Like<rollout::StepRecord> auto& record) {
  io("step", record.step);
  io("result", record.result);
  io("reason", record.reason);
  io("kind", record.kind);
  io("started_us", record.started);
  io("ended_us", record.ended);
  io("notes", record.notes);
}

void describe(auto& io, Like<rollout::RunRecord> auto& record) {
  io("id", record.id);
  io("plan_hash", record.plan_hash);
  io("trigger", record.trigger);
  io("by", record.by);
  io("started_us", record.started);
  io("ended_us", record.ended);
  io("result", record.result);
  io("reason", record.reason);
  io("steps", record.steps);
  io("undoes", record.undoes);
}

void describe(auto& io, Like<fleet::Grant> auto& grant) {
  io("component", grant.component);
  io("rollout", grant.rollout);
  io("slot", grant.slot);
}

void describe(auto& io, Like<fleet::need::Ended> auto& ended) {
  io("grant", ended.grant);
  io("completed", ended.completed);
  io("begun", ended.begun);
  io("reason", ended.reason);
}

void describe(auto& io, Like<rollout::Run> auto& run) {
  io("record", run.record);
  io("index", run.index);
  io("stop_requested", run.stop_requested);
  io("ignore_unhealthy", run.ignore_unhealthy);
  io("override_freeze", run.override_freeze);
  io("without_way_back", run.without_way_back);
  io("hooks", run.hooks);
  io("run_asked", run.run_asked);
  io("step_asked", run.step_asked);
  io("baseline", run.baseline);
  io("lock_waits", run.lock_waits);
  io("undo", run.undo);
  io("grant", run.grant);
}

void describe(auto& io, Like<rollout::Trouble> auto& trouble) {
  io("run", trouble.run);
  io("component", trouble.component);
  io("text", trouble.text);
  io("remedy", trouble.remedy);
  io("since_us", trouble.since);
}

void describe(auto& io, Like<rollout::AskedRun> auto& asked) {
  io("by", asked.by);
  io("since_us", asked.since);
  io("ignore_unhealthy", asked.ignore_unhealthy);
  io("override_freeze", asked.override_freeze);
  io("without_way_back", asked.without_way_back);
  io("steps", asked.steps);
  io("outside", asked.outside);
  io("slot_by_us", asked.slot_by);
}

void describe(auto& io, Like<rollout::Standing> auto& standing) {
  io("next_refresh_us", standing.next_refresh);
  io("ready_plan", standing.ready_plan);
  io("trouble", standing.trouble);
  io("source_problems", standing.source_problems);
  io("refreshed_us", standing.refreshed);
  io("hindrance", standing.hindrance);
  io("not_before_us", standing.not_before);
  io("watched_opening_us", standing.watched_opening);
  io("watched_since_us", standing.watched_since);
  io("concerns", standing.concerns);
  io("boot", standing.boot);
  io("obstacles", standing.obstacles);
  io("look_again_us", standing.look_again);
  io("vetoes", standing.vetoes);
  io("put_off", standing.put_off);
  io("fleet_step", standing.fleet_step);
  io("asked", standing.asked);
}

void describe(auto& io, Like<rollout::phase::Idle> auto& phase) {
  io("plan", phase.plan);
  io("wake_us", phase.wake);
}

void describe(auto& io, Like<rollout::phase::Refreshing> auto& phase) {
  io("job", phase.job);
}

void describe(auto& io, Like<rollout::phase::Inspecting> auto& phase) {
  io("job", phase.job);
}

void describe(auto& io, Like<rollout::phase::Downloading> auto& phase) {
  io("plan", phase.plan);
  io("index", phase.index);
  io("job", phase.job);
}

void describe(auto& io, Like<rollout::phase::Waiting> auto& phase) {
  io("plan", phase.plan);
  io("reasons", phase.reasons);
  io("wake_us", phase.wake);
}

void describe(auto& io, Like<rollout::phase::Preflight> auto& phase) {
  io("run", phase.run);
  io("recovered", phase.recovered);
}

void describe(auto& io, Like<rollout::phase::Baseline> auto& phase) {
  io("run", phase.run);
  io("expectation", phase.expectation);
}

void describe(auto& io, Like<rollout::phase::Confirming> auto& phase) {
  io("run", phase.run);
  io("point", phase.point);
  io("endpoints", phase.endpoints);
}

void describe(auto& io, Like<rollout::phase::BackingUp> auto& phase) {
  io("run", phase.run);
  io("endpoints", phase.endpoints);
}

void describe(auto& io, Like<rollout::phase::Applying> auto& phase) {
  io("run", phase.run);
  io("attempt", phase.attempt);
  io("endpoints", phase.endpoints);
}

void describe(auto& io, Like<rollout::phase::Restarting> auto& phase) {
  io("run", phase.run);
  io("attempt", phase.attempt);
  io("endpoints", phase.endpoints);
}

void describe(auto& io, Like<rollout::phase::Gating> auto& phase) {
  io("run", phase.run);
  io("expectation", phase.expectation);
}

void describe(auto& io, Like<rollout::phase::Recovering> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
  io("endpoints", phase.endpoints);
  io("hitch", phase.hitch);
  io("attempt", phase.attempt);
  io("tries", phase.tries);
}

void describe(auto& io, Like<rollout::phase::Reconciling> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
  io("recovered", phase.recovered);
  io("attempt", phase.attempt);
  io("endpoints", phase.endpoints);
  io("hitch", phase.hitch);
}

void describe(auto& io, Like<rollout::phase::RollingBack> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
  io("endpoints", phase.endpoints);
  io("attempt", phase.attempt);
}

void describe(auto& io, Like<rollout::phase::Restoring> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
  io("endpoints", phase.endpoints);
  io("attempt", phase.attempt);
}

void describe(auto& io, Like<rollout::phase::RestartingBack> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
  io("attempt", phase.attempt);
  io("endpoints", phase.endpoints);
}

void describe(auto& io, Like<rollout::phase::GatingBack> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
  io("expectation", phase.expectation);
}

void describe(auto& io, Like<rollout::phase::NeedsAdmin> auto& phase) {
  io("plan", phase.plan);
  io("step", phase.step);
}

void describe(auto& io, Like<rollout::phase::Undoing> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
}

void describe(auto& io, Like<rollout::phase::Assessing> auto& phase) {
  io("run", phase.run);
  io("cause", phase.cause);
  io("tried", phase.tried);
}

void describe(auto& io, Like<rollout::phase::Checking> auto& phase) {
  io("step", phase.step);
  io("by", phase.by);
}

void describe(auto& io, Like<rollout::phase::Proving> auto& phase) {
  io("step", phase.step);
  io("by", phase.by);
  io("installed", phase.installed);
  io("expectation", phase.expectation);
}

void describe(auto& io, Like<rollout::Ending> auto& ending) {
  io("result", ending.result);
  io("reason", ending.reason);
}

void describe(auto& io, Like<rollout::phase::AskingHooks> auto& phase) {
  io("run", phase.run);
  io("point", phase.point);
  io("endpoints", phase.endpoints);
}

void describe(auto& io, Like<rollout::phase::TellingHooks> auto& phase) {
  io("run", phase.run);
  io("point", phase.point);
  io("attempt", phase.attempt);
  io("ending", phase.ending);
}

void describe(auto& io, Like<rollout::phase::CheckingPlugins> auto& phase) {
  io("plan", phase.plan);
  io("check", phase.check);
  io("job", phase.job);
}

}  // namespace tykup::wire
