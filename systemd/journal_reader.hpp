#pragma once

#include <cstddef>
#include <string>

#include "daemon/agent/ports.hpp"

namespace tykup::systemd {

/// Reads the journal of this host; opened for each question, so that rotation and vacuuming concern nobody and no
/// descriptor stays. Access needs the group systemd-journal.
class JournalReader {
 public:
  /// `directory` empty: the journal of this host; tests read one of their own.
  explicit JournalReader(std::string directory = {}) : directory_(std::move(directory)) {}

  /// The last `kMostLines` messages of processes of `unit` received at or after `since`, oldest first, each cut to
  /// `kMostBytes`. Lines of an invocation that began before `since` (the old process saying good-bye) are left out once
  /// the new one is known. `readable`: systemd itself said, from one second before `since` on, that it starts the unit:
  /// the second covers clocks read apart, and proves as well that the journal can be read and is up to date.
  [[nodiscard]] Result<agent::Host::JournalSight> read(std::string const& unit, Instant since) const;

  static constexpr std::size_t kMostLines = 500;
  static constexpr std::size_t kMostBytes = 4096;

 private:
  std::string directory_;
};

}  // namespace tykup::systemd
