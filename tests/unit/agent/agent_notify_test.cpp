#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/agent/host_with_daemon.hpp"

namespace tykup::test {
namespace {

using testing::HasSubstr;

notify::NotifyConfig by_mail_and_webhook() {
  notify::NotifyConfig config;
  config.events = {notify::Topic::RunDone, notify::Topic::RunFailed, notify::Topic::Rollback};
  config.email = {"ops@example.com"};
  config.webhooks = {{"https://hooks.example.com/x"}};
  return config;
}

TEST(Agent, tells_people_how_a_run_ended_by_every_way) {
  HostWithDaemon world;
  world.notify = by_mail_and_webhook();
  world.start_daemon(kSundayOne);
  ASSERT_TRUE(world.until_a_run_ended());
  ASSERT_TRUE(world.until([&] { return world.store.outbox.kept.empty(); }));
  ASSERT_EQ(world.post.mails.size(), 1U);
  EXPECT_THAT(world.post.mails[0], HasSubstr("Subject: [tykup host] run done: db 1.0.0 to 1.1.0, web 1.0.0 to 1.1.0\n"));
  ASSERT_EQ(world.post.posts.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(world.post.posts[0].second)["event"], "run-done");
}

TEST(Agent, does_not_wait_for_notifications_and_sends_them_after_a_restart) {
  HostWithDaemon world;
  world.notify = by_mail_and_webhook();
  world.host.services.at("web").sick = {"1.1.0"};
  notify::Delivery const refused{notify::Delivery::End::Again, "connection refused"};
  world.post.mail_answer = refused;
  world.post.answers["https://hooks.example.com/x"] = refused;
  world.start_daemon(kSundayOne);
  ASSERT_TRUE(world.until_a_run_ended());
  EXPECT_EQ(world.store.runs.back().result, rollout::RunResult::Stopped);
  EXPECT_EQ(world.store.outbox.kept.size(), 4U);
  auto const status = nlohmann::json::parse(world.daemon().status_json());
  EXPECT_EQ(status["notify"][1]["to"], "https://hooks.example.com");
  EXPECT_EQ(status["notify"][1]["trouble"]["why"], "connection refused");
  EXPECT_THAT(world.metrics.text, HasSubstr("tykup_notify_failing{way=\"email\",to=\"ops@example.com\"} 1\n"));
  world.post = {};
  world.start_daemon(world.now());
  ASSERT_TRUE(world.until([&] { return world.store.outbox.kept.empty(); }));
  ASSERT_EQ(world.post.mails.size(), 2U);
  EXPECT_THAT(world.post.mails[0], HasSubstr("Subject: [tykup host] web is back on 1.0.0: 1.1.0 failed\n"));
  EXPECT_THAT(world.post.mails[1], HasSubstr("Subject: [tykup host] RUN FAILED, web is back on the old version\n"));
  EXPECT_THAT(world.metrics.text, HasSubstr("tykup_notify_failing{way=\"email\",to=\"ops@example.com\"} 0\n"));
}

TEST(Agent, tells_nothing_of_what_could_not_be_saved) {
  HostWithDaemon world;
  world.notify = by_mail_and_webhook();
  world.start_daemon(kSundayOne);
  world.store.fail_next = 1;
  ASSERT_TRUE(world.until_a_run_ended());
  ASSERT_TRUE(world.until([&] { return !world.post.mails.empty(); }));
  EXPECT_EQ(world.post.mails.size(), 1U);
}

}  // namespace
}  // namespace tykup::test
