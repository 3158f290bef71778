#include <algorithm>
#include <optional>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

/// `tykup status --watch`: the status as it changes, until somebody ends it.
namespace tykup::cli {
namespace {

/// A text on a terminal that is written anew in its place. Lines are not wrapped meanwhile, so that they can be counted.
class Pane {
 public:
  explicit Pane(Screen& screen) : screen_(screen) {}

  void show(std::string const& text) {
    auto& out = screen_.out;
    out << "\033[?7l";
    if (lines_ > 0) out << "\033[" << lines_ << "F";
    out << "\033[J" << text << "\033[?7h" << std::flush;
    lines_ = std::ranges::count(text, '\n');
  }

 private:
  Screen& screen_;
  std::ptrdiff_t lines_ = 0;
};

/// Without what changes with the time alone.
nlohmann::json what_counts(nlohmann::json status) {
  status.erase("now");
  for (auto const* key : {"seconds_to_open", "seconds_left", "seconds_to_begin"}) status["window"].erase(key);
  return status;
}

class Watcher {
 public:
  Watcher(World& world, bool json) : world_(world), json_(json), pane_(world.screen) {}

  void show(Document const& status) {
    auto const view = world_.view();
    if (json_) {
      if (auto counts = what_counts(status.json); counts != last_) print_unchanged(world_, status.json.dump());
    } else if (world_.screen.live) {
      pane_.show(clipped(view, render_status(view, status.json)));
    } else {
      for (auto const& line : status_lines(view, last_, status.json)) world_.screen.out << line << "\n";
    }
    world_.screen.out << std::flush;
    last_ = json_ ? what_counts(status.json) : status.json;
  }

 private:
  World& world_;
  bool json_;
  Pane pane_;
  nlohmann::json last_ = nlohmann::json::object();
};

}  // namespace

ExitCode watch_status(World& world, verb::Status const& asked) {
  world.interrupts.heed();
  Watcher watcher(world, asked.json);
  std::optional<Instant> heard;
  while (!world.interrupts.came()) {
    auto const status = document_of(world.daemon.status());
    if (status) {
      heard = world.now();
      watcher.show(*status);
    } else if (status.error().kind != Refusal::Kind::Unreachable || !heard || world.now() - *heard >= world.patience.away) {
      return complain(world, status.error());
    }
    world.daemon.wait(world.patience.look);
  }
  return ExitCode::Fine;
}

}  // namespace tykup::cli
