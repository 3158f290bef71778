#include "pkg/rpm/interrupted.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "pkg/common/archive.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/lock.hpp"

namespace tykup::pkg::rpm {

Result<void> ChangeNote::write(std::vector<std::string> const& names) const {
  std::string text;
  for (auto const& name : names) text += name + "\n";
  int const file = open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool const written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  auto const code = errno;
  if (file >= 0) close(file);
  sync_folder(std::filesystem::path(file_).parent_path());
  if (written) return {};
  return fail(code == ENOSPC ? ErrorKind::NoSpace : ErrorKind::Internal,
              fmt::format("{} cannot be written: {}", file_, std::strerror(code)));
}

std::vector<std::string> ChangeNote::names() const {
  std::ifstream file(file_);
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && std::find(names.begin(), names.end(), line) == names.end()) names.push_back(line);
  }
  return names;
}

void ChangeNote::drop() const {
  unlink(file_.c_str());
}

Result<Leftovers> leftovers_on(RpmPaths const& paths) {
  auto duplicates = duplicates_in(paths);
  if (!duplicates) return fail(duplicates.error());
  Leftovers leftovers{std::move(*duplicates), ChangeNote(paths).names()};
  std::erase_if(leftovers.interrupted, [&](std::string const& name) {
    return std::any_of(leftovers.duplicates.begin(), leftovers.duplicates.end(),
                       [&](Duplicates const& one) { return one.headers.front().name == name; });
  });
  return leftovers;
}

std::vector<std::string> described(Leftovers const& leftovers) {
  std::vector<std::string> words;
  for (auto const& one : leftovers.duplicates) words.push_back(described(one));
  for (auto const& name : leftovers.interrupted) words.push_back(name + " (its change was interrupted)");
  return words;
}

Result<std::vector<std::string>> RpmPackageManager::broken(std::vector<std::string> const& own) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  return broken_now(
      [this]() -> Result<std::vector<std::string>> {
        auto const leftovers = leftovers_on(paths_);
        if (!leftovers) return fail(leftovers.error());
        return described(*leftovers);
      },
      [this] { return holder_of(rpm_lock_file(paths_)).has_value(); }, own);
}

}  // namespace tykup::pkg::rpm
