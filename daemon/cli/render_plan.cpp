#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/render_parts.hpp"
#include "daemon/core/plan.hpp"

namespace tykup::cli {
namespace {

std::string name_of(nlohmann::json const& component) {
  auto const name = text_at(component, "component");
  return name.empty() ? text_at(component, "name") : name;
}

/// "gateway stays on 5.8.14; 5.8.15 waits:"
std::string headline(nlohmann::json const& component) {
  auto const installed = text_at(component, "installed");
  auto const target = text_at(component, "target");
  auto const stays = installed.empty() ? std::string(" stays as it is") : " stays on " + installed;
  return stays + (target.empty() ? "" : fmt::format("; {} waits", target));
}

std::string estimate_of(nlohmann::json const& step) {
  auto const estimate = number_at(step, "estimate_seconds");
  return estimate ? "~" + to_human(std::chrono::seconds{static_cast<std::int64_t>(*estimate)}) : std::string{};
}

std::string step_table(View const& view, nlohmann::json const& steps) {
  Table table({"STEP", "COMPONENT", "FROM", "TO", "AT MOST", "WAY BACK"});
  for (std::size_t i = 0; i < steps.size(); ++i) {
    bool const back = true_at(steps[i], "way_back");
    table.add({{fmt::format("{}", i + 1)},
               {text_at(steps[i], "component"), Tone::Strong},
               {text_at(steps[i], "from")},
               {text_at(steps[i], "to"), Tone::Good},
               {estimate_of(steps[i])},
               {back ? "yes" : "no", back ? Tone::Plain : Tone::Warn}});
  }
  return table.to_text(view, "  ");
}

/// Why some steps cannot be taken back, and what is saved before them.
std::string render_no_way_back(View const& view, nlohmann::json const& steps) {
  std::string out;
  for (auto const& step : steps) {
    if (true_at(step, "way_back")) continue;
    auto const note = text_at(step, "way_back_note");
    out += paragraph(view, "  ", "    ", text_at(step, "component") + " has no way back" + (note.empty() ? "." : ": " + note + "."));
    if (true_at(step, "database_backup"))
      out += paragraph(view, "    ", "    ", fmt::format("What lies in {} saves its database before the step.", kBackupHooks));
  }
  return out;
}

}  // namespace

std::string render_reasons(View const& view, nlohmann::json const& components) {
  std::string out;
  for (auto const& component : components) {
    auto const& reasons = array_at(component, "reasons");
    if (reasons.empty()) continue;
    out += "  " + paint(view, Tone::Strong, name_of(component)) + headline(component) + "\n";
    for (auto const& reason : reasons) {
      auto const gate = spoken(text_at(reason, "gate"));
      out += paragraph(view, "    " + gate + ": ", "      ", text_at(reason, "text"));
      if (auto const remedy = text_at(reason, "remedy"); !remedy.empty())
        out += paragraph(view, "      → ", "        ", remedy);
    }
  }
  return out;
}

std::string render_plan(View const& view, nlohmann::json const& plan) {
  auto const& steps = array_at(plan, "steps");
  auto const& staying = array_at(plan, "staying");
  std::string out;
  if (steps.empty()) {
    out = staying.empty() ? "There is no plan yet: tykupd has not read the host since it began to refresh.\n"
                          : "Nothing to upgrade.\n";
  } else {
    out = fmt::format("Plan {}, {} step{} in this order:\n", short_hash(text_at(plan, "hash")), steps.size(),
                      steps.size() == 1 ? "" : "s");
    out += step_table(view, steps) + render_no_way_back(view, steps) + render_fits(view, steps);
    out += render_approval(view, object_at(plan, "approval"), plan);
  }
  out += render_bad_versions(view, plan);
  if (auto const reasons = render_reasons(view, staying); !reasons.empty()) out += "\nWhy not\n" + reasons;
  std::string current;
  for (auto const& component : staying) {
    if (array_at(component, "reasons").empty()) current += (current.empty() ? "" : ", ") + name_of(component);
  }
  if (!current.empty()) out += "\n" + paragraph(view, "Up to date: ", "  ", current);
  return out;
}

}  // namespace tykup::cli
