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
using namespace std::chrono_literals;

Ladder in_window(Ladder host) {
  host.now = at("02:00");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{});
  return host;
}

std::vector<std::string> steps_of(Ladder const& host) {
  std::vector<std::string> names;
  if (auto const* plan = plan_of(host.state.phase); plan != nullptr)
    for (auto const& step : plan->steps) names.push_back(step.component);
  return names;
}

std::string why_stays(Ladder const& host, std::string const& component) {
  std::string text;
  for (auto const& choice : plan_of(host.state.phase)->staying) {
    if (choice.component != component) continue;
    for (auto const& reason : choice.reasons) text += std::string(to_string(reason.gate)) + ": " + reason.text + " → " + reason.remedy + "\n";
  }
  return text;
}

// ---- holds --------------------------------------------------------------------------------------------------------

TEST(Hold, takes_its_component_out_of_the_plan_and_lets_the_others_go) {
  Ladder host;
  host.to_waiting().tell(word::Hold{"gateway", at("23:00"), "the audit"});
  EXPECT_THAT(host.said(), ElementsAre("hold-set"));
  host.inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard", "pump"));
  EXPECT_THAT(why_stays(host, "gateway"),
              HasSubstr("hold: held by alice since 2026-11-22T01:00:00Z until 2026-11-22T23:00:00Z: the audit → tykup release gateway"));
}

TEST(Hold, of_everything_leaves_nothing_to_do) {
  Ladder host;
  host.to_waiting().tell(word::Hold{}).inspected();
  EXPECT_EQ(host.phase(), "idle");
  EXPECT_THAT(why_stays(host, "pump"), HasSubstr("hold: everything is held by alice since 2026-11-22T01:00:00Z → tykup release\n"));
}

TEST(Hold, set_in_mid_run_stops_before_the_next_step) {
  Ladder host;
  host.to_applying().tell(word::Hold{"gateway"});
  EXPECT_EQ(host.phase(), "applying");
  host.applied().restarted().healthy();
  ASSERT_EQ(host.history().back().result, RunResult::Partial);
  EXPECT_THAT(host.history().back().reason, HasSubstr("gateway: held by alice"));
}

TEST(Hold, set_while_the_packages_are_fetched_counts_when_they_are) {
  Ladder host;
  host.started().refreshed().inspected().downloaded();
  host.tell(word::Hold{"pump"}).downloaded().downloaded();
  EXPECT_EQ(host.phase(), "inspecting");
  host.inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard", "gateway"));
}

TEST(Hold, is_not_overridden_by_a_run_that_somebody_asks_for) {
  Ladder host;
  host.to_waiting();
  host.memory.holds.push_back({"dashboard", "bob", at("00:30")});
  auto const may = may_run(host.state, plan_of(host.state.phase)->hash, false, host.context());
  ASSERT_FALSE(may);
  EXPECT_EQ(may.error().kind, ErrorKind::NotAllowed);
  EXPECT_THAT(may.error().message, HasSubstr("held by bob"));
  EXPECT_THAT(may.error().message, HasSubstr("tykup release dashboard"));
}

TEST(Hold, that_ends_on_its_own_is_announced_and_the_plan_made_anew) {
  Ladder host;
  host.to_waiting().tell(word::Hold{"", at("01:30"), ""}).inspected();
  ASSERT_EQ(host.phase(), "idle");
  EXPECT_EQ(std::get<phase::Idle>(host.state.phase).wake, at("01:30"));
  host.now = at("01:30");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{}).inspected();
  EXPECT_THAT(host.said(), Contains("hold-ended"));
  EXPECT_THAT(host.memory.holds, IsEmpty());
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard", "gateway", "pump"));
}

TEST(Hold, that_ended_while_the_daemon_was_away_is_announced_when_it_is_back) {
  Ladder host;
  host.to_waiting().tell(word::Hold{"pump", at("01:30"), ""}).inspected();
  host.now = at("01:45");
  host.started().inspected();
  EXPECT_THAT(host.said(), Contains("hold-ended"));
  host.started().inspected();
  EXPECT_THAT(host.said(), Not(Contains("hold-ended")));
}

TEST(Hold, is_replaced_by_a_later_one_on_the_same_component) {
  Ladder host;
  host.to_waiting().tell(word::Hold{"pump", {}, "first"}).tell(word::Hold{"pump", {}, "second"});
  ASSERT_EQ(host.memory.holds.size(), 1U);
  EXPECT_EQ(host.memory.holds.front().reason, "second");
}

