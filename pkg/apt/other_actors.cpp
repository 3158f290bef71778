#include <apt-pkg/cachefile.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>

#include "daemon/core/words.hpp"
#include "pkg/apt/apt_package_manager.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/sources.hpp"
#include "pkg/common/ini.hpp"

/// Who else upgrades packages on an apt host. The rules are those of unattended-upgrades' own manual.
namespace tykup::pkg::apt {
namespace {

namespace fs = std::filesystem;

/// What a source says of itself, by the words that patterns know.
using Traits = std::map<std::string, std::string>;

std::vector<std::string> values_of(char const* key) {
  std::vector<std::string> out;
  auto const* tree = _config->Tree(key);
  for (auto const* item = tree == nullptr ? nullptr : tree->Child; item != nullptr; item = item->Next) out.push_back(item->Value);
  return out;
}

std::string replaced(std::string text, std::string const& what, std::string const& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
  return text;
}

/// "origin=Debian,codename=${distro_codename}": every part must hold.
bool matches(std::string const& pattern, Traits const& traits) {
  static std::map<std::string, std::string> const kShort{{"o", "origin"}, {"l", "label"}, {"a", "archive"}, {"suite", "archive"}, {"n", "codename"}, {"c", "component"}};
  std::size_t at = 0;
  while (at <= pattern.size()) {
    auto const end = std::min(pattern.find(',', at), pattern.size());
    auto const part = pattern.substr(at, end - at);
    auto const equals = part.find('=');
    if (equals == std::string::npos) return false;
    std::string key(trimmed(std::string_view(part).substr(0, equals)));
    if (auto const whole = kShort.find(key); whole != kShort.end()) key = whole->second;
    auto const known = traits.find(key);
    if (known == traits.end() || fnmatch(std::string(trimmed(std::string_view(part).substr(equals + 1))).c_str(), known->second.c_str(), 0) != 0) return false;
    at = end + 1;
  }
  return true;
}

/// Allowed-Origins are of an older spelling: "origin:archive".
std::vector<std::string> allowed_patterns(std::string const& root) {
  auto patterns = values_of("Unattended-Upgrade::Origins-Pattern");
  for (auto const& pair : values_of("Unattended-Upgrade::Allowed-Origins")) {
    auto const cut = pair.find_first_of(": ");
    if (cut != std::string::npos) patterns.push_back("origin=" + pair.substr(0, cut) + ",archive=" + pair.substr(cut + 1));
  }
  auto const system = read_ini(root + "/etc/os-release");
  auto const of = [&](char const* key) {
    auto const known = system.find(std::string(".") + key);
    return known == system.end() ? std::string{} : replaced(known->second, "\"", "");
  };
  auto distribution = of("ID");
  if (!distribution.empty()) distribution[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(distribution[0])));
  for (auto& pattern : patterns)
    pattern = replaced(replaced(std::move(pattern), "${distro_id}", distribution), "${distro_codename}", of("VERSION_CODENAME"));
  return patterns;
}

Traits traits_of(metaIndex& source, pkgCache& cache) {
  auto const release = source.FindInCache(cache, false);
  if (release.end()) return {};
  auto const text = [](char const* word) { return std::string(word == nullptr ? "" : word); };
  auto const url = source.GetURI();
  auto const host = url.find("://");
  auto const from = host == std::string::npos ? 0 : host + 3;
  return {{"origin", text(release.Origin())},     {"label", text(release.Label())}, {"archive", text(release.Archive())},
          {"codename", text(release.Codename())}, {"component", "main"},            {"site", url.substr(from, url.find('/', from) - from)}};
}

bool is_blacklisted(std::string const& package) {
  return std::ranges::any_of(values_of("Unattended-Upgrade::Package-Blacklist"), [&](std::string const& pattern) {
    try {
      return std::regex_search(package, std::regex(pattern), std::regex_constants::match_continuous);
    } catch (std::regex_error const&) {
      return false;
    }
  });
}

/// The packages of a scope that unattended-upgrades would take.
std::vector<std::string> taken(Scope const& scope, pkgCacheFile& cache, std::vector<std::string> const& patterns) {
  std::vector<std::string> out;
  for (auto* source : sources_of(*cache.GetSourceList(), scope)) {
    auto const traits = traits_of(*source, *cache.GetPkgCache());
    bool const allowed = std::ranges::any_of(patterns, [&](auto const& pattern) { return matches(pattern, traits); });
    if (!allowed) continue;
    for (auto const& package : scope.packages) {
      auto const known = cache.GetPkgCache()->FindPkg(package);
      bool const installed = !known.end() && known->CurrentVer != 0;
      if (installed && !is_blacklisted(package) && std::ranges::count(out, package) == 0) out.push_back(package);
    }
  }
  return out;
}

bool is_on(std::string const& root) {
  auto const days = _config->Find("APT::Periodic::Unattended-Upgrade", "0");
  bool const wanted = _config->FindB("APT::Periodic::Enable", true) && days != "0" && !days.empty();
  return wanted && fs::exists(root + "/usr/bin/unattended-upgrade");
}

}  // namespace

Result<std::vector<OtherActor>> AptPackageManager::other_actors(std::vector<Scope> const& scopes) {
  std::vector<OtherActor> out;
  if (auto opened = open_library(paths_); !opened) return fail(opened.error());
  auto const root = paths_.root == "/" ? std::string{} : paths_.root;
  std::error_code error;
  if (fs::is_symlink(root + "/system-update", error))
    out.push_back({"PackageKit", "has an offline update prepared, which upgrades packages at the next boot (/system-update)",
                   "pkcon offline-trigger --cancel, or upgrade by tykup first"});
  if (!is_on(root)) return out;
  pkgCacheFile cache;
  if (!cache.BuildSourceList() || !cache.Open(nullptr, false)) return fail(library_error(ErrorKind::BadConfig, "apt's package lists cannot be read"));
  auto const patterns = allowed_patterns(root);
  std::vector<std::string> packages;
  for (auto const& scope : scopes)
    for (auto& package : taken(scope, cache, patterns)) packages.push_back(std::move(package));
  if (!packages.empty())
    out.push_back({"unattended-upgrades", fmt::format("is allowed to upgrade {} on its own, without order, window or health (apt-daily-upgrade.timer)", fmt::join(packages, ", ")),
                   "tykup keep-off (as root) keeps it off these packages"});
  return out;
}

}  // namespace tykup::pkg::apt
