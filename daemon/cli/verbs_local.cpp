#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/notify_files.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/core/concerns.hpp"
#include "daemon/core/freezes.hpp"
#include "daemon/core/timestamp.hpp"
#include "daemon/core/words.hpp"
#include "daemon/os/config_loader.hpp"
#include "daemon/os/ics_reader.hpp"

namespace tykup::cli {
namespace {

Result<Config> read_config(std::string const& file) {
  return load_config({file, file + ".d"});
}

std::vector<std::string> defects_of(Error const& error) {
  std::vector<std::string> defects;
  std::string const& all = error.detail.empty() ? error.message : error.detail;
  for (std::size_t begin = 0; begin < all.size();) {
    auto const end = std::min(all.find('\n', begin), all.size());
    if (end > begin) defects.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return defects;
}

/// As the daemon's status has them.
nlohmann::json concerns_json(std::vector<Concern> const& concerns) {
  auto out = nlohmann::json::array();
  for (auto const& concern : concerns)
    out.push_back({{"kind", concern.kind},
                   {"component", concern.component},
                   {"text", concern.text},
                   {"remedy", concern.remedy},
                   {"trouble", concern.is_trouble}});
  return out;
}

ExitCode report_defects(World& world, std::string const& file, std::vector<std::string> const& defects, bool json,
                        std::vector<Concern> const& concerns) {
  if (json) {
    nlohmann::json const document = {{"schema", kKnownSchema},
                                     {"file", file},
                                     {"ok", defects.empty()},
                                     {"defects", defects},
                                     {"concerns", concerns_json(concerns)}};
    world.screen.out << document.dump(2) << "\n";
    bool const is_fine = defects.empty() && std::ranges::none_of(concerns, &Concern::is_trouble);
    return is_fine ? ExitCode::Fine : ExitCode::Failed;
  }
  for (auto const& defect : defects) world.screen.err << printable(defect) << "\n";
  return ExitCode::Failed;
}

/// Puts into the windows what their calendar files say around that time. Those that cannot be read are told, and are a
/// freeze, as for the daemon.
std::vector<std::string> read_calendars(Windows& windows, Instant around) {
  constexpr auto kMargin = std::chrono::days{100};
  Interval const range{std::max(around - kMargin, Instant{}), std::min<Instant>(around + 2 * kWindowHorizon, kForever)};
  std::vector<std::string> problems;
  std::vector<Freeze> told;
  for (auto const& calendar : windows.calendars) {
    auto events = read_ics_file(calendar, range);
    if (!events) problems.push_back(events.error().message);
    auto const freezes = events ? freezes_known_for(calendar, range, std::move(*events))
                                : std::vector<Freeze>{unreadable_freeze(calendar, events.error().message)};
    told.insert(told.end(), freezes.begin(), freezes.end());
  }
  replace_calendar_freezes(windows, told);
  return problems;
}

std::optional<Instant> moment_of(std::string const& text, Zone const& zone) {
  auto const stamp = parse_timestamp(text);
  if (!stamp) return std::nullopt;
  return stamp->offset ? Instant{stamp->local.time_since_epoch() - *stamp->offset} : to_instant(zone, stamp->local).first;
}

ExitCode no_moment(World& world, std::string const& text) {
  world.screen.err << fmt::format(
      "tykup: --from: {} is no date; expected \"2026-12-18\", \"2026-12-18 18:00\" or \"2026-12-18T18:00:00+01:00\".\n",
      tykup::quoted(text));
  return ExitCode::Usage;
}

ExitCode unknown_component(World& world, Config const& config, std::string const& name) {
  std::vector<std::string> known;
  for (auto const& component : config.components) known.push_back(component.name);
  auto const nearest = nearest_name(name, known);
  world.screen.err << fmt::format("tykup: The configuration has no component \"{}\".{}\n", printable(name),
                                  nearest ? fmt::format(" Did you mean \"{}\"?", *nearest) : std::string{});
  return ExitCode::Usage;
}

}  // namespace

ExitCode show_windows(World& world, verb::Windows const& asked) {
  auto config = read_config(asked.config_file);
  if (!config) {
    auto const code = report_defects(world, asked.config_file, defects_of(config.error()), false, {});
    world.screen.err << "tykup: the windows cannot be read from a configuration with a defect.\n";
    return code;
  }
  if (!asked.component.empty() && config->find(asked.component) == nullptr)
    return unknown_component(world, *config, asked.component);
  auto const view = world.view();
  auto const from = asked.from.empty() ? view.now : moment_of(asked.from, view.zone);
  if (!from) return no_moment(world, asked.from);
  read_calendars(config->windows, *from);
  auto const preview = preview_windows(config->windows, asked.component, *from, asked.count);
  auto const openings = next_openings(config->windows, asked.component, *from, asked.count);
  auto const begin = host_begin(*config, openings, world.machine_id, *from);
  if (asked.json) {
    auto document = openings_json(config->windows, preview);
    document["host_begins"] = begin ? nlohmann::json(to_rfc3339(begin->at)) : nlohmann::json(nullptr);
    world.screen.out << document.dump(2) << "\n";
  } else {
    world.screen.out << render_openings(view, config->windows, preview, *from, asked.component);
    world.screen.out << render_host_begin(view, begin);
  }
  return ExitCode::Fine;
}

ExitCode check_config(World& world, verb::CheckConfig const& asked) {
  auto config = read_config(asked.config_file);
  auto const defects = config ? read_calendars(config->windows, world.now()) : defects_of(config.error());
  if (!defects.empty()) return report_defects(world, asked.config_file, defects, asked.json, {});
  auto found = concerns({.config = *config, .memory = {}, .now = world.now()});
  for (auto& missing : missing_for_notify(config->notify)) found.push_back(std::move(missing));
  if (asked.json) return report_defects(world, asked.config_file, defects, true, found);
  bool const is_fine = std::ranges::none_of(found, &Concern::is_trouble);
  world.screen.out << printable(asked.config_file) << (is_fine ? " is fine.\n" : " is read, but cannot do what it says:\n")
                   << render_config(world.view(), *config) << render_concerns(world.view(), concerns_json(found));
  return is_fine ? ExitCode::Fine : ExitCode::Failed;
}

}  // namespace tykup::cli
