#include "daemon/os/posix_tz.hpp"

#include <algorithm>
#include <cctype>

namespace tykup {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year;

/// Reads a TZ string from the left; every take_… leaves nothing behind when it fails, for the whole then fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<int> number() {
    std::size_t length = 0;
    int value = 0;
    for (; length < rest_.size() && length < 3 && std::isdigit(static_cast<unsigned char>(rest_[length])) != 0;
         ++length) {
      value = value * 10 + (rest_[length] - '0');
    }
    if (length == 0) return std::nullopt;
    rest_.remove_prefix(length);
    return value;
  }

  std::optional<std::string> abbreviation() {
    bool const quoted = take('<');
    auto const end = std::ranges::find_if_not(rest_, [&](unsigned char c) {
      return std::isalpha(c) != 0 || (quoted && (std::isdigit(c) != 0 || c == '+' || c == '-'));
    });
    std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    if (name.size() < 3 || (quoted && !take('>'))) return std::nullopt;
    return name;
  }

  std::optional<seconds> time() {
    bool const negative = take('-');
    if (!negative) take('+');
    auto const hour = number();
    if (!hour) return std::nullopt;
    seconds value = hours{*hour};
    for (seconds unit : {seconds{60}, seconds{1}}) {
      if (!take(':')) break;
      auto const part = number();
      if (!part) return std::nullopt;
      value += *part * unit;
    }
    return negative ? -value : value;
  }

  std::optional<ChangeDay> change() {
    ChangeDay change;
    if (!take(',') || !day_of(change)) return std::nullopt;
    if (take('/')) {
      auto const at = time();
      if (!at) return std::nullopt;
      change.time = *at;
    }
    return change;
  }

 private:
  bool day_of(ChangeDay& change) {
    if (take('M')) return month_weekday(change);
    change.kind = take('J') ? ChangeDay::Kind::JulianNoLeap : ChangeDay::Kind::DayOfYear;
    auto const day = number();
    change.day = day.value_or(0);
    return day && *day <= 365;
  }

  bool month_weekday(ChangeDay& change) {
    change.kind = ChangeDay::Kind::MonthWeekday;
    change.month = number().value_or(0);
    change.week = take('.') ? number().value_or(0) : 0;
    change.day = take('.') ? number().value_or(7) : 7;
    return change.month >= 1 && change.month <= 12 && change.week >= 1 && change.week <= 5 && change.day <= 6;
  }

  std::string_view rest_;
};

}  // namespace

LocalTime ChangeDay::in(year y) const {
  local_days const new_year{y / 1 / 1};
  if (kind == Kind::DayOfYear) return new_year + days{day} + time;
  if (kind == Kind::JulianNoLeap) return new_year + days{day - 1 + (y.is_leap() && day > 59 ? 1 : 0)} + time;
  std::chrono::weekday const wanted{static_cast<unsigned>(day)};
  std::chrono::month const in_month{static_cast<unsigned>(month)};
  if (week == 5) return local_days{y / in_month / wanted[std::chrono::last]} + time;
  return local_days{y / in_month / wanted[static_cast<unsigned>(week)]} + time;
}

std::optional<PosixTz> PosixTz::parse(std::string_view text) {
  Reader reader(text);
  PosixTz tz;
  auto name = reader.abbreviation();
  auto const west = name ? reader.time() : std::nullopt;
  if (!west) return std::nullopt;
  tz.standard = {std::move(*name), -*west};
  if (reader.at_end()) return tz;

  name = reader.abbreviation();
  if (!name) return std::nullopt;
  tz.daylight = Period{std::move(*name), tz.standard.offset + hours{1}};
  if (auto const daylight_west = reader.time()) tz.daylight->offset = -*daylight_west;
  auto const begin = reader.change();
  auto const end = begin ? reader.change() : std::nullopt;
  if (!end || !reader.at_end()) return std::nullopt;
  tz.begin = *begin;
  tz.end = *end;
  return tz;
}

std::vector<Transition> PosixTz::transitions(year first, year last) const {
  std::vector<Transition> all;
  if (!daylight) return all;
  auto const instant = [](LocalTime local, seconds offset) { return Instant{local.time_since_epoch() - offset}; };
  for (year y = first; y <= last; ++y) {
    all.push_back({instant(begin.in(y), standard.offset), daylight->offset, daylight->abbreviation});
    all.push_back({instant(end.in(y), daylight->offset), standard.offset, standard.abbreviation});
  }
  std::ranges::sort(all, {}, &Transition::at);
  return all;
}

}  // namespace tykup
