#include <fmt/format.h>

#include <algorithm>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/render_parts.hpp"
#include "daemon/cli/when.hpp"
#include "daemon/core/plan.hpp"
#include "daemon/core/punctuality.hpp"
#include "daemon/core/words.hpp"

/// What operators said, and what does not mend by waiting.
namespace tykup::cli {
namespace {

std::string who_and_when(View const& view, nlohmann::json const& said) {
  auto text = " by " + text_at(said, "by");
  if (auto const since = instant_at(said, "since")) text += " since " + when(view, *since);
  if (auto const until = instant_at(said, "until")) text += " until " + when(view, *until);
  return text;
}

/// The steps of the plan from which there is no way back, as options of approve; `given` are named already.
std::string unnamed_steps(nlohmann::json const& plan, std::vector<std::string> const& given) {
  std::string options;
  for (auto const& step : array_at(plan, "steps")) {
    auto const name = text_at(step, "component") + "=" + text_at(step, "to");
    bool const is_named = std::ranges::find(given, name) != given.end();
    if (!true_at(step, "way_back") && !is_named) options += " --without-way-back " + name;
  }
  return options;
}

std::vector<std::string> named_steps(nlohmann::json const& approval) {
  std::vector<std::string> named;
  for (auto const& step : array_at(approval, "without_way_back"))
    if (step.is_string()) named.push_back(printable(step.get<std::string>()));
  return named;
}

std::string approval_text(View const& view, nlohmann::json const& approval, nlohmann::json const& plan) {
  auto const hash = text_at(plan, "hash");
  if (hash.empty()) return "manual: a plan will wait for tykup approve";
  bool const is_given = text_at(approval, "plan_hash") == hash;
  auto const named = is_given ? named_steps(approval) : std::vector<std::string>{};
  auto const missing = unnamed_steps(plan, named);
  auto const command = "tykup approve " + short_hash(hash) + missing;
  if (!is_given) return "plan " + short_hash(hash) + " waits for: " + command;
  auto const approved = "plan " + short_hash(hash) + " approved" + who_and_when(view, approval) +
                        (named.empty() ? "" : ", without a way back for " + join(named));
  return missing.empty() ? approved : approved + "; what has no way back waits for: " + command;
}

}  // namespace

std::string render_holds(View const& view, nlohmann::json const& status) {
  std::string out;
  for (auto const& hold : array_at(status, "holds")) {
    auto const component = text_at(hold, "component");
    auto const reason = text_at(hold, "reason");
    auto const text = (component.empty() ? "everything" : component) + who_and_when(view, hold) +
                      (reason.empty() ? "" : ": " + reason);
    out += paragraph(view, "Held       ", "           ", text);
  }
  return out;
}

std::string render_approval(View const& view, nlohmann::json const& approval, nlohmann::json const& plan) {
  bool const is_manual = text_at(approval, "mode") == "manual";
  if (approval.empty() || (!is_manual && unnamed_steps(plan, {}).empty())) return {};
  return paragraph(view, "Approval   ", "           ", approval_text(view, approval, plan));
}

std::string render_bad_versions(View const& view, nlohmann::json const& document) {
  std::string out;
  for (auto const& bad : array_at(document, "bad_versions")) {
    auto const until = instant_at(bad, "until");
    auto const failures = number_at(bad, "failures").value_or(1);
    if (!true_at(bad, "in_force") || !until) continue;
    auto const times = failures < 2 ? std::string("once") : fmt::format("{:.0f} times", failures);
    out += paragraph(view, "Bad        ", "           ",
                     fmt::format("{} {} failed here {}, stays away until {} or {}: {}", text_at(bad, "component"),
                                 text_at(bad, "version"), times, when(view, *until), text_at(bad, "remedy"), text_at(bad, "reason")));
  }
  return out;
}

std::string render_concerns(View const& view, nlohmann::json const& concerns) {
  std::string out;
  for (auto const& concern : concerns) {
    auto const mark = true_at(concern, "trouble") ? paint(view, Tone::Bad, "Trouble") : paint(view, Tone::Warn, "Warning");
    auto const component = text_at(concern, "component");
    out += (out.empty() ? "\n" : "") + mark + (component.empty() ? "" : " with " + component) + "\n";
    out += paragraph(view, "  ", "  ", text_at(concern, "text"));
    if (auto const remedy = text_at(concern, "remedy"); !remedy.empty()) out += paragraph(view, "  → ", "    ", remedy);
  }
  return out;
}

std::optional<HostBegin> host_begin(Config const& config, std::vector<Interval> const& openings,
                                    std::string const& machine_id, Instant now) {
  if (machine_id.empty()) return std::nullopt;
  auto const run = estimate_run(nullptr, config, {});
  for (auto const& opening : openings) {
    auto const own = start_on_host(opening, run, config.policy.spread, machine_id);
    if (own >= now) return HostBegin{own, own - opening.from};
  }
  return std::nullopt;
}

std::string render_host_begin(View const& view, std::optional<HostBegin> const& begin) {
  if (!begin || begin->after_opening == Duration::zero()) return {};
  return paragraph(view, "", "",
                   fmt::format("This host begins {}, {} after the opening (spread in [policy]).", when(view, begin->at),
                               to_human(begin->after_opening)));
}

std::string render_fits(View const& view, nlohmann::json const& steps) {
  std::string out;
  for (auto const& step : steps) {
    auto const fits = text_at(step, "fits");
    auto const name = text_at(step, "component");
    if (fits == "later_window") out += paragraph(view, "  ", "  ", name + " may not fit into the next window any more; then it waits for the one after.");
    if (fits == "never") out += paragraph(view, "  ", "  ", name + " fits no window: tykup status says why.");
  }
  return out;
}

}  // namespace tykup::cli
