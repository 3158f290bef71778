#include "daemon/cli/render_fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "daemon/cli/document.hpp"
#include "daemon/cli/when.hpp"

namespace tykup::cli {
namespace {

using nlohmann::json;

Tone tone_of_condition(std::string const& condition) {
  if (condition == "stalled" || condition == "stopped" || condition == "unmade") return Tone::Bad;
  if (condition == "paused" || condition == "promotion" || condition == "preparing" || condition == "aborted") return Tone::Warn;
  return condition == "running" || condition == "done" ? Tone::Good : Tone::Plain;
}

Tone tone_of_step(json const& step) {
  auto const state = text_at(step, "state");
  if (state == "failed" || state == "absent") return Tone::Bad;
  if (true_at(step, "stuck")) return Tone::Warn;
  if (state == "done" || state == "ahead") return Tone::Good;
  return state == "in_work" ? Tone::Strong : Tone::Plain;
}

std::string movement_of(json const& step) {
  auto const from = text_at(step, "from");
  auto const to = text_at(step, "to");
  if (to.empty() || to == from) return from;
  return from.empty() ? "→ " + to : from + " → " + to;
}

std::string detail_of(View const& view, json const& step) {
  auto const state = text_at(step, "state");
  auto text = text_at(step, "text");
  if (state == "in_work")
    if (auto const since = instant_at(step, "since")) text += (text.empty() ? "since " : " since ") + relative(*since, view.now);
  if (true_at(step, "late")) text += text.empty() ? "came late" : "; came late";
  return text;
}

std::string count_text(json const& stage) {
  std::map<std::string, unsigned> counts;
  for (auto const& step : array_at(stage, "steps")) ++counts[text_at(step, "state")];
  std::string text;
  for (auto const* state : {"done", "ahead", "in_work", "absent", "failed", "queued", "waiting", "left", "excluded"}) {
    if (counts[state] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[state], spoken(state));
  }
  return text;
}

std::string headline(json const& stage) {
  auto const group = text_at(stage, "group");
  auto const state = text_at(stage, "state");
  auto text = text_at(stage, "component") + (group.empty() ? "" : " (" + group + ")");
  if (state == "idle") return text;
  text += fmt::format(": {}, {}", spoken(state), count_text(stage));
  auto const limit = number_at(stage, "limit");
  return limit && *limit > 0 ? text + fmt::format("; at most {:.0f} at once", *limit) : text;
}

std::string render_stage(View const& view, json const& stage) {
  auto out = paragraph(view, "  ", "    ", headline(stage));
  Table table;
  for (auto const& step : array_at(stage, "steps")) {
    auto const state = text_at(step, "state");
    table.add({{text_at(step, "host")}, {movement_of(step)}, {state == "idle" ? "" : spoken(state), tone_of_step(step)}, {detail_of(view, step)}});
  }
  return out + table.to_text(view, "    ");
}

std::string render_centre(View const& view, json const& centre) {
  auto const rank = number_at(centre, "rank").value_or(0);
  auto out = "\n" + paint(view, Tone::Strong, text_at(centre, "name")) + fmt::format(" (rank {:.0f})\n", rank);
  if (array_at(centre, "stages").empty()) return out + "  no host is registered\n";
  std::vector<std::string> unready;
  for (auto const& host : array_at(centre, "unready"))
    if (host.is_string()) unready.push_back(printable(host.get<std::string>()));
  if (!unready.empty()) out += paragraph(view, "  ", "    ", fmt::format("packages are on their way to {}", fmt::join(unready, ", ")));
  for (auto const& stage : array_at(centre, "stages")) out += render_stage(view, stage);
  return out;
}

std::string render_troubles(View const& view, std::string const& title, json const& troubles) {
  if (troubles.empty()) return {};
  auto out = "\n" + paint(view, Tone::Bad, title) + "\n";
  for (auto const& trouble : troubles) {
    auto const host = text_at(trouble, "host");
    out += paragraph(view, "  ", "    ", (host.empty() ? "" : host + ": ") + text_at(trouble, "text"));
    if (auto const remedy = text_at(trouble, "remedy"); !remedy.empty()) out += paragraph(view, "    → ", "      ", remedy);
  }
  return out;
}

std::string pins_text(json const& of) {
  std::vector<std::string> pins;
  for (auto const& pin : array_at(of, "pins")) pins.push_back(text_at(pin, "component") + " " + text_at(pin, "version"));
  return fmt::format("{}", fmt::join(pins, ", "));
}

std::string said_text(View const& view, json const& said) {
  std::string text;
  if (auto const at = instant_at(said, "at")) text = when(view, *at);
  if (auto const by = text_at(said, "by"); !by.empty()) text += " by " + by;
  if (auto const why = text_at(said, "why"); !why.empty()) text += ": " + why;
  return text;
}

std::string render_head(View const& view, json const& fleet) {
  auto const condition = text_at(fleet, "condition");
  auto out = fmt::format("fleet {}: {}\n", text_at(fleet, "cluster"), paint(view, tone_of_condition(condition), spoken(condition)));
  out += paragraph(view, "  ", "  ", text_at(fleet, "text"));
  if (auto const remedy = text_at(fleet, "remedy"); !remedy.empty()) out += paragraph(view, "  → ", "    ", remedy);
  auto const& rollout = object_at(fleet, "rollout");
  if (rollout.empty()) return out;
  out += paragraph(view, "  ", "    ", fmt::format("{}{}", text_at(rollout, "direction") == "back" ? "back to " : "to ", pins_text(rollout)));
  out += paragraph(view, "  ", "    ", "began " + said_text(view, object_at(rollout, "began")));
  auto const& progress = object_at(fleet, "progress");
  auto line = fmt::format("{:.0f} of {:.0f} steps are done", number_at(progress, "done").value_or(0), number_at(progress, "all").value_or(0));
  if (auto const end = instant_at(progress, "earliest_end")) line += "; it ends " + when(view, *end) + " at the earliest";
  if (auto const unknown = text_at(progress, "end_unknown"); !unknown.empty()) line += "; its end is not known: " + unknown;
  return out + paragraph(view, "  ", "    ", line);
}

std::map<std::string, std::string> states_of(json const& fleet) {
  std::map<std::string, std::string> states;
  for (auto const& centre : array_at(fleet, "datacenters"))
    for (auto const& stage : array_at(centre, "stages"))
      for (auto const& step : array_at(stage, "steps")) {
        auto const text = text_at(step, "text");
        bool const says_why = text_at(step, "state") == "failed" || true_at(step, "stuck");
        states[text_at(step, "host") + " " + text_at(stage, "component")] = spoken(text_at(step, "state")) + (says_why && !text.empty() ? ": " + text : "");
      }
  return states;
}

}  // namespace

std::string render_fleet(View const& view, json const& fleet) {
  auto out = render_head(view, fleet);
  out += render_troubles(view, "Nobody who is left can start:", array_at(fleet, "stalled"));
  out += render_troubles(view, "Needs somebody:", array_at(fleet, "troubles"));
  for (auto const& centre : array_at(fleet, "datacenters")) out += render_centre(view, centre);
  return out;
}

bool fleet_needs_attention(json const& fleet) {
  auto const condition = text_at(fleet, "condition");
  return condition == "unmade" || condition == "stalled" || condition == "stopped" || !array_at(fleet, "troubles").empty();
}

std::vector<std::string> fleet_lines(View const& view, json const& before, json const& after) {
  std::vector<std::string> lines;
  auto const clock = civil_clock(view.zone, view.now);
  if (text_at(before, "text") != text_at(after, "text")) lines.push_back(clock + " " + text_at(after, "text"));
  auto const earlier = states_of(before);
  for (auto const& [step, state] : states_of(after)) {
    auto const found = earlier.find(step);
    bool const is_news = found == earlier.end() ? !before.empty() : found->second != state;
    if (is_news) lines.push_back(clock + " " + step + ": " + state);
  }
  return lines;
}

json fleet_that_counts(json fleet) {
  fleet.erase("now");
  if (auto const progress = fleet.find("progress"); progress != fleet.end() && progress->is_object()) progress->erase("earliest_end");
  return fleet;
}

std::string render_fleet_schedule(View const& view, json const& change) {
  auto const& schedule = object_at(change, "schedule");
  if (schedule.empty()) return render_fleet_change(view, change);
  std::string out;
  for (auto const& pin : array_at(schedule, "pins")) {
    out += paint(view, Tone::Strong, text_at(pin, "component") + " " + text_at(pin, "version")) + "\n";
    Table files;
    for (auto const& file : array_at(pin, "files"))
      files.add({{text_at(file, "package")}, {text_at(file, "version")}, {text_at(file, "distribution") + " " + text_at(file, "architecture")}, {text_at(file, "sha256").substr(0, 12), Tone::Dim}});
    out += files.to_text(view, "  ");
  }
  Table table({"STAGE", "HOST", "FROM", "TO", "OPENS", "AT ONCE"});
  for (auto const& stage : array_at(schedule, "stages")) {
    for (auto const& host : array_at(stage, "hosts")) {
      auto const opens = instant_at(host, "next_opening");
      bool const settled = true_at(host, "settled");
      auto const opening = settled ? "is there" : !opens ? "never" : *opens <= view.now ? "now" : civil(view.zone, *opens);
      table.add({{text_at(stage, "datacenter") + " " + text_at(stage, "component")}, {text_at(host, "host")}, {text_at(host, "from")}, {text_at(host, "to"), Tone::Good},
                 {opening, settled ? Tone::Dim : Tone::Plain}, {fmt::format("{:.0f}", number_at(stage, "limit").value_or(0))}});
    }
  }
  if (!table.empty()) out += "\n" + table.to_text(view, "  ");
  for (auto const& note : array_at(schedule, "notes"))
    if (note.is_string()) out += paragraph(view, "  ", "    ", printable(note.get<std::string>()));
  out += render_troubles(view, "These hosts would not go:", array_at(schedule, "blocked"));
  return out + render_troubles(view, true_at(schedule, "nothing_to_do") ? "Nothing to do:" : "It does not begin:", array_at(schedule, "refusals"));
}

std::string render_fleet_change(View const& view, json const& change) {
  auto out = paragraph(view, "", "", text_at(change, "text") + ".");
  for (auto const& more : array_at(change, "more"))
    if (more.is_string()) out += paragraph(view, "  → ", "    ", printable(more.get<std::string>()));
  return out;
}

namespace {

Table outside_of(View const& view, json const& past) {
  Table outside({"OUTSIDE THE ORDER", "TO", "SAID"});
  for (auto const& each : past)
    outside.add({{text_at(each, "host")}, {text_at(each, "component") + " " + text_at(each, "version")}, {said_text(view, object_at(each, "said"))}});
  return outside;
}

Table freezes_of(View const& view, json const& past) {
  Table freezes({"FREEZE", "SAID"});
  for (auto const& each : past) {
    auto const until = instant_at(each, "until");
    freezes.add({{until ? "until " + civil(view.zone, *until) : std::string("ended")}, {said_text(view, object_at(each, "said"))}});
  }
  return freezes;
}

}  // namespace

std::string render_fleet_history(View const& view, json const& fleet) {
  Table table({"ROLLOUT", "STATE", "TO", "BEGAN", "LAST WORD"});
  auto const add = [&](json const& rollout) {
    auto const to = (text_at(rollout, "direction") == "back" ? "back to " : "") + pins_text(rollout);
    table.add({{text_at(rollout, "id")}, {spoken(text_at(rollout, "state"))}, {to}, {said_text(view, object_at(rollout, "began"))}, {said_text(view, object_at(rollout, "last"))}});
  };
  auto const& past = object_at(fleet, "past");
  auto const& now = object_at(fleet, "rollout");
  bool const known = std::ranges::any_of(array_at(past, "rollouts"), [&](json const& each) { return text_at(each, "id") == text_at(now, "id"); });
  if (!now.empty() && !known) add(now);
  for (auto const& rollout : array_at(past, "rollouts")) add(rollout);
  std::string out = table.empty() ? "There was no rollout yet.\n" : table.to_text(view);
  Table policies({"POLICY", "SAID"});
  for (auto const& each : array_at(past, "policies"))
    policies.add({{fmt::format("{:.0f}", number_at(each, "revision").value_or(0))}, {said_text(view, object_at(object_at(each, "policy"), "said"))}});
  if (!policies.empty()) out += "\n" + policies.to_text(view);
  auto const freezes = freezes_of(view, array_at(past, "freezes"));
  if (!freezes.empty()) out += "\n" + freezes.to_text(view);
  auto const outside = outside_of(view, array_at(past, "outside"));
  return outside.empty() ? out : out + "\n" + outside.to_text(view);
}

namespace {

std::string list_text(json const& names) {
  std::vector<std::string> quoted;
  for (auto const& name : names)
    if (name.is_string()) quoted.push_back("\"" + printable(name.get<std::string>()) + "\"");
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

/// As a basic string of TOML.
std::string toml_text(std::string const& text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string gate_text(json const& gate) {
  auto out = fmt::format("\n[[gate]]\nname = \"{}\"\nafter = \"{}\"\n", text_at(gate, "name"), text_at(gate, "after"));
  if (auto const command = text_at(gate, "command"); !command.empty()) return out + fmt::format("command = \"{}\"\n", command);
  return out + fmt::format("prometheus = {}\nquery = {}\n", toml_text(text_at(gate, "prometheus")), toml_text(text_at(gate, "query")));
}

}  // namespace

std::string render_fleet_policy(json const& policy) {
  auto const strategy = text_at(policy, "strategy");
  auto const limit = text_at(policy, "max_unavailable");
  auto out = fmt::format("strategy = \"{}\"\n", strategy);
  if (strategy != "rolling") out += fmt::format("groups = {}\n", list_text(array_at(policy, "groups")));
  out += fmt::format("max_unavailable = {}\n", limit.ends_with('%') ? "\"" + limit + "\"" : limit);
  out += fmt::format("max_failed = {:.0f}\n", number_at(policy, "max_failed").value_or(1));
  if (strategy == "canary") out += fmt::format("canary_soak = \"{:.0f}s\"\n", number_at(policy, "canary_soak_seconds").value_or(0));
  out += fmt::format("control_plane = \"{}\"\n", text_at(policy, "control_plane"));
  auto const& hooks = object_at(policy, "hooks");
  out += fmt::format("\n[hooks]\npromote = \"{:.0f}s\"\ngate = \"{:.0f}s\"\n", number_at(hooks, "promote_seconds").value_or(300), number_at(hooks, "gate_seconds").value_or(300));
  for (auto const& gate : array_at(policy, "gates")) out += gate_text(gate);
  for (auto const& centre : array_at(policy, "datacenters")) {
    out += fmt::format("\n[[datacenter]]\nname = \"{}\"\nrank = {:.0f}\ntopology = \"{}\"\n", text_at(centre, "name"), number_at(centre, "rank").value_or(0), text_at(centre, "topology"));
    if (!array_at(centre, "order").empty()) out += fmt::format("order = {}\n", list_text(array_at(centre, "order")));
  }
  return out;
}

}  // namespace tykup::cli
