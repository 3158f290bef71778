#include "pkg/rpm/room.hpp"

#include <fmt/format.h>

#include "pkg/rpm/database.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/rpm_file.hpp"

namespace tykup::pkg::rpm {
namespace {

constexpr std::uint64_t kSlackOfDatabase = 4 * 1024 * 1024;

}  // namespace

Result<Spread> spread_of(RpmPaths const& paths, std::string const& package) {
  auto const files = packaged_files(paths, package, Contents::Unread);
  if (!files) return fail(files.error());
  Spread spread;
  for (auto const& file : *files) spread.add(below_root(paths, file.path));
  return spread;
}

Result<void> require_room(RpmPaths const& paths, VerifiedFile const& file) {
  auto const size = installed_size_of(file.path());
  if (!size) return fail(size.error());
  auto const spread = spread_of(paths, file.pin().name);
  if (!spread) return fail(spread.error());
  auto const what = fmt::format("{} {}", file.pin().name, file.pin().version);
  if (auto room = spread->require_again(*size, what); !room) return room;
  return require_space(database_folder(paths), kSlackOfDatabase, 64, "rpm's database");
}

}  // namespace tykup::pkg::rpm
