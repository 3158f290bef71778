#include "daemon/agent/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "tests/fakes/fake_world.hpp"

namespace tykup::test {
namespace {

using notify::Delivery;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

Instant const kMorning = std::chrono::sys_days{std::chrono::year{2026} / 11 / 26} + 8h;
constexpr char const* kUrl = "https://hooks.example.com/secret";
Delivery const kRefused{Delivery::End::Again, "connection refused"};
Delivery const kGone{Delivery::End::Never, "it answered 410"};

std::string digest(std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)) + "000000000000"; }

notify::NotifyConfig both_ways() {
  notify::NotifyConfig config;
  config.email = {"ops@example.com"};
  config.webhooks = {{kUrl}};
  return config;
}

/// A store and a network that outlive the daemon's part.
struct PostOffice {
  FakeOutboxStore store;
  FakePost post;
  FakeAnnouncer announcer;
  struct Life {
    std::unique_ptr<agent::Outbox> outbox;
    boost::asio::io_context loop;
    FakeClock clock{loop};
  };
  std::unique_ptr<Life> life;
  notify::NotifyConfig config = both_ways();

  PostOffice() { start(kMorning); }
  void start(Instant now) {
    life = std::make_unique<Life>();
    life->clock.set(now);
    life->outbox = std::make_unique<agent::Outbox>(life->loop, agent::Post{store, post, post}, life->clock, announcer, digest);
    life->outbox->adopt(config);
    settle();
  }
  agent::Outbox& outbox() { return *life->outbox; }
  Instant now() { return life->clock.now(); }
  void settle() {
    life->loop.restart();
    life->loop.poll();
  }
  std::string webhook() { return notify::ways_of(config, digest).back().id; }
  /// As the agent leaves it.
  void happens(std::string const& title, std::vector<std::string> const& ways = {}) {
    store.add({.key = title, .id = title, .at = now(), .host = "web1", .title = title}, ways.empty() ? std::vector{std::string("email"), webhook()} : ways);
    outbox().wake();
    settle();
  }
  /// Time passes, sleepers wake at their time.
  void pass(Duration length) {
    auto const until = now() + length;
    auto alarm = life->clock.sleep_until(until);
    bool over = false;
    boost::asio::co_spawn(life->loop, std::move(alarm), [&](std::exception_ptr const&, bool) { over = true; });
    settle();
    while (!over && life->clock.advance()) settle();
  }
  std::size_t count(std::string const& said) {
    auto const names = announcer.names();
    return static_cast<std::size_t>(std::ranges::count(names, said));
  }
  std::string last_said() { return announcer.announced.back().message; }
  notify::WayStanding standing_of_webhook() { return outbox().standing().back(); }
};

TEST(Outbox, sends_on_every_way_once_and_keeps_nothing) {
  PostOffice world;
  world.happens("run done");
  world.pass(24h);
  EXPECT_THAT(world.post.mails, ElementsAre(HasSubstr("Subject: [tykup web1] run done\n")));
  ASSERT_EQ(world.post.posts.size(), 1U);
  EXPECT_EQ(world.post.posts[0].first, kUrl);
  EXPECT_THAT(world.store.kept, IsEmpty());
  EXPECT_THAT(world.announcer.announced, IsEmpty());
}

TEST(Outbox, tries_a_way_that_fails_less_and_less_often_and_says_so_once) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  world.happens("two");
  EXPECT_EQ(world.post.mails.size(), 2U);
  EXPECT_EQ(world.post.posts.size(), 1U) << "the second waits with the first";
  world.pass(59s);
  EXPECT_EQ(world.post.posts.size(), 1U);
  world.pass(2s);
  EXPECT_EQ(world.post.posts.size(), 2U);
  world.pass(1h + 4min);
  EXPECT_EQ(world.post.posts.size(), 7U) << "after 1, 3, 7, 15, 31 and 63 minutes";
  world.pass(1h);
  EXPECT_EQ(world.post.posts.size(), 8U);
  EXPECT_EQ(world.count("notify-failing"), 1U);
  EXPECT_EQ(world.announcer.announced[0].message,
            "Notifications to https://hooks.example.com do not get through: connection refused. They are kept and sent again for a day; no run waits for them.");
  EXPECT_EQ(world.standing_of_webhook().waiting, 2U);
  EXPECT_EQ(world.standing_of_webhook().trouble, (notify::Trouble{kMorning, "connection refused", 0}));
}

TEST(Outbox, sends_what_waited_in_its_order_when_the_way_works_again_and_says_so_once) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  world.happens("two");
  world.post.answers.clear();
  world.post.posts.clear();
  world.pass(1h);
  ASSERT_EQ(world.post.posts.size(), 2U);
  EXPECT_THAT(world.post.posts[0].second, HasSubstr("\"title\":\"one\""));
  EXPECT_THAT(world.post.posts[1].second, HasSubstr("\"title\":\"two\""));
  EXPECT_EQ(world.count("notify-works"), 1U);
  EXPECT_EQ(world.last_said(), "Notifications to https://hooks.example.com get through again, for the first time since 2026-11-26T08:00:00Z.");
  EXPECT_THAT(world.store.known, IsEmpty());
  EXPECT_EQ(world.standing_of_webhook().trouble, std::nullopt);
}

