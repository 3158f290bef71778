#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/render_parts.hpp"
#include "daemon/cli/when.hpp"

namespace tykup::cli {
namespace {

std::string steps_summary(nlohmann::json const& run) {
  std::string out;
  for (auto const& step : array_at(run, "steps")) {
    auto const result = text_at(step, "result");
    bool const is_back = result == "rolled-back" && !text_at(run, "undoes").empty();
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", text_at(step, "component"), text_at(step, is_back ? "from" : "to"));
    if (is_back) out += fmt::format(" (back from {})", text_at(step, "to"));
    if (result != "done" && !is_back) out += fmt::format(" ({})", result == "pending" ? "not begun" : spoken(result));
  }
  return out;
}

}  // namespace

std::string render_history(View const& view, nlohmann::json const& history) {
  auto const& runs = array_at(history, "runs");
  if (runs.empty()) return "No run has ended yet.\n";
  Table table({"RUN", "STARTED", "TOOK", "BY", "RESULT", "STEPS"});
  for (auto const& run : runs) {
    auto const started = instant_at(run, "started");
    auto const result = text_at(run, "result");
    auto const by = text_at(run, "by");
    table.add({{text_at(run, "id"), Tone::Strong},
               {started ? civil(view.zone, *started) : "-"},
               {elapsed_between(run, "started", "ended")},
               {by.empty() ? spoken(text_at(run, "trigger")) : by},
               {spoken(result), tone_of_result(result)},
               {steps_summary(run)}});
  }
  return table.to_text(view);
}

std::string render_run(View const& view, nlohmann::json const& run) {
  auto const result = text_at(run, "result");
  auto const started = instant_at(run, "started");
  auto const took = elapsed_between(run, "started", "ended");
  auto out = fmt::format("Run {}: {}{}, {}", text_at(run, "id"), paint(view, tone_of_result(result), spoken(result)),
                         took.empty() ? "" : " in " + took, started_by(run));
  if (started) out += ", begun " + when(view, *started);
  out += "\n";
  if (auto const undone = text_at(run, "undoes"); !undone.empty()) out += fmt::format("  takes back what run {} brought\n", undone);
  if (auto const reason = text_at(run, "reason"); !reason.empty()) out += paragraph(view, "  ", "  ", reason);
  return out + render_steps(view, run);
}

}  // namespace tykup::cli
