#include "daemon/core/fleet/schedule.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/steer/boards.hpp"

namespace tykup::fleet {
namespace {

using namespace test;

std::string digest(std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)); }
Beginning const alice{"r9", {"alice", "monthly", at(0)}};

Schedule plan(Board const& board, Wanted const& wanted = {}) { return schedule(board, wanted, alice, digest); }

std::string text_of(std::vector<Trouble> const& troubles) {
  std::string text;
  for (auto const& each : troubles) text += (each.host.empty() ? "" : each.host + ": ") + each.text + " → " + each.remedy + "\n";
  return text;
}

Carried& gateway_of(Board& board, std::string const& host) {
  for (auto& item : record_of(board, host).carried)
    if (item.component == "gateway") return item;
  throw std::runtime_error("no gateway");
}

TEST(FleetSchedule, goes_to_the_newest_version_that_every_host_is_offered) {
  auto board = idle();
  for (auto const* host : {"core-1", "core-2", "eu-a"}) {
    auto& carried_here = record_of(board, host).carried;
    for (auto& item : carried_here)
      if (item.component == "gateway") item.candidates.insert(item.candidates.begin(), build("gateway", "5.8.16"));
  }
  auto const made = plan(board);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  EXPECT_EQ(made.rollout->pin("gateway")->version, "5.8.15");
  EXPECT_EQ(made.notes, std::vector<std::string>{"gateway 5.8.16 is not offered to eu-b, us-a: 5.8.15 is the newest that all are offered"});
}

TEST(FleetSchedule, holds_stages_in_order_with_the_numbers_of_now) {
  auto board = idle();
  board.policy.record->max_unavailable = {50, true};
  auto const made = plan(board);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  std::vector<std::string> order;
  for (auto const& stage : made.stages) order.push_back(stage.numbers.stage.datacenter + " " + stage.numbers.stage.component + " " + std::to_string(stage.numbers.members) + "/" + std::to_string(stage.numbers.limit));
  EXPECT_EQ(order, (std::vector<std::string>{"core mdcb 1/1", "core dashboard 1/1", "core gateway 2/1", "eu-1 gateway 2/1", "us-1 gateway 1/1"}));
  EXPECT_EQ(made.rollout->state, RolloutState::Preparing);
  EXPECT_EQ(made.rollout->began.by, "alice");
  EXPECT_EQ(made.rollout->stages.size(), 5U);
  EXPECT_FALSE(made.hash.empty());
}

TEST(FleetSchedule, a_percentage_is_of_all_groups_of_the_component) {
  std::vector<HostRecord> records{host("a-1", "core", {carried("gateway", "5.8.14")}, "canary")};
  for (int i = 0; i < 9; ++i) records.push_back(host("b-" + std::to_string(i), "core", {carried("gateway", "5.8.14")}));
  auto board = idle(records);
  board.policy.record->centres = {{"core", 0, Topology::Oss, {}}};
  board.policy.record->strategy = Strategy::Canary;
  board.policy.record->groups = {"canary"};
  board.policy.record->max_unavailable = {35, true};
  auto const made = plan(board);
  ASSERT_EQ(made.stages.size(), 2U) << text_of(made.refusals);
  EXPECT_EQ(made.stages[0].numbers.members, 1U);
  EXPECT_EQ(made.stages[0].numbers.limit, 3U);
  EXPECT_EQ(made.stages[1].numbers.members, 9U);
  EXPECT_EQ(made.stages[1].numbers.limit, 3U);
}

TEST(FleetSchedule, a_version_can_be_asked_for_and_the_components_chosen) {
  auto board = idle();
  for (auto& each : board.hosts)
    for (auto& item : each.record.carried) item.candidates = {build(item.component, "5.8.16"), build(item.component, "5.8.15")};
  Wanted wanted;
  wanted.versions = {{"gateway", "5.8.15"}};
  wanted.components = {"gateway"};
  auto const made = plan(board, wanted);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  ASSERT_EQ(made.pins.size(), 1U);
  EXPECT_EQ(made.pins.front().version, "5.8.15");
}

