#include "daemon/core/window.hpp"

#include <algorithm>
#include <cstdint>

#include "daemon/core/freezes.hpp"
#include "daemon/core/openings.hpp"

namespace tykup {
namespace {

using std::chrono::days;
using std::chrono::floor;

using Chosen = Openings::Chosen;

Chosen windows_for(Windows const& all, std::string const& component) {
  Chosen chosen;
  for (auto const& window : all.windows) {
    bool const meant = component.empty() || window.components.empty() ||
                       std::ranges::find(window.components, component) != window.components.end();
    if (meant && window.duration > Duration::zero()) chosen.push_back(&window);
  }
  return chosen;
}

/// Freezes sorted and united, empty ones left out.
std::vector<Interval> united_freezes(std::vector<Freeze> const& freezes) {
  std::vector<Interval> all;
  for (auto const& freeze : freezes) {
    if (freeze.from < freeze.until) all.push_back({freeze.from, freeze.until});
  }
  std::ranges::sort(all, {}, &Interval::from);
  std::vector<Interval> united;
  for (auto const& freeze : all) {
    if (!united.empty() && freeze.from <= united.back().until) {
      united.back().until = std::max(united.back().until, freeze.until);
    } else {
      united.push_back(freeze);
    }
  }
  return united;
}

std::string two_digits(unsigned value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

std::string date_text(LocalTime at) {
  std::chrono::year_month_day const date{floor<days>(at)};
  return std::to_string(int{date.year()}) + '-' + two_digits(unsigned{date.month()}) + '-' +
         two_digits(unsigned{date.day()});
}

std::string clock_text(LocalTime at) {
  std::chrono::hh_mm_ss const clock{at - floor<days>(at)};
  std::string out = two_digits(static_cast<unsigned>(clock.hours().count())) + ':' +
                    two_digits(static_cast<unsigned>(clock.minutes().count()));
  if (clock.seconds().count() != 0) out += ':' + two_digits(static_cast<unsigned>(clock.seconds().count()));
  return out;
}

/// "2027-01-04", or "2027-01-04 06:00 GMT" where it is not midnight.
std::string freeze_end_text(Zone const& zone, Instant at) {
  auto const local = to_local(zone, at);
  std::string out = date_text(local);
  if (local != floor<days>(local)) out += ' ' + clock_text(local) + ' ' + abbreviation_at(zone, at);
  return out;
}

/// "Sun 2026-11-29 02:00 GMT".
std::string opening_text(Zone const& zone, Instant at) {
  constexpr std::string_view kNames = "SunMonTueWedThuFriSat";
  auto const local = to_local(zone, at);
  std::chrono::weekday const weekday{floor<days>(local)};
  return std::string(kNames.substr(weekday.c_encoding() * 3, 3)) + ' ' + date_text(local) + ' ' + clock_text(local) +
         ' ' + abbreviation_at(zone, at);
}

/// The zone to speak in: of the window that opens then, else of the first one.
Zone const& zone_of(Chosen const& windows, Instant opens) {
  for (auto const* window : windows) {
    auto const start = window->calendar.next(window->zone, opens - window->duration);
    if (start && *start <= opens) return window->zone;
  }
  return windows.front()->zone;
}

std::string why_closed(Windows const& all, Chosen const& chosen, std::string const& component, Instant now,
                       std::optional<Instant> opens) {
  static Zone const kUtc = utc_zone();
  if (auto const* freeze = freeze_at(all.freezes, now)) {
    auto const& zone = chosen.empty() ? kUtc : chosen.front()->zone;
    if (is_endless(*freeze)) return freeze_text(*freeze);
    std::string text = "freeze until " + freeze_end_text(zone, freeze->until);
    return freeze->reason.empty() ? text : text + ": " + freeze->reason;
  }
  if (all.windows.empty()) return "no window is configured";
  if (chosen.empty()) return "no window is meant for " + (component.empty() ? "any component" : component);
  if (opens) return "next window " + opening_text(zone_of(chosen, *opens), *opens);
  auto const without_freezes = Openings(chosen, {}, now, now + kWindowHorizon).next();
  return without_freezes ? "a freeze covers every window of the next 400 days" : "no window opens within 400 days";
}

std::uint64_t mix(std::uint64_t hash) {
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
  return hash ^ (hash >> 31U);
}

/// FNV-1a over both texts with a separator, finished so that every bit depends on every byte. Stable for ever: hosts
/// keep their place over upgrades of ours.
std::uint64_t stable_hash(std::string const& first, std::string const& second) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  auto const add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001B3U; };
  for (char const c : first) add(static_cast<unsigned char>(c));
  add(0);
  for (char const c : second) add(static_cast<unsigned char>(c));
  return mix(hash);
}

}  // namespace

WindowVerdict window_at(Windows const& windows, std::string const& component, Instant now) {
  auto const chosen = windows_for(windows, component);
  auto const horizon = now + kWindowHorizon;
  auto const opening = Openings(chosen, united_freezes(windows.freezes), now, horizon).next();
  if (opening && opening->from <= now) return {true, opening->until, {}, {}};

  WindowVerdict verdict;
  if (opening && opening->from <= horizon) verdict.opens = opening->from;
  verdict.reason = why_closed(windows, chosen, component, now, verdict.opens);
  return verdict;
}

std::vector<Interval> next_openings(Windows const& windows, std::string const& component, Instant from,
                                    std::size_t count) {
  std::vector<Interval> found;
  Openings openings(windows_for(windows, component), united_freezes(windows.freezes), from, kForever);
  while (found.size() < count) {
    auto const next = openings.next();
    if (!next) break;
    found.push_back(*next);
  }
  return found;
}

std::vector<ClosedOpening> closed_openings(Windows const& windows, std::string const& component, Interval span,
                                           std::size_t most) {
  auto freezes = windows.freezes;
  std::ranges::sort(freezes, {}, &Freeze::from);
  std::vector<ClosedOpening> found;
  Openings openings(windows_for(windows, component), {}, span.from, std::min(span.until, kForever));
  for (auto whole = openings.next(); whole && whole->from < span.until && found.size() < most; whole = openings.next()) {
    Instant told = whole->from;
    for (auto const& freeze : freezes) {
      Interval const piece{std::max(told, freeze.from), std::min(whole->until, freeze.until)};
      if (piece.from >= piece.until) continue;
      found.push_back({piece, freeze});
      told = piece.until;
    }
  }
  if (found.size() > most) found.resize(most);
  return found;
}

Duration spread_offset(std::string const& machine_id, std::string const& what, Duration room) {
  if (room <= Duration::zero()) return Duration::zero();
  auto const size = static_cast<std::uint64_t>(room.count());
  return Duration{static_cast<Duration::rep>(stable_hash(machine_id, what) % size)};
}

}  // namespace tykup