TEST(Release, without_a_component_ends_every_hold) {
  Ladder host;
  host.to_waiting().tell(word::Hold{}).tell(word::Hold{"pump"}).tell(word::Release{});
  EXPECT_THAT(host.memory.holds, IsEmpty());
  EXPECT_THAT(host.said(), ElementsAre("hold-released", "hold-released"));
}

TEST(Release, of_one_leaves_the_others) {
  Ladder host;
  host.to_waiting().tell(word::Hold{"gateway"}).tell(word::Hold{"pump"}).tell(word::Release{"pump"}).inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard", "pump"));
}

// ---- approvals ----------------------------------------------------------------------------------------------------

Ladder manual() {
  Ladder host;
  host.config.policy.approve = Approve::Manual;
  return host;
}

std::string hash_of(Ladder const& host) { return plan_of(host.state.phase)->hash; }

TEST(Approval, is_waited_for_with_everything_fetched) {
  auto host = manual();
  host.to_waiting();
  host = in_window(host);
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("approval: plan " + hash_of(host).substr(0, 12) + " waits")));
}

TEST(Approval, lets_exactly_that_plan_run_in_its_window) {
  auto host = manual();
  host.to_waiting().tell(word::Approve{hash_of(host).substr(0, 8)}).inspected();
  EXPECT_THAT(host.waits_for(), ElementsAre(HasSubstr("window: ")));
  host = in_window(host);
  EXPECT_EQ(host.phase(), "preflight");
}

TEST(Approval, is_void_and_that_is_said_when_the_plan_changes) {
  auto host = manual();
  host.to_waiting().tell(word::Approve{hash_of(host)}).inspected();
  host.facts.components.front().candidates.front().version = "5.8.16";
  host.feed(event::CheckAsked{"root"}).refreshed().inspected();
  EXPECT_THAT(host.said(), Contains("approval-void"));
  EXPECT_FALSE(host.memory.approval);
}

TEST(Approval, is_not_void_because_the_index_was_refreshed) {
  auto host = manual();
  host.to_waiting().tell(word::Approve{hash_of(host)}).inspected();
  host.feed(event::CheckAsked{"root"}).refreshed().inspected();
  EXPECT_TRUE(host.memory.approval);
}

TEST(Approval, has_an_end_that_is_said) {
  auto host = manual();
  host.to_waiting().tell(word::Approve{hash_of(host), at("01:30")}).inspected();
  EXPECT_EQ(std::get<phase::Waiting>(host.state.phase).wake, at("01:30"));
  host.now = at("01:30");
  host.state.standing.next_refresh = at("12:00");
  host.feed(event::Ticked{});
  EXPECT_THAT(host.said(), Contains("approval-void"));
}

TEST(Approval, is_needed_for_a_run_that_somebody_asks_for) {
  auto host = manual();
  host.to_waiting();
  auto const may = may_run(host.state, hash_of(host), false, host.context());
  ASSERT_FALSE(may);
  EXPECT_THAT(may.error().message, HasSubstr("tykup approve " + hash_of(host).substr(0, 12)));
}

TEST(Approval, goes_over_to_what_a_run_leaves_for_the_next_window) {
  auto host = manual();
  host.to_waiting().tell(word::Approve{hash_of(host)}).inspected();
  host = in_window(host);
  host.inspected().healthy().backed_up();
  host.now = at("03:59");
  host.applied().restarted().healthy();
  ASSERT_EQ(host.history().back().result, RunResult::Partial);
  host.inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("gateway", "pump"));
  ASSERT_TRUE(host.memory.approval);
  EXPECT_EQ(host.memory.approval->plan_hash, hash_of(host));
}

TEST(Approval, is_used_up_by_a_run_that_is_done) {
  auto host = manual();
  host.to_waiting().tell(word::Approve{hash_of(host)}).inspected();
  host = in_window(host);
  host.finish_step().finish_step().finish_step();
  EXPECT_FALSE(host.memory.approval);
  EXPECT_THAT(host.said(), Not(Contains("approval-void")));
}

TEST(Approval, is_void_when_its_run_fails) {
  auto host = manual();
  host.to_waiting().tell(word::Approve{hash_of(host)}).inspected();
  host = in_window(host);
  host.inspected().healthy().backed_up().applied().restarted().unhealthy("ill").applied().restored().restarted().healthy();
  EXPECT_THAT(host.said(), Contains("approval-void"));
  EXPECT_FALSE(host.memory.approval);
}

