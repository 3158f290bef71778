#include "tests/unit/core/calendar_oracle.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tykup::test {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;

constexpr int kSecond = 1'000'000;
constexpr int kLastYear = 2199;

struct Range {
  int from;
  int to;
};

class Draw {
 public:
  explicit Draw(std::mt19937_64& random) : random_(random) {}

  int number(Range range) {
    return range.from + static_cast<int>(random_() % static_cast<std::uint64_t>(range.to - range.from + 1));
  }
  bool one_in(int n) { return number({1, n}) == 1; }

  DrawnItem item(Range range) {
    DrawnItem item{number(range), {}, 0};
    switch (number({0, 4})) {
      case 0:
        if (item.start < range.to) item.stop = number({item.start + 1, range.to});
        item.step = item.stop ? 1 : 0;
        break;
      case 1:
        if (item.start < range.to) item.stop = number({item.start + 1, range.to});
        if (item.stop) item.step = number({1, *item.stop - item.start});
        break;
      case 2:
        if (item.start < range.to) item.step = number({1, range.to - item.start});
        break;
      default:
        break;
    }
    return item;
  }

  std::vector<DrawnItem> list(Range range) {
    std::vector<DrawnItem> items;
    for (int left = one_in(3) ? number({2, 4}) : 1; left > 0; --left) items.push_back(item(range));
    return items;
  }

 private:
  std::mt19937_64& random_;
};

/// The text of a list twice: as it was drawn, and with an end for every step that has none.
struct Text {
  std::string drawn;
  std::string closed;

  Text& operator+=(Text const& more) {
    drawn += more.drawn;
    closed += more.closed;
    return *this;
  }
};
Text same(std::string const& text) {
  return {text, text};
}

Text text_of(std::vector<DrawnItem> const& items, int to) {
  Text text;
  for (auto const& item : items) {
    if (!text.drawn.empty()) text += same(",");
    text += same(std::to_string(item.start));
    if (item.stop) text += same(".." + std::to_string(*item.stop));
    if (!item.stop && item.step > 0) text.closed += ".." + std::to_string(to);
    if (item.step > 0 && !(item.stop && item.step == 1)) text += same('/' + std::to_string(item.step));
  }
  return items.empty() ? same("*") : text;
}

/// Counted from the end, "7/2" runs from the seventh last day to the last one, which is "1..7/2".
Text text_from_end(std::vector<DrawnItem> const& items) {
  if (items.empty() || items.front().step == 0) return text_of(items, 1);
  auto const start = std::to_string(items.front().start);
  auto const step = '/' + std::to_string(items.front().step);
  return {start + step, "1.." + start + step};
}

std::set<int> values_of(std::vector<DrawnItem> const& items, int to) {
  std::set<int> values;
  for (auto const& item : items) {
    int const last = item.stop ? *item.stop : item.step > 0 ? to : item.start;
    for (int value = item.start; value <= last; value += std::max(1, item.step)) values.insert(value);
  }
  return values;
}

std::string draw_weekdays(Draw& draw, std::set<int>& weekdays) {
  static constexpr std::array kNames{"Sun", "Monday", "tue", "Wed", "Thursday", "Fri", "SAT"};
  std::string text;
  for (int left = draw.number({1, 3}); left > 0; --left) {
    int const day = draw.number({0, 6});
    weekdays.insert(day);
    text += (text.empty() ? "" : ",") + std::string(kNames[static_cast<std::size_t>(day)]);
  }
  return text + ' ';
}

Text draw_date(Draw& draw, DrawnExpression& out) {
  std::vector<DrawnItem> years, months;
  if (draw.one_in(8)) years = {{draw.number({1971, 2190}), {}, 1}};
  if (draw.one_in(4)) months = draw.list({1, 12});
  out.days_from_end = draw.one_in(3);
  if (draw.one_in(2)) {
    if (out.days_from_end) {
      // Counted from the end a step leads towards day 1: "7/1" is every day of the last seven.
      int const start = draw.number({1, 28});
      out.days = {{start, {}, start > 1 && draw.one_in(2) ? draw.number({1, start - 1}) : 0}};
    } else {
      out.days = draw.list({1, 31});
    }
  }
  if (out.days.empty()) out.days_from_end = false;
  out.years = values_of(years, kLastYear);
  out.months = values_of(months, 12);
  auto text = text_of(years, kLastYear);
  text += same("-");
  text += text_of(months, 12);
  text += same(out.days_from_end ? "~" : "-");
  text += out.days_from_end ? text_from_end(out.days) : text_of(out.days, 31);
  text += same(" ");
  return text;
}

Text draw_fractions(Draw& draw, DrawnExpression& out) {
  int const step = draw.number({1, 40}) * kSecond / 4;
  int const start = draw.number({0, 10}) * kSecond / 2;
  for (int value = start; value < 60 * kSecond; value += step) out.seconds.insert(value);
  out.fractional = true;
  std::array<char, 64> drawn{};
  std::array<char, 64> closed{};
  std::snprintf(drawn.data(), drawn.size(), ":%g/%g", start / 1e6, step / 1e6);
  std::snprintf(closed.data(), closed.size(), ":%g..59.999999/%g", start / 1e6, step / 1e6);
  return {drawn.data(), closed.data()};
}

