#include "daemon/os/ics_reader.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/core/words.hpp"
#include "daemon/os/ics_event.hpp"
#include "daemon/os/zones.hpp"

namespace tykup {
namespace {

constexpr std::size_t kMostOccurrences = 200'000;
constexpr std::size_t kMostFreezes = 20'000;

tl::unexpected<Error> at_line(std::string const& file, std::size_t line, std::string const& what) {
  return fail(ErrorKind::BadConfig, file + ":" + std::to_string(line) + ": " + what);
}

/// The zones that a calendar speaks of, each read once.
class ZoneBook {
 public:
  explicit ZoneBook(std::optional<Zone> const& own) : own_(own) {}

  Result<void> set_own(std::string const& name) {
    if (own_) return {};
    auto zone = load_zone(name);
    if (!zone) return fail(zone.error());
    own_ = std::move(*zone);
    return {};
  }

  Result<Zone const*> find(std::string const& name) {
    if (name.empty() && !own_) {
      if (auto const host = set_own(local_zone_name()); !host) return fail(host.error());
    }
    if (name.empty()) return &*own_;
    if (auto const known = known_.find(name); known != known_.end()) return &known->second;
    auto zone = name == "UTC" ? Result<Zone>(utc_zone()) : load_named(name);
    if (!zone) return fail(zone.error());
    return &known_.emplace(name, std::move(*zone)).first->second;
  }

 private:
  /// Some programs put their own name before the zone's: "/citadel.org/20240101_1/Europe/London".
  static Result<Zone> load_named(std::string const& name) {
    for (auto slash = name.find('/', 1); name.starts_with('/') && slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      if (auto zone = load_zone(name.substr(slash + 1))) return zone;
    }
    return load_zone(name);
  }

  std::optional<Zone> own_;
  std::map<std::string, Zone> known_;
};

/// One occurrence of an event.
struct Occurrence {
  std::string uid;
  Instant from;
  Instant until;
  std::string reason;
};

class Reader {
 public:
  Reader(FreezeCalendar const& calendar, Interval range) : file_(calendar.file), range_(range), zones_(calendar.zone) {}

  Result<void> read(std::vector<IcsLine> const& lines);
  Result<std::vector<Freeze>> freezes();

 private:
  Result<void> take(IcsLine const& line);
  Result<void> begin(IcsLine const& line);
  Result<void> end(IcsLine const& line);
  Result<void> expand(IcsEvent const& event);
  Result<void> expand_rule(IcsEvent const& event, IcsRule const& rule);
  Result<void> add(IcsEvent const& event, IcsTime const& start, IcsEnd const& end);
  Result<void> except(IcsEvent const& event);
  Result<void> replace();
  Result<Instant> instant(IcsTime const& time, std::size_t line);
  Result<IcsEnd> end_of(IcsEvent const& event);
  Result<Instant> finish(IcsTime const& start, Instant from, IcsEnd const& end, std::size_t line);

