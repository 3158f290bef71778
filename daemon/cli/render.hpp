#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/ports.hpp"
#include "daemon/cli/preview.hpp"
#include "daemon/cli/text.hpp"
#include "daemon/core/config.hpp"
#include "daemon/core/window.hpp"

/// What the daemon's documents look like on a screen. Pure: JSON and a view in, text out. Every text ends with a
/// newline.
namespace tykup::cli {

/// The whole of `tykup status`.
[[nodiscard]] std::string render_status(View const& view, nlohmann::json const& status);

/// What needs an operator's attention, one sentence each; empty: all is well. `status` exits 1 where it is not.
[[nodiscard]] std::vector<std::string> attention(nlohmann::json const& status);

/// The steps of a plan and why the other components stay. Reads the `plan` of a status as well as GetPlan's document.
[[nodiscard]] std::string render_plan(View const& view, nlohmann::json const& plan);

/// For each component that stays or has a closed gate, its reasons and what would change them; empty if there is none.
[[nodiscard]] std::string render_reasons(View const& view, nlohmann::json const& components);

/// The holds in force, a line each; empty if there is none.
[[nodiscard]] std::string render_holds(View const& view, nlohmann::json const& status);
/// Whether that plan is approved, and its steps without a way back, and the command that does it; empty where it needs no
/// approval.
[[nodiscard]] std::string render_approval(View const& view, nlohmann::json const& approval, nlohmann::json const& plan);
/// The versions that stay away because they failed here, of a status or a plan; a line each.
[[nodiscard]] std::string render_bad_versions(View const& view, nlohmann::json const& document);
/// What waiting does not mend, and the remedies; empty if there is nothing.
[[nodiscard]] std::string render_concerns(View const& view, nlohmann::json const& concerns);
/// The ways of [notify] that do not get through: since when, to whom, why; empty if all do.
[[nodiscard]] std::string render_notify(View const& view, nlohmann::json const& ways);
/// The same, a sentence each.
[[nodiscard]] std::vector<std::string> notify_problems(nlohmann::json const& ways);
/// Which steps of a plan will not, or never, have room in the next window; empty if all have.
[[nodiscard]] std::string render_fits(View const& view, nlohmann::json const& steps);

/// Where a component would go back to, and what that does not put back; or why it cannot, and what to do.
[[nodiscard]] std::string render_way_back(View const& view, nlohmann::json const& way);

/// One line for each run, or what happened in detail.
[[nodiscard]] std::string render_history(View const& view, nlohmann::json const& history);
[[nodiscard]] std::string render_run(View const& view, nlohmann::json const& run);

/// Entries of the journal under their days, a line each or more.
[[nodiscard]] std::string render_log(View const& view, std::vector<LogEntry> const& entries);
[[nodiscard]] nlohmann::json log_json(std::string const& run, std::vector<LogEntry> const& entries);

/// What a refresh brought: `before` and `after` are status documents.
[[nodiscard]] std::string render_news(View const& view, nlohmann::json const& before, nlohmann::json const& after);

/// What happened between two sightings of a run, a line each; `before` may be null.
[[nodiscard]] std::vector<std::string> run_lines(View const& view, nlohmann::json const& before,
                                                 nlohmann::json const& after);
/// Where a run stands, how long that usually takes and what is left of the `window`, in one line that fits the view.
[[nodiscard]] std::string run_progress(View const& view, nlohmann::json const& run, nlohmann::json const& window);
/// The first lines of a text that fit the view's height, and how many did not.
[[nodiscard]] std::string clipped(View const& view, std::string const& text);
/// What happened between two statuses, a line each with its time; `before` may be null.
[[nodiscard]] std::vector<std::string> status_lines(View const& view, nlohmann::json const& before, nlohmann::json const& after);

/// Openings of the windows, each in its window's own zone and in UTC, those that are frozen struck out; the freezes; the
/// months from `from` on.
[[nodiscard]] std::string render_openings(View const& view, Windows const& windows, Preview const& preview, Instant from,
                                          std::string const& component);
[[nodiscard]] nlohmann::json openings_json(Windows const& windows, Preview const& preview);

/// The month of `from`, and the one after it where the view is wide enough, with a mark at every day that has an opening
/// or a freeze. Precondition: there is a window.
[[nodiscard]] std::string render_months(View const& view, Windows const& windows, Instant from,
                                        std::string const& component);

/// When this host begins in the first of the openings that it has not begun in, by the estimates of all components.
struct HostBegin {
  Instant at;
  Duration after_opening;
};
/// Nothing where nobody knows which host this is.
[[nodiscard]] std::optional<HostBegin> host_begin(Config const& config, std::vector<Interval> const& openings,
                                                  std::string const& machine_id, Instant now);
/// Empty where it begins with the opening.
[[nodiscard]] std::string render_host_begin(View const& view, std::optional<HostBegin> const& begin);

/// A configuration that has no defect, in a few lines.
[[nodiscard]] std::string render_config(View const& view, Config const& config);

}  // namespace tykup::cli
