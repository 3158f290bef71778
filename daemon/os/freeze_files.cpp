#include "daemon/os/freeze_files.hpp"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <utility>

#include "daemon/os/ics_reader.hpp"

namespace tykup::os {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint32_t kWords = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// A change is seldom one event: the old file moves away, the new one comes, its rights are set.
constexpr auto kSettle = 200ms;
constexpr auto kLookWithoutKernel = 1min;

/// What tells one state of a file from another, its contents unread; "-" where there is none.
std::string signature(std::string const& file) {
  struct stat now {};
  if (::stat(file.c_str(), &now) != 0) return "-";
  return fmt::format("{}:{}:{}:{}.{}:{}.{}:{}:{}:{}", now.st_dev, now.st_ino, now.st_size, now.st_mtim.tv_sec,
                     now.st_mtim.tv_nsec, now.st_ctim.tv_sec, now.st_ctim.tv_nsec, now.st_mode, now.st_uid, now.st_gid);
}

/// The folders in which something may change what opening `file` gives: its own, and the one that links lead to.
std::vector<std::string> folders_of(std::string const& file) {
  std::vector<std::string> folders{fs::path(file).parent_path().string()};
  std::error_code error;
  auto const target = fs::canonical(file, error);
  if (!error) folders.push_back(target.parent_path().string());
  return folders;
}

}  // namespace

InotifyFreezeFiles::InotifyFreezeFiles(asio::any_io_executor executor) : kernel_(executor) {
  int const fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd >= 0) kernel_.assign(fd);
}

Result<std::vector<Freeze>> InotifyFreezeFiles::read(FreezeCalendar const& calendar, Interval range) {
  return read_ics_file(calendar, range);
}

void InotifyFreezeFiles::watch(std::vector<std::string> const& files) {
  files_ = files;
  arm();
  // Whoever waits for the kernel's word looks at the clock instead.
  if (!complete_ && kernel_.is_open()) kernel_.cancel();
}

void InotifyFreezeFiles::arm() {
  auto const before = std::exchange(watches_, {});
  complete_ = kernel_.is_open();
  for (auto const& file : files_) {
    for (auto const& folder : folders_of(file)) complete_ = watch_folder(folder) && complete_;
  }
  for (int const old : before) {
    bool const wanted = std::ranges::find(watches_, old) != watches_.end();
    if (!wanted) ::inotify_rm_watch(kernel_.native_handle(), old);
  }
  // What was told up to here shows in the files themselves.
  discard_words();
  seen_ = look();
}

bool InotifyFreezeFiles::watch_folder(std::string const& folder) {
  if (!kernel_.is_open()) return false;
  for (fs::path path = folder;; path = path.parent_path()) {
    int const watch = ::inotify_add_watch(kernel_.native_handle(), path.c_str(), kWords);
    if (watch >= 0) {
      if (std::ranges::find(watches_, watch) == watches_.end()) watches_.push_back(watch);
      // What lies below a folder that we may not read, or that is not there yet, is seen from above it, later.
      return true;
    }
    bool const higher = errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    if (!higher || path == path.parent_path()) return false;
  }
}

std::string InotifyFreezeFiles::look() const {
  std::string all;
  for (auto const& file : files_) all += signature(file) + "\n";
  return all;
}

agent::Awaitable<void> InotifyFreezeFiles::changed() {
  for (;;) {
    co_await await_word();
    asio::steady_timer settle(kernel_.get_executor(), kSettle);
    co_await settle.async_wait(asio::use_awaitable);
    auto const before = seen_;
    // Links may lead elsewhere by now.
    arm();
    if (seen_ != before) co_return;
  }
}

agent::Awaitable<void> InotifyFreezeFiles::await_word() {
  if (complete_) {
    auto const token = asio::as_tuple(asio::use_awaitable);
    co_await kernel_.async_wait(asio::posix::stream_descriptor::wait_read, token);
    co_return;
  }
  asio::steady_timer minute(kernel_.get_executor(), kLookWithoutKernel);
  co_await minute.async_wait(asio::use_awaitable);
}

void InotifyFreezeFiles::discard_words() {
  std::array<char, 4096> words{};
  while (kernel_.is_open() && ::read(kernel_.native_handle(), words.data(), words.size()) > 0) continue;
}

}  // namespace tykup::os
