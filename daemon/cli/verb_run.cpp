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

namespace {

std::string question_of(verb::Run const& asked) {
  if (!asked.outside_fleet) return "This begins now, outside of any window.";
  return "This host goes now, outside of any window and whatever the rest of its fleet does.";
}

Answer<std::string> begin(World& world, verb::Run const& asked, std::string const& hash) {
  if (!asked.outside_fleet) return world.daemon.run(hash, asked.ignore_unhealthy, asked.override_freeze, asked.without_way_back);
  return world.daemon.run_outside_fleet({hash, asked.ignore_unhealthy, asked.override_freeze, asked.without_way_back, asked.reason});
}

/// A host of a fleet that has no slot yet.
ExitCode say_asked(World& world, verb::Run const& asked) {
  auto const status = document_of(world.daemon.status());
  if (!status) return complain(world, status.error());
  auto const when = asked.outside_fleet ? "It begins as soon as its packages and a slot of the fleet are there, within a minute of that without one."
                                        : "It begins when its slot of the fleet comes, within an hour or not at all.";
  if (asked.json) print_unchanged(world, status->text);
  else world.screen.out << paragraph(world.view(), "", "", std::string(when) + " tykup status --watch shows it, tykup stop takes it back.");
  return ExitCode::Fine;
}

}  // namespace

ExitCode run_now(World& world, verb::Run const& asked) {
  if (auto const rested = await_rest(world, {"refreshing", "inspecting", "downloading"}); !rested)
    return complain(world, rested.error());
  auto const plan = document_of(asked.outside_fleet ? world.daemon.plan_outside_fleet() : world.daemon.plan());
  if (!plan) return complain(world, plan.error());
  bool const empty = array_at(plan->json, "steps").empty();
  if (!asked.json) world.screen.out << render_plan(world.view(), plan->json) << std::flush;
  if (empty) {
    if (asked.json) print_unchanged(world, plan->text);
    return ExitCode::NothingToDo;
  }
  if (!asked.yes && !confirmed(world.screen, "run", question_of(asked))) return ExitCode::NotConfirmed;
  auto const run = begin(world, asked, text_at(plan->json, "hash"));
  if (!run) return refused(world, run.error(), asked.outside_fleet ? "tykup run --outside-fleet" : "tykup plan");
  return run->empty() ? say_asked(world, asked) : follow_run(world, *run, asked.json);
}

}  // namespace tykup::cli
