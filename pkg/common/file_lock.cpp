#include "pkg/common/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "pkg/common/progress.hpp"

namespace tykup::pkg {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kAskAgain = std::chrono::milliseconds{200};

std::string read_file(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

std::string describe_process(int pid) {
  // A lock of an open file description or of another pid namespace bears no pid of ours.
  if (pid <= 0) return "a process that cannot be seen from here";
  auto const process = fmt::format("/proc/{}/", pid);
  auto name = read_file(process + "comm");
  name.erase(name.find_last_not_of('\n') + 1);
  auto command = read_file(process + "cmdline");
  while (!command.empty() && command.back() == '\0') command.pop_back();
  std::replace(command.begin(), command.end(), '\0', ' ');
  return fmt::format("{} (pid {}): {}", name.empty() ? "a process" : name, pid, command.empty() ? "?" : command);
}

std::optional<std::string> holder_of(std::string const& lock_file) {
  int const file = open(lock_file.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  auto lock = whole_file();
  bool const asked = fcntl(file, F_GETLK, &lock) == 0;
  close(file);
  if (!asked || lock.l_type == F_UNLCK) return std::nullopt;
  return describe_process(lock.l_pid);
}

Result<void> retry_lock(std::string const& file, Duration wait, ProgressSink const& progress,
                        std::function<Result<void>()> const& attempt) {
  auto const deadline = Clock::now() + wait;
  std::string named;
  for (;;) {
    auto who = holder_of(file);
    if (!who) {
      auto const got = attempt();
      if (got || got.error().kind != ErrorKind::LockHeld) return got;
      who = got.error().message;
    }
    if (Clock::now() >= deadline) {
      return fail(ErrorKind::LockHeld, fmt::format("{} is held by {}; waited {} for it", file, *who, to_human(wait)));
    }
    if (*who != named) report(progress, "waiting for lock", -1, named = *who);
    std::this_thread::sleep_for(std::min<Clock::duration>(kAskAgain, deadline - Clock::now()));
  }
}

Result<std::vector<std::string>> broken_now(std::function<Result<std::vector<std::string>>()> const& read,
                                            std::function<bool()> const& at_work, std::vector<std::string> const& own) {
  auto found = read();
  if (!found || found->empty()) return found;
  // He may have come to his end between the two: then the database is read once more.
  if (!at_work()) return read();
  std::erase_if(*found, [&](std::string const& entry) {
    return std::find(own.begin(), own.end(), entry.substr(0, entry.find(" ("))) == own.end();
  });
  return found;
}

Result<FileLock> FileLock::take(std::string const& file, Duration wait, ProgressSink const& progress) {
  int taken = -1;
  auto const attempt = [&]() -> Result<void> {
    int const descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (descriptor < 0) return fail(ErrorKind::Internal, fmt::format("{} cannot be opened: {}", file, std::strerror(errno)));
    auto lock = whole_file();
    if (fcntl(descriptor, F_SETLK, &lock) != 0) {
      close(descriptor);
      return fail(ErrorKind::LockHeld, "a process that was faster");
    }
    taken = descriptor;
    return {};
  };
  if (auto got = retry_lock(file, wait, progress, attempt); !got) return fail(got.error());
  return FileLock(taken);
}
FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace tykup::pkg
