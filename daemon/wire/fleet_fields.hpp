#pragma once

#include <array>

#include "daemon/core/fleet/records.hpp"
#include "daemon/wire/fields.hpp"

/// The fields of the fleet's records. Words and names are stable: other hosts read them.
namespace tykup::wire {

template <>
struct Words<PackageFormat> {
  static constexpr std::array<std::string_view, 2> kAll{"deb", "rpm"};
};
template <>
struct Words<Topology> {
  static constexpr std::array<std::string_view, 6> kAll{"oss", "hybrid", "self-managed", "mdcb-control-plane", "mdcb-data-plane", "custom"};
};
template <>
struct Words<fleet::Strategy> {
  static constexpr std::array<std::string_view, 3> kAll{"rolling", "canary", "blue-green"};
};
template <>
struct Words<fleet::ControlPlane> {
  static constexpr std::array<std::string_view, 2> kAll{"here", "elsewhere"};
};
template <>
struct Words<fleet::After> {
  static constexpr std::array<std::string_view, 3> kAll{"first", "stage", "datacenter"};
};
template <>
struct Words<fleet::RolloutState> {
  static constexpr std::array<std::string_view, 6> kAll{"preparing", "running", "paused", "stopped", "aborted", "done"};
};
template <>
struct Words<fleet::Halt> {
  static constexpr std::array<std::string_view, 5> kAll{"none", "failures", "pulled", "operator", "gate"};
};
template <>
struct Words<fleet::Direction> {
  static constexpr std::array<std::string_view, 2> kAll{"forwards", "back"};
};
template <>
struct Words<fleet::SlotState> {
  static constexpr std::array<std::string_view, 5> kAll{"in_work", "failed", "again", "asking", "promoting"};
};

}  // namespace tykup::wire

