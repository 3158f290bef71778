#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "daemon/cli/notify_files.hpp"
#include "daemon/cli/render.hpp"
#include "tests/fakes/temporary_folder.hpp"
#include "tests/unit/cli/golden.hpp"

namespace tykup::cli {
namespace {

using test::document;
using test::view_of;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

nlohmann::json const kWays = nlohmann::json::parse(R"([
  {"way": "email", "to": "ops@example.com", "waiting": 0, "trouble": null},
  {"way": "webhook-1", "to": "https://hooks.example.com", "waiting": 2,
   "trouble": {"since": "2026-11-23T12:30:00Z", "why": "connection refused", "lost": 0}},
  {"way": "webhook-2", "to": "https://hooks.slack.com", "waiting": 0,
   "trouble": {"since": "2026-11-22T13:00:00Z", "why": "it answered 410\u001b[31m", "lost": 3}}])");

TEST(Notifications, that_do_not_get_through_are_shown_with_since_when_to_whom_and_why) {
  EXPECT_EQ(render_notify(view_of(), kWays),
            "\nNotifications do not get through\n"
            "  ! https://hooks.example.com since Mon 2026-11-23 12:30 GMT (30min ago): connection refused; 2 waiting\n"
            "  ! https://hooks.slack.com since Sun 2026-11-22 13:00 GMT (1d ago): it answered 410?[31m; 3 given up\n");
}

TEST(Notifications, that_get_through_are_not_spoken_of) {
  EXPECT_EQ(render_notify(view_of(), nlohmann::json::array()), "");
  EXPECT_EQ(render_notify(view_of(), {kWays[0]}), "");
  EXPECT_EQ(render_notify(view_of(), nlohmann::json::parse(R"([1, null, {"trouble": 1}])")), "");
}

TEST(Notifications, that_do_not_get_through_need_attention) {
  auto status = document("status_waiting");
  EXPECT_THAT(attention(status), IsEmpty());
  status["notify"] = kWays;
  EXPECT_THAT(attention(status), testing::ElementsAre("notifications to https://hooks.example.com do not get through: connection refused",
                                                      "notifications to https://hooks.slack.com do not get through: it answered 410?[31m"));
  EXPECT_THAT(render_status(view_of(), status), HasSubstr("\nNotifications do not get through\n"));
}

TEST(CheckConfig, warns_of_what_notifications_need_and_is_not_there_yet) {
  fakes::TemporaryFolder const folder;
  notify::NotifyConfig config;
  config.email = {"root"};
  config.webhooks = {{"", (folder / "url").string()}, {"https://example.com/x", "", {}, (folder / "ca.pem").string()}, {"https://example.com/y"}};
  auto const missing = missing_for_notify(config, folder / "sendmail");
  ASSERT_THAT(missing, SizeIs(3));
  EXPECT_EQ(missing[0].text, "e-mail is configured, but there is no " + (folder / "sendmail").string() + " on this host");
  EXPECT_THAT(missing[1].text, HasSubstr((folder / "url").string() + ", which is not there"));
  EXPECT_THAT(missing[2].text, HasSubstr((folder / "ca.pem").string()));
  for (auto const& each : missing) EXPECT_FALSE(each.is_trouble) << "a reload must not fail of it";
  for (char const* name : {"url", "ca.pem", "sendmail"}) std::ofstream(folder / name) << "x";
  std::filesystem::permissions(folder / "sendmail", std::filesystem::perms::owner_all);
  EXPECT_THAT(missing_for_notify(config, folder / "sendmail"), IsEmpty());
  EXPECT_THAT(missing_for_notify({}, "/nonexistent"), IsEmpty());
}

}  // namespace
}  // namespace tykup::cli
