#pragma once

#include <string>

#include "daemon/cli/ports.hpp"

namespace tykup::systemd {

/// The journal of this host as the operator's command reads it, with the rights of whoever calls it.
class RunJournal final : public cli::Journal {
 public:
  /// `directory` empty: the journal of this host; tests read one of their own.
  explicit RunJournal(std::string directory = {}) : directory_(std::move(directory)) {}

  /// Entries that tykupd and the executor bound to the run, and the lines that programs wrote in the executor's jobs of that
  /// run. What other units claim is left out. The last `kMostEntries` at most.
  Result<std::vector<cli::LogEntry>> of_run(std::string const& run) override;

  static constexpr std::size_t kMostEntries = 10'000;

 private:
  std::string directory_;
};

}  // namespace tykup::systemd
