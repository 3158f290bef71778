#include <algorithm>
#include <array>

#include "daemon/core/policy_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;

constexpr Instant month(std::chrono::year_month at) {
  return std::chrono::sys_days{at / 1};
}

bool follows_lines(ServiceKind kind) {
  return kind == ServiceKind::Gateway || kind == ServiceKind::Dashboard;
}

bool is_above(LtsLine const& line, Release const& release) {
  return std::pair(line.major, line.minor) > std::pair(release.major, release.minor);
}

bool is_on(LtsLine const& line, Release const& release) {
  return line.major == release.major && line.minor == release.minor;
}

Reach on_line(int major, int minor) {
  return {Reach::Kind::Line, major, minor};
}

/// A supported LTS line is kept. From any other line the way leads up, to the nearest LTS line that is offered: a
/// supported one if there is one. With none offered above, the line where the host stands.
Reach lts_reach(Release const& installed, std::vector<Release> const& offered, Instant now) {
  std::vector<LtsLine> above;
  for (LtsLine const& line : lts_lines()) {
    if (is_on(line, installed) && now < line.unsupported_from) return on_line(line.major, line.minor);
    bool const is_offered = std::ranges::any_of(offered, [&](Release const& release) { return is_on(line, release); });
    if (is_offered && is_above(line, installed)) above.push_back(line);
  }
  if (above.empty()) return on_line(installed.major, installed.minor);
  auto const supported = std::ranges::find_if(above, [&](LtsLine const& line) { return now < line.unsupported_from; });
  LtsLine const& next = supported == above.end() ? above.front() : *supported;
  return on_line(next.major, next.minor);
}

}  // namespace

std::vector<LtsLine> const& lts_lines() {
  static std::vector<LtsLine> const lines{
      {5, 3, month(2024y / std::chrono::May), month(2026y / std::chrono::August)},
      {5, 8, month(2025y / std::chrono::May), month(2027y / std::chrono::July)},
      {5, 13, month(2026y / std::chrono::July), month(2028y / std::chrono::July)},
  };
  return lines;
}

std::optional<Instant> support_ends(Release const& release, Instant now) {
  for (LtsLine const& line : lts_lines()) {
    if (is_on(line, release)) return line.unsupported_from;
    if (is_above(line, release) && line.from <= now) return line.from;
  }
  return std::nullopt;
}

bool Reach::covers(std::optional<Release> const& release) const {
  if (kind == Kind::All) return true;
  if (kind == Kind::None || !release || release->major != major) return false;
  return kind == Kind::Major || release->minor == minor;
}

Reach reach_of(Track const& track, ServiceKind kind, std::optional<Release> const& installed,
               std::vector<Release> const& offered, Instant now) {
  bool const has_own_numbers = !follows_lines(kind) && kind != ServiceKind::Generic;
  switch (track.kind) {
    case Track::Kind::Latest:
      return {};
    case Track::Kind::Line:
      if (has_own_numbers) return {};
      return on_line(track.major, track.minor);
    case Track::Kind::Lts:
      if (!follows_lines(kind)) return {};
      break;
    case Track::Kind::Patch:
    case Track::Kind::Minor:
      break;
  }
  if (!installed) return {Reach::Kind::None};
  if (track.kind == Track::Kind::Minor) return {Reach::Kind::Major, installed->major};
  if (track.kind == Track::Kind::Patch) return on_line(installed->major, installed->minor);
  return lts_reach(*installed, offered, now);
}

bool is_prerelease(ServiceKind kind, std::string_view version) {
  if (kind != ServiceKind::Generic) {
    auto const release = release_of(version);
    return release && release->prerelease;
  }
  std::string const text = lowered(version);
  constexpr std::array<std::string_view, 8> kMarks{"~rc", "~alpha", "~beta", "~pre", "~dev", "-rc", "-alpha", "-beta"};
  return std::ranges::any_of(kMarks, [&](std::string_view mark) { return text.find(mark) != std::string::npos; });
}

}  // namespace tykup
