#include "pkg/rpm/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <rpm/rpmmacro.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "pkg/rpm/database.hpp"
#include "pkg/rpm/library.hpp"

namespace tykup::pkg::rpm {
namespace fs = std::filesystem;
namespace {

bool lives(int pid) {
  return fs::exists(fmt::format("/proc/{}/stat", pid));
}

Result<void> write_pid(int file, std::string const& path) {
  auto const text = std::to_string(getpid());
  if (ftruncate(file, 0) == 0 && pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    return {};
  return fail(errno == ENOSPC ? ErrorKind::NoSpace : ErrorKind::Internal,
              fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
}

/// dnf's own rules: the file is looked at under a short flock; who stands in it and lives has the lock.
Result<void> take_pid_file(int file, std::string const& path) {
  if (flock(file, LOCK_EX | LOCK_NB) != 0) return fail(ErrorKind::LockHeld, "a process that was faster");
  std::array<char, 20> text{};
  auto const length = pread(file, text.data(), text.size(), 0);
  if (length <= 0) return write_pid(file, path);
  int pid = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + length, pid);
  if (failed != std::errc{} || pid <= 0) {
    return fail(ErrorKind::LockHeld, "something that is no pid; if no dnf is at work, remove the file");
  }
  if (pid == getpid() || !lives(pid)) return write_pid(file, path);
  return fail(ErrorKind::LockHeld, describe_process(pid));
}

}  // namespace

std::string rpm_lock_file(RpmPaths const& paths) {
  auto* expanded = rpmExpand("%{?_rpmlock_path}", nullptr);
  std::string const path = expanded;
  free(expanded);
  return path.empty() ? database_folder(paths) + ".rpm.lock" : below_root(paths, path);
}

Result<DnfLock> DnfLock::take(RpmPaths const& paths, Duration wait, ProgressSink const& progress) {
  auto const path = below_root(paths, "/var/lib/dnf/rpmdb_lock.pid");
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  auto const attempt = [&]() -> Result<void> {
    int const file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) return fail(ErrorKind::Internal, fmt::format("{} cannot be opened: {}", path, std::strerror(errno)));
    auto taken = take_pid_file(file, path);
    close(file);
    return taken;
  };
  if (auto got = retry_lock(path, wait, progress, attempt); !got) return fail(got.error());
  return DnfLock(path);
}
DnfLock::DnfLock(DnfLock&& other) noexcept : file_(std::exchange(other.file_, {})) {}
DnfLock::~DnfLock() {
  if (!file_.empty()) unlink(file_.c_str());
}

Result<TransactionLock> TransactionLock::take(RpmPaths const& paths, Duration wait, ProgressSink const& progress) {
  auto const begin = std::chrono::steady_clock::now();
  auto dnf = DnfLock::take(paths, wait, progress);
  if (!dnf) return fail(dnf.error());
  auto const spent = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
  auto rpm = FileLock::take(rpm_lock_file(paths), std::max(Duration{0}, wait - spent), progress);
  if (!rpm) return fail(rpm.error());
  return TransactionLock(std::move(*dnf), std::move(*rpm));
}

}  // namespace tykup::pkg::rpm
