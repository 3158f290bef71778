// Windows that nobody thought of: drawn calendars, zones, lengths, components and freezes over thirty years, beside the
// plain list of their starts. A world that fails is told with its seed; TYKUP_SEED=N draws it again.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/freezes.hpp"
#include "daemon/core/window.hpp"
#include "daemon/os/zones.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin = std::chrono::sys_days{std::chrono::year{2010} / 1 / 1};
constexpr Instant kEnd = std::chrono::sys_days{std::chrono::year{2040} / 1 / 1};
constexpr std::uint64_t kWorlds = 40;

std::vector<std::string> const kComponents{"dashboard", "gateway", "pump"};

/// Windows and freezes, and the stretch of every single start, neither united nor cut.
struct World {
  Windows windows;
  std::vector<std::vector<Interval>> starts;  ///< by window
};

Zone const& zone_of(std::mt19937_64& random) {
  static std::vector<Zone> const zones = [] {
    std::vector<Zone> all;
    for (auto const* name : {"UTC", "Europe/London", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia",
                             "Europe/Dublin", "Asia/Kathmandu", "America/Sao_Paulo"})
      all.push_back(load_zone(name).value());
    return all;
  }();
  return zones[random() % zones.size()];
}

Window draw_window(std::mt19937_64& random) {
  static constexpr std::string_view kCalendars[] = {
      "Sun 02:00", "Mon..Fri 22:30", "*-*~01 23:00", "Sat *-*-1..7 01:30", "*-*-1,15 0/6:00", "weekly", "02:30",
      "quarterly", "Tue,Thu 23:45",  "*-*-31 00:00", "*-02-29 12:00",      "Sun *-10,03-* 0:0/45"};
  auto calendar = Calendar::parse(kCalendars[random() % std::size(kCalendars)]).value();
  // Overnight and over days as well as short.
  auto const length = random() % 3 == 0 ? 1min * (1 + random() % 6000) : 1min * (1 + random() % 400);
  Window window{std::move(calendar), zone_of(random), length};
  if (random() % 3 == 0) window.components = {kComponents[random() % kComponents.size()]};
  if (random() % 9 == 0) window.components = {"gateway", "pump"};
  return window;
}

