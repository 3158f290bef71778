#include "daemon/cli/when.hpp"

#include <fmt/format.h>

#include <array>

namespace tykup::cli {
namespace {

constexpr std::array kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/// "Sun 2026-11-29".
std::string date_of(Zone const& zone, Instant at) {
  auto const midnight = std::chrono::floor<std::chrono::days>(to_local(zone, at));
  std::chrono::year_month_day const date{midnight};
  return fmt::format("{} {:04}-{:02}-{:02}", kWeekdays[std::chrono::weekday{midnight}.c_encoding()], int{date.year()},
                     unsigned{date.month()}, unsigned{date.day()});
}

}  // namespace

std::string civil(Zone const& zone, Instant at) {
  return fmt::format("{} {:.5} {}", date_of(zone, at), civil_clock(zone, at), abbreviation_at(zone, at));
}

std::string civil_day(Zone const& zone, Instant at) { return date_of(zone, at) + " " + std::string(abbreviation_at(zone, at)); }

std::string civil_clock(Zone const& zone, Instant at) {
  auto const local = to_local(zone, at);
  std::chrono::hh_mm_ss const clock{local - std::chrono::floor<std::chrono::days>(local)};
  return fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string relative(Instant at, Instant now) {
  Duration const away = at - now;
  if (away < seconds{1} && away > -seconds{1}) return "now";
  return away > Duration::zero() ? "in " + to_human(away) : to_human(-away) + " ago";
}

std::string when(View const& view, Instant at) {
  return fmt::format("{} ({})", civil(view.zone, at), relative(at, view.now));
}

}  // namespace tykup::cli
