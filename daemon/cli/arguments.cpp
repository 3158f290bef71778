#include "daemon/cli/arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "daemon/core/config.hpp"

namespace tykup::cli {
namespace {

constexpr unsigned kMostRuns = 1000;
constexpr unsigned kMostOpenings = 1000;

/// The parser with the values that it fills.
struct CommandLine {
  CLI::App app{"Unattended upgrades for the Tyk stack: the operator's command of tykupd.", "tykup"};
  std::vector<std::pair<CLI::App*, std::function<Verb()>>> verbs;
  verb::Status status;
  verb::Plan plan;
  verb::Check check;
  verb::Run run;
  verb::Rollback rollback;
  verb::Stop stop;
  verb::History history;
  verb::Log log;
  verb::Windows windows{.config_file = kDefaultConfigFile};
  verb::CheckConfig check_config{.config_file = kDefaultConfigFile};
  verb::Hold hold;
  verb::Release release;
  verb::Approve approve;
  verb::ForgetBad forget_bad;
  verb::Subscribe subscribe;
  verb::KeepOff keep_off{.config_file = kDefaultConfigFile};
  std::vector<std::string> without_way_back;  ///< as it was typed, for run or for approve

  CommandLine();

 private:
  template <typename V>
  CLI::App* add(char const* name, char const* help, V& values) {
    auto* const sub = app.add_subcommand(name, help);
    verbs.emplace_back(sub, [&values] { return Verb{values}; });
    return sub;
  }
  template <typename V>
  CLI::App* add_with_json(char const* name, char const* help, V& values) {
    auto* const sub = add(name, help, values);
    sub->add_flag("--json", values.json, "print JSON, for programs");
    return sub;
  }
  void name_steps(CLI::App* sub) {
    sub->add_option("--without-way-back", without_way_back,
                    "let that step go although there is no way back from it; once for each, such as dashboard=5.3.0")
        ->type_name("COMPONENT=VERSION")
        ->allow_extra_args(false);
  }
  void add_questions();
  void add_changes();
  void add_words();
  void add_local();
};

CommandLine::CommandLine() {
  app.set_version_flag("--version", "tykup " TYKUP_VERSION);
  app.require_subcommand(1);
  app.footer(exit_code_table() +
             "\nConfiguration: /etc/tykup/tykup.toml and /etc/tykup/tykup.toml.d/*.toml\n"
             "Journal: journalctl -u tykupd");
  add_questions();
  add_changes();
  add_words();
  add_local();
}

void CommandLine::add_questions() {
  auto* const now = add_with_json("status", "what tykupd does now, what is next, and why components stay", status);
  now->add_flag("-w,--watch", status.watch, "keep showing it until Ctrl-C; where nobody looks on, a line for each change");
  add_with_json("plan", "the steps of the next run, and why the other components stay", plan);
  auto* const past = add_with_json("history", "runs that have ended; RUN: one of them in detail", history);
  auto* const said = add_with_json("log", "what tykupd and its executor said of a run, from the journal", log);
  said->add_option("run", log.run, "id of a run; none: the newest")->type_name("");
  past->add_option("run", history.run, "id of a run")->type_name("");
  past->add_option("-n,--limit", history.limit, "how many runs (10)")->check(CLI::Range(1U, kMostRuns))->type_name("N");
}

void CommandLine::add_changes() {
  add_with_json("check", "refresh the subscriptions now and print what is new", check);
  auto* const now = add_with_json("run", "run the plan now, outside the window, after a confirmation", run);
  now->add_flag("--yes", run.yes, "do not ask; for scripts");
  now->add_flag("--ignore-unhealthy", run.ignore_unhealthy, "go on where a component is unhealthy before its step");
  now->add_flag("--override-freeze", run.override_freeze, "begin in spite of a [[freeze]]");
  name_steps(now);
  auto* const back = add_with_json("rollback", "take a component back to the version before, now, after a confirmation", rollback);
  back->add_option("component", rollback.component, "which")->required()->type_name("");
  back->add_flag("--yes", rollback.yes, "do not ask; for scripts");
  add_with_json("stop", "end the run after the step at work", stop);
}

void CommandLine::add_words() {
  constexpr char const* kUntil = "when it ends by itself: a date, \"2026-12-18 18:00\", or a time from now such as 3d";
  auto* const keep = add_with_json("hold", "keep a component, or everything, where it is", hold);
  keep->add_option("component", hold.component, "which; none: everything")->type_name("");
  keep->add_option("--until", hold.until, kUntil)->type_name("T");
  keep->add_option("--reason", hold.reason, "why, for those who read the status")->type_name("TEXT");
  auto* const let_go = add_with_json("release", "end the hold on a component, or every hold", release);
  let_go->add_option("component", release.component, "which; none: every hold")->type_name("");
  auto* const allow = add_with_json("approve", "let the plan of that hash run, or its steps without a way back", approve);
  allow->add_option("plan", approve.plan, "its hash, or the first eight digits of it or more")->required()->type_name("");
  allow->add_option("--until", approve.until, kUntil)->type_name("T");
  name_steps(allow);
  auto* const forget = add_with_json("forget-bad", "let versions that failed here be tried again", forget_bad);
  forget->add_option("component", forget_bad.component, "of which; none: of all")->type_name("");
}

void CommandLine::add_local() {
  auto* const preview = add_with_json("windows", "the next openings of the windows; works without tykupd", windows);
  preview->add_option("-n,--count", windows.count, "how many openings (5)")
      ->check(CLI::Range(1U, kMostOpenings))
      ->type_name("N");
  preview->add_option("--from", windows.from, "as seen from then: \"2026-12-18\" or \"2026-12-18 18:00\" (now)")->type_name("TIME");
  preview->add_option("--component", windows.component, "only the windows that this component may use")
      ->type_name("NAME");
  preview->add_option("--config", windows.config_file, "another configuration file")->type_name("FILE");
  auto* const lint =
      add_with_json("check-config", "print every defect of the configuration; works without tykupd", check_config);
  lint->add_option("--config", check_config.config_file, "another configuration file")->type_name("FILE");
  auto* const alone =
      add_with_json("keep-off", "keep unattended-upgrades and dnf-automatic off the packages that are tykup's (root)", keep_off);
  alone->add_flag("--undo", keep_off.undo, "take away what keep-off wrote");
  alone->add_option("--config", keep_off.config_file, "another configuration file")->type_name("FILE");
  add("subscribe", "subscribe this host to a component's repository (root)", subscribe);
}

std::vector<std::string> verb_names(CommandLine const& line) {
  std::vector<std::string> names;
  for (auto const& [sub, make] : line.verbs) names.push_back(sub->get_name());
  return names;
}

std::string did_you_mean(std::string const& given, std::vector<std::string> const& known) {
  auto const nearest = nearest_name(given, known);
  return nearest ? fmt::format(" Did you mean \"{}\"?", *nearest) : std::string{};
}

Notice mistake(std::string const& what, std::string const& where = "") {
  return {ExitCode::Usage, fmt::format("tykup: {} See tykup {}--help.\n", what, where)};
}

/// Nothing where the first word is a verb or an option of the command itself.
std::optional<Notice> mistyped_verb(CommandLine const& line, std::vector<std::string> const& arguments) {
  auto const first = std::ranges::find_if(arguments, [](auto const& word) { return !word.starts_with('-'); });
  if (first == arguments.end()) return std::nullopt;
  auto const names = verb_names(line);
  if (std::ranges::find(names, *first) != names.end()) return std::nullopt;
  return mistake(fmt::format("There is no verb \"{}\".{}", *first, did_you_mean(*first, names)));
}

CLI::App const* chosen(CommandLine const& line) {
  for (auto const& [sub, make] : line.verbs) {
    if (sub->parsed()) return sub;
  }
  return nullptr;
}

/// The steps that were named, in their place; the mistake where one is not typed as it should be.
std::optional<Notice> take_named_steps(CommandLine& line) {
  auto const* const sub = chosen(line);
  auto const verb = sub == nullptr ? std::string{} : sub->get_name();
  std::vector<NamedVersion> steps;
  for (auto const& text : line.without_way_back) {
    auto step = parse_named_version(text);
    if (!step) return mistake(fmt::format("--without-way-back: {}.", step.error().message), verb + " ");
    steps.push_back(std::move(*step));
  }
  line.run.without_way_back = steps;
  line.approve.without_way_back = std::move(steps);
  return std::nullopt;
}

/// The word that CLI11 did not expect, with the nearest option of its verb.
Notice unexpected_word(CommandLine const& line, std::string const& fallback) {
  auto const* const sub = chosen(line);
  auto const words = line.app.remaining(true);
  if (sub == nullptr || words.empty()) return mistake(fallback + ".");
  std::vector<std::string> options;
  for (auto const* option : sub->get_options()) {
    for (auto const& name : option->get_lnames()) options.push_back("--" + name);
  }
  auto const what = fmt::format("tykup {} does not know \"{}\".{}", sub->get_name(), words.front(),
                                did_you_mean(words.front(), options));
  return mistake(what, sub->get_name() + " ");
}

Notice describe(CommandLine const& line, CLI::ParseError const& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    bool const version = dynamic_cast<CLI::CallForVersion const*>(&error) != nullptr;
    return {ExitCode::Fine, version ? std::string(error.what()) + "\n" : line.app.help()};
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
    return unexpected_word(line, error.what());
  auto const* const sub = chosen(line);
  return mistake(std::string(error.what()) + ".", sub == nullptr ? "" : sub->get_name() + " ");
}

}  // namespace

std::variant<Verb, Notice> parse_arguments(std::vector<std::string> const& arguments) {
  CommandLine line;
  if (arguments.empty()) return Notice{ExitCode::Usage, line.app.help()};
  if (arguments.front() == "subscribe") return Verb{verb::Subscribe{{arguments.begin() + 1, arguments.end()}}};
  if (arguments.front() == "complete") return Verb{verb::Complete{{arguments.begin() + 1, arguments.end()}}};
  if (auto notice = mistyped_verb(line, arguments)) return *std::move(notice);
  try {
    line.app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (CLI::ParseError const& error) {
    return describe(line, error);
  }
  if (line.run.json && !line.run.yes)
    return mistake("tykup run --json cannot ask for a confirmation: add --yes.", "run ");
  if (line.rollback.json && !line.rollback.yes)
    return mistake("tykup rollback --json cannot ask for a confirmation: add --yes.", "rollback ");
  if (auto notice = take_named_steps(line)) return *std::move(notice);
  for (auto const& [sub, make] : line.verbs) {
    if (sub->parsed()) return make();
  }
  return mistake("A verb is missing.");
}

Vocabulary vocabulary() {
  CommandLine const line;
  Vocabulary known{words_of(line.app), {}};
  for (auto const& [sub, make] : line.verbs) known.verbs.push_back(words_of(*sub));
  auto const subscribe = std::ranges::find(known.verbs, "subscribe", &VerbWords::name);
  *subscribe = with_subscribe_options(std::move(*subscribe));
  return known;
}

}  // namespace tykup::cli
