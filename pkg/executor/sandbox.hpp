#pragma once

#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/topology.hpp"

namespace tykup::executor {

/// A file of the host as the program in the sandbox sees it, read-only.
struct ShownFile {
  std::string file;
  std::string as;
};

/// A program whose word is wanted and whose deeds are not.
struct SandboxedProgram {
  std::vector<std::string> command;      ///< the first is its path as it is shown
  std::vector<ShownFile> shown;
  std::vector<std::string> hidden = {};  ///< files and folders of the host that it must not read
  Duration limit = std::chrono::seconds{60};
};

struct SandboxEnd {
  enum class Kind {
    Exited,      ///< `status` is its own
    Killed,      ///< by a signal, `status`
    OutOfTime,
    OutOfMemory,
    NotStarted,  ///< it is no program that this host can run
  } kind = Kind::Exited;
  int status = 0;
  std::string output = {};  ///< both streams, the first 64 KiB
};

/// Runs a program without network, privileges, writable files or a user of this host, in bounded memory and time.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  /// Ends with the program, or at its limit with a little more. UnitFailed: there is no such sandbox on this host, with
  /// why; the program was not run.
  virtual Result<SandboxEnd> run(SandboxedProgram const& program) = 0;
};

/// What a component's process is told and a program that is only asked must not read.
std::vector<std::string> secrets_of(Component const& component);

/// "it was killed by signal 11", "it ended with status 2", … of an end that is not success.
std::string words_of(SandboxEnd const& end);

}  // namespace tykup::executor
