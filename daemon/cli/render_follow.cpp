#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/render_parts.hpp"

namespace tykup::cli {
namespace {

nlohmann::json const* component_named(nlohmann::json const& status, std::string const& name) {
  for (auto const& component : array_at(status, "components")) {
    if (text_at(component, "name") == name) return &component;
  }
  return nullptr;
}

std::string step_title(nlohmann::json const& run, std::size_t index) {
  auto const& steps = array_at(run, "steps");
  return fmt::format("{}/{} {} {}", index + 1, steps.size(), text_at(steps[index], "component"),
                     movement(steps[index]));
}

/// A step as it was seen earlier; an empty object where it was not.
nlohmann::json const& seen_step(nlohmann::json const& before, std::size_t index) {
  static nlohmann::json const kNone = nlohmann::json::object();
  auto const& steps = array_at(before, "steps");
  return index < steps.size() ? steps[index] : kNone;
}

bool begun(nlohmann::json const& step) {
  return instant_at(step, "started").has_value();
}
bool ended(nlohmann::json const& step) {
  auto const result = text_at(step, "result");
  return !result.empty() && result != "pending";
}

std::string end_line(View const& view, nlohmann::json const& run, std::size_t index) {
  auto const& step = array_at(run, "steps")[index];
  auto const result = text_at(step, "result");
  auto const took = elapsed_between(step, "started", "ended");
  auto const reason = text_at(step, "reason");
  return step_title(run, index) + ": " + paint(view, tone_of_result(result), spoken(result)) +
         (took.empty() ? "" : " in " + took) + (reason.empty() ? "" : ": " + reason);
}

}  // namespace

std::string render_news(View const& view, nlohmann::json const& before, nlohmann::json const& after) {
  std::string out;
  for (auto const& component : array_at(after, "components")) {
    auto const name = text_at(component, "name");
    auto const newest = text_at(component, "newest");
    auto const* const old = component_named(before, name);
    bool const known = newest.empty() || (old != nullptr && text_at(*old, "newest") == newest);
    auto const installed = text_at(component, "installed");
    if (known || newest == installed) continue;
    out += fmt::format("{}: {} is new", paint(view, Tone::Strong, name), newest) +
           (installed.empty() ? "" : fmt::format(" (installed {})", installed)) + "\n";
  }
  if (out.empty()) out = "No version is new.\n";
  for (auto const& problem : subscription_problems(after)) out += paragraph(view, "! ", "  ", problem);
  return out + render_plan(view, object_at(after, "plan"));
}

std::vector<std::string> run_lines(View const& view, nlohmann::json const& before, nlohmann::json const& after) {
  std::vector<std::string> lines;
  auto const& steps = array_at(after, "steps");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto const& old = seen_step(before, i);
    if (begun(steps[i]) && !begun(old)) lines.push_back(step_title(after, i) + ": begins");
    if (ended(steps[i]) && !ended(old)) lines.push_back(end_line(view, after, i));
  }
  auto const phase = text_at(after, "phase");
  auto const index = step_at_work(after);
  bool const moved = index != step_at_work(before) || phase != text_at(before, "phase");
  if (!phase.empty() && moved && index < steps.size()) lines.push_back(step_title(after, index) + ": " + spoken(phase));
  return lines;
}

std::string run_progress(View const& view, nlohmann::json const& run) {
  auto const index = step_at_work(run);
  if (index >= array_at(run, "steps").size()) return "the run is ending";
  auto line = step_title(run, index);
  if (auto const began = instant_at(array_at(run, "steps")[index], "started"))
    line += ", " + to_human(view.now - *began);
  if (auto const progress = progress_text(run); !progress.empty()) line += ", " + progress;
  if (view.width == 0) return line;
  std::string const whole = line;
  for (std::size_t bytes = line.size(); columns_of(line) >= view.width; --bytes) line = whole.substr(0, bytes - 1);
  return line;
}

}  // namespace tykup::cli
