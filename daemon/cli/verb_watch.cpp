#include <algorithm>
#include <optional>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

/// `--watch`: a document as it changes, until somebody ends it.
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

nlohmann::json status_that_counts(nlohmann::json status) {
  status.erase("now");
  for (auto const* key : {"seconds_to_open", "seconds_left", "seconds_to_begin"}) status["window"].erase(key);
  return status;
}

class Watcher {
 public:
  Watcher(World& world, Watched const& watched, bool json) : world_(world), watched_(watched), json_(json), pane_(world.screen) {}

  void show(Document const& document) {
    auto const view = world_.view();
    if (json_) {
      if (auto counts = watched_.what_counts(document.json); counts != last_) print_unchanged(world_, document.json.dump());
    } else if (world_.screen.live) {
      pane_.show(clipped(view, watched_.render(view, document.json)));
    } else {
      for (auto const& line : watched_.lines(view, last_, document.json)) world_.screen.out << line << "\n";
    }
    world_.screen.out << std::flush;
    last_ = json_ ? watched_.what_counts(document.json) : document.json;
  }

 private:
  World& world_;
  Watched const& watched_;
  bool json_;
  Pane pane_;
  nlohmann::json last_ = nlohmann::json::object();
};

}  // namespace

ExitCode watch(World& world, Watched const& watched, bool json) {
  world.interrupts.heed();
  Watcher watcher(world, watched, json);
  std::optional<Instant> heard;
  while (!world.interrupts.came()) {
    auto const document = document_of(watched.look());
    if (document) {
      heard = world.now();
      watcher.show(*document);
    } else if (document.error().kind != Refusal::Kind::Unreachable || !heard || world.now() - *heard >= world.patience.away) {
      return complain(world, document.error());
    }
    world.daemon.wait(world.patience.look);
  }
  return ExitCode::Fine;
}

ExitCode watch_status(World& world, verb::Status const& asked) {
  Watched const watched{[&] { return world.daemon.status(); }, render_status, status_lines, status_that_counts};
  return watch(world, watched, asked.json);
}

}  // namespace tykup::cli
