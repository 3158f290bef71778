#pragma once

#include <string>
#include <variant>
#include <vector>

#include "daemon/cli/exit_code.hpp"
#include "daemon/cli/vocabulary.hpp"
#include "daemon/core/named_version.hpp"

namespace tykup::cli {

/// What was asked for, one type for each verb.
namespace verb {
struct Status {
  bool watch = false;  ///< until somebody ends it
  bool json = false;
};
struct Plan {
  bool json = false;
};
struct Check {
  bool json = false;
};
struct Run {
  bool yes = false;
  bool ignore_unhealthy = false;
  bool override_freeze = false;
  std::vector<NamedVersion> without_way_back = {};
  bool outside_fleet = false;
  std::string reason = {};  ///< of that
  bool json = false;
};
struct Rollback {
  std::string component = {};
  bool yes = false;
  bool json = false;
};
struct Stop {
  bool json = false;
};
struct History {
  std::string run = {};  ///< empty: the last `limit` runs
  unsigned limit = 10;
  bool json = false;
};
struct Log {
  std::string run = {};  ///< empty: the newest
  bool json = false;
};
struct Windows {
  std::string config_file;
  std::string component = {};
  std::string from = {};  ///< a date or an instant as somebody wrote it; empty: now
  unsigned count = 5;
  bool json = false;
};
struct CheckConfig {
  std::string config_file;
  bool json = false;
};
/// `until` is as it was typed: a date, an instant, or a length of time from now.
struct Hold {
  std::string component = {};  ///< empty: everything
  std::string until = {};
  std::string reason = {};
  bool json = false;
};
struct Release {
  std::string component = {};  ///< empty: every hold
  bool json = false;
};
struct Approve {
  std::string plan = {};
  std::string until = {};
  std::vector<NamedVersion> without_way_back = {};
  bool json = false;
};
struct ForgetBad {
  std::string component = {};  ///< empty: of all
  bool json = false;
};
/// Handed to root's own command as it is.
struct Subscribe {
  std::vector<std::string> arguments = {};
};
/// Root's own: other updaters are told to leave our packages alone.
struct KeepOff {
  std::string config_file;
  bool undo = false;
  bool json = false;
};
/// The whole fleet, by that word: "status", "start", …
struct Fleet {
  std::string word = {};
  std::string file = {};  ///< init, policy
  std::string host = {};  ///< exclude, retry, forget, release-slot
  std::string reason = {};
  std::string until = {};  ///< freeze; as it was typed
  std::vector<NamedVersion> versions = {};
  std::vector<std::string> components = {};
  std::vector<std::string> exclude = {};
  bool stopped = false;        ///< what is excluded is switched off
  bool after_restore = false;
  bool yes = false;
  bool watch = false;
  bool json = false;
};
/// For shells, and in no help: what may stand in the place of the last word.
struct Complete {
  std::vector<std::string> words = {};
};
}  // namespace verb

using Verb = std::variant<verb::Status, verb::Plan, verb::Check, verb::Run, verb::Rollback, verb::Stop, verb::History, verb::Log, verb::Windows,
                          verb::CheckConfig, verb::Hold, verb::Release, verb::Approve, verb::ForgetBad, verb::Subscribe, verb::KeepOff, verb::Fleet, verb::Complete>;

/// Text to print instead of doing something: help and version on standard output with 0, mistakes on standard error.
struct Notice {
  ExitCode code = ExitCode::Usage;
  std::string text;
};

inline constexpr char const* kDefaultConfigFile = "/etc/tykup/tykup.toml";

/// The command line without the program's name. A mistyped verb or option is answered with the nearest one.
[[nodiscard]] std::variant<Verb, Notice> parse_arguments(std::vector<std::string> const& arguments);

/// The words that it knows.
[[nodiscard]] Vocabulary vocabulary();

}  // namespace tykup::cli