// ---- what makes no sense ------------------------------------------------------------------------------------------

struct BadWord {
  char const* name;
  Word word;
  ErrorKind kind;
  char const* said;
  bool manual = false;
};
std::vector<BadWord> const kBadWords{
    {"hold_of_a_stranger", word::Hold{"gatway"}, ErrorKind::NotFound, "did you mean \"gateway\"?"},
    {"hold_that_is_over", word::Hold{"gateway", at("00:59")}, ErrorKind::BadRequest, "is not after now, 2026-11-22T01:00:00Z"},
    {"hold_that_ends_now", word::Hold{"gateway", at("01:00")}, ErrorKind::BadRequest, "is not after now"},
    {"release_of_a_stranger", word::Release{"nginx"}, ErrorKind::NotFound, "There is no component \"nginx\""},
    {"release_of_what_is_not_held", word::Release{"pump"}, ErrorKind::NotFound, "pump is not held."},
    {"release_of_nothing", word::Release{}, ErrorKind::NotFound, "Nothing is held."},
    {"approval_where_none_is_needed", word::Approve{std::string(64, 'a')}, ErrorKind::BadRequest, "need no approval here"},
    {"approval_of_another_plan", word::Approve{"ffffffffffff"}, ErrorKind::NotFound, "The plan is another one: ", true},
    {"approval_by_too_few_digits", word::Approve{"1234567"}, ErrorKind::BadRequest, "At least 8 digits", true},
    {"forgetting_without_a_failure", word::ForgetBad{}, ErrorKind::NotFound, "No bad version is remembered."},
    {"forgetting_of_a_stranger", word::ForgetBad{"pmup"}, ErrorKind::NotFound, "did you mean \"pump\"?"},
};
class BadWords : public testing::TestWithParam<BadWord> {};
TEST_P(BadWords, are_refused_with_a_sentence) {
  Ladder host;
  if (GetParam().manual) host.config.policy.approve = Approve::Manual;
  host.to_waiting();
  auto const event = event_of(host.state, "alice", GetParam().word, host.context());
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().kind, GetParam().kind);
  EXPECT_THAT(event.error().message, HasSubstr(GetParam().said));
}
INSTANTIATE_TEST_SUITE_P(All, BadWords, testing::ValuesIn(kBadWords), [](auto const& row) { return std::string(row.param.name); });

TEST(Release, tells_that_everything_is_held_or_the_file_says_so) {
  Ladder host;
  host.config.policy.hold = {"gateway"};
  host.to_waiting();
  EXPECT_THAT(event_of(host.state, "alice", word::Release{"gateway"}, host.context()).error().message, HasSubstr("hold in [policy]"));
  host.tell(word::Hold{});
  EXPECT_THAT(event_of(host.state, "alice", word::Release{"pump"}, host.context()).error().message, HasSubstr("everything is"));
}

TEST(Approval, cannot_be_given_to_a_run_at_work_or_to_nothing) {
  auto host = manual();
  host.memory.approval = Approval{"x", "alice", at("01:00")};
  EXPECT_EQ(event_of(host.state, "alice", word::Approve{"12345678"}, host.context()).error().kind, ErrorKind::NotFound);
  Ladder running;
  running.to_applying().config.policy.approve = Approve::Manual;
  EXPECT_EQ(event_of(running.state, "alice", word::Approve{"12345678"}, running.context()).error().kind, ErrorKind::Busy);
}

TEST(ForgetBad, lets_the_version_be_tried_again) {
  Ladder host;
  host.memory.bad = {{"gateway", "5.8.15", "it was ill", at("00:00"), 1, at("08:00")}};
  host.started().refreshed().inspected().downloaded();
  ASSERT_EQ(host.phase(), "waiting");
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard"));
  EXPECT_THAT(why_stays(host, "gateway"), HasSubstr("tykup forget-bad gateway"));
  host.tell(word::ForgetBad{"gateway"});
  EXPECT_THAT(host.said(), ElementsAre("bad-forgotten"));
  host.inspected();
  EXPECT_THAT(steps_of(host), ElementsAre("dashboard", "gateway", "pump"));
}

}  // namespace
}  // namespace tykup::test
