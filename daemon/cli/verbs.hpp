#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cli/world.hpp"

/// The verbs and what they share. Internal to this folder.
namespace tykup::cli {

[[nodiscard]] ExitCode show_status(World& world, verb::Status const& asked);
[[nodiscard]] ExitCode watch_status(World& world, verb::Status const& asked);
[[nodiscard]] ExitCode show_plan(World& world, verb::Plan const& asked);
[[nodiscard]] ExitCode show_history(World& world, verb::History const& asked);
[[nodiscard]] ExitCode show_log(World& world, verb::Log const& asked);
[[nodiscard]] ExitCode check_now(World& world, verb::Check const& asked);
[[nodiscard]] ExitCode run_now(World& world, verb::Run const& asked);
[[nodiscard]] ExitCode roll_back(World& world, verb::Rollback const& asked);
[[nodiscard]] ExitCode stop_run(World& world, verb::Stop const& asked);
[[nodiscard]] ExitCode show_windows(World& world, verb::Windows const& asked);
[[nodiscard]] ExitCode check_config(World& world, verb::CheckConfig const& asked);
[[nodiscard]] ExitCode hold(World& world, verb::Hold const& asked);
[[nodiscard]] ExitCode release(World& world, verb::Release const& asked);
[[nodiscard]] ExitCode approve(World& world, verb::Approve const& asked);
[[nodiscard]] ExitCode keep_off(World& world, verb::KeepOff const& asked);
[[nodiscard]] ExitCode complete_words(World& world, verb::Complete const& asked);
[[nodiscard]] ExitCode speak_to_fleet(World& world, verb::Fleet const& asked);
[[nodiscard]] ExitCode forget_bad(World& world, verb::ForgetBad const& asked);

/// True if somebody typed yes to that question. Says itself why not.
[[nodiscard]] bool confirmed(Screen& screen, std::string const& what, std::string const& question);
/// True if somebody typed the word that a change beginning now wants. Says itself why not.
[[nodiscard]] bool confirmed(Screen& screen, std::string const& what);
/// Complains; PlanChanged where what was shown is not what would be done any more.
[[nodiscard]] ExitCode refused(World& world, Refusal const& refusal, std::string const& look_again);
/// Watches a run until it ends; Fine only if it is done, or has rolled back what it was to roll back.
[[nodiscard]] ExitCode follow_run(World& world, std::string const& run, bool json);

/// What is shown as it changes, until somebody ends it.
struct Watched {
  std::function<Answer<std::string>()> look;
  std::function<std::string(View const&, nlohmann::json const&)> render;
  /// What happened between two sightings, a line each; the first may be empty.
  std::function<std::vector<std::string>(View const&, nlohmann::json const&, nlohmann::json const&)> lines;
  /// Without what changes with the time alone.
  std::function<nlohmann::json(nlohmann::json)> what_counts;
};
[[nodiscard]] ExitCode watch(World& world, Watched const& watched, bool json);

/// Says on standard error why the daemon did not do it, and what to do.
[[nodiscard]] ExitCode complain(World& world, Refusal const& refusal);
[[nodiscard]] ExitCode complain(World& world, Error const& error);

/// A document of the daemon: its text unchanged, and what it says.
struct Document {
  std::string text;
  nlohmann::json json;
};
[[nodiscard]] Answer<Document> document_of(Answer<std::string> answer);

/// The status once it is in none of these states, bounded by the world's patience.
[[nodiscard]] Answer<Document> await_rest(World& world, std::vector<std::string_view> const& busy);

/// The text as the daemon gave it, ended by one newline.
void print_unchanged(World& world, std::string const& text);

}  // namespace tykup::cli
