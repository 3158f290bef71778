#include "daemon/agent/freeze_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/core/freezes.hpp"
#include "tests/fakes/fake_world.hpp"

namespace tykup::test {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant const kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

/// Calendar files in memory; a freeze is told where it touches the range.
class FakeFreezeFiles : public agent::FreezeFiles {
 public:
  explicit FakeFreezeFiles(boost::asio::io_context& loop) : change_(loop, boost::asio::steady_timer::time_point::max()) {}

  Result<std::vector<Freeze>> read(FreezeCalendar const& calendar, Interval range) override {
    ++reads;
    ranges.push_back(range);
    auto const it = contents.find(calendar.file);
    if (it == contents.end()) return fail(ErrorKind::BadConfig, calendar.file + ": No such file or directory");
    std::vector<Freeze> told;
    for (auto const& freeze : it->second) {
      if (freeze.until > range.from && freeze.from < range.until) told.push_back(freeze);
    }
    return told;
  }
  void watch(std::vector<std::string> const& files) override { watched = files; }
  agent::Awaitable<void> changed() override {
    auto const token = boost::asio::as_tuple(boost::asio::use_awaitable);
    co_await change_.async_wait(token);
  }
  void change() { change_.cancel(); }

  std::map<std::string, std::vector<Freeze>> contents;
  std::vector<std::string> watched;
  std::vector<Interval> ranges;
  unsigned reads = 0;

 private:
  boost::asio::steady_timer change_;
};

struct Watching {
  std::vector<std::vector<Freeze>> told;
  FakeAnnouncer announcer;
  boost::asio::io_context loop;
  FakeClock clock{loop};
  FakeFreezeFiles files{loop};
  agent::FreezeWatch watch{loop, files, clock, announcer, [this](auto const& freezes) { told.push_back(freezes); }};

  Watching() { clock.set(kNow); }
  void turn() {
    loop.restart();
    loop.poll();
  }
  void change() {
    turn();
    files.change();
    turn();
  }
  [[nodiscard]] std::string now() const {
    auto const* freeze = told.empty() ? nullptr : freeze_at(told.back(), kNow);
    return freeze == nullptr ? "open" : freeze_text(*freeze);
  }
};

Freeze sale() { return {kNow - days{1}, kNow + days{1}, "sale"}; }

TEST(FreezeWatch, reads_and_watches_what_it_is_given) {
  Watching at;
  at.files.contents["/f.ics"] = {sale()};
  at.watch.adopt({{"/f.ics", "shop"}});
  EXPECT_THAT(at.files.watched, ElementsAre("/f.ics"));
  EXPECT_EQ(at.now(), "frozen until 2026-11-23T00:00:00Z: shop: sale");
  EXPECT_THAT(at.announcer.names(), ElementsAre("freeze-read"));
  EXPECT_THAT(at.announcer.announced[0].message,
              HasSubstr("/f.ics was read: 1 freeze, from 2026-11-21T00:00:00Z until 2026-11-23T00:00:00Z: sale."));
}

TEST(FreezeWatch, tells_a_change_at_once_and_nothing_twice) {
  Watching at;
  at.files.contents["/f.ics"] = {sale()};
  at.watch.adopt({{"/f.ics"}});
  at.change();
  EXPECT_EQ(at.told.size(), 1U) << "it was touched, and says the same";
  at.files.contents["/f.ics"] = {};
  at.change();
  EXPECT_EQ(at.told.size(), 2U);
  EXPECT_EQ(at.now(), "open");
  EXPECT_THAT(at.announcer.announced.back().message, HasSubstr("no freeze is ahead"));
}

TEST(FreezeWatch, freezes_everything_while_a_file_cannot_be_read_and_says_both) {
  Watching at;
  at.watch.adopt({{"/f.ics"}});
  EXPECT_THAT(at.now(), HasSubstr("everything is frozen: /f.ics: No such file or directory"));
  at.change();
  EXPECT_THAT(at.announcer.names(), ElementsAre("freeze-unreadable")) << "once for one reason";
  EXPECT_EQ(at.announcer.announced[0].priority, rollout::Priority::Error);
  at.files.contents["/f.ics"] = {};
  at.change();
  EXPECT_EQ(at.now(), "open");
  EXPECT_THAT(at.announcer.names(), ElementsAre("freeze-unreadable", "freeze-read"));
  EXPECT_THAT(at.announcer.announced[1].message, HasSubstr("can be read again"));
  at.files.contents.clear();
  at.change();
  EXPECT_THAT(at.now(), HasSubstr("everything is frozen"));
  EXPECT_EQ(at.announcer.announced.size(), 3U);
}

TEST(FreezeWatch, one_broken_file_of_two_is_enough) {
  Watching at;
  at.files.contents["/good.ics"] = {};
  at.watch.adopt({{"/good.ics"}, {"/bad.ics"}});
  EXPECT_THAT(at.now(), HasSubstr("/bad.ics"));
  at.files.contents["/bad.ics"] = {};
  at.change();
  EXPECT_EQ(at.now(), "open");
}

TEST(FreezeWatch, looks_further_ahead_as_time_goes_by) {
  Watching at;
  auto const far = kNow + days{3000};
  at.files.contents["/f.ics"] = {{far, far + days{1}, "far away"}};
  at.watch.adopt({{"/f.ics"}});
  ASSERT_EQ(at.told.size(), 1U);
  EXPECT_THAT(freeze_text(*freeze_at(at.told.back(), far)), HasSubstr("not worked out for that time yet"));
  at.turn();
  for (int day = 0; day < 2900; ++day) {
    ASSERT_TRUE(at.clock.advance());
    at.turn();
    auto const& range = at.files.ranges.back();
    ASSERT_LE(range.from, at.clock.now());
    ASSERT_GE(range.until, at.clock.now() + kWindowHorizon);
  }
  EXPECT_EQ(freeze_text(*freeze_at(at.told.back(), far)), "frozen until 2035-02-09T00:00:00Z: far away");
  EXPECT_LT(at.told.size(), 110U) << "once a month";
  EXPECT_EQ(at.announcer.announced.size(), 2U) << "what is new is said, that a month went by is not";
}

TEST(FreezeWatch, a_clock_that_is_set_finds_time_frozen_until_it_is_read_again) {
  Watching at;
  at.files.contents["/f.ics"] = {sale()};
  at.clock.set(Instant{days{1}});
  at.watch.adopt({{"/f.ics"}});
  EXPECT_THAT(at.now(), HasSubstr("not worked out for that time yet")) << "not open, though the freeze is not known yet";
  at.turn();
  at.clock.set(kNow);
  at.clock.advance();
  at.turn();
  EXPECT_EQ(at.now(), "frozen until 2026-11-23T00:00:00Z: sale");
}

TEST(FreezeWatch, forgets_a_calendar_that_the_configuration_no_longer_names) {
  Watching at;
  at.watch.adopt({{"/f.ics"}});
  at.watch.adopt({});
  EXPECT_THAT(at.files.watched, IsEmpty());
  at.change();
  EXPECT_EQ(at.files.reads, 1U);
}

}  // namespace
}  // namespace tykup::test
