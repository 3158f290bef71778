#include "pkg/executor/package_member.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

constexpr std::size_t kBlock = 65536;
constexpr std::int64_t kLargestMember = std::int64_t{2} << 30;

Error unsound(archive* of, std::string const& what) {
  char const* const words = archive_error_string(of);
  return {ErrorKind::HashMismatch, what + (words != nullptr ? std::string(": ") + words : std::string{})};
}

Reader reader() { return {archive_read_new(), archive_read_free}; }

std::string path_in(archive_entry* entry) {
  char const* const name = archive_entry_pathname(entry);
  std::string_view path = name == nullptr ? "" : name;
  if (path.starts_with("./")) path.remove_prefix(2);
  if (path.starts_with("/")) path.remove_prefix(1);
  return std::string(path);
}

Result<void> copy_entry(archive* from, std::string const& to) {
  Fd const file(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755));
  if (!file) return fail(file_error("cannot make", to, errno));
  std::array<char, kBlock> buffer{};
  for (;;) {
    auto const got = archive_read_data(from, buffer.data(), buffer.size());
    if (got < 0) return fail(unsound(from, "the package breaks off"));
    if (got == 0) break;
    for (la_ssize_t done = 0; done < got;) {
      auto const put = write(file.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return fail(file_error("cannot write", to, errno));
      done += put;
    }
  }
  // Whatever the umask is: another user runs it.
  if (fchmod(file.get(), 0755) != 0) return fail(file_error("cannot change", to, errno));
  return {};
}

Result<void> take(archive* from, std::string const& member, std::string const& to) {
  std::string const wanted = member.substr(member.starts_with("/") ? 1 : 0);
  archive_entry* entry = nullptr;
  int code = ARCHIVE_OK;
  while ((code = archive_read_next_header(from, &entry)) == ARCHIVE_OK || code == ARCHIVE_WARN) {
    if (path_in(entry) != wanted) continue;
    bool const plain = archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr;
    if (!plain || archive_entry_size(entry) > kLargestMember) return fail(ErrorKind::NotFound, member + " is no plain file in the package");
    return copy_entry(from, to);
  }
  if (code != ARCHIVE_EOF) return fail(unsound(from, "the package cannot be read"));
  return fail(ErrorKind::NotFound, "the package has no file " + member);
}

/// The member of an outer archive as the source of an inner one.
struct Inner {
  archive* outer;
  std::array<char, kBlock> buffer = {};
};

la_ssize_t read_inner(archive* of, void* data, void const** block) {
  auto& inner = *static_cast<Inner*>(data);
  auto const got = archive_read_data(inner.outer, inner.buffer.data(), inner.buffer.size());
  if (got < 0) archive_set_error(of, EIO, "%s", archive_error_string(inner.outer));
  *block = inner.buffer.data();
  return got;
}

Result<void> take_from_deb(archive* outer, std::string const& member, std::string const& to) {
  archive_entry* entry = nullptr;
  while (archive_read_next_header(outer, &entry) == ARCHIVE_OK) {
    if (!path_in(entry).starts_with("data.tar")) continue;
    auto const tar = reader();
    archive_read_support_format_tar(tar.get());
    archive_read_support_filter_all(tar.get());
    auto const inner = std::make_unique<Inner>(Inner{outer});
    if (archive_read_open(tar.get(), inner.get(), nullptr, read_inner, nullptr) != ARCHIVE_OK)
      return fail(unsound(tar.get(), "the files of the package cannot be read"));
    return take(tar.get(), member, to);
  }
  return fail(unsound(outer, "this is no Debian package, or it holds no files"));
}

}  // namespace

Result<void> extract_member(int package, PackageFormat format, std::string const& member, std::string const& to) {
  if (lseek(package, 0, SEEK_SET) != 0) return fail(file_error("cannot read", "the package", errno));
  auto const outer = reader();
  if (format == PackageFormat::Deb) {
    archive_read_support_format_ar(outer.get());
  } else {
    archive_read_support_format_cpio(outer.get());
    archive_read_support_filter_all(outer.get());
  }
  if (archive_read_open_fd(outer.get(), package, kBlock) != ARCHIVE_OK) return fail(unsound(outer.get(), "the package cannot be read"));
  auto done = format == PackageFormat::Deb ? take_from_deb(outer.get(), member, to) : take(outer.get(), member, to);
  if (!done) unlink(to.c_str());
  return done;
}

}  // namespace tykup::executor
