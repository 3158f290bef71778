#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/word.hpp"

namespace tykup::cli {

/// Why the daemon did not do what it was asked.
struct Refusal {
  enum class Kind {
    Unreachable,  ///< nobody answers on the bus
    Denied,       ///< polkit said no
    Failed,       ///< the daemon answered with an error
  } kind = Kind::Failed;
  Error error;
};

template <typename T>
using Answer = tl::expected<T, Refusal>;

/// An entry of the journal, or a line that a program of the executor's wrote; empty texts where it does not say.
struct LogEntry {
  Instant at = {};
  int priority = 6;         ///< as syslog has it: 3 is an error, 4 a warning
  std::string source = {};  ///< "tykupd", "tykup-executor"
  std::string message = {};
  std::string event = {};
  std::string step = {};
  std::string component = {};
  std::string from = {};
  std::string to = {};
  std::string reason = {};
  std::string unit = {};
  std::string job = {};
};

/// The journal of this host.
class Journal {
 public:
  virtual ~Journal() = default;
  /// What the daemon and the executor said of a run, oldest first. NotAllowed: the caller may not read it.
  virtual Result<std::vector<LogEntry>> of_run(std::string const& run) = 0;
};

/// A run whatever the rest of the fleet does.
struct OutsideRun {
  std::string plan_hash;
  bool ignore_unhealthy = false;
  bool override_freeze = false;
  std::vector<NamedVersion> without_way_back = {};
  std::string reason = {};
};

/// The running tykupd as the command sees it. Every call connects when needed and ends within a few seconds, those that
/// may ask for a password within three minutes. JSON texts are those of daemon/wire/status_json.hpp.
class Daemon {
 public:
  virtual ~Daemon() = default;
  virtual Answer<std::string> status() = 0;
  virtual Answer<std::string> plan() = 0;
  /// Ended runs, newest first; only `run` where it is not empty.
  virtual Answer<std::string> history(unsigned limit, std::string const& run) = 0;
  virtual Answer<void> check() = 0;
  /// Starts the plan of that hash, returns the run's id; empty: it begins when its slot of the fleet comes. Failed with NotFound: the plan is another one by now.
  /// Steps without a way back go only where they are named; BadRequest: the plan has no such step.
  virtual Answer<std::string> run(std::string const& plan_hash, bool ignore_unhealthy, bool override_freeze,
                                  std::vector<NamedVersion> const& without_way_back) = 0;
  /// What `run_outside_fleet` would do, as `plan`. Failed with NotFound: the host belongs to no fleet.
  virtual Answer<std::string> plan_outside_fleet() = 0;
  virtual Answer<std::string> run_outside_fleet(OutsideRun const& asked) = 0;
  /// Where a component would go back to.
  virtual Answer<std::string> way_back(std::string const& component) = 0;
  /// Takes the component back to that version, returns the run's id. Failed with NotFound: it is another one by now.
  virtual Answer<std::string> roll_back(std::string const& component, std::string const& to) = 0;
  virtual Answer<void> stop() = 0;
  /// Passes an operator's word on; for an approval the plan's whole hash comes back.
  virtual Answer<std::string> tell(Word const& word) = 0;
  /// How the whole fleet stands. Failed with NotFound: the host belongs to none.
  virtual Answer<std::string> fleet() = 0;
  /// What a word to the fleet would do, and does. Failed with NotFound: it is not what was shown any more.
  virtual Answer<std::string> plan_fleet(std::string const& word) = 0;
  virtual Answer<std::string> steer_fleet(std::string const& word) = 0;
  /// Returns when the daemon reports a change or a signal comes, at the latest after `limit`; also without a daemon.
  virtual void wait(Duration limit) = 0;
};

}  // namespace tykup::cli
