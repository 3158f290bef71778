#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

namespace tykup::cli {
namespace {

constexpr char const* kEraseLine = "\r\033[K";

/// Shows a run as it moves: lines for what happened, and on a terminal one line below that is written anew.
class Follower {
 public:
  Follower(World& world, std::string run, bool silent) : world_(world), run_(std::move(run)), silent_(silent) {}

  /// Watches until the run is no longer at work; false: somebody ended the watching. The refusal says why that cannot be
  /// known.
  Answer<bool> watch() {
    auto heard = world_.now();
    while (true) {
      if (world_.interrupts.came()) return false;
      auto const status = document_of(world_.daemon.status());
      if (status) {
        heard = world_.now();
        auto const& run = object_at(status->json, "run");
        if (text_at(run, "id") != run_ || instant_at(run, "ended")) return true;
        show(status->json);
      } else if (status.error().kind != Refusal::Kind::Unreachable || world_.now() - heard >= world_.patience.away) {
        erase();
        return tl::unexpected<Refusal>(status.error());
      }
      world_.daemon.wait(world_.patience.glance);
    }
  }

  /// Nothing but whole lines on the screen.
  void leave() { erase(); }

  /// The lines that were not shown yet, then nothing but whole lines on the screen.
  void finish(nlohmann::json const& run) {
    show_lines(run);
    erase();
  }

 private:
  void show(nlohmann::json const& status) {
    auto const& run = object_at(status, "run");
    show_lines(run);
    if (silent_ || !world_.screen.live) return;
    world_.screen.out << kEraseLine << run_progress(world_.view(), run, object_at(status, "window")) << std::flush;
    dirty_ = true;
  }

  void show_lines(nlohmann::json const& run) {
    auto const lines = run_lines(world_.view(), last_, run);
    last_ = run;
    if (silent_ || lines.empty()) return;
    erase();
    for (auto const& line : lines) world_.screen.out << line << "\n";
    world_.screen.out << std::flush;
  }

  void erase() {
    if (dirty_) world_.screen.out << kEraseLine << std::flush;
    dirty_ = false;
  }

  World& world_;
  std::string run_;
  bool silent_;
  bool dirty_ = false;
  nlohmann::json last_ = nlohmann::json::object();
};

/// The run's record once history has it.
Answer<Document> record_of(World& world, std::string const& run) {
  auto document = document_of(world.daemon.history(1, run));
  if (!document || !array_at(document->json, "runs").empty()) return document;
  return tl::unexpected<Refusal>(
      Refusal{Refusal::Kind::Failed,
              Error{ErrorKind::NotFound,
                    fmt::format("Run {} is neither at work nor in the history: see journalctl -u tykupd TYKUP_RUN={}",
                                run, run)}});
}

ExitCode goes_on(World& world, std::string const& run) {
  world.screen.err << fmt::format(
      "tykup: the watching has ended; run {0} goes on.\n"
      "  → tykup status --watch shows it again, tykup history {0} how it ended; tykup stop ends it after the step at work\n",
      run);
  return ExitCode::Interrupted;
}

}  // namespace

ExitCode follow_run(World& world, std::string const& run, bool json) {
  auto& out = world.screen.out;
  if (!json)
    out << fmt::format(
               "\nRun {} has begun. Ctrl-C ends the watching, not the run; tykup stop ends it after the step at "
               "work.\n",
               run)
        << std::flush;
  world.interrupts.heed();
  Follower follower(world, run, json);
  auto const watched = follower.watch();
  if (watched && !*watched) {
    follower.leave();
    return goes_on(world, run);
  }
  if (!watched) {
    auto const code = complain(world, watched.error());
    world.screen.err << fmt::format("  the run may go on without this command: tykup history {}\n", run);
    return code;
  }
  auto const record = record_of(world, run);
  if (!record) return complain(world, record.error());
  auto const& ended = array_at(record->json, "runs").front();
  follower.finish(ended);
  if (json) {
    print_unchanged(world, record->text);
  } else {
    out << "\n" << render_run(world.view(), ended);
  }
  auto const result = text_at(ended, "result");
  return result == "done" || result == "rolled-back" ? ExitCode::Fine : ExitCode::Failed;
}

}  // namespace tykup::cli
