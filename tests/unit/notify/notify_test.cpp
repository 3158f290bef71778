#include "daemon/core/notify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup::notify {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using End = Delivery::End;

TEST(Address, is_one_that_can_stand_in_a_header) {
  for (auto const* good : {"ops@example.com", "root", "first.last+tag@mail.example.co.uk", "o'hara@example.com"}) EXPECT_THAT(address_problem(good), IsEmpty()) << good;
}

TEST(Address, that_could_be_more_than_one_or_begin_a_header_is_refused) {
  std::vector<std::string> const bad{"", " ", "ops@", "@example.com", "Ops <ops@example.com>", "a@b.com, c@d.com", "a@b.com\nBcc: x@y.com", "a@b.com\r", "a b@c.com",
                                     "a@b@c.com", "ops@exa mple.com", "ops@.example.com", "ops@example..com", "ops@example.com.", "-oQ/tmp@example.com", "-bs",
                                     "böb@example.com", "\"x y\"@example.com", "a@b.com;c@d.com", "|/bin/sh@example.com/", std::string("a@b.com\0c", 9),
                                     "a@" + std::string(300, 'b')};
  for (auto const& each : bad) EXPECT_THAT(address_problem(each), Not(IsEmpty())) << each;
}

TEST(WebhookUrl, is_https_or_stays_on_this_host) {
  for (auto const* good : {"https://hooks.slack.com/services/T0/B0/x", "https://hooks.example.com:8443/a?b=c", "http://127.0.0.1:9000/x", "http://localhost/x", "http://[::1]:80/x"})
    EXPECT_THAT(webhook_problem(good), IsEmpty()) << good;
}

TEST(WebhookUrl, is_refused_without_being_repeated) {
  for (auto const* bad : {"http://hooks.example.com/secret", "http://127.0.0.1.example.com/secret", "http://localhost@evil.example.com/secret", "ftp://example.com/secret", "secret",
                          "", "https://user:pw@example.com/secret", "https:///secret", "https://example.com/secret#x", "https://example.com/se cret", "HTTPS://example.com/secret",
                          "http://[::2]/secret", "https://exam\nple.com/secret"}) {
    auto const problem = webhook_problem(bad);
    EXPECT_THAT(problem, Not(IsEmpty())) << bad;
    EXPECT_THAT(problem, Not(HasSubstr("/secret"))) << bad;
  }
}

TEST(WebhookUrl, is_shown_without_its_secret) {
  EXPECT_EQ(shown_url("https://hooks.slack.com/services/T0/B0/x?y#z"), "https://hooks.slack.com");
  EXPECT_EQ(shown_url("https://user:pw@hooks.example.com:8443?token=1"), "https://hooks.example.com:8443");
}

struct Answer {
  int status;
  End end;
  char const* says;
};
class WebhookAnswer : public testing::TestWithParam<Answer> {};
TEST_P(WebhookAnswer, means) {
  auto const [status, end, says] = GetParam();
  auto const delivery = judge_webhook(status, "connection refused");
  EXPECT_EQ(delivery.end, end) << status;
  EXPECT_THAT(delivery.why, HasSubstr(says));
}
INSTANTIATE_TEST_SUITE_P(Answers, WebhookAnswer,
                         testing::Values(Answer{200, End::Sent, ""}, Answer{204, End::Sent, ""}, Answer{299, End::Sent, ""}, Answer{0, End::Again, "connection refused"},
                                         Answer{301, End::Again, "redirect"}, Answer{308, End::Again, "redirect"}, Answer{400, End::Never, "400"},
                                         Answer{401, End::Never, "allowed"}, Answer{403, End::Never, "allowed"}, Answer{404, End::Never, "no such webhook"},
                                         Answer{408, End::Again, "408"}, Answer{410, End::Never, "no such webhook"}, Answer{413, End::Never, "too large"},
                                         Answer{429, End::Again, "too many"}, Answer{499, End::Never, "499"}, Answer{500, End::Again, "500"},
                                         Answer{503, End::Again, "503"}, Answer{600, End::Again, "600"}));

TEST(Sendmail, has_the_last_word_only_about_the_message_and_its_recipients) {
  EXPECT_EQ(judge_mail(0, "").end, End::Sent);
  for (int const final : {65, 67, 68}) EXPECT_EQ(judge_mail(final, "").end, End::Never) << final;
  for (int const later : {1, 64, 69, 70, 71, 75, 77, 78, 126, 127, 137}) EXPECT_EQ(judge_mail(later, "").end, End::Again) << later;
  EXPECT_EQ(judge_mail(75, " sendmail: fatal:\nqueue file write error \n").why, "sendmail ended with status 75: sendmail: fatal: queue file write error");
}

TEST(Pause, doubles_from_a_minute_up_to_an_hour) {
  using namespace std::chrono_literals;
  std::vector<Duration> const expected{0min, 1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min};
  for (unsigned failures = 0; failures < expected.size(); ++failures) EXPECT_EQ(pause_after(failures), expected[failures]) << failures;
  EXPECT_EQ(pause_after(4'000'000'000U), 60min);
}

TEST(Ways, are_told_apart_and_hold_no_secret) {
  auto const digest = [](std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)) + "000000000000"; };
  NotifyConfig config;
  config.email = {"a@example.com", "b@example.com"};
  config.webhooks = {{"https://hooks.example.com/secret-1"}, {"https://hooks.example.com/secret-2"}, {"", "/etc/tykup/slack-url"}};
  auto const ways = ways_of(config, digest);
  ASSERT_EQ(ways.size(), 4U);
  EXPECT_EQ(ways[0].id, "email");
  EXPECT_EQ(ways[0].to, "a@example.com, b@example.com");
  EXPECT_EQ(ways[1].to, "https://hooks.example.com");
  EXPECT_NE(ways[1].id, ways[2].id);
  EXPECT_EQ(ways[3].to, "the URL in /etc/tykup/slack-url");
  for (auto const& way : ways) EXPECT_THAT(way.id + way.to, Not(HasSubstr("secret")));
  EXPECT_THAT(ways_of({}, digest), IsEmpty());
}

}  // namespace
}  // namespace tykup::notify
