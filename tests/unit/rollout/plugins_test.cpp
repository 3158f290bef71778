#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rollout/ladder.hpp"

namespace tykup::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<std::string> steps_of(Ladder const& host) {
  std::vector<std::string> out;
  auto const* plan = plan_of(host.state.phase);
  if (plan != nullptr)
    for (auto const& step : plan->steps) out.push_back(step.component);
  return out;
}

std::string reasons_of(Ladder const& host, std::string const& component) {
  auto const* plan = plan_of(host.state.phase);
  std::string text;
  for (auto const& choice : plan->staying) {
    if (choice.component != component) continue;
    for (auto const& reason : choice.reasons) text += std::string(to_string(reason.gate)) + ": " + reason.text + "\n";
  }
  return text;
}

TEST(Plugins, the_new_gateway_is_asked_about_them_before_the_window) {
  Ladder host;
  host.to_checking_plugins();
  EXPECT_EQ(host.phase(), "checking-plugins");
  EXPECT_EQ(host.submitted(), "check-plugin");
  auto const& check = std::get<phase::CheckingPlugins>(host.state.phase).check;
  EXPECT_EQ(check.package, (PackagePin{"tyk-gateway", "5.8.15", "digest-of-5.8.15"}));
  EXPECT_THAT(check.plugins, ElementsAre(PluginBuild{"/mw/auth_v5.8.15_linux_amd64.so", "digest-of-auth", "Auth"}));
}

TEST(Plugins, that_load_let_the_plan_wait_for_its_window_and_are_not_asked_about_again) {
  Ladder host;
  host.to_checking_plugins().plugin_is(PluginVerdict::Loads);
  EXPECT_EQ(host.submitted(), "inspect");
  host.inspected();
  EXPECT_EQ(host.phase(), "waiting");
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard", "gateway", "pump"));
  host.feed(event::ConfigChanged{}).inspected();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Plugins, that_do_not_load_hold_the_gateway_and_what_comes_after_it) {
  Ladder host;
  host.to_checking_plugins().plugin_is(PluginVerdict::Fails, "plugin.Open: of another tyk").inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard"));
  EXPECT_THAT(reasons_of(host, "gateway"), HasSubstr("plugin: the Go plugin /mw/auth.so (named in /apps/orders.json) does not load in Gateway 5.8.15"));
  EXPECT_THAT(reasons_of(host, "gateway"), HasSubstr("plugin.Open: of another tyk"));
  EXPECT_THAT(reasons_of(host, "pump"), HasSubstr("order: gateway comes first"));
  EXPECT_THAT(host.said(), Contains("concern-raised"));
  host.downloaded();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Plugins, that_are_missing_hold_the_gateway_without_a_fetch_and_are_said_once) {
  Ladder host;
  host.needs_plugin(false).started().refreshed().inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard"));
  EXPECT_THAT(host.said(), Contains("concern-raised"));
  host.downloaded();
  host.feed(event::ConfigChanged{}).inspected();
  EXPECT_THAT(host.said(), Not(Contains("concern-raised")));
}

TEST(Plugins, that_the_operator_adds_are_seen_and_asked_about_and_the_gateway_goes) {
  Ladder host;
  host.needs_plugin(false).started().refreshed().inspected().downloaded();
  host.needs_plugin(true).feed(event::ConfigChanged{}).inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard", "gateway", "pump"));
  host.downloaded().downloaded().downloaded();
  EXPECT_EQ(host.phase(), "checking-plugins");
  host.plugin_is(PluginVerdict::Loads).inspected();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Plugins, that_change_while_the_plan_waits_are_asked_about_without_another_fetch) {
  Ladder host;
  host.to_checking_plugins().plugin_is(PluginVerdict::Loads).inspected();
  for (auto& found : host.facts.components)
    for (auto& plugin : found.plugins) plugin.files.front().sha256 = "built-anew";
  host.feed(event::ConfigChanged{}).inspected();
  EXPECT_EQ(host.phase(), "checking-plugins");
}

TEST(Plugins, that_change_after_they_were_asked_about_stop_the_step_before_anything_changes) {
  Ladder host;
  host.to_checking_plugins().plugin_is(PluginVerdict::Loads).inspected();
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{}).finish_step();
  ASSERT_EQ(host.component(), "gateway");
  for (auto& found : host.facts.components)
    for (auto& plugin : found.plugins) plugin.files.front().sha256 = "built-anew";
  host.inspected();
  ASSERT_THAT(host.history(), Not(IsEmpty()));
  auto const step = host.history().back().steps[1];
  EXPECT_EQ(step.result, StepResult::NotDone);
  EXPECT_THAT(step.reason, HasSubstr("auth_v5.8.15_linux_amd64.so is new or was changed"));
}

TEST(Plugins, without_an_answer_count_as_not_asked_about) {
  Ladder host;
  host.to_checking_plugins().feed(event::PluginsChecked{host.job(), {}});
  ASSERT_THAT(host.memory.plugins, SizeIs(1));
  EXPECT_EQ(host.memory.plugins.front().verdict, PluginVerdict::Unchecked);
  host.inspected();
  EXPECT_EQ(host.phase(), "waiting");
}

TEST(Plugins, that_cannot_be_asked_about_for_a_failure_wait_and_are_asked_about_again) {
  Ladder host;
  host.to_checking_plugins().failed(ErrorKind::Internal, "no memory");
  EXPECT_EQ(host.phase(), "idle");
  EXPECT_THAT(host.said(), Contains("inspect-failed"));
  EXPECT_THAT(host.state.standing.hindrance, HasSubstr("could not be asked"));
  host.now += std::chrono::minutes{5};
  host.feed(event::Ticked{}).inspected();
  EXPECT_EQ(host.phase(), "checking-plugins");
}

TEST(Plugins, of_a_package_that_was_changed_have_it_fetched_again) {
  Ladder host;
  host.to_checking_plugins().failed(ErrorKind::HashMismatch, "it was changed after it was kept");
  host.now += std::chrono::minutes{5};
  host.feed(event::Ticked{}).inspected();
  EXPECT_EQ(host.phase(), "downloading");
}

TEST(Plugins, let_a_check_that_was_asked_for_meanwhile_come_first) {
  Ladder host;
  host.to_checking_plugins().feed(event::CheckAsked{"alice"});
  EXPECT_EQ(host.phase(), "checking-plugins");
  host.plugin_is(PluginVerdict::Loads);
  EXPECT_EQ(host.submitted(), "refresh");
}

TEST(Plugins, are_asked_about_anew_when_the_daemon_starts_again) {
  Ladder host;
  host.to_checking_plugins().started();
  EXPECT_EQ(host.submitted(), "inspect");
}

TEST(Plugins, answers_are_kept_for_the_latest_two_hundred) {
  Memory memory;
  for (int i = 0; i < 250; ++i) apply_record(memory, record::PluginChecked{{"package", std::to_string(i), "S", PluginVerdict::Loads}});
  EXPECT_THAT(memory.plugins, SizeIs(kPluginAnswersKept));
  apply_record(memory, record::PluginChecked{{"package", "249", "S", PluginVerdict::Fails}});
  EXPECT_THAT(memory.plugins, SizeIs(kPluginAnswersKept));
  EXPECT_EQ(memory.plugins.back().verdict, PluginVerdict::Fails);
}

}  // namespace
}  // namespace tykup::test
