#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::executor {

/// A unit with what only root's side needs of it.
struct Unit {
  UnitFacts facts;
  std::string type = {};                            ///< "simple", "oneshot", "dbus", …
  std::string result = {};                          ///< "success", "exit-code", "start-limit-hit", …
  bool transient = false;
  std::string fragment = {};                        ///< FragmentPath=: its file; below /run: made by a generator
  std::string source = {};                          ///< SourcePath=: what a generator made it from, an init script
  std::vector<std::string> required_by = {};        ///< RequiredBy=, RequisiteOf=, BoundBy=
  std::vector<std::string> wanted_by = {};
  std::map<std::string, std::string> environment = {};  ///< Environment=
  std::vector<std::string> environment_files = {};      ///< EnvironmentFile=, in order, patterns as written
};

/// What `systemctl list-units` shows of a unit.
struct UnitRow {
  std::string name;
  std::string load_state;
  std::string active_state;
  std::string sub_state;
};

/// The service manager. Each call ends in time; its errors name unit and cause.
class Units {
 public:
  virtual ~Units() = default;

  enum class Verb { Start, Stop, Restart };
  enum class FileState { Enabled, Disabled, Masked, Unmasked };

  /// A unit that does not exist is no error: its load state is "not-found".
  virtual Result<Unit> unit(std::string const& name) = 0;
  /// Every loaded unit of any kind.
  virtual Result<std::vector<UnitRow>> loaded() = 0;
  virtual Result<void> reload() = 0;
  /// Queues the job and waits for its end, which it listens for before. UnitFailed: it did not end well, with why.
  /// Stopping: the host is going down, or the job was dropped for another one.
  virtual Result<void> run(Verb verb, std::string const& name, Duration limit) = 0;
  virtual Result<void> set(FileState state, std::string const& name) = 0;
  virtual Result<void> reset_failed(std::string const& name) = 0;
  /// "running", "degraded", "starting", "stopping", …
  virtual Result<std::string> system_state() = 0;
};

}  // namespace tykup::executor