TEST(FleetSchedule, what_was_installed_before_we_were_is_no_other_file) {
  auto board = idle();
  for (auto const* name : {"eu-a", "eu-b", "us-a"}) gateway_of(board, name).installed = {build("gateway", "5.8.15")};
  for (auto const* name : {"eu-a", "eu-b", "us-a", "core-1", "core-2"}) gateway_of(board, name).candidates.clear();
  for (auto const* name : {"core-1", "core-2"}) gateway_of(board, name).installed = {build("gateway", "5.8.15")};
  gateway_of(board, "us-a").installed[0].sha256.clear();
  gateway_of(board, "us-a").candidates = {build("gateway", "5.8.15")};
  auto const made = plan(board);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  EXPECT_EQ(made.rollout->pins.size(), 2U);
}

TEST(FleetSchedule, remembers_what_most_hosts_had) {
  auto board = idle();
  gateway_of(board, "us-a").installed = {build("gateway", "5.8.13")};
  auto const made = plan(board);
  ASSERT_TRUE(made.rollout);
  EXPECT_EQ(made.rollout->before.back(), (Before{"gateway", "5.8.14"}));
}

TEST(FleetSchedule, who_is_held_is_shown_and_refuses_nothing) {
  auto board = idle();
  record_of(board, "eu-a").hindrances = {{"gateway", "held by bob", "tykup release gateway"}, {"", "5.8.15 failed here", ""}};
  auto const made = plan(board);
  ASSERT_TRUE(made.rollout);
  EXPECT_EQ(text_of(made.blocked), "eu-a: held by bob → tykup release gateway\neu-a: 5.8.15 failed here → tykup fleet start --exclude eu-a\n");
}

TEST(FleetSchedule, each_class_of_hosts_has_its_own_file) {
  auto board = idle();
  for (auto& item : record_of(board, "us-a").carried) {
    item.installed = {{{"tyk-gateway", PackageFormat::Rpm, "el 9", "x86_64"}, "5.8.14-1", "x"}};
    item.candidates = {{{"tyk-gateway", PackageFormat::Rpm, "el 9", "x86_64"}, "5.8.15-1", "y"}};
  }
  auto const made = plan(board);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  EXPECT_EQ(made.rollout->pin("gateway")->builds.size(), 2U);
}

TEST(FleetSchedule, an_excluded_host_takes_no_part_and_says_so) {
  Wanted wanted;
  wanted.exclude = {"us-a"};
  auto board = idle();
  record_of(board, "us-a").next_opening.reset();
  record_of(board, "eu-a").datacenter = "us-1";
  auto const made = plan(board, wanted);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  EXPECT_TRUE(is_excluded(*made.rollout, "us-a"));
}

TEST(FleetSchedule, the_hash_is_of_all_that_was_shown) {
  auto const board = idle();
  auto const hash = plan(board).hash;
  EXPECT_EQ(plan(board).hash, hash);
  auto other = board;
  other.policy.modified = 3;
  EXPECT_NE(plan(other).hash, hash);
  other = board;
  for (auto& each : other.hosts)
    for (auto& item : each.record.carried) item.candidates.front().sha256 = "other bytes";
  EXPECT_NE(plan(other).hash, hash);
  Wanted wanted;
  wanted.components = {"gateway"};
  EXPECT_NE(plan(board, wanted).hash, hash);
}

struct Refusal {
  char const* name;
  void (*happens)(Board&, Wanted&);
  char const* text;
};
class RefusedStart : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedStart, says_who_why_and_what_to_do) {
  auto board = idle();
  Wanted wanted;
  GetParam().happens(board, wanted);
  auto const made = plan(board, wanted);
  EXPECT_FALSE(made.rollout);
  EXPECT_TRUE(made.hash.empty());
  EXPECT_NE(text_of(made.refusals).find(GetParam().text), std::string::npos) << text_of(made.refusals);
}

