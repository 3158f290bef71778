#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/rollout.hpp"

namespace tykup::systemd {

/// The 128-bit name of a kind of entry, 32 hex digits; systemd/catalog/tykup.catalog explains each.
std::string_view message_id(rollout::Said said);

/// The fields of an entry, "NAME=value", those without a value left out. MESSAGE comes first.
std::vector<std::string> journal_fields(rollout::Announcement const& announcement);

/// Writes structured entries.
class Journal {
 public:
  /// Takes one entry; 0, or a negative errno.
  using Send = std::function<int(std::vector<std::string> const&)>;

  /// To the journal of this host, or, where standard error is not connected to it (started by hand), to the log.
  Journal();
  explicit Journal(Send send) : send_(std::move(send)) {}

  /// An entry that cannot be written goes to the log with the reason; it is never lost silently.
  void write(rollout::Announcement const& announcement);

 private:
  Send send_;  ///< empty: to the log
};

}  // namespace tykup::systemd
