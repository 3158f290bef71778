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
constexpr char const* kUntil = "when it ends by itself: a date, \"2026-12-18 18:00\", or a time from now such as 3d";

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
  verb::Fleet fleet;
  std::vector<std::string> fleet_components;  ///< as they were typed: "gateway", "gateway=5.8.15"
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
  void add_fleet();
  CLI::App* add_fleet_word(CLI::App* fleet_app, char const* name, char const* help);
  void add_fleet_change(CLI::App* fleet_app, char const* name, char const* help, bool asks);
  void add_fleet_host(CLI::App* fleet_app, char const* name, char const* help, bool asks);
  void add_fleet_beginning(CLI::App* fleet_app, char const* name, char const* help, bool begins);
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
  add_fleet();
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
  now->add_flag("--outside-fleet", run.outside_fleet, "of a fleet: whatever the other hosts do; counts among them, and wants --reason");
  now->add_option("--reason", run.reason, "why outside the order, for those who read the fleet's history")->type_name("TEXT");
  name_steps(now);
  auto* const back = add_with_json("rollback", "take a component back to the version before, now, after a confirmation", rollback);
  back->add_option("component", rollback.component, "which")->required()->type_name("");
  back->add_flag("--yes", rollback.yes, "do not ask; for scripts");
  add_with_json("stop", "end the run after the step at work", stop);
}

