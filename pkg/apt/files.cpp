#include <apt-pkg/hashes.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "pkg/apt/apt_package_manager.hpp"
#include "pkg/apt/database.hpp"
#include "pkg/apt/library.hpp"

namespace tykup::pkg::apt {
namespace fs = std::filesystem;
namespace {

struct Shipped {
  std::string md5;
  bool config = false;
};

/// Paths as the package has them.
std::map<std::string, Shipped> shipped_by(DatabasePackage const& package) {
  std::map<std::string, Shipped> shipped;
  std::ifstream sums(info_file(package, "md5sums"));
  for (std::string line; std::getline(sums, line);) {
    constexpr std::size_t kDigest = 32;
    if (line.size() <= kDigest + 2) continue;
    shipped["/" + line.substr(kDigest + 2)] = {line.substr(0, kDigest)};
  }
  std::istringstream conffiles(package.conffiles);
  for (std::string line; std::getline(conffiles, line);) {
    std::istringstream words(line);
    std::string path;
    std::string md5;
    std::string mark;
    words >> path >> md5 >> mark;
    // An obsolete conffile is no longer shipped; it is the operator's.
    if (!path.empty() && mark.empty()) shipped[path] = {md5, true};
  }
  return shipped;
}

/// Where dpkg put a path that another package, or the operator, diverted.
std::map<std::string, std::string> diversions_against(std::string const& package) {
  std::map<std::string, std::string> diverted;
  std::ifstream file(admin_dir() + "diversions");
  std::string from;
  std::string to;
  std::string by;
  while (std::getline(file, from) && std::getline(file, to) && std::getline(file, by)) {
    if (by != package) diverted[from] = to;
  }
  return diverted;
}

/// dpkg's path filters: the last rule that matches decides.
class PathFilters {
 public:
  explicit PathFilters(std::string const& root) {
    std::vector<fs::path> files{root + "/etc/dpkg/dpkg.cfg"};
    std::error_code failed;
    for (auto const& entry : fs::directory_iterator(root + "/etc/dpkg/dpkg.cfg.d", failed)) files.push_back(entry.path());
    std::sort(files.begin() + 1, files.end());
    for (auto const& file : files) read(file);
  }

  [[nodiscard]] bool excluded(std::string const& path) const {
    bool out = false;
    for (auto const& [exclude, pattern] : rules_) {
      if (fnmatch(pattern.c_str(), path.c_str(), 0) == 0) out = exclude;
    }
    return out;
  }

 private:
  void read(fs::path const& file) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      for (auto const& [word, exclude] : {std::pair{"path-exclude", true}, std::pair{"path-include", false}}) {
        std::string const name = word;
        if (line.rfind(name, 0) != 0 || line.size() <= name.size() + 1) continue;
        auto const begin = line.find_first_not_of(" =\t", name.size());
        if (begin != std::string::npos) rules_.emplace_back(exclude, line.substr(begin));
      }
    }
  }
  std::vector<std::pair<bool, std::string>> rules_;
};

std::string md5_of(std::string const& path) {
  int const file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  Hashes hashes(Hashes::MD5SUM);
  bool const read = hashes.AddFD(file);
  close(file);
  auto const sums = hashes.GetHashStringList();
  auto const* sum = read ? sums.find("MD5Sum") : nullptr;
  return sum == nullptr ? std::string{} : sum->HashValue();
}

PackagedFile::State state_of(std::string const& path, std::string const& md5) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return PackagedFile::State::Missing;
  return md5_of(path) == md5 ? PackagedFile::State::Unchanged : PackagedFile::State::Changed;
}

}  // namespace

Result<std::vector<PackagedFile>> AptPackageManager::files(std::string const& package) {
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const database = read_database();
  if (!database) return fail(database.error());
  auto const* found = find_present(*database, package);
  if (found == nullptr) return fail(ErrorKind::UnknownPackage, package + " is not installed on this host");
  auto const root = paths_.root == "/" ? std::string{} : paths_.root;
  auto const diverted = diversions_against(package);
  PathFilters const filters(root);
  std::vector<PackagedFile> files;
  for (auto const& [path, shipped] : shipped_by(*found)) {
    auto const moved = diverted.find(path);
    auto const& where = moved == diverted.end() ? path : moved->second;
    auto const state = state_of(root + where, shipped.md5);
    if (state == PackagedFile::State::Missing && filters.excluded(path)) continue;
    files.push_back({state, where, shipped.config, "md5:" + shipped.md5});
  }
  return files;
}

}  // namespace tykup::pkg::apt
