#include "tests/simulation/windows_draw.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/freezes.hpp"
#include "daemon/os/zones.hpp"

namespace tykup::simulation {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::minutes;

constexpr std::array kWeekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/// Transitions long before and after the simulated years cost time and decide nothing.
Zone shortened(Zone zone) {
  Instant const begin = std::chrono::sys_days{std::chrono::year{2023} / 1 / 1};
  Instant const end = std::chrono::sys_days{std::chrono::year{2034} / 1 / 1};
  std::vector<Transition> kept;
  for (auto const& change : zone.transitions) {
    if (change.at < begin) {
      zone.initial_offset = change.offset;
      zone.initial_abbreviation = change.abbreviation;
    } else if (change.at < end) {
      kept.push_back(change);
    }
  }
  zone.transitions = std::move(kept);
  return zone;
}

DrawnWindow draw_window(Dice& dice, std::vector<std::string> const& components) {
  DrawnWindow window;
  switch (dice.roll(5)) {
    case 0: break;  // every day
    case 1: window.month_day = 1 + static_cast<int>(dice.roll(28)); break;
    case 2: window.weekdays = {0, 1, 2, 3, 4}; break;
    default:
      window.weekdays = {static_cast<int>(dice.roll(7))};
      if (dice.chance(30)) window.weekdays.push_back((window.weekdays.front() + 3) % 7);
  }
  // Nights, when clocks change, more than other times.
  window.hour = static_cast<int>(dice.chance(60) ? dice.roll(5) : dice.roll(24));
  window.minute = static_cast<int>(dice.chance(50) ? 0 : dice.roll(60));
  window.length = dice.chance(70) ? dice.between(30min, 6h) : dice.between(5min, 20h);
  window.length -= window.length % minutes{1};
  window.zone = dice.one_of(drawn_zones());
  if (dice.chance(25)) window.components = {dice.one_of(components)};
  return window;
}

}  // namespace

std::string DrawnWindow::expression() const {
  std::string text;
  for (int const day : weekdays) text += (text.empty() ? "" : ",") + std::string(kWeekdays.at(static_cast<std::size_t>(day)));
  if (!text.empty()) text += ' ';
  auto const two = [](int value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return text + "*-*-" + (month_day == 0 ? "*" : two(month_day)) + " " + two(hour) + ":" + two(minute);
}

std::vector<Zone> const& drawn_zones() {
  static std::vector<Zone> const zones = [] {
    std::vector<Zone> all;
    for (auto const* name : {"UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Santiago",
                             "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Europe/Dublin", "Pacific/Auckland"})
      all.push_back(shortened(load_zone(name).value()));
    return all;
  }();
  return zones;
}

std::vector<Freeze> draw_freezes(Dice& dice, Instant year) {
  std::vector<Freeze> freezes;
  for (auto count = dice.roll(6); count > 0; --count) {
    auto const from = year + dice.between(0s, days{370});
    auto const length = dice.chance(70) ? dice.between(1h, 72h) : dice.between(72h, days{25});
    freezes.push_back({from, from + length, "drawn", dice.chance(50) ? "/f.ics" : ""});
  }
  if (dice.chance(10)) freezes.push_back(unreadable_freeze({"/f.ics"}, "drawn"));
  return freezes;
}

DrawnPolicy draw_policy(Dice& dice, std::vector<std::string> const& components, Instant year) {
  DrawnPolicy policy;
  for (auto count = 1 + dice.roll(3); count > 0; --count) policy.windows.push_back(draw_window(dice, components));
  policy.freezes = draw_freezes(dice, year);
  // A calendar that cannot be read is put right one day; a whole year of it would show nothing.
  std::erase_if(policy.freezes, is_endless);
  return policy;
}

Windows windows_of(DrawnPolicy const& policy) {
  Windows windows{{}, policy.freezes};
  for (auto const& drawn : policy.windows)
    windows.windows.push_back({Calendar::parse(drawn.expression()).value(), drawn.zone, drawn.length, drawn.components});
  return windows;
}

}  // namespace tykup::simulation
