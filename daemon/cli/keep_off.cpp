#include "daemon/cli/keep_off.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "daemon/core/words.hpp"

namespace tykup::cli {
namespace {

namespace fs = std::filesystem;

constexpr char const* kDropIn = "/etc/apt/apt.conf.d/52tykup";
constexpr std::array kAutomatic{"/etc/dnf/automatic.conf", "/etc/dnf/dnf5-plugins/automatic.conf"};
constexpr std::string_view kBegin = "# begin: written by `tykup keep-off`; `tykup keep-off --undo` takes it away\n";
constexpr std::string_view kEnd = "# end: tykup keep-off\n";

std::string contents_of(std::string const& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Error cannot(std::string const& what, std::string const& path) {
  return {ErrorKind::Internal, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno))};
}

/// Old or new, never half; owner and mode are those of the file that was there.
Result<void> replace_file(std::string const& path, std::string const& text) {
  auto const temporary = path + ".tykup-tmp";
  struct stat before {};
  bool const was_there = stat(path.c_str(), &before) == 0;
  int const file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return fail(cannot("create", temporary));
  bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  written = written && fchmod(file, was_there ? before.st_mode & 07777U : 0644U) == 0;
  if (was_there) written = written && fchown(file, before.st_uid, before.st_gid) == 0;
  close(file);
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
    auto const error = cannot("write", path);
    unlink(temporary.c_str());
    return fail(error);
  }
  return {};
}

std::string escaped(std::string const& name) {
  std::string out;
  for (char const c : name) {
    if (c == '.' || c == '+') out += "\\\\";
    out += c;
  }
  return out;
}

bool is_exclusion(std::string const& line) {
  auto const key = trimmed(std::string_view(line).substr(0, line.find('=')));
  return line.find('=') != std::string::npos && (key == "excludepkgs" || key == "exclude");
}

/// What stands at `excludepkgs` in `[section]`, its continued lines too.
std::vector<std::string> exclusions_in(std::string const& text, std::string const& section) {
  std::istringstream lines(text);
  std::vector<std::string> out;
  bool inside = false;
  bool goes_on = false;
  for (std::string line; std::getline(lines, line);) {
    std::string const plain(trimmed(line));
    if (plain.starts_with('[')) inside = plain == "[" + section + "]";
    bool const blank = line.empty() || (line[0] != ' ' && line[0] != '\t');
    goes_on = inside && (is_exclusion(plain) || (goes_on && !blank));
    if (!goes_on) continue;
    auto words = is_exclusion(plain) ? plain.substr(plain.find('=') + 1) : plain;
    std::ranges::replace(words, ',', ' ');
    std::istringstream each(words);
    for (std::string word; each >> word;) out.push_back(word);
  }
  return out;
}

Result<void> exclude_in(std::string const& root, std::string const& path, std::vector<std::string> const& packages) {
  auto const already = exclusions_in(contents_of(root + "/etc/dnf/dnf.conf"), "main");
  auto const text = with_exclusion(contents_of(root + path), packages, already);
  if (!text) return fail(with_context(text.error(), path));
  return replace_file(root + path, *text);
}

}  // namespace

std::vector<std::string> packages_of(Config const& config) {
  std::set<std::string> names;
  for (auto const& component : config.components) {
    names.insert(component.editions.begin(), component.editions.end());
    names.insert(component.packages.begin(), component.packages.end());
  }
  return {names.begin(), names.end()};
}

std::string apt_drop_in(std::vector<std::string> const& packages) {
  std::string text = "// Written by `tykup keep-off`; `tykup keep-off --undo` takes it away.\n"
                     "// These packages are upgraded by tykup, in their order, in its windows, with its health gates.\n"
                     "Unattended-Upgrade::Package-Blacklist {\n";
  for (auto const& package : packages) text += "  \"" + escaped(package) + "$\";\n";
  return text + "};\n";
}

std::string without_exclusion(std::string const& file) {
  auto const begin = file.find(kBegin);
  auto const end = file.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return file;
  return file.substr(0, begin) + file.substr(end + kEnd.size());
}

Result<std::string> with_exclusion(std::string const& file, std::vector<std::string> const& packages,
                                   std::vector<std::string> const& excluded_already) {
  auto text = without_exclusion(file);
  if (!exclusions_in(text, "base").empty())
    return fail(ErrorKind::BadConfig, fmt::format("[base] has an excludepkgs of its own, which stays as it is: add these to it yourself: {}", fmt::join(packages, " ")));
  std::set<std::string> all(packages.begin(), packages.end());
  all.insert(excluded_already.begin(), excluded_already.end());
  auto const line = fmt::format("{}excludepkgs = {}\n{}", kBegin, fmt::join(all, ", "), kEnd);
  if (text.starts_with("[base]\n")) return "[base]\n" + line + text.substr(7);
  auto const base = text.find("\n[base]\n");
  if (base != std::string::npos) return text.insert(base + std::string_view("\n[base]\n").size(), line);
  return fail(ErrorKind::BadConfig, "it has no section [base]: add one, then call this again");
}

Result<KeptOff> keep_off(std::string const& root, std::vector<std::string> const& packages) {
  KeptOff done;
  std::error_code error;
  if (fs::is_directory(fs::path(root + kDropIn).parent_path(), error)) {
    if (auto written = replace_file(root + kDropIn, apt_drop_in(packages)); !written) return fail(written.error());
    done.files.emplace_back(kDropIn);
  }
  for (auto const* path : kAutomatic) {
    if (!fs::exists(root + path, error)) continue;
    if (auto written = exclude_in(root, path, packages); !written) return fail(written.error());
    done.files.emplace_back(path);
  }
  return done;
}

Result<KeptOff> undo_keep_off(std::string const& root) {
  KeptOff done;
  if (unlink((root + kDropIn).c_str()) == 0) done.files.emplace_back(kDropIn);
  else if (errno != ENOENT) return fail(cannot("remove", kDropIn));
  std::error_code error;
  for (auto const* path : kAutomatic) {
    if (!fs::exists(root + path, error)) continue;
    auto const before = contents_of(root + path);
    auto const after = without_exclusion(before);
    if (after == before) continue;
    if (auto written = replace_file(root + path, after); !written) return fail(written.error());
    done.files.emplace_back(path);
  }
  return done;
}

}  // namespace tykup::cli
