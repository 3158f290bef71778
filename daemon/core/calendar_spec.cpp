#include "daemon/core/calendar_spec.hpp"

#include <algorithm>
#include <tuple>

namespace tykup {
namespace {

struct Limits {
  std::string_view what;
  int from;
  int to;
  bool from_end = false;
};

void write_year_out(std::optional<int> year, auto const& set) {
  if (year && *year < 100) set(*year + (*year < 70 ? 2000 : 1900));
}

void end_at_last_step(CalendarItem& item) {
  if (item.stop && *item.stop > item.start && item.step > 0) *item.stop -= (*item.stop - item.start) % item.step;
  if (item.stop && *item.stop == item.start) {
    item.stop.reset();
    item.step = 0;
  }
}

void normalize_list(CalendarItems& items) {
  for (auto& item : items) end_at_last_step(item);
  auto const key = [](CalendarItem const& item) { return std::tuple(item.start, item.stop, item.step); };
  std::ranges::sort(items, {}, key);
  auto const twice = std::ranges::unique(items, {}, key);
  items.erase(twice.begin(), twice.end());
}

bool repeats(CalendarItem const& item, Limits const& limits) {
  if (item.step > limits.to - limits.from) return false;
  return limits.from_end ? item.start - item.step >= limits.from : item.start <= limits.to - item.step;
}

std::string range_text(Limits const& limits) {
  if (limits.to > kSecond) return "a second from 0 to 59.999999";
  return std::string(limits.what) + " from " + std::to_string(limits.from) + " to " + std::to_string(limits.to);
}

std::optional<CalendarMistake> mistake_in(CalendarItems const& items, Limits const& limits) {
  auto const outside = [&](int value) { return value < limits.from || value > limits.to; };
  for (auto const& item : items) {
    if (outside(item.start) || (item.stop && outside(*item.stop))) return CalendarMistake{item.at, range_text(limits)};
    if (item.stop && *item.stop < item.start) return CalendarMistake{item.at, "a range that does not run backwards"};
    if (item.step != 0 && !item.stop && !repeats(item, limits)) {
      return CalendarMistake{item.at, "a step small enough to repeat within " + range_text(limits)};
    }
  }
  return std::nullopt;
}

std::string format_weekdays(unsigned weekdays) {
  constexpr std::string_view kNames = "MonTueWedThuFriSatSun";
  std::string out;
  for (unsigned first = 0; first < 7; ++first) {
    if ((weekdays >> first & 1U) == 0) continue;
    unsigned last = first;
    while (last < 6 && (weekdays >> (last + 1) & 1U) != 0) ++last;
    if (!out.empty()) out += ',';
    out += kNames.substr(first * 3, 3);
    if (last > first) out.append(last > first + 1 ? ".." : ",").append(kNames.substr(last * 3, 3));
    first = last;
  }
  return out;
}

std::string padded(int value, std::size_t width) {
  std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

/// A value of a field whose unit is 1, or of the seconds, whose unit is a million.
std::string format_value(int value, int unit, std::size_t width) {
  std::string out = padded(value / unit, width);
  if (value % unit != 0) out += '.' + padded(value % unit, 6);
  return out;
}

std::string format_item(CalendarItem const& item, int unit, std::size_t width) {
  std::string out = format_value(item.start, unit, width);
  if (item.stop) out += ".." + format_value(*item.stop, unit, width);
  if (item.step != 0 && !(item.stop && item.step == unit)) out += '/' + format_value(item.step, unit, 1);
  return out;
}

std::string format_list(CalendarItems const& items, int unit, std::size_t width) {
  bool const every_second = std::ranges::any_of(
      items, [](auto const& item) { return item.start == 0 && !item.stop && item.step == kSecond; });
  if (items.empty() || (unit == kSecond && every_second)) return "*";
  std::string out;
  for (auto const& item : items) {
    if (!out.empty()) out += ',';
    out += format_item(item, unit, width);
  }
  return out;
}

/// The values from `from` to `to` that the list allows, as bits.
template <typename Bits>
Bits mask_of(CalendarItems const& items, int from, int to, Bits (*bit)(int)) {
  Bits mask{};
  for (int value = from; items.empty() && value <= to; ++value) mask |= bit(value);
  for (auto const& item : items) {
    int const last = item.stop.value_or(item.step > 0 ? to : item.start);
    for (int value = item.start; value <= last; value += std::max(item.step, 1)) mask |= bit(value);
  }
  return mask;
}

std::uint32_t bit32(int value) {
  return std::uint32_t{1} << static_cast<unsigned>(value);
}
std::uint64_t bit64(int value) {
  return std::uint64_t{1} << static_cast<unsigned>(value);
}

/// Counted from the end an item runs towards the last day: "07/1" is the seventh last and every later one.
std::uint32_t days_from_end(CalendarItems const& items, int length) {
  std::uint32_t mask = 0;
  for (auto const& item : items) {
    int const first = length + 1 - item.stop.value_or(item.start);
    int const last = item.stop || item.step == 0 ? length + 1 - item.start : length;
    for (int day = first; day <= last; day += std::max(item.step, 1)) mask |= bit32(day);
  }
  return mask;
}

}  // namespace

void normalize(CalendarFields& fields) {
  if (fields.weekdays == 0) fields.weekdays = kEveryWeekday;
  if (fields.day.empty()) fields.from_month_end = false;
  for (auto& item : fields.year) {
    write_year_out(item.start, [&](int year) { item.start = year; });
    write_year_out(item.stop, [&](int year) { item.stop = year; });
  }
  for (auto* list : {&fields.year, &fields.month, &fields.day, &fields.hour, &fields.minute, &fields.second}) {
    normalize_list(*list);
  }
}

std::optional<CalendarMistake> find_mistake(CalendarFields const& fields) {
  // Every month has 28 days: counted from the end, none of these falls into the month before.
  Limits const day =
      fields.from_month_end ? Limits{"a day before the end of the month", 1, 28, true} : Limits{"a day", 1, 31};
  std::pair<CalendarItems const*, Limits> const lists[] = {{&fields.year, {"a year", kFirstYear, kLastYear}},
                                                           {&fields.month, {"a month", 1, 12}},
                                                           {&fields.day, day},
                                                           {&fields.hour, {"an hour", 0, 23}},
                                                           {&fields.minute, {"a minute", 0, 59}},
                                                           {&fields.second, {"a second", 0, 60 * kSecond - 1}}};
  for (auto const& [items, limits] : lists) {
    if (auto mistake = mistake_in(*items, limits)) return mistake;
  }
  return std::nullopt;
}

std::string format_calendar(CalendarFields const& fields) {
  std::string out;
  if (fields.weekdays != kEveryWeekday) out = format_weekdays(fields.weekdays) + ' ';
  out += format_list(fields.year, 1, 4) + '-' + format_list(fields.month, 1, 2);
  out += (fields.from_month_end ? '~' : '-') + format_list(fields.day, 1, 2) + ' ';
  out += format_list(fields.hour, 1, 2) + ':' + format_list(fields.minute, 1, 2) + ':';
  out += format_list(fields.second, kSecond, 2);
  if (!fields.zone.empty()) out += ' ' + fields.zone;
  return out;
}

Calendar::Spec compile(CalendarFields const& fields) {
  Calendar::Spec spec;
  spec.years = mask_of<decltype(spec.years)>(fields.year, kFirstYear, kLastYear, [](int year) {
    return decltype(spec.years){}.set(static_cast<std::size_t>(year - kFirstYear));
  });
  spec.months = mask_of(fields.month, 1, 12, bit32);
  for (int length = 28; length <= 31; ++length) {
    auto const month = mask_of({}, 1, length, bit32);
    auto const days = fields.from_month_end ? days_from_end(fields.day, length) : mask_of(fields.day, 1, 31, bit32);
    spec.days_by_length[static_cast<std::size_t>(length - 28)] = days & month;
  }
  for (unsigned first = 0; first < 7; ++first) {
    for (unsigned day = 1; day <= 31; ++day) {
      // Fields count from Monday, the standard library from Sunday.
      unsigned const weekday = (first + 6 + day - 1) % 7;
      if ((fields.weekdays >> weekday & 1U) != 0) spec.days_by_weekday[first] |= 1U << day;
    }
  }
  spec.hours = mask_of(fields.hour, 0, 23, bit32);
  spec.minutes = mask_of(fields.minute, 0, 59, bit64);
  spec.seconds = fields.second;
  spec.zone = fields.zone;
  spec.normalized = format_calendar(fields);
  return spec;
}

}  // namespace tykup
