#pragma once

#include <sys/types.h>

#include <string>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "pkg/executor/files.hpp"

namespace tykup::executor {

/// Who is at the other end, by the kernel's word.
struct Peer {
  uid_t uid = static_cast<uid_t>(-1);
  pid_t pid = 0;
};

/// The accepted connection: one request line in, answer lines out.
class Connection {
 public:
  explicit Connection(Fd fd) : fd_(std::move(fd)) {}

  /// SO_PEERCRED; NotAllowed where the descriptor is no Unix socket.
  [[nodiscard]] Result<Peer> peer() const;

  /// The first line, without its end. BadRequest: nothing, or no whole line, within `limit`; more than `most` bytes.
  Result<std::string> read_line(Duration limit, std::size_t most);

  /// Sends a line that may be lost: a peer that does not read must not hold up the package manager.
  void try_send(std::string const& line);
  /// Sends a line, waiting at most `limit` for a slow peer. A peer that is gone is no error: the outcome is on record.
  void send(std::string const& line, Duration limit);

 private:
  Fd fd_;
  std::string pending_;  ///< the rest of a line of which a part is out
};

}  // namespace tykup::executor
