#include "daemon/agent/freeze_watch.hpp"

#include <boost/asio/co_spawn.hpp>

#include "daemon/agent/coroutines.hpp"
#include "daemon/core/freezes.hpp"

namespace tykup::agent {
namespace {

using std::chrono::days;

constexpr auto kReadAgain = days{1};
// Windows look ahead for `kWindowHorizon`; each day's reading must reach further than that.
constexpr auto kAhead = kWindowHorizon + days{100};
constexpr auto kBack = days{100};

/// The same for a month, so that nothing seems to have changed every day.
Interval around(Instant now) {
  constexpr auto kSteps = days{30};
  Instant const step{std::chrono::floor<days>(now.time_since_epoch()) / kSteps * kSteps};
  return {std::max(step - kBack, Instant{}), std::min<Instant>(step + kSteps + kAhead, kForever)};
}

bool same(std::vector<Freeze> const& a, std::vector<Freeze> const& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](Freeze const& left, Freeze const& right) {
    return left.from == right.from && left.until == right.until && left.reason == right.reason &&
           left.file == right.file;
  });
}

/// "3 freezes, the next from 2026-12-18T00:00:00Z until 2027-01-04T00:00:00Z: year-end".
std::string what_it_says(std::vector<Freeze> const& events, Instant now) {
  Freeze const* next = nullptr;
  std::size_t count = 0;
  for (auto const& event : events) {
    if (event.until <= now) continue;
    ++count;
    if (next == nullptr || event.from < next->from) next = &event;
  }
  if (next == nullptr) return "no freeze is ahead";
  auto text = std::to_string(count) + (count == 1 ? " freeze, from " : " freezes, the next from ") +
              to_rfc3339(next->from) + " until " + to_rfc3339(next->until);
  return next->reason.empty() ? text : text + ": " + next->reason;
}

}  // namespace

FreezeWatch::FreezeWatch(boost::asio::io_context& loop, FreezeFiles& files, Clock& clock, Announcer& announcer, Sink sink)
    : loop_(loop), files_(files), clock_(clock), announcer_(announcer), sink_(std::move(sink)) {}

void FreezeWatch::adopt(std::vector<FreezeCalendar> calendars) {
  calendars_ = std::move(calendars);
  std::vector<std::string> names;
  for (auto const& calendar : calendars_) names.push_back(calendar.file);
  // Watched first: a change while we read is seen.
  files_.watch(names);
  auto const is_gone = [&](auto const& known) { return std::find(names.begin(), names.end(), known.first) == names.end(); };
  std::erase_if(problems_, is_gone);
  std::erase_if(events_, is_gone);
  told_.clear();
  read_all();
  if (following_ || calendars_.empty()) return;
  following_ = true;
  boost::asio::co_spawn(loop_, follow_files(), rethrow);
  boost::asio::co_spawn(loop_, follow_time(), rethrow);
}

void FreezeWatch::read_all() {
  std::vector<Freeze> told;
  for (auto const& calendar : calendars_) {
    auto const freezes = read(calendar);
    told.insert(told.end(), freezes.begin(), freezes.end());
  }
  if (same(told, told_)) return;
  told_ = std::move(told);
  sink_(told_);
}

std::vector<Freeze> FreezeWatch::read(FreezeCalendar const& calendar) {
  auto const range = around(clock_.now());
  auto events = files_.read(calendar, range);
  if (!events) {
    say_problem(calendar, events.error().message);
    return {unreadable_freeze(calendar, events.error().message)};
  }
  say_readable(calendar, *events);
  return freezes_known_for(calendar, range, std::move(*events));
}

void FreezeWatch::say_problem(FreezeCalendar const& calendar, std::string const& problem) {
  if (std::exchange(problems_[calendar.file], problem) == problem) return;
  events_.erase(calendar.file);
  announcer_.announce({.said = rollout::Said::FreezeUnreadable,
                       .priority = rollout::Priority::Error,
                       .message = "Everything is frozen: the calendar of freezes " + calendar.file +
                                  " cannot be read. " + problem + ". It is read again as soon as it changes.",
                       .reason = problem});
}

void FreezeWatch::say_readable(FreezeCalendar const& calendar, std::vector<Freeze> const& events) {
  bool const was_broken = !std::exchange(problems_[calendar.file], {}).empty();
  auto const before = events_.find(calendar.file);
  bool const changed = before == events_.end() || !same(before->second, events);
  events_[calendar.file] = events;
  if (!was_broken && !changed) return;
  auto const what = what_it_says(events, clock_.now());
  announcer_.announce({.said = rollout::Said::FreezeRead,
                       .priority = was_broken ? rollout::Priority::Notice : rollout::Priority::Info,
                       .message = "The calendar of freezes " + calendar.file +
                                  (was_broken ? " can be read again, its freeze of everything is over: " : " was read: ") +
                                  what + "."});
}

Awaitable<void> FreezeWatch::follow_files() {
  for (;;) {
    co_await files_.changed();
    read_all();
  }
}

Awaitable<void> FreezeWatch::follow_time() {
  for (;;) {
    co_await clock_.sleep_until(clock_.now() + kReadAgain);
    read_all();
  }
}

}  // namespace tykup::agent