void take_host_away(Board& board, std::string const& host) {
  std::erase_if(board.hosts, [&](BoardHost const& each) { return each.record.host == host; });
}
void upgrade_all(Board& board) {
  for (auto& each : board.hosts)
    for (auto& item : each.record.carried) item.installed = {build(item.component, "5.8.15")};
}
INSTANTIATE_TEST_SUITE_P(Reasons, RefusedStart, testing::Values(
    Refusal{"no_cluster", [](Board& b, Wanted&) { b.meta = {}; }, "the cluster \"prod\" was not made yet, or its name is misspelt in [fleet] → tykup fleet init POLICY-FILE"},
    Refusal{"no_policy", [](Board& b, Wanted&) { b.policy = {}; }, "tykup fleet init"},
    Refusal{"another_rule_of_the_cluster", [](Board& b, Wanted&) { b.meta.record->rule = 4; }, "the cluster is of rule 4, this tykup has rule 1"},
    Refusal{"no_hosts", [](Board& b, Wanted&) { b.hosts.clear(); }, "no host is registered"},
    Refusal{"a_rollout_runs", [](Board& b, Wanted&) { b.rollout = running().rollout; }, "rollout r1 is running → wait for its end, or tykup fleet abort"},
    Refusal{"a_rollout_is_paused", [](Board& b, Wanted&) { b.rollout = running().rollout; b.rollout.record->state = RolloutState::Paused; }, "rollout r1 is paused"},
    Refusal{"nothing_to_do", [](Board& b, Wanted&) { upgrade_all(b); }, "every host is at the newest version that all of them are offered"},
    Refusal{"other_bytes", [](Board& b, Wanted&) { gateway_of(b, "eu-a").candidates[0].sha256 = "re-published"; },
            "hosts of one kind have different files of tyk-gateway: 5.8.15 (sha-5.8.15) on core-1, core-2, eu-b and 1 other, 5.8.15 (re-published) on eu-a"},
    Refusal{"installed_from_other_bytes", [](Board& b, Wanted&) { gateway_of(b, "eu-a").installed = {{debian("gateway"), "5.8.15", "as-first-published"}}; },
            "eu-a: its tyk-gateway 5.8.15 is another file (as-first-pub) than the one of that version that the others go to (sha-5.8.15), and no step leads from one to the other → a newer version, or tykup fleet start --exclude eu-a"},
    Refusal{"another_full_version", [](Board& b, Wanted&) { gateway_of(b, "eu-a").candidates[0].version = "5.8.15-2"; }, "5.8.15-2 (sha-5.8.15) on eu-a"},
    Refusal{"no_candidate", [](Board& b, Wanted&) { gateway_of(b, "eu-a").candidates.clear(); }, "no version of gateway is offered to every host: 5.8.15 is not to eu-a"},
    Refusal{"no_candidate_of_the_wanted_version", [](Board&, Wanted& w) { w.versions = {{"gateway", "5.8.20"}}; }, "gateway 5.8.20 is offered to none of core-1, core-2, eu-a and 2 others"},
    Refusal{"no_such_component", [](Board&, Wanted& w) { w.versions = {{"gatway", "5.8.15"}}; }, "no host carries \"gatway\"; did you mean \"gateway\"?"},
    Refusal{"no_such_component_alone", [](Board&, Wanted& w) { w.components = {"portal"}; }, "no host carries \"portal\""},
    Refusal{"a_gate_that_is_not_there", [](Board& b, Wanted&) {
              b.policy.record->gates = {{"errors", After::Stage, "error-rate", {}, {}}, {"latency", After::Stage, {}, "http://prometheus", "up"}};
              for (auto const* name : {"core-1", "core-2", "eu-a", "eu-b"}) record_of(b, name).gates = {"error-rate"};
            }, "us-a: it lacks /etc/tykup/hooks/gate.d/error-rate, which the policy's gate errors runs → put it there and say tykup check, or tykup fleet start --exclude us-a"},
    Refusal{"no_window", [](Board& b, Wanted&) { record_of(b, "eu-a").next_opening.reset(); }, "eu-a: no maintenance window of it opens in 35 days → a [[window]] there, or tykup fleet start --exclude eu-a"},
    Refusal{"a_window_too_far_away", [](Board& b, Wanted&) { record_of(b, "eu-a").next_opening = at(36 * 24 * 60); }, "eu-a: no maintenance window of it opens in 35 days"},
    Refusal{"another_rule", [](Board& b, Wanted&) { record_of(b, "eu-a").rule = 2; }, "eu-a: its tykupd has rule 2, this one has rule 1"},
    Refusal{"two_of_one_name", [](Board& b, Wanted&) { record_of(b, "eu-a").conflict = Identity{"m", "n"}; }, "eu-a: two hosts call themselves eu-a"},
    Refusal{"a_centre_that_nobody_named", [](Board& b, Wanted&) { record_of(b, "eu-a").datacenter = "eu1"; }, "eu-a: its data centre \"eu1\" is not in the policy"},
    Refusal{"a_centre_without_hosts", [](Board& b, Wanted&) { take_host_away(b, "us-a"); }, "no host of data centre us-1 is registered: nobody knows how far it is"},
    Refusal{"a_control_plane_without_mdcb", [](Board& b, Wanted&) { record_of(b, "core-1").carried.erase(record_of(b, "core-1").carried.begin()); }, "no host of data centre core carries mdcb, which its topology has"},
    Refusal{"a_record_that_nobody_can_read", [](Board& b, Wanted&) { b.unreadable = {{"host/zz", "it is of schema 2"}}; }, "zz: its record cannot be read: it is of schema 2"},
    Refusal{"ahead_of_an_earlier_stage", [](Board& b, Wanted&) { gateway_of(b, "eu-a").installed = {build("gateway", "5.8.16")}; },
            "eu-a: its gateway 5.8.16 is ahead of core-1 (mdcb in core), which comes before it"},
    Refusal{"beyond_the_line", [](Board& b, Wanted& w) { gateway_of(b, "eu-a").installed = {build("gateway", "5.9.0")}; gateway_of(b, "eu-a").candidates = {build("gateway", "5.8.15")}; w.versions = {{"gateway", "5.8.15"}}; },
            "eu-a: gateway 5.9.0 is beyond 5.8.15, to which no upgrade leads"},
    Refusal{"a_component_of_another_topology", [](Board& b, Wanted&) { record_of(b, "eu-a").carried.push_back(carried("dashboard", "5.8.14")); }, "eu-a: it carries dashboard, which the topology of eu-1 does not have"},
    Refusal{"exclude_a_host_that_nobody_knows", [](Board&, Wanted& w) { w.exclude = {"eu-c"}; }, "eu-c: no host of that name is registered; did you mean \"eu-a\"?"},
    Refusal{"exclude_mdcb_that_is_up", [](Board&, Wanted& w) { w.exclude = {"core-1"}; }, "core-1 carries mdcb, which later stages would meet in its old version: stop it there first → then the same with --stopped"},
    Refusal{"exclude_a_host_at_work", [](Board& b, Wanted& w) { w.exclude = {"eu-a"}; b.live = {"eu-a"}; }, "eu-a: it is at work"}),
    [](auto const& row) { return std::string(row.param.name); });

