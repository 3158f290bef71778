#include "daemon/wire/run_json.hpp"

#include "daemon/core/usual.hpp"
#include "daemon/wire/instants.hpp"

namespace tykup::wire {

using nlohmann::json;

namespace {

json said_json(job::Progress const* progress) {
  if (progress == nullptr) return nullptr;
  return {{"phase", progress->phase}, {"percent", progress->percent}, {"message", progress->message}};
}

/// How long the step at work usually takes; null where none like it was done here.
json expected_seconds(StatusInputs const& inputs, rollout::Run const& run) {
  auto const usual = usual_step(inputs.context.memory, run.component());
  return usual && !run.is_withdrawal() ? json(whole_seconds(*usual)) : json(nullptr);
}

}  // namespace

json run_json(rollout::RunRecord const& run) {
  json out{{"id", run.id},
           {"plan_hash", run.plan_hash},
           {"trigger", run.trigger == rollout::Trigger::Window ? "window" : "operator"},
           {"by", run.by},
           {"undoes", run.undoes},
           {"started", instant(run.started)},
           {"ended", instant(run.ended)},
           {"result", rollout::to_string(run.result)},
           {"reason", run.reason},
           {"steps", json::array()}};
  for (auto const& step : run.steps)
    out["steps"].push_back({{"component", step.step.component},
                            {"from", step.step.from_version()},
                            {"to", step.step.to_version()},
                            {"result", rollout::to_string(step.result)},
                            {"reason", step.reason},
                            {"kind", step.kind},
                            {"started", instant(step.started)},
                            {"ended", instant(step.ended)},
                            {"notes", step.notes}});
  return out;
}

json run_at_work_json(StatusInputs const& inputs) {
  auto const* run = rollout::run_of(inputs.state.phase);
  if (run == nullptr) return nullptr;
  auto out = run_json(run->record);
  out["component"] = run->component();
  out["phase"] = rollout::name_of(inputs.state.phase);
  out["progress"] = said_json(inputs.progress);
  out["expected_seconds"] = expected_seconds(inputs, *run);
  return out;
}

json progress_json(StatusInputs const& inputs) {
  json out{{"schema", kSchema}, {"run", nullptr}};
  auto const* run = rollout::run_of(inputs.state.phase);
  if (run == nullptr) return out;
  auto const& at = run->at();
  out["run"] = {{"id", run->record.id},
                {"step", run->index + 1},
                {"steps", run->record.steps.size()},
                {"component", run->component()},
                {"from", at.step.from_version()},
                {"to", at.step.to_version()},
                {"phase", rollout::name_of(inputs.state.phase)},
                {"progress", said_json(inputs.progress)},
                {"started", instant(at.started)},
                {"expected_seconds", expected_seconds(inputs, *run)}};
  return out;
}

json way_back_json(rollout::WayBack const& way) {
  return {{"schema", kSchema},
          {"component", way.component},
          {"installed", way.installed},
          {"possible", !way.hindrance},
          {"run", way.run},
          {"from", way.step.to_version()},
          {"to", way.step.from_version()},
          {"hindrance", way.hindrance ? way.hindrance->message : ""},
          {"remedy", way.remedy},
          {"config_backup", way.backup}};
}

}  // namespace tykup::wire
