#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/history.hpp"

/// What an administrator finds, and the way out.
namespace tykup::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// ---- needs-admin ---------------------------------------------------------------------------------------------------

TEST(NeedsAdmin, says_what_was_tried_what_is_on_disk_and_what_to_do) {
  Ladder host;
  host.to_rolling_back();
  dashboard_is(host, "5.8.15", "half-configured");
  host.unit("dashboard").active_state = "failed";
  host.unit("dashboard").sub_state = "failed";
  host.failed(ErrorKind::PackageFailed, "dpkg: error processing").inspected().failed(ErrorKind::PackageBroken, "postinst failed");
  host.inspected().inspected();
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_EQ(step_of(host).result, StepResult::NeedsAdmin);
  auto const said = host.message(Said::NeedsAdmin);
  for (auto const* part : {"answers as the old version", "putting the old package back failed: dpkg: error processing (package_failed)",
                           "tyk-dashboard 5.8.15 (half-configured)", "tyk-dashboard.service is failed (failed)",
                           "/backups/x.tar.zst", "kept: tyk-dashboard 5.8.14", "`dpkg --configure -a`",
                           "/var/cache/tykup-executor/archives/tyk-dashboard_5.8.14_*.deb", "`tykup check`", "Nothing more is touched"})
    EXPECT_THAT(said, HasSubstr(part));
  EXPECT_THAT(step_of(host).notes, Contains("finishing the interrupted package change failed: postinst failed (package_broken)"));
  EXPECT_THAT(host.state.standing.trouble->text, HasSubstr("half-configured"));
  EXPECT_THAT(host.state.standing.trouble->remedy, AllOf(HasSubstr("tykup check"), HasSubstr("tykup history")));
}

TEST(NeedsAdmin, names_rpms_own_commands_on_an_rpm_host) {
  Ladder host;
  host.facts.format = PackageFormat::Rpm;
  host.to_needs_admin();
  EXPECT_THAT(host.message(Said::NeedsAdmin), AllOf(HasSubstr("`rpm -U --oldpackage"), HasSubstr("5.8.14_*.rpm"), Not(HasSubstr("dpkg"))));
}

TEST(NeedsAdmin, offers_no_package_that_is_not_there) {
  Ladder host;
  host.to_assessing();
  for (auto& found : host.facts.components) found.kept.clear();
  host.inspected();
  EXPECT_THAT(host.message(Said::NeedsAdmin), HasSubstr("no package of the old version is kept"));
}

TEST(NeedsAdmin, is_said_also_where_nothing_can_be_read) {
  Ladder host;
  host.to_assessing().failed(ErrorKind::ExecutorUnavailable, "/run/tykup/executor.sock does not answer");
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_THAT(host.message(Said::NeedsAdmin), AllOf(HasSubstr("the host could not be read"), HasSubstr("/backups/x.tar.zst")));
}

TEST(NeedsAdmin, remembers_the_version_that_led_there) {
  Ladder host;
  host.to_needs_admin();
  ASSERT_EQ(host.memory.bad.size(), 1U);
  EXPECT_EQ(host.memory.bad.front().version, "5.8.15");
}

struct Found {
  std::string name;
  std::string version;
  std::string status;
  std::string unit;
  std::optional<bool> healthy;  ///< nothing: it is not asked
  std::string said;
};

class WhatTheCheckFinds : public testing::TestWithParam<Found> {};

TEST_P(WhatTheCheckFinds, is_said_and_leads_out) {
  auto const& [name, version, status, unit, healthy, said] = GetParam();
  Ladder host;
  host.to_needs_admin();
  dashboard_is(host, version, status);
  host.unit("dashboard").active_state = unit;
  host.feed(event::CheckAsked{"alice"});
  EXPECT_EQ(public_state(host.state), "inspecting");
  host.inspected();
  if (healthy) *healthy ? host.healthy() : host.unhealthy("/hello does not answer");
  EXPECT_THAT(host.message(Said::TroubleCleared), HasSubstr(said));
  EXPECT_EQ(host.phase(), "refreshing");
  EXPECT_FALSE(host.state.standing.trouble);
}

INSTANTIATE_TEST_SUITE_P(
    Rollback, WhatTheCheckFinds,
    testing::Values(Found{"old_and_healthy", "5.8.14", "installed", "active", true, "5.8.14, the old version, and healthy"},
                    Found{"new_and_healthy", "5.8.15", "installed", "active", true, "5.8.15, the new version, and healthy"},
                    Found{"old_and_ill", "5.8.14", "installed", "active", false, "but not healthy: /hello does not answer"},
                    Found{"old_and_stopped", "5.8.14", "installed", "inactive", {}, "is inactive"},
                    Found{"half_way", "5.8.15", "half-configured", "active", {}, "neither the old version (5.8.14) nor the new one"},
                    Found{"another_version", "5.8.13", "installed", "active", {}, "neither the old version"}),
    [](auto const& tested) { return tested.param.name; });

TEST(NeedsAdmin, a_check_that_sees_nothing_leads_nowhere) {
  Ladder host;
  host.to_checking().failed(ErrorKind::Internal, "status file corrupt");
  EXPECT_EQ(host.phase(), "needs-admin");
  EXPECT_TRUE(host.state.standing.trouble);
  EXPECT_THAT(host.said(), Contains("inspect-failed"));
}

TEST(NeedsAdmin, a_check_is_asked_again_after_a_restart_of_the_daemon_and_the_trouble_stands_until_its_end) {
  for (auto climb : {&Ladder::to_checking, &Ladder::to_proving}) {
    Ladder host;
    (host.*climb)().feed(event::Started{});
    EXPECT_TRUE(host.state.standing.trouble);
    EXPECT_FALSE(host.last.commands.empty());
  }
}

}  // namespace
}  // namespace tykup::test
