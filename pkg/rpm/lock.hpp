#pragma once

#include "pkg/common/file_lock.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {

/// dnf's lock on the rpm database: a file with the pid of who works on it. dnf and we wait for one another by it; rpm
/// and libdnf do not know it.
class DnfLock {
 public:
  /// Waits until `wait` is over. LockHeld names the holder; the pid of a process that is gone is nobody's.
  static Result<DnfLock> take(RpmPaths const& paths, Duration wait, ProgressSink const& progress);
  DnfLock(DnfLock&& other) noexcept;
  DnfLock& operator=(DnfLock&&) = delete;
  DnfLock(DnfLock const&) = delete;
  ~DnfLock();

 private:
  explicit DnfLock(std::string file) : file_(std::move(file)) {}
  std::string file_;
};

/// Where rpm's own lock lies.
std::string rpm_lock_file(RpmPaths const& paths);

/// dnf's lock and rpm's own, both held to the end. librpm in this process takes its lock over ours, at once.
class TransactionLock {
 public:
  /// Waits for both together until `wait` is over. LockHeld names the holder.
  static Result<TransactionLock> take(RpmPaths const& paths, Duration wait, ProgressSink const& progress);

 private:
  TransactionLock(DnfLock dnf, FileLock rpm) : dnf_(std::move(dnf)), rpm_(std::move(rpm)) {}
  DnfLock dnf_;
  FileLock rpm_;
};

}  // namespace tykup::pkg::rpm
