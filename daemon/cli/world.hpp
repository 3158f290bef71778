#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "daemon/cli/arguments.hpp"
#include "daemon/cli/exit_code.hpp"
#include "daemon/cli/ports.hpp"
#include "daemon/cli/text.hpp"

namespace tykup::cli {

/// Columns and rows of a terminal.
struct Size {
  std::size_t columns = 0;
  std::size_t rows = 0;
};

/// Ctrl-C, for those who watch: the first one ends the watching and nothing else.
struct Interrupts {
  std::function<void()> heed = [] {};                 ///< from now on; before, it ends the command
  std::function<bool()> came = [] { return false; };
};

/// Where a verb speaks and listens.
struct Screen {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool asks = false;  ///< somebody can answer: standard input is a terminal
  bool live = false;  ///< standard output is a terminal: lines may be updated
  View view = {};     ///< `now` is filled in when something is shown
  std::function<Size()> size = {};  ///< of a terminal that may change it; empty: it is as the view says
};

/// How long the command waits for the daemon.
struct Patience {
  Duration glance = std::chrono::milliseconds{500};  ///< between two looks at a status
  Duration look = std::chrono::seconds{1};           ///< between two looks of those who watch: times go on
  Duration check = std::chrono::minutes{15};         ///< for a refresh to end
  Duration away = std::chrono::minutes{2};           ///< for a daemon that went away while a run is followed
};

/// Everything that a verb may touch.
struct World {
  Daemon& daemon;
  Journal& journal;
  Screen screen;
  std::function<Instant()> now;
  std::string config_file = kDefaultConfigFile;  ///< without it tykupd does not start
  Patience patience = {};
  Interrupts interrupts = {};
  std::string machine_id = {};  ///< as the daemon has it; empty where it cannot be had

  [[nodiscard]] View view() const;
};

/// Does what was asked; never throws. `Subscribe` is not its business (it replaces the process).
[[nodiscard]] ExitCode perform(World& world, Verb const& asked);

}  // namespace tykup::cli
