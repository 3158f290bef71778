#include "daemon/wire/fleet_status_json.hpp"

#include <algorithm>

#include "daemon/wire/fleet_fields.hpp"
#include "daemon/wire/instants.hpp"
#include "daemon/wire/json_basics.hpp"
#include "daemon/wire/status_json.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

constexpr std::size_t kMostPast = 50;

std::string word_of(auto value) { return std::string(Words<decltype(value)>::kAll.at(static_cast<std::size_t>(value))); }

Json said_json(fleet::Word const& said) { return {{"by", said.by}, {"why", said.why}, {"at", to_rfc3339(said.at)}}; }

Json trouble_json(Trouble const& trouble) {
  return {{"host", trouble.host}, {"component", trouble.component}, {"text", trouble.text}, {"remedy", trouble.remedy}};
}

Json pin_json(Pin const& pin) {
  auto const file = [](Build const& build) {
    return Json{{"package", build.of.package}, {"format", word_of(build.of.format)}, {"distribution", build.of.distribution},
                {"architecture", build.of.architecture}, {"version", build.version}, {"sha256", build.sha256}};
  };
  return {{"component", pin.component}, {"version", pin.version}, {"files", list_json(pin.builds, file)}};
}

Json rollout_json(Rollout const& rollout) {
  auto const failure = [](Failure const& each) { return Json{{"host", each.host}, {"component", each.component}, {"reason", each.reason}, {"at", to_rfc3339(each.at)}}; };
  auto const pulled = [](Withdrawal const& each) {
    return Json{{"host", each.host}, {"component", each.component}, {"package", each.package}, {"version", each.version}, {"text", each.text}, {"at", to_rfc3339(each.at)}};
  };
  auto const excluded = [](Exclusion const& each) { return Json{{"host", each.host}, {"said", said_json(each.said)}}; };
  return {{"id", rollout.id},
          {"direction", std::string(to_string(rollout.direction))},
          {"state", std::string(to_string(rollout.state))},
          {"halt", word_of(rollout.halt)},
          {"undoes", rollout.undoes},
          {"pins", list_json(rollout.pins, pin_json)},
          {"failures", list_json(rollout.failures, failure)},
          {"pulled", list_json(rollout.pulled, pulled)},
          {"excluded", list_json(rollout.excluded, excluded)},
          {"began", said_json(rollout.began)},
          {"last", said_json(rollout.last)}};
}

Json step_json(StepView const& step) {
  return {{"host", step.host}, {"state", std::string(to_string(step.state))}, {"from", step.from}, {"to", step.to},
          {"since", instant(step.since)}, {"next_opening", instant(step.next_opening)}, {"text", step.text},
          {"remedy", step.remedy}, {"stuck", step.stuck}, {"late", step.late}};
}

std::string group_of(Policy const& policy, Stage const& stage) {
  if (policy.strategy == Strategy::Canary) return stage.phase == 0 ? policy.groups.front() : "";
  if (policy.strategy == Strategy::BlueGreen && stage.phase < policy.groups.size()) return policy.groups[stage.phase];
  return "";
}

Json stage_json(StageView const& view, Policy const& policy) {
  return {{"component", view.stage.component}, {"group", group_of(policy, view.stage)}, {"state", std::string(to_string(view.state))},
          {"limit", view.limit}, {"steps", list_json(view.steps, step_json)}};
}

Json centre_json(CentreView const& centre, Policy const& policy) {
  auto const stage = [&](StageView const& view) { return stage_json(view, policy); };
  return {{"name", centre.name}, {"rank", centre.rank}, {"unready", centre.unready}, {"stages", list_json(centre.stages, stage)}};
}

Json policy_json(Policy const& policy) {
  auto const centre = [](Centre const& each) {
    return Json{{"name", each.name}, {"rank", each.rank}, {"topology", word_of(each.topology)}, {"order", each.order}};
  };
  auto const gate = [](OperatorGate const& each) {
    return Json{{"name", each.name}, {"after", word_of(each.after)}, {"command", each.command}, {"prometheus", each.prometheus}, {"query", each.query}};
  };
  auto const& limit = policy.max_unavailable;
  return {{"strategy", word_of(policy.strategy)},
          {"groups", policy.groups},
          {"max_unavailable", std::to_string(limit.number) + (limit.percent ? "%" : "")},
          {"max_failed", policy.max_failed},
          {"canary_soak_seconds", whole_seconds(policy.canary_soak)},
          {"hooks", {{"promote_seconds", whole_seconds(policy.hooks.promote)}, {"gate_seconds", whole_seconds(policy.hooks.gate)}}},
          {"gates", list_json(policy.gates, gate)},
          {"control_plane", word_of(policy.control_plane)},
          {"datacenters", list_json(policy.centres, centre)},
          {"said", said_json(policy.said)}};
}

