#include <algorithm>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

namespace tykup::cli {
namespace {

bool looking(nlohmann::json const& status) {
  auto const state = text_at(status, "state");
  return state == "refreshing" || state == "inspecting";
}

bool has_problem(nlohmann::json const& component) {
  return !text_at(object_at(component, "subscription"), "problem").empty();
}

Error too_long(Duration limit) {
  return {ErrorKind::Busy, "The refresh did not end within " + to_human(limit) + "; it goes on: tykup status shows it."};
}

/// The status once the refresh is over.
Answer<Document> await_rest(World& world) {
  auto const deadline = world.now() + world.patience.check;
  while (true) {
    auto document = document_of(world.daemon.status());
    if (!document || !looking(document->json)) return document;
    if (world.now() >= deadline) {
      return tl::unexpected<Refusal>(Refusal{Refusal::Kind::Failed, too_long(world.patience.check)});
    }
    world.daemon.wait(world.patience.glance);
  }
}

}  // namespace

ExitCode check_now(World& world, verb::Check const& asked) {
  auto const before = document_of(world.daemon.status());
  if (!before) return complain(world, before.error());
  if (auto const begun = world.daemon.check(); !begun) return complain(world, begun.error());
  if (world.screen.live && !asked.json) world.screen.out << "Refreshing the subscriptions ...\n" << std::flush;
  auto const after = await_rest(world);
  if (!after) return complain(world, after.error());
  if (asked.json) {
    print_unchanged(world, after->text);
  } else {
    world.screen.out << render_news(world.view(), before->json, after->json);
  }
  return std::ranges::any_of(array_at(after->json, "components"), has_problem) ? ExitCode::Failed : ExitCode::Fine;
}

}  // namespace tykup::cli
