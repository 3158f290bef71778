#include <algorithm>
#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/verbs.hpp"

namespace tykup::cli {
namespace {

Error too_long(Duration limit) {
  return {ErrorKind::Busy,
          "tykupd did not come to rest within " + to_human(limit) + "; it goes on: tykup status shows what it does."};
}

}  // namespace

Answer<Document> await_rest(World& world, std::vector<std::string_view> const& busy) {
  auto const deadline = world.now() + world.patience.check;
  while (true) {
    auto document = document_of(world.daemon.status());
    if (!document) return document;
    if (std::ranges::find(busy, text_at(document->json, "state")) == busy.end()) return document;
    if (world.now() >= deadline) {
      return tl::unexpected<Refusal>(Refusal{Refusal::Kind::Failed, too_long(world.patience.check)});
    }
    world.daemon.wait(world.patience.glance);
  }
}

ExitCode check_now(World& world, verb::Check const& asked) {
  auto const before = document_of(world.daemon.status());
  if (!before) return complain(world, before.error());
  if (auto const begun = world.daemon.check(); !begun) return complain(world, begun.error());
  if (world.screen.live && !asked.json) world.screen.out << "Refreshing the subscriptions ...\n" << std::flush;
  auto const after = await_rest(world, {"refreshing", "inspecting"});
  if (!after) return complain(world, after.error());
  if (asked.json) {
    print_unchanged(world, after->text);
  } else {
    world.screen.out << render_news(world.view(), before->json, after->json);
  }
  bool const fine = subscription_problems(after->json).empty() && text_at(after->json, "hindrance").empty();
  return fine ? ExitCode::Fine : ExitCode::Failed;
}

}  // namespace tykup::cli
