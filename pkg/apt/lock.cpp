#include "pkg/apt/lock.hpp"

#include <apt-pkg/error.h>
#include <apt-pkg/pkgsystem.h>

#include <cerrno>

#include "pkg/apt/errors.hpp"
#include "pkg/apt/library.hpp"

namespace tykup::pkg::apt {
namespace {

Result<void> try_system_lock() {
  if (_system->Lock()) return {};
  auto const code = errno;
  auto const words = drain_errors();
  if (words.find("dpkg was interrupted") != std::string::npos) {
    return fail(ErrorKind::PackageBroken, "dpkg was interrupted and its journal is not empty; recover first", words);
  }
  if (code == EACCES || code == EAGAIN || words.find("is another process using it") != std::string::npos) {
    return fail(ErrorKind::LockHeld, "a process that was faster", words);
  }
  return fail(ErrorKind::Internal, "dpkg's lock cannot be taken: " + first_line(words), words);
}

}  // namespace

Result<PackageLock> PackageLock::take(Duration wait, ProgressSink const& progress) {
  auto const attempt = []() -> Result<void> {
    // A bare dpkg holds only the inner lock.
    if (auto const holder = holder_of(admin_dir() + "lock")) return fail(ErrorKind::LockHeld, *holder);
    return try_system_lock();
  };
  if (auto got = retry_lock(admin_dir() + "lock-frontend", wait, progress, attempt); !got) return fail(got.error());
  return PackageLock();
}
PackageLock::PackageLock(PackageLock&& other) noexcept : held_(std::exchange(other.held_, false)) {}
PackageLock::~PackageLock() {
  if (held_) _system->UnLock(true);
}

InnerLockLent::InnerLockLent() { _system->UnLockInner(true); }
// Taken back in any case: the release of both locks at the end closes both descriptors.
InnerLockLent::~InnerLockLent() { _system->LockInner(); }

}  // namespace tykup::pkg::apt
