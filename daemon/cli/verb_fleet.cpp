#include <fstream>
#include <optional>
#include <ostream>
#include <sstream>
#include <utility>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render_fleet.hpp"
#include "daemon/cli/until.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/core/fleet/policy_file.hpp"
#include "daemon/os/toml_reader.hpp"
#include "daemon/wire/fleet_saying.hpp"

/// `tykup fleet …`: what is asked of the whole fleet, and what is said to it.
namespace tykup::cli {
namespace {

namespace say = fleet::say;

ExitCode show_fleet(World& world, verb::Fleet const& asked) {
  if (asked.watch) {
    Watched const watched{[&] { return world.daemon.fleet(); }, render_fleet, fleet_lines, fleet_that_counts};
    return watch(world, watched, asked.json);
  }
  auto const document = document_of(world.daemon.fleet());
  if (!document) return complain(world, document.error());
  if (asked.json) print_unchanged(world, document->text);
  else world.screen.out << render_fleet(world.view(), document->json);
  return fleet_needs_attention(document->json) ? ExitCode::Failed : ExitCode::Fine;
}

ExitCode show_history(World& world, verb::Fleet const& asked) {
  auto const document = document_of(world.daemon.fleet());
  if (!document) return complain(world, document.error());
  if (asked.json) print_unchanged(world, document->text);
  else world.screen.out << render_fleet_history(world.view(), document->json);
  return ExitCode::Fine;
}

ExitCode show_policy(World& world, verb::Fleet const& asked) {
  auto const document = document_of(world.daemon.fleet());
  if (!document) return complain(world, document.error());
  auto const& policy = object_at(document->json, "policy");
  if (policy.empty()) return complain(world, Error{ErrorKind::NotFound, text_at(document->json, "text") + ": " + text_at(document->json, "remedy")});
  if (asked.json) print_unchanged(world, document->text);
  else world.screen.out << render_fleet_policy(policy);
  return ExitCode::Fine;
}

Result<fleet::Policy> policy_in(std::string const& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(ErrorKind::BadConfig, file + " cannot be read");
  auto const value = read_toml(text.str(), file);
  if (!value) return fail(value.error());
  return fleet::read_policy(*value);
}

fleet::Wanted wanted_of(verb::Fleet const& asked) { return {asked.versions, asked.components, asked.exclude, asked.stopped}; }

/// The word of that name; init and policy are said by their files.
fleet::Saying saying_of(verb::Fleet const& asked, std::string const& shown) {
  auto const& word = asked.word;
  if (word == "start" || word == "plan") return say::Start{wanted_of(asked), shown};
  if (word == "rollback") return say::Rollback{wanted_of(asked), shown};
  if (word == "resume") return say::Resume{asked.after_restore};
  if (word == "abort") return say::Abort{};
  if (word == "promote") return say::Promote{};
  if (word == "exclude") return say::Exclude{asked.host, asked.stopped};
  if (word == "retry") return say::Retry{asked.host};
  if (word == "forget") return say::Forget{asked.host};
  if (word == "release-slot") return say::ReleaseSlot{asked.host};
  if (word == "unfreeze") return say::Unfreeze{};
  return say::Pause{};
}

ExitCode tell(World& world, verb::Fleet const& asked, fleet::Saying const& saying) {
  auto const document = document_of(world.daemon.steer_fleet(wire::said_text({saying, asked.reason})));
  if (!document) {
    bool const shown = asked.word == "start" || asked.word == "rollback";
    return shown ? refused(world, document.error(), "tykup fleet " + std::string(asked.word == "start" ? "plan" : "rollback")) : complain(world, document.error());
  }
  if (asked.json) print_unchanged(world, document->text);
  else world.screen.out << render_fleet_change(world.view(), document->json);
  return ExitCode::Fine;
}

ExitCode tell_policy(World& world, verb::Fleet const& asked) {
  auto policy = policy_in(asked.file);
  if (!policy) {
    auto const& error = policy.error();
    world.screen.err << (error.detail.starts_with(error.message) ? error.detail : error.message + "\n" + error.detail) << "\n";
    return ExitCode::Failed;
  }
  fleet::Saying const saying = asked.word == "init" ? fleet::Saying{say::Init{std::move(*policy)}} : fleet::Saying{say::SetPolicy{std::move(*policy)}};
  return tell(world, asked, saying);
}

ExitCode tell_freeze(World& world, verb::Fleet const& asked) {
  auto const view = world.view();
  auto const until = parse_until(asked.until, view.now, view.zone);
  if (until && *until) return tell(world, asked, say::Freeze{**until});
  world.screen.err << "tykup: " << (until ? "--until is empty; a freeze ends by itself" : until.error().message) << "\n";
  return ExitCode::Usage;
}

/// What would come of it, on the screen; nothing is changed.
ExitCode show_plan(World& world, verb::Fleet const& asked, Document const& document) {
  if (asked.json && (asked.word == "plan" || !true_at(document.json, "possible"))) print_unchanged(world, document.text);
  if (!asked.json) world.screen.out << render_fleet_schedule(world.view(), document.json) << std::flush;
  if (true_at(document.json, "possible")) return ExitCode::Fine;
  return true_at(object_at(document.json, "schedule"), "nothing_to_do") ? ExitCode::NothingToDo : ExitCode::Failed;
}

std::string question_of(verb::Fleet const& asked) {
  if (asked.word == "start" || asked.word == "rollback") return "The rollout begins now; each host goes in its own window.";
  if (asked.word == "abort") return "The rollout ends; hosts that are done stay on the new version.";
  return "What " + printable(asked.host) + " has begun is not known to be over.";
}

/// Shown before, and done only so.
ExitCode ask_and_tell(World& world, verb::Fleet const& asked) {
  auto const planned = document_of(world.daemon.plan_fleet(wire::said_text({saying_of(asked, {}), asked.reason})));
  if (!planned) return complain(world, planned.error());
  auto const shown = show_plan(world, asked, *planned);
  if (shown != ExitCode::Fine || asked.word == "plan") return shown;
  if (!asked.yes && !confirmed(world.screen, asked.word, question_of(asked))) return ExitCode::NotConfirmed;
  return tell(world, asked, saying_of(asked, text_at(object_at(planned->json, "schedule"), "hash")));
}

}  // namespace

ExitCode speak_to_fleet(World& world, verb::Fleet const& asked) {
  auto const& word = asked.word;
  if (word == "status") return show_fleet(world, asked);
  if (word == "history") return show_history(world, asked);
  if (word == "policy" && asked.file.empty()) return show_policy(world, asked);
  if (word == "init" || word == "policy") return tell_policy(world, asked);
  if (word == "freeze") return tell_freeze(world, asked);
  bool const asks = word == "plan" || word == "start" || word == "rollback" || word == "abort" || word == "release-slot";
  return asks ? ask_and_tell(world, asked) : tell(world, asked, saying_of(asked, {}));
}

}  // namespace tykup::cli
