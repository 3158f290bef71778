#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup::executor {

/// An open descriptor, closed at the end.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(Fd const&) = delete;
  Fd& operator=(Fd const&) = delete;
  ~Fd();
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// "cannot open /x: permission denied"; NoSpace where the file system is full, Internal else.
Error file_error(std::string const& what, std::string const& path, int code);

/// The whole file; NotFound where there is none, BadRequest where it is larger than `limit`.
Result<std::string> read_file(std::string const& path, std::size_t limit = std::size_t{16} << 20);

/// Either the old contents or the new ones are there, whatever happens: temporary file, fsync, rename, fsync of the
/// folder. Mode 0600.
Result<void> write_durably(std::string const& path, std::string const& contents);

/// Makes the folder and its parents, 0700.
Result<void> make_folder(std::string const& path);
Result<void> sync_folder(std::string const& path);

bool exists(std::string const& path);

/// Of this boot of the host, "unknown" where nobody tells. `file` is the kernel's.
std::string boot_id(std::string const& file);

/// Lower-case hex SHA-256 of the file, symlinks not followed ("link:TARGET" for one); NotFound where there is none.
Result<std::string> digest_of_file(std::string const& path);
std::string digest_of(std::string const& text);

/// The folder of a host's file, opened, after a walk in which every symlink was root's own (uid 0 and in a folder that
/// only root may write to); NotAllowed names one that is not. What is written below this descriptor lands where the
/// path says, and nobody else can lead root elsewhere.
Result<Fd> trusted_folder(std::string const& path);

}  // namespace tykup::executor
