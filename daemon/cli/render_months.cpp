#include <fmt/format.h>

#include <array>

#include "daemon/cli/render.hpp"

namespace tykup::cli {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::months;

// A day takes four columns: two figures, its mark, a space.
constexpr std::size_t kMonthWidth = 27;
constexpr std::size_t kBetweenMonths = 5;
constexpr std::array kMonths{"January", "February", "March",     "April",   "May",      "June",
                             "July",    "August",   "September", "October", "November", "December"};

struct Marked {
  char sign;
  Tone tone;
};

Marked shown(DayMark mark) {
  switch (mark) {
    case DayMark::Opens: return {'*', Tone::Good};
    case DayMark::Closed: return {'x', Tone::Bad};
    case DayMark::Frozen: return {'-', Tone::Dim};
    case DayMark::None: break;
  }
  return {' ', Tone::Plain};
}

struct Sheet {
  View const& view;
  Windows const& windows;
  std::string const& component;
  Zone const& zone;

  [[nodiscard]] std::string day(local_days at) const {
    auto const [sign, tone] = shown(mark_of(windows, component, zone, at));
    auto const number = unsigned{std::chrono::year_month_day{at}.day()};
    return paint(view, tone, fmt::format("{:2}{}", number, sign));
  }

  /// One line of a month, as wide as all others; `week` 0 is the one of its first day.
  [[nodiscard]] std::string week(std::chrono::year_month month, int week) const {
    local_days const first{month / 1};
    local_days const last{month / std::chrono::last};
    auto const monday = first - days{std::chrono::weekday{first}.iso_encoding() - 1} + days{7 * week};
    std::string line;
    for (auto at = monday; at < monday + days{7}; at += days{1}) {
      line += at < first || at > last ? "   " : day(at);
      if (at + days{1} < monday + days{7}) line += ' ';
    }
    return line;
  }
};

std::string heading(std::chrono::year_month month) {
  auto const title = fmt::format("{} {}", kMonths.at(unsigned{month.month()} - 1), int{month.year()});
  return fmt::format("{:<{}}", fmt::format("{:^{}}", title, kMonthWidth), kMonthWidth);
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string render_months(View const& view, Windows const& windows, Instant from, std::string const& component) {
  auto const& zone = windows.windows.front().zone;
  Sheet const sheet{view, windows, component, zone};
  std::chrono::year_month_day const today{std::chrono::floor<days>(to_local(zone, from))};
  auto const first = today.year() / today.month();
  std::vector<std::chrono::year_month> shown_months{first};
  if (view.width >= 2 * kMonthWidth + kBetweenMonths) shown_months.push_back(first + months{1});
  auto const line_of = [&](auto const& part) {
    std::string line;
    for (auto const month : shown_months) line += (line.empty() ? "" : std::string(kBetweenMonths, ' ')) + part(month);
    return without_trailing_spaces(std::move(line));
  };
  auto out = line_of([](auto month) { return heading(month); });
  out += line_of([](auto) { return std::string("Mo  Tu  We  Th  Fr  Sa  Su "); });
  for (int week = 0; week < 6; ++week) {
    auto const line = line_of([&](auto month) { return sheet.week(month, week); });
    if (line != "\n") out += line;
  }
  auto const key = [&](DayMark mark, char const* text) {
    auto const [sign, tone] = shown(mark);
    return paint(view, tone, std::string(1, sign)) + " " + text;
  };
  return out + key(DayMark::Opens, "opens") + "   " + key(DayMark::Closed, "closed by a freeze") + "   " +
         key(DayMark::Frozen, "freeze") + "   (days of " + zone.name + ")\n";
}

}  // namespace tykup::cli