void keep(Board& board, std::string const& version) {
  for (auto& each : board.hosts)
    for (auto& item : each.record.carried) item.kept = {build(item.component, version), build(item.component, "5.8.15")};
}

Board moved() {
  auto board = running(hosts("5.8.15"));
  board.rollout.record->state = RolloutState::Done;
  keep(board, "5.8.14");
  board.pending.clear();
  return board;
}

TEST(FleetScheduleBack, goes_to_what_every_host_that_moved_has_kept_in_reverse_order) {
  auto board = moved();
  auto const made = schedule_back(board, {}, alice, digest);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  EXPECT_EQ(made.rollout->direction, Direction::Back);
  EXPECT_EQ(made.rollout->undoes, "r1");
  EXPECT_EQ(made.rollout->pin("gateway")->version, "5.8.14");
  EXPECT_EQ(made.stages.front().numbers.stage.datacenter, "eu-1");
  EXPECT_EQ(made.stages.back().numbers.stage.component, "mdcb");
}

TEST(FleetScheduleBack, goes_to_what_most_had_rather_than_to_the_newest_that_is_kept) {
  auto board = moved();
  for (auto& each : board.hosts)
    for (auto& item : each.record.carried) item.kept.push_back(build(item.component, "5.8.13"));
  board.rollout.record->before = {{"gateway", "5.8.13"}};
  auto const made = schedule_back(board, {}, alice, digest);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  EXPECT_EQ(made.rollout->pin("gateway")->version, "5.8.13");
  EXPECT_EQ(made.rollout->pin("mdcb")->version, "5.8.14");
}

