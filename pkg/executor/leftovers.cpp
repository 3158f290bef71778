#include "pkg/executor/leftovers.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string_view>

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

struct Suffix {
  std::string_view text;
  bool of_the_package;  ///< the package's version; else the operator's
};
constexpr std::array kSuffixes{Suffix{".dpkg-dist", true}, Suffix{".dpkg-new", true},  Suffix{".dpkg-old", false},
                               Suffix{".rpmnew", true},    Suffix{".rpmsave", false}, Suffix{".rpmorig", false}};

Suffix const* suffix_of(std::string_view path) {
  auto const found = std::ranges::find_if(kSuffixes, [&](Suffix const& suffix) { return path.ends_with(suffix.text); });
  return found == kSuffixes.end() ? nullptr : &*found;
}

void add(Paths const& paths, std::string const& path, std::map<std::string, std::string>& to) {
  struct stat info {};
  if (lstat(paths.host(path).c_str(), &info) != 0) return;
  to[path] = std::to_string(info.st_ino) + "." + std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
}

std::string sentence(std::string const& path) {
  auto const* suffix = suffix_of(path);
  auto const original = path.substr(0, path.size() - suffix->text.size());
  if (suffix->of_the_package) return "the package's own version of " + original + " was left as " + path;
  return "what stood at " + original + " before was set aside as " + path;
}

}  // namespace

std::vector<Leftover> leftovers(Paths const& paths, std::string const& folder, std::set<std::string> const& beside) {
  std::map<std::string, std::string> found;
  for (auto const& path : beside)
    for (auto const& suffix : kSuffixes) add(paths, path + std::string(suffix.text), found);
  std::error_code error;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  fs::recursive_directory_iterator at;
  if (!folder.empty()) at = fs::recursive_directory_iterator(paths.host(folder), kOptions, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    auto const path = at->path().string().substr(paths.root.size());
    if (suffix_of(path) != nullptr) add(paths, path, found);
  }
  std::vector<Leftover> out;
  for (auto const& [path, stamp] : found) out.push_back({path, stamp});
  return out;
}

std::vector<std::string> told_of(std::vector<Leftover> const& now, std::vector<Leftover> const& before) {
  std::vector<std::string> out;
  for (auto const& one : now) {
    auto const known = std::ranges::find(before, one.path, &Leftover::path);
    if (known == before.end() || known->stamp != one.stamp) out.push_back(sentence(one.path));
  }
  return out;
}

}  // namespace tykup::executor
