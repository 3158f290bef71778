#include "daemon/os/store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tykup::os {

namespace {

std::string holder_of(int descriptor) {
  char text[32] = {};
  auto const got = pread(descriptor, text, sizeof text - 1, 0);
  std::string const pid(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  return pid.empty() ? "pid unknown" : "pid " + pid;
}

}  // namespace

Result<StoreLock> StoreLock::take(std::filesystem::path const& file) {
  int const descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    auto const why = std::system_category().message(errno);
    return fail(ErrorKind::StateUnusable, file.string() + " cannot be opened (" + why +
                                              "): its folder must exist and belong to the user of tykupd");
  }
  StoreLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::Busy, "another tykupd (" + holder_of(descriptor) + ") is at work and holds " +
                                     file.string() + ": stop it first, or leave the work to it");
  }
  auto const pid = std::to_string(getpid());
  if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, pid.data(), pid.size(), 0) < 0) {
    return fail(ErrorKind::StateUnusable,
                file.string() + " cannot be written: " + std::system_category().message(errno));
  }
  return lock;
}

StoreLock::StoreLock(StoreLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

StoreLock::~StoreLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace tykup::os
