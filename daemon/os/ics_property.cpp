#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <memory>

#include "daemon/core/words.hpp"
#include "daemon/os/ics_event.hpp"

namespace tykup {
namespace {

using Component = std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)>;

/// What a broken calendar must not do is abort the process, which is what the library does unless it is told.
void be_calm() {
  icalerror_set_errors_are_fatal(0);
}

/// The property of one line, in a component of its own: a list of values becomes several properties.
Result<Component> parse(std::string const& line) {
  be_calm();
  auto const text = "BEGIN:VEVENT\r\n" + line + "\r\nEND:VEVENT\r\n";
  Component parsed(icalparser_parse_string(text.c_str()), &icalcomponent_free);
  auto* const first = parsed ? icalcomponent_get_first_property(parsed.get(), ICAL_ANY_PROPERTY) : nullptr;
  bool const wrong = first == nullptr || icalcomponent_count_properties(parsed.get(), ICAL_XLICERROR_PROPERTY) > 0;
  if (wrong) return fail(ErrorKind::BadConfig, quoted(line) + " is not understood");
  return parsed;
}

Result<IcsTime> time_of(icaltimetype const& value, char const* zone) {
  auto const date = std::chrono::year{value.year} / value.month / value.day;
  bool const clock = value.hour >= 0 && value.hour < 24 && value.minute >= 0 && value.minute < 60 &&
                     value.second >= 0 && value.second <= 60;
  if (!date.ok() || (value.is_date == 0 && !clock)) return fail(ErrorKind::BadConfig, "there is no such date or time");
  if (value.year < 1970 || value.year > 2199)
    return fail(ErrorKind::BadConfig, "the year " + std::to_string(value.year) + " is not one of 1970 to 2199");
  IcsTime out{std::chrono::local_days{date}, value.is_date != 0};
  if (!out.date_only)
    out.civil += std::chrono::hours{value.hour} + std::chrono::minutes{value.minute} + std::chrono::seconds{value.second};
  if (icaltime_is_utc(value) != 0)
    out.zone = "UTC";
  else if (zone != nullptr)
    out.zone = zone;
  return out;
}

Result<IcsLength> length_of(icaldurationtype const& value) {
  IcsLength const out{std::chrono::days{value.days + 7 * value.weeks},
                      std::chrono::hours{value.hours} + std::chrono::minutes{value.minutes} +
                          std::chrono::seconds{value.seconds}};
  bool const nothing = out.days.count() == 0 && out.rest.count() == 0;
  if (value.is_neg != 0 || nothing) return fail(ErrorKind::BadConfig, "the duration is not longer than nothing");
  return out;
}

char const* zone_parameter(icalproperty* property) {
  auto* const zone = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
  return zone == nullptr ? nullptr : icalparameter_get_tzid(zone);
}

/// The times of a property, one or a list.
Result<std::vector<IcsTime>> times_of(IcsLine const& line) {
  auto const parsed = parse(line.text);
  if (!parsed) return fail(parsed.error());
  std::vector<IcsTime> times;
  auto* property = icalcomponent_get_first_property(parsed->get(), ICAL_ANY_PROPERTY);
  for (; property != nullptr; property = icalcomponent_get_next_property(parsed->get(), ICAL_ANY_PROPERTY)) {
    auto const time = time_of(icalvalue_get_datetime(icalproperty_get_value(property)), zone_parameter(property));
    if (!time) return fail(time.error());
    times.push_back(*time);
  }
  return times;
}

Result<std::pair<IcsTime, std::optional<IcsEnd>>> extra_of(icalproperty* property) {
  auto const value = icalproperty_get_rdate(property);
  auto const* const zone = zone_parameter(property);
  bool const is_period = icaltime_is_null_time(value.time) != 0;
  auto const start = time_of(is_period ? value.period.start : value.time, zone);
  if (!start) return fail(start.error());
  if (!is_period) return std::pair{*start, std::optional<IcsEnd>{}};
  if (icaltime_is_null_time(value.period.end) != 0) {
    auto const length = length_of(value.period.duration);
    if (!length) return fail(length.error());
    return std::pair{*start, std::optional<IcsEnd>{*length}};
  }
  auto const end = time_of(value.period.end, zone);
  if (!end) return fail(end.error());
  return std::pair{*start, std::optional<IcsEnd>{*end}};
}

Result<void> take_more(IcsEvent& event, IcsLine const& line) {
  auto const parsed = parse(line.text);
  if (!parsed) return fail(parsed.error());
  auto* property = icalcomponent_get_first_property(parsed->get(), ICAL_ANY_PROPERTY);
  for (; property != nullptr; property = icalcomponent_get_next_property(parsed->get(), ICAL_ANY_PROPERTY)) {
    auto extra = extra_of(property);
    if (!extra) return fail(extra.error());
    event.more.push_back(std::move(*extra));
  }
  return {};
}

Result<void> take_time(std::optional<IcsTime>& into, IcsLine const& line) {
  auto const times = times_of(line);
  if (!times) return fail(times.error());
  if (into) return fail(ErrorKind::BadConfig, line.name + " is there twice");
  into = times->front();
  return {};
}

Result<void> take_end(IcsEvent& event, IcsLine const& line) {
  if (event.end) return fail(ErrorKind::BadConfig, "the event has its end twice, by DTEND or DURATION");
  if (line.name == "DTEND") {
    auto const times = times_of(line);
    if (!times) return fail(times.error());
    event.end = times->front();
    return {};
  }
  auto const parsed = parse(line.text);
  if (!parsed) return fail(parsed.error());
  auto* const property = icalcomponent_get_first_property(parsed->get(), ICAL_ANY_PROPERTY);
  auto const length = length_of(icalvalue_get_duration(icalproperty_get_value(property)));
  if (!length) return fail(length.error());
  event.end = *length;
  return {};
}

Result<void> take_replaced(IcsEvent& event, IcsLine const& line) {
  if (line.text.find("RANGE=") < line.text.find(':'))
    return fail(ErrorKind::BadConfig, "a change of all later events (RANGE) is not supported; write it as an event of its own");
  return take_time(event.replaces, line);
}

Result<void> take_rule(IcsEvent& event, IcsLine const& line) {
  auto const parsed = parse(line.text);
  if (!parsed) return fail(parsed.error());
  event.rules.push_back({line.text, line.number});
  return {};
}

/// A summary says nothing about time: whatever it is, the freeze holds.
Result<void> take_summary(IcsEvent& event, IcsLine const& line) {
  auto const parsed = parse(line.text);
  if (!parsed) return {};
  auto const* const text =
      icalproperty_get_summary(icalcomponent_get_first_property(parsed->get(), ICAL_ANY_PROPERTY));
  event.summary = text == nullptr ? "" : text;
  std::ranges::replace_if(event.summary, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return {};
}

/// The occurrences of a rule, which an iterator of the library finds.
class Recurrence {
 public:
  Recurrence(icalrecurrencetype const& rule, icaltimetype start)
      : iterator_(icalrecur_iterator_new(rule, start), &icalrecur_iterator_free) {}
  [[nodiscard]] bool is_a_rule() const { return iterator_ != nullptr; }
  std::optional<LocalTime> next() {
    auto const at = icalrecur_iterator_next(iterator_.get());
    if (icaltime_is_null_time(at) != 0) return std::nullopt;
    return std::chrono::local_days{std::chrono::year{at.year} / at.month / at.day} + std::chrono::hours{at.hour} +
           std::chrono::minutes{at.minute} + std::chrono::seconds{at.second};
  }

 private:
  std::unique_ptr<icalrecur_iterator, decltype(&icalrecur_iterator_free)> iterator_;
};

icaltimetype to_library(LocalTime civil, bool date_only) {
  auto const midnight = std::chrono::floor<std::chrono::days>(civil);
  std::chrono::year_month_day const date{midnight};
  std::chrono::hh_mm_ss const clock{civil - midnight};
  auto out = icaltime_null_time();
  out.year = int{date.year()};
  out.month = static_cast<int>(unsigned{date.month()});
  out.day = static_cast<int>(unsigned{date.day()});
  out.hour = static_cast<int>(clock.hours().count());
  out.minute = static_cast<int>(clock.minutes().count());
  out.second = static_cast<int>(clock.seconds().count());
  out.is_date = date_only ? 1 : 0;
  return out;
}

icalrecurrencetype rule_of(icalcomponent* parsed) {
  return icalproperty_get_rrule(icalcomponent_get_first_property(parsed, ICAL_ANY_PROPERTY));
}

}  // namespace

Result<void> take_ics_line(IcsEvent& event, IcsLine const& line) {
  if (line.name == "DTSTART") return take_time(event.start, line);
  if (line.name == "DTEND" || line.name == "DURATION") return take_end(event, line);
  if (line.name == "RECURRENCE-ID") return take_replaced(event, line);
  if (line.name == "RRULE") return take_rule(event, line);
  if (line.name == "RDATE") return take_more(event, line);
  if (line.name == "SUMMARY") return take_summary(event, line);
  if (line.name == "UID") event.uid = line.text.substr(std::min(line.text.find(':'), line.text.size()));
  if (line.name == "STATUS") event.cancelled = ics_value(line) == "CANCELLED";
  if (line.name == "EXRULE") return fail(ErrorKind::BadConfig, "EXRULE is not supported; list the dates in EXDATE");
  if (line.name != "EXDATE") return {};
  auto times = times_of(line);
  if (!times) return fail(times.error());
  event.except.insert(event.except.end(), times->begin(), times->end());
  return {};
}

std::optional<IcsTime> ics_until(IcsRule const& rule) {
  auto const parsed = parse(rule.text);
  if (!parsed) return std::nullopt;
  auto const until = rule_of(parsed->get()).until;
  if (icaltime_is_null_time(until) != 0) return std::nullopt;
  auto time = time_of(until, nullptr);
  return time ? std::optional(*time) : std::nullopt;
}

Result<std::vector<LocalTime>> ics_occurrences(IcsRule const& rule, IcsTime const& start, LocalTime until,
                                               std::size_t most) {
  auto const parsed = parse(rule.text);
  if (!parsed) return fail(parsed.error());
  auto terms = rule_of(parsed->get());
  if (terms.rscale != nullptr) return fail(ErrorKind::BadConfig, "RSCALE is not supported");
  if (terms.freq == ICAL_SECONDLY_RECURRENCE || terms.freq == ICAL_MINUTELY_RECURRENCE)
    return fail(ErrorKind::BadConfig, "a freeze cannot begin every minute; expected FREQ=HOURLY or rarer");
  // The library then ends by itself, also where a rule never comes true.
  terms.until = to_library(until, false);
  Recurrence recurrence(terms, to_library(start.civil, start.date_only));
  if (!recurrence.is_a_rule()) return fail(ErrorKind::BadConfig, "the repetition never comes: " + quoted(rule.text));
  std::vector<LocalTime> found;
  while (auto const at = recurrence.next()) {
    if (found.size() == most)
      return fail(ErrorKind::BadConfig, "the event begins more than " + std::to_string(most) + " times");
    found.push_back(*at);
  }
  return found;
}

}  // namespace tykup
