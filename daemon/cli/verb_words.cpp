#include <fmt/format.h>

#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"
#include "daemon/cli/until.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/cli/when.hpp"

/// What an operator says: holds, approvals, versions to forget.
namespace tykup::cli {
namespace {

std::string named(std::string const& component) {
  return component.empty() ? std::string("everything") : component;
}

std::string until_text(View const& view, std::optional<Instant> const& until) {
  return until ? ", until " + when(view, *until) : std::string{};
}

std::string without_way_back_text(std::vector<NamedVersion> const& named) {
  return named.empty() ? std::string{} : ", without a way back for " + to_string(named);
}

/// The sentence, or the status for programs.
ExitCode told(World& world, bool json, std::string const& sentence) {
  if (!json) {
    world.screen.out << paragraph(world.view(), "", "", sentence);
    return ExitCode::Fine;
  }
  auto const status = document_of(world.daemon.status());
  if (!status) return complain(world, status.error());
  print_unchanged(world, status->text);
  return ExitCode::Fine;
}

/// What was typed is wrong: nothing was asked of the daemon.
ExitCode mistyped(World& world, Error const& error) {
  world.screen.err << "tykup: " << error.message << "\n";
  return ExitCode::Usage;
}

}  // namespace

ExitCode hold(World& world, verb::Hold const& asked) {
  auto const view = world.view();
  auto const until = parse_until(asked.until, view.now, view.zone);
  if (!until) return mistyped(world, until.error());
  if (auto const kept = world.daemon.tell(word::Hold{asked.component, *until, asked.reason}); !kept)
    return complain(world, kept.error());
  auto const command = asked.component.empty() ? std::string("tykup release") : "tykup release " + asked.component;
  return told(world, asked.json,
              fmt::format("Held: {}{}. {} ends the hold.", printable(named(asked.component)), until_text(view, *until), command));
}

ExitCode release(World& world, verb::Release const& asked) {
  if (auto const kept = world.daemon.tell(word::Release{asked.component}); !kept) return complain(world, kept.error());
  return told(world, asked.json, fmt::format("Released: {}.", printable(named(asked.component))));
}

ExitCode approve(World& world, verb::Approve const& asked) {
  auto const view = world.view();
  auto const until = parse_until(asked.until, view.now, view.zone);
  if (!until) return mistyped(world, until.error());
  auto const hash = world.daemon.tell(word::Approve{asked.plan, *until, asked.without_way_back});
  if (!hash) return complain(world, hash.error());
  return told(world, asked.json,
              fmt::format("Approved: plan {}{}{}. Another plan needs another approval.", hash->substr(0, 12),
                          until_text(view, *until), without_way_back_text(asked.without_way_back)));
}

ExitCode forget_bad(World& world, verb::ForgetBad const& asked) {
  if (auto const kept = world.daemon.tell(word::ForgetBad{asked.component}); !kept) return complain(world, kept.error());
  return told(world, asked.json,
              fmt::format("Forgotten: the versions of {} that failed here. The next plan may have them again.",
                          printable(named(asked.component))));
}

}  // namespace tykup::cli
