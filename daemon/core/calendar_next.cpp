#include <algorithm>
#include <bit>

#include "daemon/core/calendar_spec.hpp"

namespace tykup {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::microseconds;

/// A time of day: `second` in microseconds within the minute.
struct Clock {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

/// A day of the calendar, plain numbers.
struct Day {
  int year = kFirstYear;
  unsigned month = 1;
  unsigned day = 1;
};

/// The lowest bit from `from` on.
template <typename Bits>
std::optional<int> lowest_from(Bits mask, int from) {
  if (from >= static_cast<int>(sizeof(Bits) * 8)) return std::nullopt;
  Bits const left = static_cast<Bits>(mask >> from);
  if (left == 0) return std::nullopt;
  return from + std::countr_zero(left);
}

std::optional<int> item_from(CalendarItem const& item, int from) {
  if (item.start >= from) return item.start;
  if (item.step == 0) return std::nullopt;
  std::int64_t const steps = (std::int64_t{from} - item.start + item.step - 1) / item.step;
  std::int64_t const value = item.start + steps * item.step;
  if (value > item.stop.value_or(60 * kSecond - 1)) return std::nullopt;
  return static_cast<int>(value);
}

std::optional<int> second_from(CalendarItems const& items, int from) {
  std::optional<int> best;
  for (auto const& item : items) {
    auto const value = item_from(item, from);
    if (value && (!best || *value < *best)) best = value;
  }
  return best;
}

/// The first allowed time of day that is not before `from`.
std::optional<Clock> clock_from(Calendar::Spec const& spec, Clock from) {
  auto hour = lowest_from(spec.hours, from.hour);
  if (hour && *hour == from.hour) {
    auto minute = lowest_from(spec.minutes, from.minute);
    if (minute && *minute == from.minute) {
      if (auto const second = second_from(spec.seconds, from.second)) return Clock{*hour, *minute, *second};
      minute = lowest_from(spec.minutes, from.minute + 1);
    }
    if (minute) return Clock{*hour, *minute, *second_from(spec.seconds, 0)};
    hour = lowest_from(spec.hours, from.hour + 1);
  }
  if (!hour) return std::nullopt;
  return Clock{*hour, *lowest_from(spec.minutes, 0), *second_from(spec.seconds, 0)};
}

std::uint32_t days_of(Calendar::Spec const& spec, int year, unsigned month) {
  auto const first = std::chrono::year{year} / static_cast<int>(month) / 1;
  auto const length = unsigned{(std::chrono::year{year} / static_cast<int>(month) / std::chrono::last).day()};
  std::chrono::weekday const weekday{local_days{first}};
  return spec.days_by_length[length - 28] & spec.days_by_weekday[weekday.c_encoding()];
}

/// The first allowed day that is not before `from`.
std::optional<Day> day_from(Calendar::Spec const& spec, Day from) {
  for (int year = from.year; year <= kLastYear; ++year) {
    if (!spec.years.test(static_cast<std::size_t>(year - kFirstYear))) continue;
    auto const first_month = year == from.year ? static_cast<int>(from.month) : 1;
    for (auto month = lowest_from(spec.months, first_month); month; month = lowest_from(spec.months, *month + 1)) {
      auto const number = static_cast<unsigned>(*month);
      bool const same_month = year == from.year && number == from.month;
      auto const day = lowest_from(days_of(spec, year, number), same_month ? static_cast<int>(from.day) : 1);
      if (day) return Day{year, number, static_cast<unsigned>(*day)};
    }
  }
  return std::nullopt;
}

local_days as_days(Day day) {
  return local_days{std::chrono::year{day.year} / static_cast<int>(day.month) / static_cast<int>(day.day)};
}

Day as_day(local_days day) {
  std::chrono::year_month_day const date{day};
  return {int{date.year()}, unsigned{date.month()}, unsigned{date.day()}};
}

LocalTime at(Day day, Clock clock) {
  return as_days(day) + std::chrono::hours{clock.hour} + std::chrono::minutes{clock.minute} +
         microseconds{clock.second};
}

/// The first allowed civil time that is not before `from`.
std::optional<LocalTime> civil_from(Calendar::Spec const& spec, LocalTime from) {
  from = std::max<LocalTime>(from, as_days(Day{}));
  auto const midnight = floor<days>(from);
  Day const today = as_day(midnight);
  auto const day = day_from(spec, today);
  if (!day) return std::nullopt;
  if (as_days(*day) != midnight) return at(*day, *clock_from(spec, {}));

  std::chrono::hh_mm_ss const time{from - midnight};
  Clock const now{static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count() * kSecond + time.subseconds().count())};
  if (auto const clock = clock_from(spec, now)) return at(*day, *clock);
  auto const later = day_from(spec, as_day(midnight + days{1}));
  if (!later) return std::nullopt;
  return at(*later, *clock_from(spec, {}));
}

/// The civil time at which the repeated stretch that begins no later than `first` is over.
LocalTime end_of_repetition(Zone const& zone, Instant first) {
  auto const change = std::ranges::upper_bound(zone.transitions, first, {}, &Transition::at);
  return LocalTime{(change->at + offset_at(zone, first)).time_since_epoch()};
}

}  // namespace

std::optional<Instant> Calendar::next(Zone const& zone, Instant after) const {
  auto from = to_local(zone, after) + microseconds{1};
  while (auto const civil = civil_from(*spec_, from)) {
    auto const lookup = to_instant(zone, *civil);
    if (lookup.first > after) return lookup.first;
    from = *civil + microseconds{1};
    // The second time round: these starts were taken at their first occurrence.
    if (lookup.kind == LocalLookup::Kind::Ambiguous) from = std::max(from, end_of_repetition(zone, lookup.first));
  }
  return std::nullopt;
}

std::string const& Calendar::zone_name() const {
  return spec_->zone;
}

std::string const& Calendar::normalized() const {
  return spec_->normalized;
}

}  // namespace tykup