  std::string file_;
  Interval range_;
  ZoneBook zones_;
  std::vector<std::string> open_;  ///< components that have begun and not ended
  bool calendar_seen_ = false;
  std::vector<IcsEvent> events_;
  std::vector<Occurrence> found_;
  std::size_t walked_ = 0;
};

Result<void> Reader::read(std::vector<IcsLine> const& lines) {
  for (auto const& line : lines) {
    if (auto const taken = take(line); !taken) return at_line(file_, line.number, taken.error().message);
  }
  auto const last = lines.empty() ? 1 : lines.back().number;
  if (!calendar_seen_) return at_line(file_, 1, "this is no iCalendar file; it begins with BEGIN:VCALENDAR");
  if (!open_.empty()) return at_line(file_, last, "the file is cut off: END:" + open_.back() + " is missing");
  return {};
}

Result<void> Reader::take(IcsLine const& line) {
  if (line.name == "BEGIN") return begin(line);
  if (open_.empty()) return fail(ErrorKind::BadConfig, "this is no iCalendar file; it begins with BEGIN:VCALENDAR");
  if (line.name == "END") return end(line);
  if (open_.back() == "VEVENT") return take_ics_line(events_.back(), line);
  bool const zone = open_.back() == "VCALENDAR" && line.name == "X-WR-TIMEZONE";
  return zone ? zones_.set_own(line.text.substr(line.text.find(':') + 1)) : Result<void>{};
}

Result<void> Reader::begin(IcsLine const& line) {
  auto const what = ics_value(line);
  if (open_.empty() != (what == "VCALENDAR"))
    return fail(ErrorKind::BadConfig, quoted(line.text) + " does not belong here");
  calendar_seen_ = true;
  bool const event = what == "VEVENT";
  if (event && open_.back() != "VCALENDAR") return fail(ErrorKind::BadConfig, "an event inside of " + open_.back());
  open_.push_back(what);
  if (event) events_.push_back(IcsEvent{.line = line.number, .uid = "line " + std::to_string(line.number), .summary = {}});
  return {};
}

Result<void> Reader::end(IcsLine const& line) {
  if (ics_value(line) != open_.back())
    return fail(ErrorKind::BadConfig, quoted(line.text) + " where END:" + open_.back() + " is expected");
  open_.pop_back();
  return {};
}

Result<Instant> Reader::instant(IcsTime const& time, std::size_t line) {
  auto const zone = zones_.find(time.zone);
  if (!zone) return at_line(file_, line, zone.error().message);
  return to_instant(**zone, time.civil).first;
}

Result<IcsEnd> Reader::end_of(IcsEvent const& event) {
  if (!event.end && event.start->date_only) return IcsEnd{IcsLength{std::chrono::days{1}}};
  if (!event.end)
    return at_line(file_, event.line, "the event has neither DTEND nor DURATION: how long is the freeze?");
  auto const* end = std::get_if<IcsTime>(&*event.end);
  if (end == nullptr) return *event.end;
  if (end->date_only != event.start->date_only)
    return at_line(file_, event.line, "DTSTART and DTEND must both be dates, or both have a time of day");
  if (!end->date_only) {
    // The same elapsed time for every occurrence.
    auto const from = instant(*event.start, event.line);
    auto const until = instant(*end, event.line);
    if (!from) return fail(from.error());
    if (!until) return fail(until.error());
    return IcsEnd{IcsLength{std::chrono::days{0}, std::chrono::ceil<std::chrono::seconds>(*until - *from)}};
  }
  return IcsEnd{IcsLength{std::chrono::floor<std::chrono::days>(end->civil - event.start->civil)}};
}

Result<Instant> Reader::finish(IcsTime const& start, Instant from, IcsEnd const& end, std::size_t line) {
  Result<Instant> until = from;
  if (auto const* moment = std::get_if<IcsTime>(&end)) {
    until = instant(*moment, line);
  } else {
    auto const& length = std::get<IcsLength>(end);
    auto const zone = zones_.find(start.zone);
    if (!zone) return at_line(file_, line, zone.error().message);
    // The later one of an end that exists twice: in doubt it is frozen.
    if (length.days.count() != 0) until = to_instant(**zone, start.civil + length.days).second;
    *until += length.rest;
  }
  if (!until) return until;
  if (*until <= from) return at_line(file_, line, "the event ends before or when it begins");
  return std::min(*until, kForever);
}

Result<void> Reader::add(IcsEvent const& event, IcsTime const& start, IcsEnd const& end) {
  auto const from = instant(start, event.line);
  if (!from) return fail(from.error());
  auto const until = finish(start, *from, end, event.line);
  if (!until) return fail(until.error());
  found_.push_back({event.uid, *from, *until, event.summary});
  return {};
}

Result<void> Reader::expand_rule(IcsEvent const& event, IcsRule const& rule) {
  auto const end = end_of(event);
  if (!end) return fail(end.error());
  auto const last = ics_until(rule);
  Instant stop = range_.until;
  if (last && !last->date_only) {
    auto const named = instant(last->zone.empty() ? IcsTime{last->civil, false, event.start->zone} : *last, rule.line);
    if (!named) return fail(named.error());
    stop = std::min(stop, *named);
  }
  // A day more than any zone is away from UTC: what is too much is cut below.
  auto const horizon = LocalTime{stop.time_since_epoch()} + std::chrono::days{2};
  auto const starts = ics_occurrences(rule, *event.start, horizon, kMostOccurrences - walked_);
  if (!starts) return at_line(file_, rule.line, starts.error().message);
  walked_ += starts->size();
  for (auto const civil : *starts) {
    if (last && last->date_only && std::chrono::floor<std::chrono::days>(civil) > last->civil) break;
    IcsTime const start{civil, event.start->date_only, event.start->zone};
    auto const from = instant(start, rule.line);
    if (!from) return fail(from.error());
    if (*from > stop) break;
    if (auto const added = add(event, start, *end); !added) return added;
  }
  return {};
}

Result<void> Reader::except(IcsEvent const& event) {
  for (auto const& time : event.except) {
    auto const at = instant(time, event.line);
    if (!at) return fail(at.error());
    std::erase_if(found_, [&](Occurrence const& one) { return one.uid == event.uid && one.from == *at; });
  }
  return {};
}

Result<void> Reader::expand(IcsEvent const& event) {
  if (!event.start) return at_line(file_, event.line, "the event has no DTSTART: when does it begin?");
  if (event.cancelled && !event.replaces) return {};
  auto const end = end_of(event);
  if (!end) return fail(end.error());
  if (event.replaces) return {};
  if (auto const added = add(event, *event.start, *end); !added) return added;
  for (auto const& rule : event.rules) {
    if (auto const expanded = expand_rule(event, rule); !expanded) return expanded;
  }
  for (auto const& [start, own_end] : event.more) {
    if (auto const added = add(event, start, own_end.value_or(*end)); !added) return added;
  }
  return except(event);
}

/// Single occurrences that were moved or cancelled: after all that they may stand for.
Result<void> Reader::replace() {
  for (auto const& event : events_) {
    if (!event.replaces) continue;
    auto const at = instant(*event.replaces, event.line);
    if (!at) return fail(at.error());
    std::erase_if(found_, [&](Occurrence const& one) { return one.uid == event.uid && one.from == *at; });
  }
  for (auto const& event : events_) {
    if (!event.replaces || event.cancelled) continue;
    auto const end = end_of(event);
    if (!end) return fail(end.error());
    if (auto const added = add(event, *event.start, *end); !added) return added;
  }
  return {};
}

Result<std::vector<Freeze>> Reader::freezes() {
  for (auto const& event : events_) {
    if (auto const expanded = expand(event); !expanded) return fail(expanded.error());
  }
  if (auto const replaced = replace(); !replaced) return fail(replaced.error());
  std::vector<Freeze> out;
  for (auto const& one : found_) {
    if (one.until > range_.from && one.from < range_.until) out.push_back({one.from, one.until, one.reason, file_});
  }
  auto const order = [](Freeze const& a, Freeze const& b) {
    return std::tie(a.from, a.until, a.reason) < std::tie(b.from, b.until, b.reason);
  };
  auto const same = [](Freeze const& a, Freeze const& b) {
    return a.from == b.from && a.until == b.until && a.reason == b.reason;
  };
  std::ranges::sort(out, order);
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  if (out.size() > kMostFreezes)
    return at_line(file_, 1, "the calendar tells of more than " + std::to_string(kMostFreezes) + " freezes");
  return out;
}

}  // namespace

Result<std::vector<Freeze>> read_ics(std::string_view text, FreezeCalendar const& calendar, Interval range) {
  auto const lines = ics_lines(text);
  if (!lines) return at_line(calendar.file, 1, lines.error().message);
  Reader reader(calendar, range);
  if (auto const read = reader.read(*lines); !read) return fail(read.error());
  return reader.freezes();
}

}  // namespace tykup
