#pragma once

#include "pkg/common/file_lock.hpp"

namespace tykup::pkg::apt {

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

}  // namespace tykup::pkg::apt
