#include <fmt/format.h>

#include <algorithm>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/when.hpp"
#include "daemon/core/freezes.hpp"

namespace tykup::cli {
namespace {

// Of several frozen openings in a row with one reason so many are shown, and the rest is counted.
constexpr std::size_t kFrozenInARow = 2;

std::chrono::local_days day_of(Zone const& zone, Instant at) {
  return std::chrono::floor<std::chrono::days>(to_local(zone, at));
}

/// The end of what begins at `from`: the day is left out where it is the same.
std::string civil_end(Zone const& zone, Interval const& when) {
  auto const text = civil(zone, when.until);
  return day_of(zone, when.from) == day_of(zone, when.until) ? text.substr(sizeof "Sun 2026-11-29") : text;
}

std::string in_utc(Instant at) {
  auto const text = civil(utc_zone(), at);
  return text.substr(sizeof "Sun", sizeof "2026-11-29 02:00" - 1);
}

std::string reason_text(Freeze const& freeze) {
  return freeze.reason.empty() ? "no reason given" : printable(freeze.reason);
}

std::string names_of(std::vector<std::string> const& components) {
  std::string names;
  for (auto const& component : components) names += (names.empty() ? "" : ", ") + component;
  return names.empty() ? "all" : names;
}

std::string freeze_line(View const& view, Freeze const& freeze) {
  if (is_endless(freeze) && freeze.from <= Instant{}) return "everything: " + printable(freeze.reason);
  auto const until = is_endless(freeze) ? std::string{} : " until " + civil(view.zone, freeze.until);
  return fmt::format("{}{}: {}", civil(view.zone, freeze.from), until, reason_text(freeze));
}

/// What is ahead; a calendar may tell of hundreds, and of a time that is not worked out yet.
std::string freezes_text(View const& view, Windows const& windows, Instant from) {
  constexpr std::size_t kMost = 5;
  std::vector<Freeze> ahead;
  std::ranges::copy_if(windows.freezes, std::back_inserter(ahead), [&](Freeze const& freeze) {
    return freeze.until > from && (!is_endless(freeze) || freeze.from <= from);
  });
  std::ranges::stable_sort(ahead, {}, &Freeze::from);
  std::string out;
  for (std::size_t i = 0; i < std::min(ahead.size(), kMost); ++i)
    out += paragraph(view, "Freeze     ", "           ", freeze_line(view, ahead[i]));
  if (ahead.size() > kMost) out += fmt::format("           and {} more\n", ahead.size() - kMost);
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

std::vector<Cell> row_of(View const& view, PreviewRow const& row, bool by_component) {
  bool const open = !row.closed && row.when.from <= view.now && view.now < row.when.until;
  auto const tone = row.closed ? Tone::Struck : Tone::Plain;
  std::vector<Cell> cells{{civil(row.zone, row.when.from), row.closed ? Tone::Struck : Tone::Strong},
                          {civil_end(row.zone, row.when), tone},
                          {in_utc(row.when.from), tone},
                          {to_human(row.when.until - row.when.from), tone}};
  if (by_component) cells.push_back({names_of(row.components), tone});
  if (row.closed) {
    cells.push_back({"frozen: " + reason_text(row.freeze), Tone::Warn});
  } else {
    cells.push_back({open ? "open now" : relative(row.when.from, view.now), open ? Tone::Good : Tone::Dim});
  }
  return cells;
}

/// How many of the rows that follow `at` are frozen for the same reason.
std::size_t same_freeze_after(std::vector<PreviewRow> const& rows, std::size_t at) {
  std::size_t count = 0;
  while (rows[at].closed && at + count + 1 < rows.size() && rows[at + count + 1].closed &&
         rows[at + count + 1].freeze.reason == rows[at].freeze.reason)
    ++count;
  return count;
}

std::string table_text(View const& view, Preview const& preview) {
  std::vector<std::string> header{"OPENS", "CLOSES", "UTC", "FOR"};
  if (preview.by_component) header.push_back("COMPONENTS");
  header.push_back("");
  Table table(header);
  for (std::size_t i = 0; i < preview.rows.size(); ++i) {
    table.add(row_of(view, preview.rows[i], preview.by_component));
    auto const more = same_freeze_after(preview.rows, i);
    if (more < kFrozenInARow) continue;
    auto const& last = preview.rows[i + more];
    std::vector<Cell> cells(header.size());
    cells.front() = {fmt::format("… {} more", more), Tone::Dim};
    cells.back() = {"frozen as well, the last on " + civil(last.zone, last.when.from), Tone::Dim};
    table.add(std::move(cells));
    i += more;
  }
  return table.to_text(view);
}

}  // namespace

std::string render_openings(View const& view, Windows const& windows, Preview const& preview, Instant from,
                            std::string const& component) {
  if (windows.windows.empty())
    return "No window is configured: nothing happens on its own. Add a [[window]] to the configuration.\n";
  auto out = preview.rows.empty() ? std::string{} : table_text(view, preview);
  bool const opens = std::ranges::any_of(preview.rows, [](PreviewRow const& row) { return !row.closed; });
  if (!opens) {
    out += fmt::format("No window {} within the next {} days.\n", preview.rows.empty() ? "opens" : "is open",
                       std::chrono::floor<std::chrono::days>(kWindowHorizon).count());
  }
  auto const freezes = freezes_text(view, windows, from);
  return out + (freezes.empty() ? "" : "\n") + freezes + "\n" + render_months(view, windows, from, component);
}

nlohmann::json openings_json(Windows const& windows, Preview const& preview) {
  auto openings = nlohmann::json::array();
  auto closed = nlohmann::json::array();
  for (auto const& row : preview.rows) {
    nlohmann::json entry{{"from", to_rfc3339(row.when.from)},
                         {"until", to_rfc3339(row.when.until)},
                         {"seconds", std::chrono::floor<std::chrono::seconds>(row.when.until - row.when.from).count()},
                         {"zone", row.zone.name},
                         {"components", row.components}};
    if (row.closed) entry["reason"] = row.freeze.reason;
    (row.closed ? closed : openings).push_back(std::move(entry));
  }
  auto freezes = nlohmann::json::array();
  for (auto const& freeze : windows.freezes) {
    freezes.push_back({{"from", to_rfc3339(freeze.from)},
                       {"until", is_endless(freeze) ? nlohmann::json() : nlohmann::json(to_rfc3339(freeze.until))},
                       {"reason", freeze.reason},
                       {"file", freeze.file}});
  }
  return {{"schema", kKnownSchema},
          {"openings", std::move(openings)},
          {"closed", std::move(closed)},
          {"freezes", std::move(freezes)}};
}

std::string render_config(View const& view, Config const& config) {
  auto out = fmt::format("Topology   {}\n", to_string(config.deployment.topology));
  out += paragraph(view, "Components ", "           ", component_names(config));
  out += fmt::format("Track      {}", to_string(config.policy.track));
  if (config.policy.soak > Duration::zero()) out += fmt::format(", soak {}", to_human(config.policy.soak));
  out += "\n" + paragraph(view, "Window     ", "           ", next_window(view, config));
  return out + freezes_text(view, config.windows, view.now);
}

}  // namespace tykup::cli
