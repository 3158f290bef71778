#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pkg/package_manager.hpp"

namespace tykup::pkg {

/// "apt-get (pid 4711): apt-get -y upgrade", for messages about who is in the way.
std::string describe_process(int pid);

/// Who has a lock file: "apt-get (pid 4711): apt-get -y upgrade". Nothing: nobody. Never asked while we hold it
/// ourselves: closing a descriptor of the file would release our lock.
std::optional<std::string> holder_of(std::string const& lock_file);

/// Tries until `attempt` answers other than LockHeld or `wait` is over; LockHeld then names who holds `file`.
Result<void> retry_lock(std::string const& file, Duration wait, ProgressSink const& progress,
                        std::function<Result<void>()> const& attempt);

/// What `read` finds broken, "NAME (HOW)". While `at_work` says that somebody changes the database, that of `own` alone.
Result<std::vector<std::string>> broken_now(std::function<Result<std::vector<std::string>>()> const& read,
                                            std::function<bool()> const& at_work, std::vector<std::string> const& own);

/// A lock file of our own taking (POSIX record lock).
class FileLock {
 public:
  static Result<FileLock> take(std::string const& file, Duration wait, ProgressSink const& progress);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(FileLock const&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tykup::pkg