TEST(Outbox, gives_up_what_could_not_be_sent_for_a_day) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  world.pass(23h);
  EXPECT_EQ(world.store.kept.size(), 1U);
  world.pass(2h + 1min);
  EXPECT_THAT(world.store.kept, IsEmpty());
  EXPECT_EQ(world.count("notify-lost"), 1U);
  EXPECT_EQ(world.last_said(), "The notification \"one\" to https://hooks.example.com is given up: it could not be delivered for a day.");
  EXPECT_EQ(world.standing_of_webhook().trouble, (notify::Trouble{kMorning, "connection refused", 1}));
}

TEST(Outbox, gives_up_what_is_refused_for_good_and_goes_on_with_the_next) {
  PostOffice world;
  world.post.answers[kUrl] = kGone;
  world.happens("one");
  world.happens("two");
  EXPECT_EQ(world.post.posts.size(), 2U);
  EXPECT_THAT(world.store.kept, IsEmpty());
  EXPECT_EQ(world.count("notify-lost"), 2U);
  EXPECT_EQ(world.announcer.announced[0].priority, rollout::Priority::Error);
  EXPECT_EQ(world.standing_of_webhook().trouble, (notify::Trouble{kMorning, "it answered 410", 2}));
  world.start(kMorning + 1h);
  EXPECT_EQ(world.standing_of_webhook().trouble->lost, 2U) << "also after a restart";
  world.post.answers.clear();
  world.happens("three");
  EXPECT_EQ(world.last_said(), "Notifications to https://hooks.example.com get through again, for the first time since 2026-11-26T08:00:00Z; 2 were given up meanwhile.");
}

TEST(Outbox, sends_after_a_restart_what_waited_before_it_and_says_no_second_time_that_it_failed) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  world.start(kMorning + 10min);
  EXPECT_EQ(world.count("notify-failing"), 1U);
  world.post.answers.clear();
  world.start(kMorning + 20min);
  EXPECT_THAT(world.store.kept, IsEmpty());
  EXPECT_EQ(world.count("notify-works"), 1U);
}

TEST(Outbox, gives_what_became_old_while_the_daemon_was_away_a_fair_try) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  world.start(kMorning + 48h);
  world.pass(9min);
  EXPECT_EQ(world.store.kept.size(), 1U) << "the network may still be coming up";
  world.pass(10min);
  EXPECT_THAT(world.store.kept, IsEmpty());
}

TEST(Outbox, is_not_taken_in_by_a_clock_that_was_set) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  world.life->clock.jump(kMorning - 48h);
  world.settle();
  world.post.answers.clear();
  world.pass(2min);
  EXPECT_THAT(world.store.kept, IsEmpty());
}

TEST(Outbox, drops_the_oldest_of_too_many) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  for (std::size_t i = 0; i < notify::kMostWaiting + 3; ++i) world.store.add({.key = std::to_string(i), .at = kMorning, .title = std::to_string(i)}, {world.webhook()});
  world.outbox().wake();
  world.settle();
  EXPECT_EQ(world.store.kept.size(), notify::kMostWaiting);
  EXPECT_EQ(world.store.kept.front().notification.title, "3");
  EXPECT_EQ(world.count("notify-lost"), 3U);
}

TEST(Outbox, lets_a_way_that_fails_hold_up_no_other) {
  PostOffice world;
  world.post.mail_answer = {Delivery::End::Again, "sendmail ended with status 75"};
  world.happens("one");
  world.happens("two");
  EXPECT_EQ(world.post.posts.size(), 2U);
  EXPECT_EQ(world.post.mails.size(), 1U);
}

TEST(Outbox, gives_up_what_waits_for_a_way_that_is_no_more) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  auto config = both_ways();
  config.webhooks.clear();
  world.outbox().adopt(config);
  world.settle();
  EXPECT_THAT(world.store.kept, IsEmpty());
  EXPECT_THAT(world.store.known, IsEmpty());
  EXPECT_EQ(world.last_said(), "The notification \"one\" to a webhook is given up: it is not in [notify] any more.");
  EXPECT_EQ(world.outbox().standing().size(), 1U);
}

TEST(Outbox, tries_again_at_once_when_the_configuration_was_read_anew) {
  PostOffice world;
  world.post.answers[kUrl] = kRefused;
  world.happens("one");
  world.pass(20min);
  world.post.answers.clear();
  world.outbox().adopt(both_ways());
  world.settle();
  EXPECT_THAT(world.store.kept, IsEmpty());
}

TEST(Outbox, survives_a_configuration_that_changes_while_it_sends) {
  PostOffice world;
  world.post.while_posting = [&] {
    world.post.while_posting = [] {};
    auto config = both_ways();
    config.webhooks.clear();
    world.outbox().adopt(config);
  };
  world.happens("one");
  EXPECT_THAT(world.store.kept, IsEmpty());
  EXPECT_EQ(world.count("notify-lost"), 0U) << "it was sent";
}

TEST(Outbox, sends_nothing_twice_while_the_store_cannot_forget_it) {
  PostOffice world;
  world.post.while_posting = [&] { world.store.is_broken = true; };
  world.happens("one");
  EXPECT_THAT(world.last_said(), HasSubstr("the disk is gone"));
  world.pass(3min);
  world.store.is_broken = false;
  world.pass(3min);
  EXPECT_EQ(world.post.posts.size(), 1U);
  EXPECT_THAT(world.store.kept, IsEmpty());
}

TEST(Outbox, says_nothing_of_a_secret) {
  PostOffice world;
  world.post.answers[kUrl] = kGone;
  world.happens("one");
  for (auto const& said : world.announcer.announced) EXPECT_THAT(said.message + said.reason, Not(HasSubstr("secret")));
  EXPECT_THAT(world.standing_of_webhook().way + world.standing_of_webhook().to, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace tykup::test
