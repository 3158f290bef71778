#include "pkg/executor/tarball.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "daemon/fault/fault.hpp"
#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;
using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;

constexpr char const* kManifest = "manifest.json";
constexpr int kRestoreFlags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_XATTR |
                              ARCHIVE_EXTRACT_ACL | ARCHIVE_EXTRACT_UNLINK;

Error archive_error(archive* of, std::string const& what, std::string const& path) {
  bool const full = archive_errno(of) == ENOSPC || archive_errno(of) == EDQUOT;
  char const* const words = archive_error_string(of);
  return {full ? ErrorKind::NoSpace : ErrorKind::Internal,
          what + " " + path + ": " + (words != nullptr ? words : "unknown error")};
}

Result<void> add_manifest(archive* out, std::string const& manifest) {
  Entry const entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), kManifest);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(manifest.size()));
  if (archive_write_header(out, entry.get()) != ARCHIVE_OK ||
      archive_write_data(out, manifest.data(), manifest.size()) != static_cast<la_ssize_t>(manifest.size()))
    return fail(archive_error(out, "cannot write the backup's", kManifest));
  return {};
}

/// A file that shrinks while it is read is filled up with zeroes by the format, one that grows is cut: its size is fixed
/// in the header. Both are a writer's race that a backup cannot win.
Result<void> add_contents(archive* out, int from, std::string const& path) {
  std::array<char, 65536> buffer{};
  for (;;) {
    auto const got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot read", path, errno));
    if (got == 0) return {};
    if (archive_write_data(out, buffer.data(), static_cast<std::size_t>(got)) < 0)
      return fail(archive_error(out, "cannot back up", path));
  }
}

Result<void> add_file(archive* out, archive* disk, std::string const& root, std::string const& path) {
  std::string const real = root + path;
  struct stat info {};
  if (lstat(real.c_str(), &info) != 0) return {};
  Fd file;
  if (S_ISREG(info.st_mode)) {
    file = Fd(open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file && errno == ENOENT) return {};
    if (!file) return fail(file_error("cannot back up", real, errno));
    if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  }
  Entry const entry(archive_entry_new(), archive_entry_free);
  archive_entry_copy_sourcepath(entry.get(), real.c_str());
  if (archive_read_disk_entry_from_file(disk, entry.get(), file.get(), &info) < ARCHIVE_WARN)
    return fail(archive_error(disk, "cannot back up", real));
  archive_entry_set_pathname(entry.get(), path.c_str() + 1);
  if (archive_write_header(out, entry.get()) < ARCHIVE_WARN) return fail(archive_error(out, "cannot back up", real));
  if (!file) return {};
  return add_contents(out, file.get(), real);
}

Result<void> fill(archive* out, std::string const& manifest, std::string const& root, std::vector<std::string> const& paths) {
  Reader const disk(archive_read_disk_new(), archive_read_free);
  archive_read_disk_set_symlink_physical(disk.get());
  archive_read_disk_set_standard_lookup(disk.get());
  if (auto added = add_manifest(out, manifest); !added) return added;
  for (auto const& path : paths)
    if (auto added = add_file(out, disk.get(), root, path); !added) return added;
  if (archive_write_close(out) != ARCHIVE_OK) return fail(archive_error(out, "cannot finish", "the backup"));
  return {};
}

Result<void> write_to(int fd, std::string const& manifest, std::string const& root, std::vector<std::string> const& paths) {
  Writer const out(archive_write_new(), archive_write_free);
  archive_write_set_format_pax_restricted(out.get());
  if (archive_write_add_filter_zstd(out.get()) < ARCHIVE_WARN || archive_write_open_fd(out.get(), fd) != ARCHIVE_OK)
    return fail(archive_error(out.get(), "cannot begin", "the backup"));
  return fill(out.get(), manifest, root, paths);
}

