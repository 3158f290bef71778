#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

namespace tykup::cli {

ExitCode roll_back(World& world, verb::Rollback const& asked) {
  if (auto const rested = await_rest(world, {"refreshing", "inspecting", "downloading", "checking-plugins"}); !rested)
    return complain(world, rested.error());
  auto const way = document_of(world.daemon.way_back(asked.component));
  if (!way) return complain(world, way.error());
  bool const is_possible = true_at(way->json, "possible");
  if (!asked.json) world.screen.out << render_way_back(world.view(), way->json) << std::flush;
  if (asked.json && !is_possible) print_unchanged(world, way->text);
  if (!is_possible) return ExitCode::Failed;
  if (!asked.yes && !confirmed(world.screen, "rollback")) return ExitCode::NotConfirmed;
  auto const run = world.daemon.roll_back(asked.component, text_at(way->json, "to"));
  if (!run) return refused(world, run.error(), "tykup rollback " + asked.component);
  return follow_run(world, *run, asked.json);
}

}  // namespace tykup::cli
