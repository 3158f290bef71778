#include <fmt/format.h>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/when.hpp"

namespace tykup::cli {
namespace {

/// The zone of the window that opens at that instant; of the first window where an opening begins otherwise (it is open
/// already, or a freeze ends).
Zone const& zone_of(Windows const& windows, Instant opening) {
  static Zone const kUtc = utc_zone();
  for (auto const& window : windows.windows) {
    if (window.calendar.next(window.zone, opening - Duration{1}) == opening) return window.zone;
  }
  return windows.windows.empty() ? kUtc : windows.windows.front().zone;
}

std::string freezes_text(View const& view, Windows const& windows) {
  std::string out;
  for (auto const& freeze : windows.freezes) {
    if (freeze.until <= view.now) continue;
    auto const text = fmt::format("{} until {}: {}", civil(view.zone, freeze.from), civil(view.zone, freeze.until),
                                  freeze.reason.empty() ? "no reason given" : printable(freeze.reason));
    out += paragraph(view, "Freeze     ", "           ", text);
  }
  return out;
}

std::string component_names(Config const& config) {
  std::string names;
  for (auto const& component : config.components) names += (names.empty() ? "" : ", ") + component.name;
  return names.empty() ? "none" : names;
}

std::string next_window(View const& view, Config const& config) {
  auto const verdict = window_at(config.windows, "", view.now);
  if (verdict.open) return "open now, until " + when(view, verdict.until);
  if (verdict.opens) return "opens " + when(view, *verdict.opens);
  return verdict.reason.empty() ? "does not open" : verdict.reason;
}

}  // namespace

std::string render_openings(View const& view, Windows const& windows, std::vector<Interval> const& openings) {
  if (windows.windows.empty())
    return "No window is configured: nothing happens on its own. Add a [[window]] to the configuration.\n";
  std::string out;
  if (openings.empty()) {
    out = fmt::format("No window opens within the next {} days.\n",
                      std::chrono::floor<std::chrono::days>(kWindowHorizon).count());
  } else {
    Table table({"OPENS", "CLOSES", "UTC", "FOR", ""});
    for (auto const& [from, until] : openings) {
      auto const& zone = zone_of(windows, from);
      bool const open = from <= view.now && view.now < until;
      table.add({{civil(zone, from), Tone::Strong},
                 {civil(zone, until)},
                 {civil(utc_zone(), from)},
                 {to_human(until - from)},
                 {open ? "open now" : relative(from, view.now), open ? Tone::Good : Tone::Dim}});
    }
    out = table.to_text(view);
  }
  auto const freezes = freezes_text(view, windows);
  return freezes.empty() ? out : out + "\n" + freezes;
}

nlohmann::json openings_json(Windows const& windows, std::vector<Interval> const& openings) {
  auto list = nlohmann::json::array();
  for (auto const& [from, until] : openings) {
    list.push_back({{"from", to_rfc3339(from)},
                    {"until", to_rfc3339(until)},
                    {"seconds", std::chrono::floor<std::chrono::seconds>(until - from).count()},
                    {"zone", zone_of(windows, from).name}});
  }
  auto freezes = nlohmann::json::array();
  for (auto const& freeze : windows.freezes) {
    freezes.push_back(
        {{"from", to_rfc3339(freeze.from)}, {"until", to_rfc3339(freeze.until)}, {"reason", freeze.reason}});
  }
  return {{"schema", kKnownSchema}, {"openings", std::move(list)}, {"freezes", std::move(freezes)}};
}

std::string render_config(View const& view, Config const& config) {
  auto out = fmt::format("Topology   {}\n", to_string(config.deployment.topology));
  out += paragraph(view, "Components ", "           ", component_names(config));
  out += fmt::format("Track      {}", to_string(config.policy.track));
  if (config.policy.soak > Duration::zero()) out += fmt::format(", soak {}", to_human(config.policy.soak));
  out += "\n" + paragraph(view, "Window     ", "           ", next_window(view, config));
  return out + freezes_text(view, config.windows);
}

}  // namespace tykup::cli
