#include "pkg/rpm/room.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "pkg/common/space.hpp"
#include "pkg/rpm/database.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/rpm_file.hpp"

namespace tykup::pkg::rpm {
namespace {

struct Share {
  std::string folder;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

/// How the installed package is spread over file systems: the new one will be, too.
std::map<dev_t, Share> spread_of(std::vector<PackagedFile> const& files, RpmPaths const& paths) {
  std::map<dev_t, Share> spread;
  for (auto const& file : files) {
    auto const real = below_root(paths, file.path);
    struct stat status {};
    if (lstat(real.c_str(), &status) != 0) continue;
    auto& share = spread[status.st_dev];
    if (share.folder.empty())
      share.folder = S_ISDIR(status.st_mode) ? real : std::filesystem::path(real).parent_path().string();
    share.bytes += S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
    share.files += 1;
  }
  return spread;
}

}  // namespace

Result<void> require_room(RpmPaths const& paths, VerifiedFile const& file) {
  auto const size = installed_size_of(file.path());
  if (!size) return fail(size.error());
  auto const files = packaged_files(paths, file.pin().name, Contents::Unread);
  if (!files) return fail(files.error());
  auto const spread = spread_of(*files, paths);
  double total = 0;
  for (auto const& [device, share] : spread) total += static_cast<double>(share.bytes);
  constexpr std::uint64_t kSlack = 4 * 1024 * 1024;
  for (auto const& [device, share] : spread) {
    auto const part = total > 0 ? static_cast<double>(share.bytes) / total : 1.0;
    auto const bytes = static_cast<std::uint64_t>(part * static_cast<double>(*size));
    auto const what = fmt::format("{} {}", file.pin().name, file.pin().version);
    if (auto room = require_space(share.folder, bytes + kSlack, share.files + 16, what); !room) return room;
  }
  return require_space(database_folder(paths), kSlack, 64, "rpm's database");
}

}  // namespace tykup::pkg::rpm