World draw_world(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  World world;
  for (auto left = 1 + random() % 4; left > 0; --left) {
    auto const made = draw_window(random);
    std::vector<Interval> starts;
    for (auto at = made.calendar.next(made.zone, kBegin - 24h * 200); at && *at < kEnd;
         at = made.calendar.next(made.zone, *at))
      starts.push_back({*at, *at + made.duration});
    world.windows.windows.push_back(made);
    world.starts.push_back(std::move(starts));
  }
  for (auto left = random() % 40; left > 0; --left) {
    Instant const from = kBegin + 1min * (random() % (30UL * 365 * 24 * 60));
    world.windows.freezes.push_back({from, from + 1min * (random() % 60'000), "drawn"});
  }
  return world;
}

bool is_for(Window const& window, std::string const& component) {
  return component.empty() || window.components.empty() ||
         std::ranges::find(window.components, component) != window.components.end();
}

/// The openings of a component by counting: all ends sorted, how many windows and freezes hold, one after the other.
std::vector<Interval> by_counting(World const& world, std::string const& component) {
  struct Edge {
    Instant at;
    int windows, freezes;
  };
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < world.starts.size(); ++i) {
    if (!is_for(world.windows.windows[i], component)) continue;
    for (auto const& one : world.starts[i]) edges.insert(edges.end(), {{one.from, 1, 0}, {one.until, -1, 0}});
  }
  for (auto const& one : world.windows.freezes) edges.insert(edges.end(), {{one.from, 0, 1}, {one.until, 0, -1}});
  std::ranges::sort(edges, {}, &Edge::at);
  std::vector<Interval> open;
  int windows = 0;
  int freezes = 0;
  for (std::size_t i = 0; i < edges.size();) {
    auto const at = edges[i].at;
    bool const was = windows > 0 && freezes == 0;
    for (; i < edges.size() && edges[i].at == at; ++i) {
      windows += edges[i].windows;
      freezes += edges[i].freezes;
    }
    bool const is = windows > 0 && freezes == 0;
    if (is && !was) open.push_back({at, at});
    if (was && !is) open.back().until = at;
  }
  std::erase_if(open, [](Interval const& one) { return one.until <= kBegin || one.from >= kEnd; });
  return open;
}

/// Parts that touch put together again.
std::vector<Interval> joined(std::vector<Interval> const& parts) {
  std::vector<Interval> whole;
  for (auto const& part : parts) {
    if (!whole.empty() && whole.back().until == part.from)
      whole.back().until = part.until;
    else
      whole.push_back(part);
  }
  return whole;
}

Duration total(std::vector<Interval> const& parts) {
  Duration sum{0};
  for (auto const& part : parts) sum += part.until - part.from;
  return sum;
}

std::vector<std::string> everybody() {
  auto all = kComponents;
  all.emplace_back();
  return all;
}

class RandomWindows : public testing::TestWithParam<std::uint64_t> {
 protected:
  static std::uint64_t seed() {
    char const* const given = std::getenv("TYKUP_SEED");
    return given == nullptr ? GetParam() : std::strtoull(given, nullptr, 10);
  }
  World const world_ = draw_world(seed());
  testing::ScopedTrace const trace_{__FILE__, __LINE__, "TYKUP_SEED=" + std::to_string(seed()) + " draws this world again"};
};

TEST_P(RandomWindows, BeginAlwaysLater) {
  for (std::size_t i = 0; i < world_.starts.size(); ++i) {
    auto const& starts = world_.starts[i];
    for (std::size_t n = 1; n < starts.size(); ++n)
      ASSERT_LT(starts[n - 1].from, starts[n].from) << world_.windows.windows[i].calendar.normalized();
    // The answer does not depend on where between two starts it is asked for.
    std::mt19937_64 random(seed());
    auto const& window = world_.windows.windows[i];
    for (int round = 0; round < 50 && starts.size() > 1; ++round) {
      auto const n = 1 + random() % (starts.size() - 1);
      auto const between = starts[n].from - starts[n - 1].from;
      auto const asked = starts[n - 1].from + Duration{static_cast<Duration::rep>(random() % static_cast<std::uint64_t>(between.count()))};
      ASSERT_EQ(window.calendar.next(window.zone, asked), starts[n].from) << to_rfc3339(asked);
    }
  }
}

TEST_P(RandomWindows, AreTheSumOfTheirStartsWithoutTheFreezes) {
  for (auto const& component : everybody()) {
    auto const expected = by_counting(world_, component);
    auto const got = joined(next_openings(world_.windows, component, kBegin, expected.size() + 10));
    ASSERT_GE(got.size(), expected.size()) << component;
    for (std::size_t i = 0; i + 1 < expected.size(); ++i) {
      // The beginning of one that lasts for months is looked for over some of its starts only.
      Instant const since = i == 0 ? kBegin : Instant::min();
      ASSERT_EQ(std::max(got[i].from, since), std::max(expected[i].from, since)) << component;
      ASSERT_EQ(got[i].until, expected[i].until) << component << " from " << to_rfc3339(got[i].from);
    }
  }
}

TEST_P(RandomWindows, AreOpenExactlyWhereTheListSaysSoAndNeverInAFreeze) {
  std::mt19937_64 random(seed());
  for (auto const& component : everybody()) {
    auto const list = by_counting(world_, component);
    for (int i = 0; i < 60 && !list.empty(); ++i) {
      auto const& near = list[random() % list.size()];
      Duration const shift[] = {0us, -1us, 1us, 1min * (random() % 600)};
      auto const at = (random() % 2 == 0 ? near.from : near.until) + shift[random() % 4];
      if (at < kBegin || at >= list.back().from) continue;
      auto const verdict = window_at(world_.windows, component, at);
      auto const after = std::ranges::upper_bound(list, at, {}, &Interval::until);
      bool const open = after != list.end() && after->from <= at;
      ASSERT_EQ(verdict.open, open) << component << " " << to_rfc3339(at) << " " << verdict.reason;
      ASSERT_FALSE(verdict.open && freeze_at(world_.windows.freezes, at) != nullptr) << "freezes win";
      auto const horizon = at + kWindowHorizon;
      if (open) {
        ASSERT_EQ(std::min(verdict.until, horizon), std::min(after->until, horizon)) << component << " " << to_rfc3339(at);
      } else if (after->from <= horizon) {
        ASSERT_EQ(verdict.opens, after->from) << component << " " << to_rfc3339(at);
      }
    }
  }
}

TEST_P(RandomWindows, TogetherWithWhatFreezesTakeAreTheWindowsWithoutFreezes) {
  // What is open and what is closed by a freeze add up, and do not overlap.
  auto const whole = by_counting({{world_.windows.windows, {}}, world_.starts}, "");
  if (whole.size() < 3) return;
  Interval const span{whole[1].from, std::min(whole.back().from, whole[1].from + 24h * 700)};
  std::vector<Interval> parts;
  for (auto const& closed : closed_openings(world_.windows, "", span, 100'000)) parts.push_back(closed.when);
  for (auto const& open : next_openings(world_.windows, "", span.from, 100'000)) {
    if (open.from >= span.until) break;
    parts.push_back(open);
  }
  std::ranges::sort(parts, {}, &Interval::from);
  for (std::size_t i = 1; i < parts.size(); ++i) ASSERT_LE(parts[i - 1].until, parts[i].from);
  std::vector<Interval> expected;
  std::ranges::copy_if(whole, std::back_inserter(expected),
                       [&](Interval const& one) { return one.from >= span.from && one.from < span.until; });
  std::erase_if(parts, [&](Interval const& part) { return part.from >= span.until; });
  auto const got = joined(parts);
  ASSERT_EQ(got.size(), expected.size());
  EXPECT_EQ(total({got.begin(), got.end() - 1}), total({expected.begin(), expected.end() - 1}));
}

TEST_P(RandomWindows, OfAComponentAreAmongThoseOfTheRun) {
  auto const all = by_counting(world_, "");
  for (auto const& component : kComponents) {
    for (auto const& own : by_counting(world_, component)) {
      auto const after = std::ranges::upper_bound(all, own.from, {}, &Interval::until);
      ASSERT_TRUE(after != all.end() && after->from <= own.from && own.until <= after->until) << component;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWindows, testing::Range(std::uint64_t{1}, kWorlds + 1));

}  // namespace
}  // namespace tykup