TEST(FleetScheduleBack, hosts_that_never_moved_have_no_step) {
  auto board = running();
  board.rollout.record->state = RolloutState::Stopped;
  keep(board, "5.8.14");
  for (auto const* component : {"mdcb", "dashboard"}) finish(board, "core-1", component);
  auto const made = schedule_back(board, {}, alice, digest);
  ASSERT_TRUE(made.rollout) << text_of(made.refusals);
  EXPECT_EQ(made.pins.size(), 2U);
}

TEST(FleetScheduleBack, who_failed_holds_nobody_up) {
  auto board = moved();
  hold_slot(board, "eu-a", "gateway", SlotState::Failed);
  auto const made = schedule_back(board, {}, alice, digest);
  EXPECT_TRUE(made.rollout) << text_of(made.refusals);
}

struct RefusedWay {
  char const* name;
  void (*happens)(Board&, Wanted&);
  char const* text;
};
class RefusedWayBack : public testing::TestWithParam<RefusedWay> {};

TEST_P(RefusedWayBack, says_who_why_and_what_to_do) {
  auto board = moved();
  Wanted wanted;
  GetParam().happens(board, wanted);
  auto const made = schedule_back(board, wanted, alice, digest);
  EXPECT_FALSE(made.rollout);
  EXPECT_NE(text_of(made.refusals).find(GetParam().text), std::string::npos) << text_of(made.refusals);
}
INSTANTIATE_TEST_SUITE_P(Reasons, RefusedWayBack, testing::Values(
    RefusedWay{"no_rollout", [](Board& b, Wanted&) { b.rollout = {}; }, "there was no rollout yet"},
    RefusedWay{"back_already", [](Board& b, Wanted&) { b.rollout.record->direction = Direction::Back; }, "rollout r1 went back already → tykup fleet start goes forwards again"},
    RefusedWay{"it_runs", [](Board& b, Wanted&) { b.rollout.record->state = RolloutState::Running; }, "rollout r1 is running → tykup fleet pause, then tykup fleet rollback"},
    RefusedWay{"nothing_kept_on_one", [](Board& b, Wanted&) { gateway_of(b, "eu-a").kept.clear(); }, "gateway 5.8.14 is not kept on eu-a → tykup fleet rollback --exclude HOST for each, and tykup rollback gateway there where it can"},
    RefusedWay{"nothing_kept_anywhere", [](Board& b, Wanted&) { keep(b, "5.8.15"); }, "no version of mdcb before 5.8.15 is kept on the hosts that moved"},
    RefusedWay{"another_version_wanted", [](Board&, Wanted& w) { w.versions = {{"gateway", "5.7.0"}}; }, "gateway 5.7.0 is not kept on core-1, core-2, eu-a and 2 others"},
    RefusedWay{"kept_other_bytes", [](Board& b, Wanted&) { gateway_of(b, "eu-a").kept[0].sha256 = "other"; }, "different files of tyk-gateway"},
    RefusedWay{"somebody_is_at_work", [](Board& b, Wanted&) { hold_slot(b, "eu-a", "gateway"); },
               "eu-a: it is at work on gateway, and nobody knows yet where it has to be taken back from → wait for its end, or, where that host is lost, tykup fleet release-slot eu-a"},
    RefusedWay{"installed_from_other_bytes", [](Board& b, Wanted&) { gateway_of(b, "eu-a").installed = {{debian("gateway"), "5.8.14", "as-first-published"}}; }, "eu-a: its tyk-gateway 5.8.14 is another file (as-first-pub)"},
    RefusedWay{"nobody_moved", [](Board& b, Wanted&) { for (auto& each : b.hosts) for (auto& item : each.record.carried) item.installed = {build(item.component, "5.8.14")}; }, "no host has moved"}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace tykup::fleet