void CommandLine::add_words() {
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

CLI::App* CommandLine::add_fleet_word(CLI::App* fleet_app, char const* name, char const* help) {
  auto* const sub = fleet_app->add_subcommand(name, help);
  sub->add_flag("--json", fleet.json, "print JSON, for programs");
  return sub;
}

void CommandLine::add_fleet_change(CLI::App* fleet_app, char const* name, char const* help, bool asks) {
  auto* const sub = add_fleet_word(fleet_app, name, help);
  sub->add_option("--reason", fleet.reason, "why, for those who read status and history")->type_name("TEXT");
  if (asks) sub->add_flag("--yes", fleet.yes, "do not ask; for scripts");
  if (std::string_view(name) == "resume") sub->add_flag("--after-restore", fleet.after_restore, "etcd was restored from a backup: as it is now it counts");
}

void CommandLine::add_fleet_host(CLI::App* fleet_app, char const* name, char const* help, bool asks) {
  add_fleet_change(fleet_app, name, help, asks);
  auto* const sub = fleet_app->get_subcommand(name);
  sub->add_option("host", fleet.host, "which")->required()->type_name("");
  if (std::string_view(name) == "exclude") sub->add_flag("--stopped", fleet.stopped, "that host with MDCB or Dashboard is switched off");
}

void CommandLine::add_fleet_beginning(CLI::App* fleet_app, char const* name, char const* help, bool begins) {
  auto* const sub = add_fleet_word(fleet_app, name, help);
  sub->add_option("--component", fleet_components, "only that one; once for each, with a version as in gateway=5.8.15")->type_name("COMPONENT")->allow_extra_args(false);
  sub->add_option("--exclude", fleet.exclude, "a host that takes no part; once for each")->type_name("HOST")->allow_extra_args(false);
  sub->add_flag("--stopped", fleet.stopped, "excluded hosts with MDCB or Dashboard are switched off");
  if (!begins) return;
  sub->add_option("--reason", fleet.reason, "why, for those who read status and history")->type_name("TEXT");
  sub->add_flag("--yes", fleet.yes, "do not ask; for scripts");
}

void CommandLine::add_fleet() {
  auto* const sub = add("fleet", "the whole fleet: how it stands, its policy, its rollouts", fleet);
  sub->require_subcommand(1);
  auto* const now = add_fleet_word(sub, "status", "who is how far, who waits for whom, and what somebody has to do");
  now->add_flag("-w,--watch", fleet.watch, "keep showing it until Ctrl-C; where nobody looks on, a line for each change");
  add_fleet_word(sub, "history", "rollouts that have ended, and policies that were");
  add_fleet_beginning(sub, "plan", "what start would begin, and what speaks against it", false);
  add_fleet_beginning(sub, "start", "begin a rollout, after a confirmation", true);
  add_fleet_beginning(sub, "rollback", "take back what the last rollout did, in reverse order, after a confirmation", true);
  add_fleet_change(sub, "pause", "let nobody start another step", false);
  add_fleet_change(sub, "resume", "let a paused or stopped rollout go on", false);
  add_fleet_change(sub, "abort", "end the rollout; hosts stay as they are; after a confirmation", true);
  add_fleet_change(sub, "promote", "blue-green: let the next group go", false);
  add_fleet_host(sub, "exclude", "let the rollout go on without a host", false);
  add_fleet_host(sub, "retry", "let a host on which a step failed try again", false);
  add_fleet_host(sub, "forget", "take a host out of the fleet that does not come back", false);
  add_fleet_host(sub, "release-slot", "free the slot of a host that does not come back, after a confirmation", true);
add_fleet_change(sub, "freeze", "let no host begin a step until then, whether or not a rollout runs", false);
  sub->get_subcommand("freeze")->add_option("--until", fleet.until, kUntil)->required()->type_name("T");
  add_fleet_change(sub, "unfreeze", "end the freeze of the fleet", false);
  add_fleet_change(sub, "init", "make the cluster, with the policy of that file", false);
  sub->get_subcommand("init")->add_option("file", fleet.file, "the policy, TOML")->required()->type_name("FILE");
  add_fleet_change(sub, "policy", "write the policy of that file; without one: print the policy", false);
  sub->get_subcommand("policy")->add_option("file", fleet.file, "the policy, TOML")->type_name("FILE");
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

std::vector<std::string> fleet_words(CommandLine const& line) {
  std::vector<std::string> names;
  for (auto const* sub : line.app.get_subcommand("fleet")->get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

/// Nothing where the first word is a verb or an option of the command itself, and the next one a word to the fleet.
std::optional<Notice> mistyped_verb(CommandLine const& line, std::vector<std::string> const& arguments) {
  auto const is_word = [](auto const& word) { return !word.starts_with('-'); };
  auto const first = std::ranges::find_if(arguments, is_word);
  if (first == arguments.end()) return std::nullopt;
  auto const names = verb_names(line);
  if (std::ranges::find(names, *first) == names.end())
    return mistake(fmt::format("There is no verb \"{}\".{}", *first, did_you_mean(*first, names)));
  auto const second = *first == "fleet" ? std::find_if(first + 1, arguments.end(), is_word) : arguments.end();
  if (second == arguments.end()) return std::nullopt;
  auto const words = fleet_words(line);
  if (std::ranges::find(words, *second) != words.end()) return std::nullopt;
  return mistake(fmt::format("There is no \"{}\" for a fleet.{}", *second, did_you_mean(*second, words)), "fleet ");
}

CLI::App const* chosen(CommandLine const& line) {
  for (auto const& [sub, make] : line.verbs) {
    if (!sub->parsed()) continue;
    auto const words = sub->get_subcommands();
    return words.empty() ? sub : words.front();
  }
  return nullptr;
}

/// "fleet exclude": as it is typed.
std::string full_name(CommandLine const& line, CLI::App const& sub) {
  return sub.get_parent() == &line.app ? sub.get_name() : sub.get_parent()->get_name() + " " + sub.get_name();
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

/// What `tykup fleet` was asked for, in its place; the mistake where it cannot be done so.
std::optional<Notice> take_fleet(CommandLine& line) {
  auto const* const sub = chosen(line);
  if (sub == nullptr || sub->get_parent() == &line.app) return std::nullopt;
  line.fleet.word = sub->get_name();
  for (auto const& text : line.fleet_components) {
    if (text.find('=') == std::string::npos) {
      line.fleet.components.push_back(text);
      continue;
    }
    auto named = parse_named_version(text);
    if (!named) return mistake(fmt::format("--component: {}.", named.error().message), "fleet " + line.fleet.word + " ");
    line.fleet.components.push_back(named->component);
    line.fleet.versions.push_back(std::move(*named));
  }
  bool const asks = sub->get_option_no_throw("--yes") != nullptr;
  if (asks && line.fleet.json && !line.fleet.yes)
    return mistake(fmt::format("tykup fleet {0} --json cannot ask for a confirmation: add --yes.", line.fleet.word), "fleet " + line.fleet.word + " ");
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
  auto const what = fmt::format("tykup {} does not know \"{}\".{}", full_name(line, *sub), words.front(),
                                did_you_mean(words.front(), options));
  return mistake(what, full_name(line, *sub) + " ");
}

Notice describe(CommandLine const& line, CLI::ParseError const& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    bool const version = dynamic_cast<CLI::CallForVersion const*>(&error) != nullptr;
    return {ExitCode::Fine, version ? std::string(error.what()) + "\n" : line.app.help()};
  }
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
    return unexpected_word(line, error.what());
  auto const* const sub = chosen(line);
  return mistake(std::string(error.what()) + ".", sub == nullptr ? "" : full_name(line, *sub) + " ");
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
  if (line.run.outside_fleet && line.run.reason.empty())
    return mistake("tykup run --outside-fleet is recorded with its reason: add --reason.", "run ");
  if (!line.run.outside_fleet && !line.run.reason.empty())
    return mistake("tykup run takes a --reason only with --outside-fleet.", "run ");
  if (line.rollback.json && !line.rollback.yes)
    return mistake("tykup rollback --json cannot ask for a confirmation: add --yes.", "rollback ");
  if (auto notice = take_named_steps(line)) return *std::move(notice);
  if (auto notice = take_fleet(line)) return *std::move(notice);
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