Json freeze_json(FleetFreeze const& freeze) { return {{"until", instant(freeze.until)}, {"said", said_json(freeze.said)}}; }

Json outside_json(OutsideStep const& step) {
  return {{"host", step.host}, {"component", step.component}, {"version", step.version}, {"rollout", step.rollout}, {"said", said_json(step.said)}};
}

/// The newest first; the rollout at work is not among them.
Json past_json(Board const& board) {
  std::vector<Rollout> rollouts(board.past_rollouts.rbegin(), board.past_rollouts.rend());
  rollouts.resize(std::min(rollouts.size(), kMostPast));
  std::vector<BoardPastPolicy> policies(board.past_policies.rbegin(), board.past_policies.rend());
  policies.resize(std::min(policies.size(), kMostPast));
  auto const policy = [](BoardPastPolicy const& each) { return Json{{"revision", each.revision}, {"policy", policy_json(each.policy)}}; };
  std::vector<BoardPastFreeze> freezes(board.past_freezes.rbegin(), board.past_freezes.rend());
  freezes.resize(std::min(freezes.size(), kMostPast));
  std::vector<OutsideStep> outside(board.past_outside.rbegin(), board.past_outside.rend());
  outside.resize(std::min(outside.size(), kMostPast));
  auto const freeze = [](BoardPastFreeze const& each) { return freeze_json(each.freeze); };
  return {{"rollouts", list_json(rollouts, rollout_json)}, {"policies", list_json(policies, policy)}, {"freezes", list_json(freezes, freeze)}, {"outside", list_json(outside, outside_json)}};
}

Json schedule_json(Schedule const& schedule) {
  auto const host = [](PlannedHost const& each) {
    return Json{{"host", each.host}, {"from", each.from}, {"to", each.to}, {"settled", each.settled}, {"next_opening", instant(each.next_opening)}};
  };
  auto const stage = [&](PlannedStage const& each) {
    auto const& of = each.numbers.stage;
    return Json{{"datacenter", of.datacenter}, {"rank", of.datacenter_rank}, {"component", of.component}, {"phase", of.phase},
                {"members", each.numbers.members}, {"limit", each.numbers.limit}, {"hosts", list_json(each.hosts, host)}};
  };
  return {{"direction", std::string(to_string(schedule.direction))},
          {"hash", schedule.hash},
          {"nothing_to_do", schedule.nothing_to_do},
          {"pins", list_json(schedule.pins, pin_json)},
          {"stages", list_json(schedule.stages, stage)},
          {"refusals", list_json(schedule.refusals, trouble_json)},
          {"blocked", list_json(schedule.blocked, trouble_json)},
          {"notes", schedule.notes}};
}

}  // namespace

Json fleet_json(Board const& board, Instant now) {
  auto const view = overview(board, now);
  auto const policy = board.rollout ? board.rollout->policy : board.policy.record.value_or(Policy{});
  auto const centre = [&](CentreView const& each) { return centre_json(each, policy); };
  return {{"schema", kSchema},
          {"cluster", view.cluster},
          {"now", to_rfc3339(now)},
          {"condition", std::string(to_string(view.condition))},
          {"text", view.text},
          {"remedy", view.remedy},
          {"rollout", view.rollout ? rollout_json(*view.rollout) : Json(nullptr)},
          {"freeze", view.freeze ? freeze_json(*view.freeze) : Json(nullptr)},
          {"progress", {{"done", view.done}, {"all", view.all}, {"earliest_end", instant(view.earliest_end)}, {"end_unknown", view.end_unknown}}},
          {"datacenters", list_json(view.centres, centre)},
          {"stalled", list_json(view.stalled, trouble_json)},
          {"troubles", list_json(view.troubles, trouble_json)},
          {"policy", board.policy ? policy_json(*board.policy) : Json(nullptr)},
          {"past", past_json(board)}};
}

Json fleet_change_json(std::string_view verb, Steered const& steered) {
  return {{"schema", kSchema}, {"verb", std::string(verb)}, {"possible", true}, {"text", steered.text}, {"more", steered.more},
          {"schedule", steered.schedule ? schedule_json(*steered.schedule) : Json(nullptr)}};
}

Json fleet_refusal_json(std::string_view verb, Error const& error, std::optional<Schedule> const& schedule) {
  return {{"schema", kSchema}, {"verb", std::string(verb)}, {"possible", false}, {"text", error.message}, {"more", Json::array()},
          {"schedule", schedule ? schedule_json(*schedule) : Json(nullptr)}};
}

}  // namespace tykup::wire