Result<void> copy_out(archive* in, archive* out, archive_entry* entry, std::string const& path) {
  if (archive_write_header(out, entry) < ARCHIVE_WARN) return fail(archive_error(out, "cannot put back", path));
  void const* block = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  for (;;) {
    int const code = archive_read_data_block(in, &block, &size, &offset);
    if (code == ARCHIVE_EOF) break;
    if (code < ARCHIVE_WARN) return fail(archive_error(in, "the backup is damaged at", path));
    if (archive_write_data_block(out, block, size, offset) < ARCHIVE_WARN)
      return fail(archive_error(out, "cannot put back", path));
  }
  if (archive_write_finish_entry(out) < ARCHIVE_WARN) return fail(archive_error(out, "cannot put back", path));
  return {};
}

Result<void> put_back(archive* in, archive_entry* entry, std::string const& root, std::string const& path) {
  fs::path const target = root + path;
  std::error_code error;
  auto there = target.parent_path();
  while (!fs::exists(there, error)) there = there.parent_path();
  if (auto const trusted = trusted_folder(there.string()); !trusted) return fail(trusted.error());
  fs::create_directories(target.parent_path(), error);
  auto const folder = trusted_folder(target.parent_path().string());
  if (!folder) return fail(folder.error());
  std::string const name = target.filename().string();
  std::string const temporary = name + ".tykup-tmp";
  std::string const through = "/proc/self/fd/" + std::to_string(folder->get()) + "/" + temporary;
  archive_entry_set_pathname(entry, through.c_str());
  Writer const out(archive_write_disk_new(), archive_write_free);
  archive_write_disk_set_options(out.get(), kRestoreFlags);
  archive_write_disk_set_standard_lookup(out.get());
  auto written = copy_out(in, out.get(), entry, target.string());
  if (archive_write_close(out.get()) != ARCHIVE_OK && written)
    written = fail(archive_error(out.get(), "cannot put back", target.string()));
  Fd const file(openat(folder->get(), temporary.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file && fsync(file.get()) != 0 && written) written = fail(file_error("cannot put back", target.string(), errno));
  fault::reached(fault::Point::OwnFileWritten);
  if (written && renameat(folder->get(), temporary.c_str(), folder->get(), name.c_str()) != 0)
    written = fail(file_error("cannot put back", target.string(), errno));
  if (!written) unlinkat(folder->get(), temporary.c_str(), 0);
  fsync(folder->get());
  fault::reached(fault::Point::OwnFileNamed);
  return written;
}

}  // namespace

Result<void> write_tarball(std::string const& archive, std::string const& manifest, std::string const& root,
                           std::vector<std::string> const& paths) {
  std::string const temporary = archive + ".tmp";
  Fd const file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail(file_error("cannot create", temporary, errno));
  auto written = write_to(file.get(), manifest, root, paths);
  fault::reached(fault::Point::BackupWritten);
  if (written && fsync(file.get()) != 0) written = fail(file_error("cannot write", temporary, errno));
  fault::reached(fault::Point::BackupSynced);
  if (written && rename(temporary.c_str(), archive.c_str()) != 0) written = fail(file_error("cannot replace", archive, errno));
  if (!written) {
    unlink(temporary.c_str());
    return written;
  }
  fault::reached(fault::Point::BackupNamed);
  return sync_folder(fs::path(archive).parent_path().string());
}

Result<std::vector<std::string>> extract_tarball(std::string const& archive, std::string const& root,
                                                 std::function<bool(std::string const& path)> const& wanted) {
  Reader const in(archive_read_new(), archive_read_free);
  archive_read_support_filter_zstd(in.get());
  archive_read_support_format_tar(in.get());
  if (archive_read_open_filename(in.get(), archive.c_str(), 65536) != ARCHIVE_OK)
    return fail(archive_error(in.get(), "cannot open the backup", archive));
  std::vector<std::string> done;
  archive_entry* entry = nullptr;
  for (;;) {
    int const code = archive_read_next_header(in.get(), &entry);
    if (code == ARCHIVE_EOF) return done;
    if (code < ARCHIVE_WARN) return fail(archive_error(in.get(), "the backup is damaged:", archive));
    std::string const name = archive_entry_pathname(entry);
    std::string const path = "/" + name;
    if (name == kManifest || !wanted(path)) continue;
    if (auto put = put_back(in.get(), entry, root, path); !put) return fail(put.error());
    done.push_back(path);
  }
}

}  // namespace tykup::executor
