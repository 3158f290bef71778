#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/core/concerns.hpp"
#include "daemon/os/config_loader.hpp"

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
  auto const config = read_config(asked.config_file);
  if (!config) {
    auto const code = report_defects(world, asked.config_file, defects_of(config.error()), false, {});
    world.screen.err << "tykup: the windows cannot be read from a configuration with a defect.\n";
    return code;
  }
  if (!asked.component.empty() && config->find(asked.component) == nullptr)
    return unknown_component(world, *config, asked.component);
  auto const openings = next_openings(config->windows, asked.component, world.now(), asked.count);
  auto const begin = host_begin(*config, openings, world.machine_id, world.now());
  if (asked.json) {
    auto document = openings_json(config->windows, openings);
    document["host_begins"] = begin ? nlohmann::json(to_rfc3339(begin->at)) : nlohmann::json(nullptr);
    world.screen.out << document.dump(2) << "\n";
  } else {
    world.screen.out << render_openings(world.view(), config->windows, openings);
    world.screen.out << render_host_begin(world.view(), begin);
  }
  return ExitCode::Fine;
}

ExitCode check_config(World& world, verb::CheckConfig const& asked) {
  auto const config = read_config(asked.config_file);
  auto const defects = config ? std::vector<std::string>{} : defects_of(config.error());
  if (!config) return report_defects(world, asked.config_file, defects, asked.json, {});
  auto const found = concerns({.config = *config, .memory = {}, .now = world.now()});
  if (asked.json) return report_defects(world, asked.config_file, defects, true, found);
  bool const is_fine = std::ranges::none_of(found, &Concern::is_trouble);
  world.screen.out << printable(asked.config_file) << (is_fine ? " is fine.\n" : " is read, but cannot do what it says:\n")
                   << render_config(world.view(), *config) << render_concerns(world.view(), concerns_json(found));
  return is_fine ? ExitCode::Fine : ExitCode::Failed;
}

}  // namespace tykup::cli
