#include "pkg/common/space.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>

namespace tykup::pkg {
namespace {

/// The topmost folder on the same device: what `df` would call it.
std::string mount_point_of(std::filesystem::path path) {
  struct stat here {};
  if (stat(path.c_str(), &here) != 0) return path;
  while (path != path.parent_path()) {
    struct stat above {};
    if (stat(path.parent_path().c_str(), &above) != 0 || above.st_dev != here.st_dev) break;
    path = path.parent_path();
  }
  return path;
}

std::string mib(std::uint64_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024.0 * 1024.0)); }

}  // namespace

Result<void> require_space(std::string const& path, std::uint64_t bytes, std::uint64_t inodes, std::string_view purpose) {
  struct statvfs status {};
  if (statvfs(path.c_str(), &status) != 0) return {};
  std::uint64_t const free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize;
  if (free_bytes < bytes) {
    return fail(ErrorKind::NoSpace, fmt::format("the file system {} has {} free, {} needs {}: {} are missing",
                                                mount_point_of(path), mib(free_bytes), purpose, mib(bytes),
                                                mib(bytes - free_bytes)));
  }
  // Some file systems make inodes as they go, and say 0 of 0.
  if (status.f_files != 0 && status.f_favail < inodes) {
    return fail(ErrorKind::NoSpace, fmt::format("the file system {} has {} free inodes, {} needs {}: {} are missing",
                                                mount_point_of(path), status.f_favail, purpose, inodes,
                                                inodes - status.f_favail));
  }
  return {};
}

}  // namespace tykup::pkg
