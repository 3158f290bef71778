#include "pkg/common/space.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>

#include "daemon/core/preflight.hpp"

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

FileSystem file_system_of(std::string const& path) {
  std::filesystem::path there = path;
  struct stat info {};
  while (stat(there.c_str(), &info) != 0 && there != there.parent_path()) there = there.parent_path();
  FileSystem out{mount_point_of(there)};
  struct statvfs status {};
  if (statvfs(there.c_str(), &status) != 0) return out;
  out.bytes = std::uint64_t{status.f_bavail} * status.f_frsize;
  if (status.f_files != 0) out.inodes = status.f_favail;
  return out;
}

void Spread::add(std::string const& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;
  auto& part = parts_[status.st_dev];
  if (part.folder.empty()) part.folder = S_ISDIR(status.st_mode) ? path : std::filesystem::path(path).parent_path().string();
  part.bytes += S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  part.files += 1;
}

std::vector<Share> Spread::shares() const {
  std::vector<Share> out;
  for (auto const& [device, part] : parts_) out.push_back({mount_point_of(part.folder), part.bytes, part.files});
  return out;
}

Result<void> Spread::require_again(std::uint64_t installed_size, std::string_view purpose) const {
  double total = 0;
  for (auto const& [device, part] : parts_) total += static_cast<double>(part.bytes);
  for (auto const& [device, part] : parts_) {
    auto const fraction = total > 0 ? static_cast<double>(part.bytes) / total : 1.0;
    auto const bytes = static_cast<std::uint64_t>(fraction * static_cast<double>(installed_size));
    if (auto room = require_space(part.folder, bytes + kBesidePackages, part.files + kInodesBesidePackages, purpose); !room) return room;
  }
  return {};
}

}  // namespace tykup::pkg
