#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "daemon/cli/subscribe.hpp"
#include "daemon/cli/world.hpp"
#include "daemon/os/machine_id.hpp"
#include "daemon/os/zones.hpp"
#include "systemd/client/manager_client.hpp"
#include "systemd/client/run_journal.hpp"

namespace {

using namespace tykup;

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void on_interrupt(int) { interrupted = true; }

/// Without SA_RESTART: a wait ends at once.
void heed_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
}

cli::Size terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return {size.ws_col, size.ws_row};
  return {80, 24};
}

bool wants_color() {
  char const* const refuses = std::getenv("NO_COLOR");
  char const* const terminal = std::getenv("TERM");
  if (refuses != nullptr && *refuses != '\0') return false;
  return terminal != nullptr && std::string_view{terminal} != "dumb";
}

cli::Screen screen_here() {
  bool const live = ::isatty(STDOUT_FILENO) == 1;
  cli::View view{.color = live && wants_color()};
  if (auto zone = load_zone(local_zone_name())) view.zone = *std::move(zone);
  cli::Screen screen{std::cin, std::cout, std::cerr, ::isatty(STDIN_FILENO) == 1, live, std::move(view)};
  if (live) screen.size = terminal_size;
  return screen;
}

Instant wall_clock() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

int say(cli::Notice const& notice) {
  (notice.code == cli::ExitCode::Fine ? std::cout : std::cerr) << notice.text;
  return cli::number(notice.code);
}

}  // namespace

int main(int argc, char** argv) {
  auto const parsed = cli::parse_arguments({argv + 1, argv + argc});
  if (auto const* notice = std::get_if<cli::Notice>(&parsed)) return say(*notice);
  auto const& verb = std::get<cli::Verb>(parsed);
  if (auto const* subscribe = std::get_if<cli::verb::Subscribe>(&verb)) return say(cli::become_subscribe(*subscribe));
  auto screen = screen_here();
  auto daemon = systemd::ManagerClient::on_system_bus(screen.asks);
  systemd::RunJournal journal;
  cli::Interrupts const interrupts{heed_interrupts, [] { return interrupted.load(); }};
  cli::World world{.daemon = daemon, .journal = journal, .screen = screen, .now = wall_clock, .interrupts = interrupts, .machine_id = os::machine_id().value_or("")};
  auto const code = cli::perform(world, verb);
  std::cout.flush();
  return std::cout ? cli::number(code) : cli::number(cli::ExitCode::Failed);
}
