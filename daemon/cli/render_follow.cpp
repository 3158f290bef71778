#include <fmt/format.h>

#include <algorithm>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/render_parts.hpp"
#include "daemon/cli/when.hpp"

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
                     movement(run, steps[index]));
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

/// " of about 35s": how long such a step usually takes.
std::string expected_text(nlohmann::json const& run) {
  auto const expected = number_at(run, "expected_seconds");
  return expected ? " of about " + to_human(std::chrono::seconds{static_cast<std::int64_t>(*expected)}) : std::string{};
}

/// ", ████░░░░░░" where it is known how much is done.
std::string bar_text(nlohmann::json const& run) {
  constexpr int kCells = 10;
  auto const percent = number_at(object_at(run, "progress"), "percent");
  if (!percent || *percent < 0) return {};
  auto const done = std::clamp(static_cast<int>(*percent * kCells / 100), 0, kCells);
  std::string bar = ", ";
  for (int cell = 0; cell < kCells; ++cell) bar += cell < done ? "█" : "░";
  return bar;
}

std::string left_text(View const& view, nlohmann::json const& window) {
  auto const until = instant_at(window, "until");
  return until && *until > view.now ? ", window open for " + to_human(*until - view.now) : std::string{};
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

std::vector<std::string> status_lines(View const& view, nlohmann::json const& before, nlohmann::json const& after) {
  std::vector<std::string> lines;
  auto const stamp = civil(view.zone, view.now).substr(sizeof "Sun", sizeof "2026-11-29") + civil_clock(view.zone, view.now) + "  ";
  auto const& run = object_at(after, "run");
  auto const& old = object_at(before, "run");
  for (std::size_t i = 0; i < array_at(run, "steps").size(); ++i)
    if (ended(array_at(run, "steps")[i]) && !ended(seen_step(old, i))) lines.push_back(stamp + end_line(view, run, i));
  bool const same = text_at(before, "status") == text_at(after, "status") && text_at(before, "state") == text_at(after, "state");
  if (!same) lines.push_back(stamp + spoken(text_at(after, "state")) + ": " + text_at(after, "status"));
  return lines;
}

std::string clipped(View const& view, std::string const& text) {
  if (view.height == 0) return text;
  auto const count = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (count < view.height) return text;
  std::size_t end = 0;
  auto const fit = view.height < 2 ? 0 : view.height - 2;
  for (std::size_t line = 0; line < fit; ++line) end = text.find('\n', end) + 1;
  return text.substr(0, end) + fmt::format("… {} more lines: tykup status\n", count - fit);
}

std::string run_progress(View const& view, nlohmann::json const& run, nlohmann::json const& window) {
  auto const index = step_at_work(run);
  if (index >= array_at(run, "steps").size()) return "the run is ending";
  auto line = step_title(run, index);
  if (auto const began = instant_at(array_at(run, "steps")[index], "started"))
    line += ", " + to_human(view.now - *began) + expected_text(run);
  line += left_text(view, window) + bar_text(run);
  if (auto const progress = progress_text(run); !progress.empty()) line += ", " + progress;
  if (view.width == 0) return line;
  std::string const whole = line;
  for (std::size_t bytes = line.size(); columns_of(line) >= view.width; --bytes) line = whole.substr(0, bytes - 1);
  return line;
}

}  // namespace tykup::cli
