#pragma once

#include <functional>
#include <string>

namespace tykup::pkg::rpm {

/// Collects what librpm says, as long as this lives, instead of letting it print. One at a time in a process.
class RpmLog {
 public:
  /// `hear` is told every line of a warning or worse as it comes.
  explicit RpmLog(std::function<void(std::string const&)> hear = {});
  RpmLog(RpmLog const&) = delete;
  RpmLog& operator=(RpmLog const&) = delete;
  ~RpmLog();

  /// Once more, where another library put its own listener in place and took it away.
  void listen() const;
  /// Warnings and errors so far, one a line, without "warning: " before them.
  [[nodiscard]] std::string words() const;
};

}  // namespace tykup::pkg::rpm
