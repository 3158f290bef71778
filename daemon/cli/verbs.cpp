#include "daemon/cli/verbs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ostream>

#include "daemon/cli/document.hpp"
#include "daemon/cli/render.hpp"

namespace tykup::cli {
namespace {

std::string how_to_start(std::string const& config_file) {
  if (::access(config_file.c_str(), F_OK) == 0) {
    return "  → start it: sudo systemctl start tykupd\n"
           "  → if it does not stay up, the journal says why: journalctl -u tykupd -e\n";
  }
  return fmt::format(
      "  {0} does not exist, and tykupd starts only with it.\n"
      "  → begin with the example: sudo cp /usr/share/doc/tykup/examples/tykup.toml {0}\n"
      "  → check it: tykup check-config\n"
      "  → then: sudo systemctl start tykupd\n",
      config_file);
}

template <typename Render>
ExitCode show(World& world, Answer<std::string> answer, bool json, Render const& render) {
  auto const document = document_of(std::move(answer));
  if (!document) return complain(world, document.error());
  if (json) {
    print_unchanged(world, document->text);
  } else {
    world.screen.out << render(world.view(), document->json);
  }
  return ExitCode::Fine;
}

}  // namespace

View World::view() const {
  auto view = screen.view;
  view.now = now();
  if (screen.size) {
    auto const size = screen.size();
    view.width = size.columns;
    view.height = size.rows;
  }
  return view;
}

ExitCode complain(World& world, Refusal const& refusal) {
  auto& err = world.screen.err;
  auto const message = printable(refusal.error.message);
  if (refusal.kind == Refusal::Kind::Unreachable) {
    err << "tykup: tykupd does not answer: " << message << "\n" << how_to_start(world.config_file);
  } else if (refusal.kind == Refusal::Kind::Denied) {
    err << "tykup: not permitted: " << message << "\n  → ask as root (sudo), or let polkit allow it to you\n";
  } else {
    err << "tykup: " << message << "\n";
  }
  if (refusal.kind == Refusal::Kind::Failed && !refusal.error.detail.empty()) {
    err << paragraph(world.view(), "  ", "  ", printable(refusal.error.detail));
  }
  err.flush();
  return exit_code_of(refusal);
}

ExitCode complain(World& world, Error const& error) {
  return complain(world, Refusal{Refusal::Kind::Failed, error});
}

Answer<Document> document_of(Answer<std::string> answer) {
  if (!answer) return tl::unexpected<Refusal>(answer.error());
  auto parsed = parse_document(*answer);
  if (!parsed) return tl::unexpected<Refusal>(Refusal{Refusal::Kind::Failed, parsed.error()});
  return Document{*std::move(answer), *std::move(parsed)};
}

void print_unchanged(World& world, std::string const& text) {
  world.screen.out << text << (text.ends_with('\n') ? "" : "\n");
}

ExitCode show_status(World& world, verb::Status const& asked) {
  if (asked.watch) return watch_status(world, asked);
  auto const document = document_of(world.daemon.status());
  if (!document) return complain(world, document.error());
  if (asked.json) {
    print_unchanged(world, document->text);
  } else {
    world.screen.out << render_status(world.view(), document->json);
  }
  return attention(document->json).empty() ? ExitCode::Fine : ExitCode::Failed;
}

ExitCode show_plan(World& world, verb::Plan const& asked) {
  return show(world, world.daemon.plan(), asked.json, render_plan);
}

ExitCode show_history(World& world, verb::History const& asked) {
  auto const document = document_of(world.daemon.history(asked.run.empty() ? asked.limit : 1, asked.run));
  if (!document) return complain(world, document.error());
  auto const& runs = array_at(document->json, "runs");
  if (!asked.run.empty() && runs.empty()) {
    return complain(world,
                    Error{ErrorKind::NotFound,
                          fmt::format("There is no run {} in the history; tykup history lists them.", asked.run)});
  }
  if (asked.json) {
    print_unchanged(world, document->text);
  } else {
    world.screen.out << (asked.run.empty() ? render_history(world.view(), document->json)
                                           : render_run(world.view(), runs.front()));
  }
  return ExitCode::Fine;
}

ExitCode stop_run(World& world, verb::Stop const& asked) {
  if (auto const stopped = world.daemon.stop(); !stopped) return complain(world, stopped.error());
  return show(world, world.daemon.status(), asked.json, [](View const& view, nlohmann::json const& status) {
    auto const run = text_at(object_at(status, "run"), "id");
    return paragraph(
        view, "", "",
        run.empty() ? "The run has ended: tykup history." : fmt::format("Run {} ends after the step at work.", run));
  });
}

ExitCode perform(World& world, Verb const& asked) {
  struct Dispatch {
    World& world;
    ExitCode operator()(verb::Status const& v) const { return show_status(world, v); }
    ExitCode operator()(verb::Plan const& v) const { return show_plan(world, v); }
    ExitCode operator()(verb::Check const& v) const { return check_now(world, v); }
    ExitCode operator()(verb::Run const& v) const { return run_now(world, v); }
    ExitCode operator()(verb::Rollback const& v) const { return roll_back(world, v); }
    ExitCode operator()(verb::Stop const& v) const { return stop_run(world, v); }
    ExitCode operator()(verb::History const& v) const { return show_history(world, v); }
    ExitCode operator()(verb::Log const& v) const { return show_log(world, v); }
    ExitCode operator()(verb::Windows const& v) const { return show_windows(world, v); }
    ExitCode operator()(verb::CheckConfig const& v) const { return check_config(world, v); }
    ExitCode operator()(verb::Hold const& v) const { return hold(world, v); }
    ExitCode operator()(verb::Release const& v) const { return release(world, v); }
    ExitCode operator()(verb::Approve const& v) const { return approve(world, v); }
    ExitCode operator()(verb::ForgetBad const& v) const { return forget_bad(world, v); }
    ExitCode operator()(verb::KeepOff const& v) const { return keep_off(world, v); }
    ExitCode operator()(verb::Fleet const& v) const { return speak_to_fleet(world, v); }
    ExitCode operator()(verb::Complete const& v) const { return complete_words(world, v); }
    ExitCode operator()(verb::Subscribe const&) const { return ExitCode::Usage; }
  };
  return std::visit(Dispatch{world}, asked);
}

}  // namespace tykup::cli