Text draw_seconds(Draw& draw, DrawnExpression& out) {
  if (draw.one_in(2)) {
    out.seconds = {0};
    return same(draw.one_in(2) ? ":00" : "");
  }
  if (draw.one_in(4)) return draw_fractions(draw, out);
  auto const items = draw.list({0, 59});
  for (int const value : values_of(items, 59)) out.seconds.insert(value * kSecond);
  auto text = same(":");
  text += text_of(items, 59);
  return text;
}

}  // namespace

DrawnExpression draw_expression(std::mt19937_64& random) {
  Draw draw(random);
  DrawnExpression out;
  Text text;
  if (draw.one_in(4)) text += same(draw_weekdays(draw, out.weekdays));
  if (draw.one_in(4)) text += draw_date(draw, out);
  std::vector<DrawnItem> hours, minutes;
  // Clocks change at night: most hours that are named are small ones.
  if (!draw.one_in(3)) hours = draw.one_in(3) ? draw.list({0, 23}) : draw.list({0, 4});
  if (!draw.one_in(6)) minutes = draw.list({0, 59});
  out.hours = values_of(hours, 23);
  out.minutes = values_of(minutes, 59);
  text += text_of(hours, 23);
  text += same(":");
  text += text_of(minutes, 59);
  text += draw_seconds(draw, out);
  out.text = text.drawn;
  out.closed_text = text.closed;
  return out;
}

bool Oracle::has_day(local_days day) const {
  auto const& wanted = expression_;
  std::chrono::year_month_day const date{day};
  auto const allows = [](std::set<int> const& field, int value) { return field.empty() || field.contains(value); };
  if (!allows(wanted.years, int{date.year()}) || !allows(wanted.months, static_cast<int>(unsigned{date.month()})))
    return false;
  if (!allows(wanted.weekdays, static_cast<int>(std::chrono::weekday{day}.c_encoding()))) return false;
  int const number = static_cast<int>(unsigned{date.day()});
  if (!wanted.days_from_end) return allows(values_of(wanted.days, 31), number);
  local_days const last{date.year() / date.month() / std::chrono::last};
  int const from_end = static_cast<int>((last - day).count()) + 1;
  for (auto const& item : wanted.days) {
    bool const hit =
        item.step == 0 ? from_end == item.start : from_end <= item.start && (item.start - from_end) % item.step == 0;
    if (hit) return true;
  }
  return false;
}

template <typename Visit>
void Oracle::walk(LocalTime from, Visit visit) const {
  auto const all = [](std::set<int> const& field, int count) {
    if (!field.empty()) return std::vector<int>(field.begin(), field.end());
    std::vector<int> every;
    for (int value = 0; value < count; ++value) every.push_back(value);
    return every;
  };
  auto const hours = all(expression_.hours, 24);
  auto const minutes = all(expression_.minutes, 60);
  local_days const end{std::chrono::year{kLastYear + 1} / 1 / 1};
  for (auto day = floor<days>(from); day < end; day += days{1}) {
    if (!has_day(day)) continue;
    for (int const hour : hours) {
      if (day + std::chrono::hours{hour + 1} <= from) continue;
      for (int const minute : minutes) {
        for (int const second : expression_.seconds) {
          LocalTime const civil = day + std::chrono::hours{hour} + std::chrono::minutes{minute} + Duration{second};
          if (civil >= from && visit(civil)) return;
        }
      }
    }
  }
}

std::optional<Instant> Oracle::by_rule(Instant after) const {
  std::optional<Instant> found;
  walk(to_local(zone_, after), [&](LocalTime civil) {
    auto const start = to_instant(zone_, civil).first;
    if (start > after) found = start;
    return found.has_value();
  });
  return found;
}

bool Oracle::shows(Instant second) const {
  auto const civil = to_local(zone_, second);
  bool hit = false;
  walk(civil, [&](LocalTime allowed) {
    hit = allowed < civil + std::chrono::seconds{1};
    return true;
  });
  return hit;
}

int Oracle::starts_in_gap_ending(Instant end) const {
  auto const before = to_local(zone_, end - Duration{1}) + Duration{1};
  auto const after = to_local(zone_, end);
  int count = 0;
  if (before >= after) return 0;
  walk(before, [&](LocalTime civil) {
    if (civil >= after || count > 1) return true;
    ++count;
    return false;
  });
  return count;
}

std::optional<Instant> Oracle::unique_between(Instant after, Instant before) const {
  std::optional<Instant> found;
  walk(to_local(zone_, after), [&](LocalTime civil) {
    auto const lookup = to_instant(zone_, civil);
    if (lookup.first >= before) return true;
    if (lookup.kind == LocalLookup::Kind::Unique && lookup.first > after) found = lookup.first;
    return found.has_value();
  });
  return found;
}

}  // namespace tykup::test
