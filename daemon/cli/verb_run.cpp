#include <istream>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

namespace tykup::cli {

bool confirmed(Screen& screen, std::string const& what) { return confirmed(screen, what, "This begins now, outside of any window."); }

bool confirmed(Screen& screen, std::string const& what, std::string const& question) {
  if (!screen.asks) {
    screen.err << "tykup: nobody is there to confirm the " << what
               << ": standard input is not a terminal. Add --yes in a script.\n";
    return false;
  }
  screen.out << "\n" << question << " Type yes to go on: " << std::flush;
  std::string word;
  std::getline(screen.in, word);
  if (word == "yes") return true;
  screen.err << "tykup: not confirmed; nothing was begun.\n";
  return false;
}

ExitCode refused(World& world, Refusal const& refusal, std::string const& look_again) {
  bool const other_plan = refusal.kind == Refusal::Kind::Failed && refusal.error.kind == ErrorKind::NotFound;
  auto const code = complain(world, refusal);
  if (!other_plan) return code;
  world.screen.err << "  → nothing was begun; look at it with " << look_again << " and ask again\n";
  return ExitCode::PlanChanged;
}

ExitCode run_now(World& world, verb::Run const& asked) {
  if (auto const rested = await_rest(world, {"refreshing", "inspecting", "downloading"}); !rested)
    return complain(world, rested.error());
  auto const plan = document_of(world.daemon.plan());
  if (!plan) return complain(world, plan.error());
  bool const empty = array_at(plan->json, "steps").empty();
  if (!asked.json) world.screen.out << render_plan(world.view(), plan->json) << std::flush;
  if (empty) {
    if (asked.json) print_unchanged(world, plan->text);
    return ExitCode::NothingToDo;
  }
  if (!asked.yes && !confirmed(world.screen, "run")) return ExitCode::NotConfirmed;
  auto const run = world.daemon.run(text_at(plan->json, "hash"), asked.ignore_unhealthy, asked.override_freeze,
                                    asked.without_way_back);
  if (!run) return refused(world, run.error(), "tykup plan");
  return follow_run(world, *run, asked.json);
}

}  // namespace tykup::cli
