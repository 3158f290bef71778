#include <fmt/format.h>

#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

namespace tykup::cli {
namespace {

/// The run that was named, or the newest that history knows.
Answer<std::string> run_meant(World& world, std::string const& named) {
  if (!named.empty()) return named;
  auto const newest = document_of(world.daemon.history(1, ""));
  if (!newest) return tl::unexpected<Refusal>(newest.error());
  auto const& runs = array_at(newest->json, "runs");
  if (!runs.empty()) return text_at(runs.front(), "id");
  return tl::unexpected<Refusal>(Refusal{Refusal::Kind::Failed, {ErrorKind::NotFound, "There was no run yet."}});
}

ExitCode unreadable(World& world, Error const& error, std::string const& run) {
  world.screen.err << "tykup: " << printable(error.message) << "\n"
                   << "  → sudo tykup log " << printable(run) << "\n"
                   << "  → or, for good: sudo usermod --append --groups systemd-journal YOU, and log in anew\n";
  return ExitCode::Denied;
}

}  // namespace

ExitCode show_log(World& world, verb::Log const& asked) {
  auto const run = run_meant(world, asked.run);
  if (!run) return complain(world, run.error());
  auto const entries = world.journal.of_run(*run);
  if (!entries && entries.error().kind == ErrorKind::NotAllowed) return unreadable(world, entries.error(), *run);
  if (!entries) return complain(world, entries.error());
  if (entries->empty())
    return complain(world, Error{ErrorKind::NotFound,
                                 fmt::format("The journal knows nothing of run {}: tykup history lists the runs; what is old may have "
                                             "been rotated away (see journald.conf(5)).",
                                             printable(*run))});
  if (asked.json) {
    world.screen.out << log_json(*run, *entries).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    world.screen.out << render_log(world.view(), *entries);
  }
  return ExitCode::Fine;
}

}  // namespace tykup::cli
