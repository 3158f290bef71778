#include "daemon/cli/render_parts.hpp"

#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/core/time.hpp"

namespace tykup::cli {
namespace {

std::string step_state(nlohmann::json const& step) {
  auto const result = text_at(step, "result");
  bool const begun = instant_at(step, "started").has_value();
  return result == "pending" && begun ? "at work" : spoken(result);
}

void append_step_notes(std::string& out, View const& view, nlohmann::json const& step) {
  if (auto const reason = text_at(step, "reason"); !reason.empty()) {
    out += paragraph(view, "      ", "      ", reason);
  }
  for (auto const& note : array_at(step, "notes")) {
    if (note.is_string()) out += paragraph(view, "      note: ", "            ", printable(note.get<std::string>()));
  }
}

}  // namespace

Tone tone_of_result(std::string const& result) {
  auto const name = spoken(result);
  if (name == "done") return Tone::Good;
  if (name == "needs admin" || name == "stopped") return Tone::Bad;
  if (name == "rolled back" || name == "partial") return Tone::Warn;
  return Tone::Plain;
}

std::string movement(nlohmann::json const& run, nlohmann::json const& step) {
  if (!text_at(run, "undoes").empty()) return fmt::format("{} → {}", text_at(step, "to"), text_at(step, "from"));
  return fmt::format("{} → {}", text_at(step, "from"), text_at(step, "to"));
}

std::string elapsed_between(nlohmann::json const& object, char const* from, char const* until) {
  auto const begin = instant_at(object, from);
  auto const end = instant_at(object, until);
  return begin && end ? to_human(*end - *begin) : std::string{};
}

std::string started_by(nlohmann::json const& run) {
  auto const by = text_at(run, "by");
  return by.empty() ? "by the " + spoken(text_at(run, "trigger")) : "by " + by;
}

std::size_t step_at_work(nlohmann::json const& run) {
  auto const& steps = array_at(run, "steps");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (text_at(steps[i], "result") == "pending") return i;
  }
  return steps.size();
}

std::string progress_text(nlohmann::json const& run) {
  auto const phase = spoken(text_at(run, "phase"));
  auto const& progress = object_at(run, "progress");
  auto text = text_at(progress, "phase");
  auto const percent = number_at(progress, "percent");
  if (percent && *percent >= 0) text += fmt::format("{}{:.0f} %", text.empty() ? "" : " ", *percent);
  if (auto const message = text_at(progress, "message"); !message.empty()) text += (text.empty() ? "" : ": ") + message;
  return phase + (phase.empty() || text.empty() ? "" : ", ") + text;
}

std::string short_hash(std::string const& hash) {
  return hash.substr(0, 12);
}

std::string render_steps(View const& view, nlohmann::json const& run) {
  auto const& steps = array_at(run, "steps");
  std::vector<std::string> notes;
  Table table;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto const took = elapsed_between(steps[i], "started", "ended");
    table.add({{fmt::format("{}/{}", i + 1, steps.size())},
               {text_at(steps[i], "component"), Tone::Strong},
               {movement(run, steps[i])},
               {step_state(steps[i]), tone_of_result(text_at(steps[i], "result"))},
               {took.empty() ? took : "in " + took, Tone::Dim}});
    append_step_notes(notes.emplace_back(), view, steps[i]);
  }
  std::string out;
  std::size_t begin = 0;
  auto const rows = table.to_text(view, "  ");
  for (auto const& note : notes) {
    auto const end = rows.find('\n', begin) + 1;
    out += rows.substr(begin, end - begin) + note;
    begin = end;
  }
  return out;
}

}  // namespace tykup::cli
