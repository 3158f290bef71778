#include "pkg/rpm/holds.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <fstream>
#include <libdnf/conf/ConfigParser.hpp>
#include <libdnf/conf/OptionBool.hpp>

#include "pkg/rpm/library.hpp"

namespace tykup::pkg::rpm {
namespace {

bool matches(std::string const& pattern, std::string const& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

std::string trimmed(std::string const& text) {
  auto const first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// "5.8.0-1" and "0:5.8.0-1" are one version.
std::vector<std::string> spellings_of(std::string const& version) {
  if (version.starts_with("0:")) return {version, version.substr(2)};
  if (version.find(':') == std::string::npos) return {version, "0:" + version};
  return {version};
}

struct LockConfig {
  bool enabled = true;
  std::string file = "/etc/dnf/plugins/versionlock.list";
};

LockConfig lock_config(RpmPaths const& paths) {
  LockConfig out;
  try {
    libdnf::ConfigParser parser;
    parser.read(below_root(paths, "/etc/dnf/plugins/versionlock.conf"));
    if (parser.hasOption("main", "locklist")) out.file = parser.getValue("main", "locklist");
    if (parser.hasOption("main", "enabled"))
      out.enabled = libdnf::OptionBool(true).fromString(parser.getValue("main", "enabled"));
  } catch (std::exception const&) {
    // Without a readable file the plugin's defaults hold: a lock too many is a question, one too few an upgrade.
    return {};
  }
  return out;
}

/// A lock on this version and no other; the architecture may be left open.
bool names_exactly(std::string const& pattern, Build const& build) {
  auto const versions = spellings_of(build.version);
  return std::any_of(versions.begin(), versions.end(), [&](std::string const& version) {
    auto const full = build.name + "-" + version;
    return pattern == full ||
           (pattern.starts_with(full + ".") && pattern.find('.', full.size() + 1) == std::string::npos);
  });
}

std::string const* first_meaning(std::vector<std::string> const& patterns, Build const& build) {
  auto const found =
      std::find_if(patterns.begin(), patterns.end(), [&](auto const& pattern) { return means(pattern, build); });
  return found == patterns.end() ? nullptr : &*found;
}

std::string excluded(std::vector<std::string> const& excludes, std::vector<std::string> const& includes,
                     Build const& build, std::string const& file) {
  if (auto const* pattern = first_meaning(excludes, build))
    return fmt::format("excludepkgs={} in {} keeps {} {} away", *pattern, file, build.name, build.version);
  if (!includes.empty() && first_meaning(includes, build) == nullptr)
    return fmt::format("includepkgs in {} does not name {} {}", file, build.name, build.version);
  return {};
}

}  // namespace

bool means(std::string const& pattern, Build const& build) {
  if (matches(pattern, build.name) || matches(pattern, build.name + "." + build.architecture)) return true;
  for (auto const& version : spellings_of(build.version)) {
    auto const full = build.name + "-" + version;
    auto const bare = full.substr(0, full.rfind('-'));
    if (matches(pattern, full) || matches(pattern, full + "." + build.architecture) || matches(pattern, bare))
      return true;
    // yum's spelling: the epoch before the name.
    auto const colon = version.find(':');
    if (colon == std::string::npos) continue;
    auto const old = version.substr(0, colon + 1) + build.name + "-" + version.substr(colon + 1);
    if (matches(pattern, old) || matches(pattern, old + "." + build.architecture)) return true;
  }
  return false;
}

bool concerns(std::string const& pattern, std::string const& name) {
  auto text = pattern;
  if (auto const colon = text.find(':'); colon != std::string::npos && text.find_first_not_of("0123456789") == colon)
    text.erase(0, colon + 1);
  if (matches(text, name)) return true;
  for (int part = 0; part < 2; ++part) {
    auto const dash = text.rfind('-');
    if (dash == std::string::npos || dash == 0) break;
    text.erase(dash);
    if (matches(text, name)) return true;
  }
  // name.arch
  auto const dot = pattern.rfind('.');
  return dot != std::string::npos && matches(pattern.substr(0, dot), name);
}

Holds Holds::read(RpmPaths const& paths, Configuration const& configuration) {
  Holds holds;
  holds.configuration_ = &configuration;
  auto const config = lock_config(paths);
  holds.lock_file_ = config.file.starts_with(paths.root) ? config.file : below_root(paths, config.file);
  if (!config.enabled) return holds;
  std::ifstream stream(holds.lock_file_);
  for (std::string line; std::getline(stream, line);) {
    auto const pattern = trimmed(line.substr(0, line.find('#')));
    if (pattern.empty()) continue;
    if (pattern.starts_with('!')) {
      holds.locked_out_.push_back(trimmed(pattern.substr(1)));
    } else {
      holds.locks_.push_back(pattern);
    }
  }
  return holds;
}

std::string Holds::locked_away(Build const& build) const {
  if (auto const* pattern = first_meaning(locked_out_, build))
    return fmt::format("versionlock keeps {} {} away by !{} (see {})", build.name, build.version, *pattern, lock_file_);
  std::string lock;
  for (auto const& pattern : locks_) {
    if (!concerns(pattern, build.name)) continue;
    if (means(pattern, build)) return {};
    lock = pattern;
  }
  if (lock.empty()) return {};
  return fmt::format("versionlock keeps {} {} away by {} (see {})", build.name, build.version, lock, lock_file_);
}

std::string Holds::kept_away(Build const& build, RepositoryEntry const* entry) const {
  if (auto why = excluded(configuration_->excludes, configuration_->includes, build, configuration_->file);
      !why.empty())
    return why;
  if (entry != nullptr) {
    if (auto why = excluded(entry->excludes, entry->includes, build, entry->file); !why.empty()) return why;
  }
  return locked_away(build);
}

bool Holds::held(Build const& installed) const {
  if (first_meaning(configuration_->excludes, installed) != nullptr) return true;
  bool here = false;
  for (auto const& pattern : locks_) {
    if (!concerns(pattern, installed.name)) continue;
    if (!names_exactly(pattern, installed)) return false;
    here = true;
  }
  return here;
}

}  // namespace tykup::pkg::rpm
