#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pkg/package_manager.hpp"

namespace tykup::pkg::apt {

/// Who has a lock file: "apt-get (pid 4711): apt-get -y upgrade". Nothing: nobody. Never asked while we hold it
/// ourselves: closing a descriptor of the file would release our lock.
std::optional<std::string> holder_of(std::string const& lock_file);

/// Tries until `attempt` answers other than LockHeld or `wait` is over; LockHeld then names who holds `file`.
Result<void> retry_lock(std::string const& file, Duration wait, ProgressSink const& progress,
                        std::function<Result<void>()> const& attempt);

/// dpkg's front-end lock and its inner lock, as libapt-pkg holds them; released at the end.
class PackageLock {
 public:
  /// Waits until `wait` is over. LockHeld names the holder; PackageBroken: dpkg's journal is dirty, `recover` first.
  static Result<PackageLock> take(Duration wait, ProgressSink const& progress);
  PackageLock(PackageLock&& other) noexcept;
  PackageLock& operator=(PackageLock&&) = delete;
  PackageLock(PackageLock const&) = delete;
  ~PackageLock();

 private:
  PackageLock() = default;
  bool held_ = true;
};

/// dpkg takes its inner lock itself: while this lives libapt-pkg has let go of it, and keeps the front-end lock.
class InnerLockLent {
 public:
  InnerLockLent();
  InnerLockLent(InnerLockLent const&) = delete;
  InnerLockLent& operator=(InnerLockLent const&) = delete;
  ~InnerLockLent();
};

/// A lock file of our own taking (POSIX record lock), for what libapt-pkg refuses or does not wait for.
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

}  // namespace tykup::pkg::apt
