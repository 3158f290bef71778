#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/render_parts.hpp"
#include "daemon/cli/when.hpp"
#include "daemon/core/plan.hpp"
#include "daemon/core/punctuality.hpp"

/// What operators said, and what does not mend by waiting.
namespace tykup::cli {
namespace {

std::string who_and_when(View const& view, nlohmann::json const& said) {
  auto text = " by " + text_at(said, "by");
  if (auto const since = instant_at(said, "since")) text += " since " + when(view, *since);
  if (auto const until = instant_at(said, "until")) text += " until " + when(view, *until);
  return text;
}

std::string approval_text(View const& view, nlohmann::json const& approval, std::string const& plan) {
  if (plan.empty()) return "manual: a plan will wait for tykup approve";
  auto const given = text_at(approval, "plan_hash");
  if (given == plan) return "plan " + short_hash(plan) + " approved" + who_and_when(view, approval);
  return "plan " + short_hash(plan) + " waits for: tykup approve " + short_hash(plan);
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

std::string render_approval(View const& view, nlohmann::json const& approval, std::string const& plan) {
  if (text_at(approval, "mode") != "manual") return {};
  return paragraph(view, "Approval   ", "           ", approval_text(view, approval, plan));
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
