#include "pkg/executor/files.hpp"

#include "daemon/fault/fault.hpp"
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(char const* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), raw.data(), &size);
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
      constexpr char const* kDigits = "0123456789abcdef";
      out += kDigits[raw.at(i) >> 4U];
      out += kDigits[raw.at(i) & 15U];
    }
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

Result<void> write_all(int fd, std::string const& contents, std::string const& path) {
  for (std::size_t done = 0; done < contents.size();) {
    auto const written = write(fd, contents.data() + done, contents.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(file_error("cannot write", path, errno));
    done += static_cast<std::size_t>(written);
  }
  if (!fault::skipped(fault::Point::FileSync) && fsync(fd) != 0) return fail(file_error("cannot write", path, errno));
  return {};
}

std::string parent_of(std::string const& path) { return fs::path(path).parent_path().string(); }

/// A link that somebody but root could have made.
bool foreign_link(fs::path const& link) {
  struct stat own {};
  struct stat folder {};
  if (lstat(link.c_str(), &own) != 0 || !S_ISLNK(own.st_mode)) return false;
  if (stat(link.parent_path().c_str(), &folder) != 0) return true;
  bool const writable = (folder.st_mode & S_IWOTH) != 0 && (folder.st_mode & S_ISVTX) == 0;
  return own.st_uid != 0 || folder.st_uid != 0 || writable;
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Error file_error(std::string const& what, std::string const& path, int code) {
  bool const full = code == ENOSPC || code == EDQUOT;
  std::string message = what + " " + path + ": " + std::strerror(code);
  if (full) message += "; free some room on its file system";
  return {full ? ErrorKind::NoSpace : ErrorKind::Internal, std::move(message)};
}

Result<std::string> read_file(std::string const& path, std::size_t limit) {
  Fd const file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return fail(ErrorKind::NotFound, "there is no " + path);
  if (!file) return fail(file_error("cannot open", path, errno));
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    auto const got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot read", path, errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > limit)
      return fail(ErrorKind::BadRequest, path + " is larger than " + std::to_string(limit) + " bytes");
  }
}

Result<void> write_durably(std::string const& path, std::string const& contents) {
  std::string const temporary = path + ".tmp";
  Fd const file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail(file_error("cannot create", temporary, errno));
  if (auto written = write_all(file.get(), contents, temporary); !written) return written;
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail(file_error("cannot replace", path, errno));
  return sync_folder(parent_of(path));
}

Result<void> make_folder(std::string const& path) {
  if (path.empty() || path == "/" || exists(path)) return {};
  if (auto parent = make_folder(parent_of(path)); !parent) return parent;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail(file_error("cannot make the folder", path, errno));
  return sync_folder(parent_of(path));
}

Result<void> sync_folder(std::string const& path) {
  if (fault::skipped(fault::Point::FileSync)) return {};
  Fd const folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) return fail(file_error("cannot sync the folder", path, errno));
  return {};
}

std::string boot_id(std::string const& file) {
  auto const text = read_file(file);
  return text ? text->substr(0, text->find('\n')) : "unknown";
}

bool exists(std::string const& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

Result<std::string> digest_of_file(std::string const& path) {
  std::error_code error;
  if (fs::is_symlink(fs::symlink_status(path, error))) return "link:" + fs::read_symlink(path, error).string();
  Fd const file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && errno == ENOENT) return fail(ErrorKind::NotFound, "there is no " + path);
  if (!file) return fail(file_error("cannot open", path, errno));
  Sha256 digest;
  std::array<char, 65536> buffer{};
  for (;;) {
    auto const got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot read", path, errno));
    if (got == 0) return digest.hex();
    digest.add(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string digest_of(std::string const& text) {
  Sha256 digest;
  digest.add(text.data(), text.size());
  return digest.hex();
}

Result<Fd> trusted_folder(std::string const& path) {
  fs::path walked;
  for (auto const& part : fs::path(path)) {
    walked /= part;
    if (foreign_link(walked))
      return fail(ErrorKind::NotAllowed, walked.string() + " is a link that another user than root could have made: nothing is written through it");
  }
  std::error_code error;
  auto const expected = fs::canonical(path, error);
  Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (error || !folder) return fail(file_error("cannot open the folder", path, error ? error.value() : errno));
  auto const opened = fs::read_symlink("/proc/self/fd/" + std::to_string(folder.get()), error);
  if (error || opened != expected)
    return fail(ErrorKind::NotAllowed, path + " was replaced while it was opened: nothing is written there");
  return folder;
}

}  // namespace tykup::executor