/// Beside the records, where they are looked for.
namespace tykup::fleet {

using wire::Like;

void describe(auto& io, Like<Identity> auto& identity) {
  io("machine_id", identity.machine_id);
  io("nonce", identity.nonce);
}
void describe(auto& io, Like<Word> auto& word) {
  io("by", word.by);
  io("why", word.why);
  io("at", word.at);
}
void describe(auto& io, Like<BuildClass> auto& of) {
  io("package", of.package);
  io("format", of.format);
  io("distribution", of.distribution);
  io("architecture", of.architecture);
}
void describe(auto& io, Like<Build> auto& build) {
  io("of", build.of);
  io("version", build.version);
  io("sha256", build.sha256);
}
void describe(auto& io, Like<Pin> auto& pin) {
  io("component", pin.component);
  io("version", pin.version);
  io("builds", pin.builds);
}
void describe(auto& io, Like<Meta> auto& meta) {
  io("rule", meta.rule);
  io("epoch", meta.epoch);
}
void describe(auto& io, Like<Limit> auto& limit) {
  io("number", limit.number);
  io("percent", limit.percent);
}
void describe(auto& io, Like<Centre> auto& centre) {
  io("name", centre.name);
  io("rank", centre.rank);
  io("topology", centre.topology);
  io("order", centre.order);
}
void describe(auto& io, Like<HookLimits> auto& limits) {
  io("promote", limits.promote);
  io("gate", limits.gate);
}
void describe(auto& io, Like<OperatorGate> auto& gate) {
  io("name", gate.name);
  io("after", gate.after);
  io("command", gate.command);
  io("prometheus", gate.prometheus);
  io("query", gate.query);
}
void describe(auto& io, Like<Policy> auto& policy) {
  io("centres", policy.centres);
  io("strategy", policy.strategy);
  io("groups", policy.groups);
  io("max_unavailable", policy.max_unavailable);
  io("max_failed", policy.max_failed);
  io("canary_soak", policy.canary_soak);
  io("hooks", policy.hooks);
  io("gates", policy.gates);
  io("control_plane", policy.control_plane);
  io("said", policy.said);
}
void describe(auto& io, Like<FleetFreeze> auto& freeze) {
  io("until", freeze.until);
  io("said", freeze.said);
}
void describe(auto& io, Like<Hindrance> auto& hindrance) {
  io("component", hindrance.component);
  io("text", hindrance.text);
  io("remedy", hindrance.remedy);
}
void describe(auto& io, Like<Carried> auto& carried) {
  io("component", carried.component);
  io("installed", carried.installed);
  io("candidates", carried.candidates);
  io("kept", carried.kept);
  io("current", carried.current);
}
void describe(auto& io, Like<HostRecord> auto& host) {
  io("host", host.host);
  io("identity", host.identity);
  io("datacenter", host.datacenter);
  io("group", host.group);
  io("rule", host.rule);
  io("carried", host.carried);
  io("hindrances", host.hindrances);
  io("next_opening", host.next_opening);
  io("promotes", host.promotes);
  io("gates", host.gates);
  io("conflict", host.conflict);
}
void describe(auto& io, Like<Presence> auto& presence) {
  io("identity", presence.identity);
  io("rollout", presence.rollout);
  io("since", presence.since);
}
void describe(auto& io, Like<Stage> auto& stage) {
  io("datacenter", stage.datacenter);
  io("datacenter_rank", stage.datacenter_rank);
  io("component", stage.component);
  io("component_rank", stage.component_rank);
  io("phase", stage.phase);
}
void describe(auto& io, Like<StageNumbers> auto& numbers) {
  io("stage", numbers.stage);
  io("members", numbers.members);
  io("limit", numbers.limit);
}
void describe(auto& io, Like<Failure> auto& failure) {
  io("host", failure.host);
  io("component", failure.component);
  io("reason", failure.reason);
  io("at", failure.at);
}
void describe(auto& io, Like<Withdrawal> auto& withdrawal) {
  io("host", withdrawal.host);
  io("component", withdrawal.component);
  io("package", withdrawal.package);
  io("version", withdrawal.version);
  io("text", withdrawal.text);
  io("at", withdrawal.at);
}
void describe(auto& io, Like<Exclusion> auto& exclusion) {
  io("host", exclusion.host);
  io("said", exclusion.said);
}
void describe(auto& io, Like<Promotion> auto& promotion) {
  io("datacenter", promotion.datacenter);
  io("component", promotion.component);
  io("phase", promotion.phase);
  io("said", promotion.said);
  io("hook_due", promotion.hook_due);
  io("hooked", promotion.hooked);
}
void describe(auto& io, Like<Before> auto& before) {
  io("component", before.component);
  io("version", before.version);
}
void describe(auto& io, Like<Rollout> auto& rollout) {
  io("id", rollout.id);
  io("rule", rollout.rule);
  io("state", rollout.state);
  io("halt", rollout.halt);
  io("direction", rollout.direction);
  io("policy", rollout.policy);
  io("pins", rollout.pins);
  io("stages", rollout.stages);
  io("failures", rollout.failures);
  io("pulled", rollout.pulled);
  io("excluded", rollout.excluded);
  io("promoted", rollout.promoted);
  io("before", rollout.before);
  io("undoes", rollout.undoes);
  io("began", rollout.began);
  io("last", rollout.last);
}
void describe(auto& io, Like<Slot> auto& slot) {
  io("host", slot.host);
  io("identity", slot.identity);
  io("rollout", slot.rollout);
  io("component", slot.component);
  io("state", slot.state);
  io("reason", slot.reason);
  io("since", slot.since);
  io("outside", slot.outside);
}
void describe(auto& io, Like<OutsideStep> auto& step) {
  io("host", step.host);
  io("component", step.component);
  io("version", step.version);
  io("rollout", step.rollout);
  io("said", step.said);
}
void describe(auto& io, Like<Mark> auto& mark) {
  io("rollout", mark.rollout);
  io("host", mark.host);
  io("at", mark.at);
}
void describe(auto& io, Like<Teller> auto& teller) {
  io("host", teller.host);
  io("identity", teller.identity);
  io("since", teller.since);
}
void describe(auto& io, Like<KnownNews> auto& known) {
  io("rollout", known.rollout);
  io("events", known.events);
  io("standing", known.standing);
  io("offered", known.offered);
}
void describe(auto& io, Like<Pending> auto& pending) {
  io("rollout", pending.rollout);
  io("host", pending.host);
  io("component", pending.component);
}

}  // namespace tykup::fleet
