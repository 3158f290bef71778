#include <fmt/format.h>
#include <unistd.h>

#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/keep_off.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/os/config_loader.hpp"

namespace tykup::cli {

ExitCode keep_off(World& world, verb::KeepOff const& asked) {
  if (::geteuid() != 0) {
    world.screen.err << "tykup: keep-off writes the configuration of other programs and must be run by root: sudo tykup keep-off\n";
    return ExitCode::Denied;
  }
  auto const config = load_config({asked.config_file, asked.config_file + ".d"});
  if (!asked.undo && !config) return complain(world, config.error());
  auto const done = asked.undo ? undo_keep_off("") : keep_off("", packages_of(*config));
  if (!done) return complain(world, done.error());
  if (asked.json) {
    nlohmann::json const document{{"schema", kKnownSchema}, {"undone", asked.undo}, {"files", done->files}};
    world.screen.out << document.dump(2) << "\n";
    return ExitCode::Fine;
  }
  for (auto const& file : done->files) world.screen.out << (asked.undo ? "taken away: " : "written: ") << file << "\n";
  if (!done->files.empty()) return ExitCode::Fine;
  world.screen.out << (asked.undo ? "Nothing of tykup keep-off was there.\n"
                                  : "Neither unattended-upgrades nor dnf-automatic is configured here: nothing to do.\n");
  return ExitCode::Fine;
}

}  // namespace tykup::cli
