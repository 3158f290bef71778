#include "daemon/os/zones.hpp"

#include <date/tz.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <system_error>

#include "daemon/os/posix_tz.hpp"

namespace tykup {
namespace {

namespace fs = std::filesystem;

constexpr auto kFolder = "/usr/share/zoneinfo";
constexpr std::chrono::year kFirstYear{1970};
constexpr std::chrono::year kLastYear{2199};

date::sys_seconds start_of(std::chrono::year year) {
  auto const since_epoch = std::chrono::sys_days{year / 1 / 1}.time_since_epoch();
  return date::sys_seconds{std::chrono::duration_cast<std::chrono::seconds>(since_epoch)};
}

Instant to_instant(date::sys_seconds at) {
  return Instant{at.time_since_epoch()};
}

/// The transitions that the zone's file lists; the library knows nothing of the rule in its last line.
Zone listed_transitions(date::time_zone const& source) {
  auto info = source.get_info(start_of(kFirstYear));
  Zone zone{source.name(), info.offset, info.abbrev, {}};
  auto const last = start_of(kLastYear + std::chrono::years{1});
  while (info.end < last) {
    info = source.get_info(info.end);
    zone.transitions.push_back({to_instant(info.begin), info.offset, info.abbrev});
  }
  return zone;
}

/// The last line of a TZif file (version 2 and later) is a POSIX TZ string for all time after the listed transitions.
std::string footer_of(std::string const& name) {
  std::ifstream file(fs::path(kFolder) / name, std::ios::binary);
  std::string const bytes(std::istreambuf_iterator<char>(file), {});
  if (!bytes.ends_with('\n')) return {};
  auto const before = bytes.rfind('\n', bytes.size() - 2);
  return before == std::string::npos ? std::string{} : bytes.substr(before + 1, bytes.size() - before - 2);
}

void extend_by_rule(Zone& zone, PosixTz const& rule) {
  auto const end = zone.transitions.empty() ? Instant::min() : zone.transitions.back().at;
  for (auto& next : rule.transitions(kFirstYear, kLastYear)) {
    if (next.at > end) zone.transitions.push_back(std::move(next));
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t const replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// Near in spelling to the whole name, or to the city alone ("London").
std::string nearest_zone(std::string_view wanted) {
  std::string const goal = lower(wanted);
  std::string best;
  std::size_t best_distance = goal.size() < 3 ? 1 : std::max<std::size_t>(1, goal.size() / 4) + 1;
  for (std::string const& name : zone_names()) {
    std::string const candidate = lower(name);
    auto const city = candidate.substr(candidate.rfind('/') + 1);
    auto const distance = std::min(edit_distance(goal, candidate), edit_distance(goal, city));
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

tl::unexpected<Error> unknown_zone(std::string_view name) {
  std::string message = "there is no time zone \"" + std::string(name) + "\" on this host";
  auto const nearest = zone_names().empty() ? std::string{} : nearest_zone(name);
  if (zone_names().empty()) {
    message += ": install the package tzdata";
  } else if (nearest.empty()) {
    message += "; `timedatectl list-timezones` lists them";
  } else {
    message += "; did you mean \"" + nearest + "\"?";
  }
  return fail(ErrorKind::BadConfig, std::move(message));
}

std::vector<std::string> find_zones() {
  std::vector<std::string> names;
  try {
    for (auto const& zone : date::get_tzdb().zones) names.push_back(zone.name());
  } catch (std::exception const&) {
    // Without tzdata no zone is known, and every name is refused with that advice.
    return {};
  }
  std::ranges::sort(names);
  return names;
}

std::string first_line(fs::path const& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::vector<std::string> const& zone_names() {
  static std::vector<std::string> const names = find_zones();
  return names;
}

Result<Zone> load_zone(std::string_view name) {
  if (!std::ranges::binary_search(zone_names(), name)) return unknown_zone(name);
  try {
    Zone zone = listed_transitions(*date::locate_zone(std::string(name)));
    zone.name = name;
    if (auto const rule = PosixTz::parse(footer_of(zone.name))) extend_by_rule(zone, *rule);
    return zone;
  } catch (std::exception const& problem) {
    return fail(ErrorKind::BadConfig, "the time zone \"" + std::string(name) + "\" cannot be read: reinstall tzdata",
                problem.what());
  }
}

std::string local_zone_name() {
  if (char const* tz = std::getenv("TZ"); tz != nullptr && *tz != '\0') return *tz == ':' ? tz + 1 : tz;
  std::error_code error;
  auto const target = fs::read_symlink("/etc/localtime", error).string();
  std::string_view const folder = "/zoneinfo/";
  if (auto const at = target.find(folder); !error && at != std::string::npos) return target.substr(at + folder.size());
  auto const written = first_line("/etc/timezone");
  return written.empty() ? "UTC" : written;
}

}  // namespace tykup
