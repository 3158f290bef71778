#include "daemon/core/notify_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/wire/notify_json.hpp"
#include "tests/fakes/filled.hpp"

namespace tykup::notify {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Instant const kMoment = std::chrono::sys_days{std::chrono::year{2026} / 11 / 26} + std::chrono::hours{2} + std::chrono::milliseconds{61500};

Notification failed_run() {
  return {.key = "run 20261126T020000Z-ab12cd",
          .id = "0123456789abcdef0123456789abcdef",
          .topic = Topic::RunFailed,
          .at = kMoment,
          .host = "web1",
          .title = "RUN FAILED, gateway is back on the old version",
          .text = "Run 20261126T020000Z-ab12cd stopped: gateway 5.8.15 failed and was rolled back: not healthy within 2min. Later components are untouched.",
          .next = "`tykup history 20261126T020000Z-ab12cd` has the details",
          .run = "20261126T020000Z-ab12cd",
          .plan = "1a2b",
          .components = {{"dashboard", "5.8.14", "5.8.15", "done"}, {"gateway", "5.8.14", "5.8.15", "rolled-back", "not healthy within 2min"}}};
}

NotifyConfig to_two() {
  NotifyConfig config;
  config.email = {"ops@example.com", "root"};
  config.from = "tykup@example.com";
  return config;
}

TEST(Mail, tells_what_happened_where_and_what_to_do) {
  EXPECT_EQ(mail_message(failed_run(), to_two()), R"(To: ops@example.com,
 root
From: tykup@example.com
Subject: [tykup web1] RUN FAILED, gateway is back on the old version
Date: Thu, 26 Nov 2026 02:01:01 +0000
Message-ID: <0123456789abcdef0123456789abcdef@web1>
Auto-Submitted: auto-generated
X-Tykup-Event: run-failed
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Run 20261126T020000Z-ab12cd stopped: gateway 5.8.15 failed and was rolled
back: not healthy within 2min. Later components are untouched.

  - dashboard 5.8.14 to 5.8.15: done
  - gateway 5.8.14 to 5.8.15: rolled-back (not healthy within 2min)

To do      `tykup history 20261126T020000Z-ab12cd` has the details
Host       web1
When       2026-11-26T02:01:01Z
Run        20261126T020000Z-ab12cd
Plan       1a2b

-- 
tykup )" TYKUP_VERSION "; what is sent, and to whom, is [notify] in tykup.toml(5)\n");
}

TEST(Mail, of_which_nobody_named_a_sender_leaves_it_to_the_mail_system) {
  auto config = to_two();
  config.from.clear();
  EXPECT_THAT(mail_message(failed_run(), config), Not(HasSubstr("From:")));
}

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Whatever a package, a log or a host's name brings along.
TEST(Mail, has_no_header_that_its_contents_brought_along) {
  std::string const evil = "x\r\nBcc: victim@example.com\n\nbody\x1b[31m \xc3\xa4\xff";
  Notification told = failed_run();
  told.host = told.title = told.id = told.run = told.plan = told.text = told.next = evil;
  told.components = {{evil, evil, evil, evil, evil}};
  auto const message = mail_message(told, to_two());
  auto const header = message.substr(0, message.find("\n\n"));
  EXPECT_EQ(lines_of(header).size(), 11U) << header;
  for (auto const& line : lines_of(header)) {
    EXPECT_THAT(line, Not(StartsWith("Bcc")));
    for (char const each : line) EXPECT_TRUE(each >= ' ' && each <= '~') << line;
  }
}

TEST(Mail, has_no_line_that_a_mail_system_refuses) {
  Notification told = failed_run();
  told.text = std::string(5000, 'x') + " " + std::string(100'000, 'y');
  told.title = std::string(5000, 'z');
  auto const message = mail_message(told, to_two());
  for (auto const& line : lines_of(message)) EXPECT_LE(line.size(), 998U);
  EXPECT_LT(message.size(), 20'000U);
  EXPECT_TRUE(message.find("…\n-- \n") != std::string::npos) << message.substr(message.size() - 200);
}

Notification stalled_fleet() {
  auto told = failed_run();
  told.topic = Topic::RolloutStalled;
  told.title = "ROLLOUT r1 IS STALLED";
  told.run = told.plan = {};
  told.cluster = "prod";
  told.rollout = "r1";
  told.components = {{"gateway", {}, {}, {}, "held by bob", "gw-2", "tykup release gateway"}};
  return told;
}

TEST(Mail, of_a_fleet_is_of_the_fleet_whichever_host_sends_it) {
  auto told = stalled_fleet();
  auto const message = mail_message(told, to_two());
  EXPECT_THAT(message, HasSubstr("Subject: [tykup fleet prod] ROLLOUT r1 IS STALLED\n"));
  EXPECT_THAT(message, HasSubstr("Message-ID: <0123456789abcdef0123456789abcdef@prod>\n"));
  EXPECT_THAT(message, HasSubstr("  - gateway on gw-2 (held by bob); to do: tykup release gateway\n"));
  EXPECT_THAT(message, HasSubstr("Host       web1\nWhen       2026-11-26T02:01:01Z\nFleet      prod\nRollout    r1\n"));
  EXPECT_THAT(slack_text(told), StartsWith("*[tykup fleet prod] ROLLOUT r1 IS STALLED*\n"));
}

TEST(Slack, gets_one_text_in_its_own_markup) {
  auto told = failed_run();
  told.text = "a < b & c > d <!channel>";
  auto const document = nlohmann::json::parse(wire::webhook_text(told, WebhookFormat::Slack));
  EXPECT_EQ(document.size(), 1U);
  EXPECT_EQ(document["text"],
            "*[tykup web1] RUN FAILED, gateway is back on the old version*\na &lt; b &amp; c &gt; d &lt;!channel&gt;\n"
            "• dashboard 5.8.14 to 5.8.15: done\n• gateway 5.8.14 to 5.8.15: rolled-back (not healthy within 2min)\n"
            "To do: `tykup history 20261126T020000Z-ab12cd` has the details");
  told.text = std::string(100'000, '&');
  EXPECT_LT(slack_text(told).size(), 7000U);
}

TEST(Json, is_as_the_manual_has_it) {
  auto const document = nlohmann::json::parse(wire::webhook_text(failed_run(), WebhookFormat::Json));
  auto const expected = nlohmann::json::parse(R"({
    "schema": 1, "id": "0123456789abcdef0123456789abcdef", "event": "run-failed", "host": "web1", "at": "2026-11-26T02:01:01Z",
    "title": "RUN FAILED, gateway is back on the old version",
    "text": "Run 20261126T020000Z-ab12cd stopped: gateway 5.8.15 failed and was rolled back: not healthy within 2min. Later components are untouched.",
    "next": "`tykup history 20261126T020000Z-ab12cd` has the details", "run": "20261126T020000Z-ab12cd", "plan": "1a2b", "cluster": "", "rollout": "", "tykup": ")" TYKUP_VERSION R"(",
    "components": [{"component": "dashboard", "from": "5.8.14", "to": "5.8.15", "result": "done", "reason": "", "host": "", "next": ""},
                   {"component": "gateway", "from": "5.8.14", "to": "5.8.15", "result": "rolled-back", "reason": "not healthy within 2min", "host": "", "next": ""}]})");
  EXPECT_EQ(document, expected);
}

TEST(Json, holds_whatever_bytes_there_are) {
  auto told = failed_run();
  told.text = "\xff\xfe \x01 \"";
  EXPECT_TRUE(nlohmann::json::accept(wire::webhook_text(told, WebhookFormat::Json)));
  EXPECT_TRUE(nlohmann::json::accept(wire::webhook_text(told, WebhookFormat::Slack)));
}

TEST(KeptNotification, comes_back_as_it_was) {
  auto const told = fakes::filled<Notification>();
  auto const back = wire::parse_notification(wire::notification_text(told));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, told);
  for (auto const topic : all_topics()) {
    auto each = told;
    each.topic = topic;
    EXPECT_EQ(wire::parse_notification(wire::notification_text(each))->topic, topic);
  }
}

TEST(KeptNotification, that_is_none_is_refused) {
  for (auto const* bad : {"", "{", "[]", "{}", R"({"key":1})"}) EXPECT_FALSE(wire::parse_notification(bad)) << bad;
}

}  // namespace
}  // namespace tykup::notify
