#include "daemon/core/fleet/news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/steer/boards.hpp"

namespace tykup::fleet {
namespace {

using namespace test;
using notify::Notification;
using notify::Topic;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string digest(std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)) + "0000000000000000"; }

/// People, as the fleet's record has what they know: whatever is told is out at once.
struct People {
  KnownNews known = {};
  Suspected suspected = {};
  std::string teller = "gw-1";

  NewsFrom from(int minute) const { return {"prod", teller, at(minute), digest}; }
  std::vector<Notification> hear(Rollout const& rollout, int minute = 6) {
    auto account = account_of(rollout, known, from(minute));
    known = account.known;
    return account.news;
  }
  std::vector<Notification> look(Board const& board, int minute) {
    auto account = account_of(board, known, from(minute), suspected);
    known = account.known;
    suspected = account.suspected;
    return account.news;
  }
};

std::vector<std::string> titles(std::vector<Notification> const& told) {
  std::vector<std::string> found;
  for (auto const& each : told) found.push_back(std::string(to_string(each.topic)) + ": " + each.title);
  return found;
}

Rollout rollout() {
  auto made = *running().rollout.record;
  made.before = {{"mdcb", "5.8.14"}, {"gateway", "5.8.14"}};
  made.began = {"alice@gw-1", "the CRM wants it", at(0)};
  return made;
}

Rollout in(RolloutState state, Halt halt = Halt::None) {
  auto made = rollout();
  made.state = state;
  made.halt = halt;
  made.last = {"bob@gw-2", "lunch", at(5)};
  return made;
}

Rollout with_failures(unsigned allowed, std::vector<std::string> const& hosts, RolloutState state) {
  auto made = rollout();
  made.policy.max_failed = allowed;
  for (auto const& host : hosts) made.failures.push_back({host, "gateway", "unhealthy", at(3)});
  made.state = state;
  made.halt = state == RolloutState::Stopped ? Halt::Failures : Halt::None;
  return made;
}

TEST(FleetNews, that_a_rollout_has_begun_is_told_once) {
  People people;
  EXPECT_THAT(people.hear(in(RolloutState::Preparing)), IsEmpty());
  auto const told = people.hear(rollout());
  ASSERT_THAT(titles(told), ElementsAre("rollout-started: rollout r1 has begun: mdcb 5.8.15, dashboard 5.8.15, gateway 5.8.15"));
  auto const& first = told.front();
  EXPECT_EQ(first.text, "Rollout r1 of the fleet prod, begun by alice@gw-1: the CRM wants it, goes to mdcb 5.8.15, dashboard 5.8.15, gateway 5.8.15.");
  EXPECT_EQ(first.next, "`tykup fleet status --watch` shows how far it is");
  EXPECT_EQ(first.components.front(), (notify::Subject{"mdcb", "5.8.14", "5.8.15"}));
  EXPECT_EQ(std::tuple(first.cluster, first.rollout, first.host, first.at), std::tuple("prod", "r1", "gw-1", at(6)));
  EXPECT_THAT(people.hear(rollout()), IsEmpty());
}

TEST(FleetNews, a_way_back_says_what_it_takes_back) {
  People people;
  auto back = rollout();
  back.direction = Direction::Back;
  back.undoes = "r0";
  back.pins = {pin("gateway", "5.8.14")};
  EXPECT_THAT(titles(people.hear(back)), ElementsAre("rollout-started: rollout r1 has begun, it takes back r0: gateway 5.8.14"));
}

TEST(FleetNews, whoever_makes_it_of_the_same_knowledge_gives_it_the_same_id) {
  People people;
  People others;
  others.teller = "gw-2";
  auto const one = people.hear(rollout()).front();
  auto const other = others.hear(rollout(), 9).front();
  EXPECT_EQ(one.id, other.id);
  EXPECT_EQ(one.key, "fleet prod r1 started");
  EXPECT_NE(one.id, people.hear(in(RolloutState::Paused)).front().id);
}

struct Turn {
  char const* name;
  Rollout rollout;
  std::vector<std::string> told;
};
class FleetNewsOfARollout : public testing::TestWithParam<Turn> {};

TEST_P(FleetNewsOfARollout, is_told_when_it_comes_and_not_again) {
  People people;
  people.hear(rollout());
  EXPECT_EQ(titles(people.hear(GetParam().rollout)), GetParam().told);
  EXPECT_THAT(people.hear(GetParam().rollout), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Turns, FleetNewsOfARollout, testing::Values(
    Turn{"paused", in(RolloutState::Paused), {"rollout-paused: rollout r1 is paused by bob@gw-2: lunch"}},
    Turn{"aborted", in(RolloutState::Aborted), {"rollout-paused: rollout r1 was aborted by bob@gw-2: lunch"}},
    Turn{"stopped_by_an_operator", in(RolloutState::Stopped, Halt::Operator), {"rollout-stopped: ROLLOUT r1 IS STOPPED by bob@gw-2: lunch"}},
    Turn{"pulled", in(RolloutState::Stopped, Halt::Pulled), {"rollout-stopped: ROLLOUT r1 IS STOPPED by bob@gw-2: lunch"}},
    Turn{"done", in(RolloutState::Done), {"rollout-done: rollout r1 is done: mdcb 5.8.15, dashboard 5.8.15, gateway 5.8.15"}},
    Turn{"a_failure_that_stops_it", with_failures(1, {"gw-3"}, RolloutState::Stopped), {"rollout-stopped: ROLLOUT r1 IS STOPPED: gateway failed on gw-3"}},
    Turn{"a_failure_within_the_budget", with_failures(2, {"gw-3"}, RolloutState::Running), {"rollout-stopped: gateway failed on gw-3, rollout r1 goes on"}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(FleetNews, a_failure_names_host_reason_and_what_to_do) {
  People people;
  people.hear(rollout());
  auto const told = people.hear(with_failures(1, {"gw-3"}, RolloutState::Stopped)).front();
  EXPECT_EQ(told.text, "Rollout r1 of the fleet prod: gateway failed on gw-3: unhealthy. The host keeps its slot. Steps that have begun are finished, "
                       "nobody starts another (1 failed, max_failed is 1).");
  EXPECT_EQ(told.next, "`tykup history` on gw-3 has the details; mend it, then `tykup fleet retry gw-3`; or `tykup fleet exclude gw-3`; or `tykup fleet rollback`");
  EXPECT_THAT(told.components, ElementsAre(notify::Subject{"gateway", {}, {}, "failed", "unhealthy", "gw-3", {}}));
}

TEST(FleetNews, another_failure_of_the_same_host_is_told_again) {
  People people;
  people.hear(with_failures(1, {"gw-3"}, RolloutState::Stopped));
  people.hear(rollout());
  auto again = with_failures(1, {"gw-3"}, RolloutState::Stopped);
  again.failures.front().at = at(9);
  EXPECT_THAT(people.hear(again), SizeIs(1));
}

TEST(FleetNews, each_pause_is_told_and_what_is_said_during_it_is_none) {
  People people;
  people.hear(rollout());
  EXPECT_THAT(people.hear(in(RolloutState::Paused)), SizeIs(1));
  auto excluded = in(RolloutState::Paused);
  excluded.excluded = {{"gw-3", {"carol@gw-1", "dead", at(6)}}};
  excluded.last = excluded.excluded.front().said;
  EXPECT_THAT(people.hear(excluded), IsEmpty());
  EXPECT_THAT(people.hear(rollout()), IsEmpty());
  EXPECT_THAT(people.hear(in(RolloutState::Paused)), SizeIs(1));
  EXPECT_THAT(people.known.events, ElementsAre("started", "paused.1", "paused.2"));
}

TEST(FleetNews, what_was_over_before_anybody_could_tell_is_no_news) {
  People people;
  EXPECT_THAT(people.hear(in(RolloutState::Done)), IsEmpty());
  EXPECT_THAT(people.hear(in(RolloutState::Done)), IsEmpty());
  auto next = rollout();
  next.id = "r2";
  EXPECT_THAT(people.hear(next), SizeIs(1));
  EXPECT_THAT(people.known.events, ElementsAre("started")) << "what people knew of the one before goes with it";
}

TEST(FleetNews, what_began_and_ended_while_nobody_could_tell_is_told) {
  People people;
  people.look(idle(hosts("5.8.15")), 0);
  EXPECT_THAT(titles(people.hear(in(RolloutState::Done))), ElementsAre("rollout-done: rollout r1 is done: mdcb 5.8.15, dashboard 5.8.15, gateway 5.8.15"));
}

TEST(FleetNews, the_end_of_a_rollout_is_told_after_the_next_one_has_begun) {
  People people;
  people.hear(rollout());
  auto board = running();
  board.past_rollouts = {in(RolloutState::Aborted)};
  board.rollout.record->id = "r2";
  EXPECT_THAT(titles(people.look(board, 6)), testing::IsSupersetOf({"rollout-paused: rollout r1 was aborted by bob@gw-2: lunch",
                                                                     "rollout-started: rollout r2 has begun: mdcb 5.8.15, dashboard 5.8.15, gateway 5.8.15"}));
}

TEST(FleetNews, hosts_that_were_left_out_are_named_at_the_end) {
  People people;
  people.hear(rollout());
  auto done = in(RolloutState::Done);
  done.excluded = {{"gw-3", {"carol@gw-1", "dead", at(6)}}};
  auto const told = people.hear(done).front();
  EXPECT_THAT(told.text, HasSubstr("Left out: gw-3 by carol@gw-1: dead."));
  EXPECT_THAT(told.next, HasSubstr("left out"));
}

// ---- what a reading of everything shows

/// Everybody knows of the versions already.
People who_know(Board const& board) {
  People people;
  people.look(board, 0);
  return people;
}

Board held() {
  auto board = running();
  record_of(board, "core-1").hindrances = {{"mdcb", "held by bob", "tykup release mdcb"}};
  return board;
}

TEST(FleetNews, a_stall_is_told_when_it_has_lasted_with_every_host_reason_and_command) {
  auto people = who_know(running());
  EXPECT_THAT(people.look(held(), 6), IsEmpty()) << "between two steps it may look like one";
  auto const told = people.look(held(), 7);
  ASSERT_THAT(titles(told), ElementsAre("rollout-stalled: ROLLOUT r1 IS STALLED: core-1: held by bob"));
  EXPECT_EQ(told.front().text, "Rollout r1 of the fleet prod is stalled: none of the hosts that are left can start (0 of 7 steps are done).");
  EXPECT_THAT(told.front().components, ElementsAre(notify::Subject{"mdcb", {}, {}, {}, "held by bob", "core-1", "tykup release mdcb"}));
  EXPECT_THAT(people.look(held(), 8), IsEmpty());
}

TEST(FleetNews, a_stall_that_comes_and_goes_is_told_once) {
  auto people = who_know(running());
  unsigned told = 0;
  for (int minute = 6; minute < 60; minute += 5) {
    told += static_cast<unsigned>(people.look(held(), minute).size());
    told += static_cast<unsigned>(people.look(held(), minute + 1).size());
    told += static_cast<unsigned>(people.look(running(), minute + 2).size());
  }
  EXPECT_EQ(told, 1U);
}

TEST(FleetNews, a_moment_in_which_nobody_can_start_is_no_stall) {
  auto people = who_know(running());
  for (int minute = 6; minute < 60; minute += 2) {
    EXPECT_THAT(people.look(held(), minute), IsEmpty());
    EXPECT_THAT(people.look(running(), minute + 1), IsEmpty());
  }
}

TEST(FleetNews, another_stall_is_told_too) {
  auto people = who_know(running());
  people.look(held(), 6);
  people.look(held(), 7);
  auto next = running();
  finish(next, "core-1", "mdcb");
  record_of(next, "core-1").hindrances = {{"dashboard", "held by bob", "tykup release dashboard"}};
  people.look(next, 20);
  EXPECT_THAT(titles(people.look(next, 21)), ElementsAre("rollout-stalled: ROLLOUT r1 IS STALLED: core-1: held by bob"));
}

TEST(FleetNews, a_promotion_that_is_waited_for_is_told_once_for_each) {
  auto records = hosts();
  records[2].group = "blue";
  records[3].group = "green";
  auto board = running(records);
  auto& rollout = *board.rollout.record;
  rollout.policy.strategy = Strategy::BlueGreen;
  rollout.policy.groups = {"blue", "green"};
  rollout.stages.clear();
  for (auto& each : board.pending) {
    each.stage = stage(board, each.host, each.stage.component);
    add_stage(rollout, each.stage);
  }
  auto people = who_know(board);
  for (auto const* component : {"mdcb", "dashboard", "gateway"}) finish(board, "core-1", component);
  finish(board, "core-2", "gateway", 20);
  finish(board, "us-a", "gateway");
  finish(board, "eu-a", "gateway");
  auto const told = people.look(board, 30);
  ASSERT_THAT(titles(told), ElementsAre("rollout-promotion: rollout r1 waits for a promotion"));
  EXPECT_THAT(told.front().text, HasSubstr("(waiting for the promotion of gateway in eu-1)"));
  EXPECT_EQ(told.front().next, "`tykup fleet promote`");
  EXPECT_THAT(people.look(board, 31), IsEmpty());
}

TEST(FleetNews, a_beginning_that_was_cut_short_is_told_after_a_while) {
  auto board = running();
  auto people = who_know(idle());
  board.rollout.record->state = RolloutState::Preparing;
  EXPECT_THAT(people.look(board, 9), IsEmpty());
  auto const told = people.look(board, 10);
  ASSERT_THAT(titles(told), ElementsAre("rollout-stalled: rollout r1 was not prepared to its end"));
  EXPECT_EQ(told.front().next, "`tykup fleet start` on any host finishes it, `tykup fleet abort` ends it");
  EXPECT_THAT(people.look(board, 20), IsEmpty());
  board.rollout.record->state = RolloutState::Running;
  EXPECT_THAT(people.look(board, 21), SizeIs(1)) << "then it has begun";
}

TEST(FleetNews, a_version_that_is_new_is_told_once_for_the_whole_fleet) {
  People people;
  auto board = idle();
  auto const told = people.look(board, 0);
  EXPECT_THAT(titles(told), ElementsAre("new-version: dashboard 5.8.15 is available", "new-version: gateway 5.8.15 is available", "new-version: mdcb 5.8.15 is available"));
  EXPECT_EQ(told[1].text, "gateway 5.8.15 is offered to 5 of the 5 hosts of the fleet prod that carry it; installed is 5.8.14. No host goes there before a rollout does.");
  EXPECT_THAT(people.look(board, 10), IsEmpty());
  record_of(board, "eu-a").carried[0].candidates.insert(record_of(board, "eu-a").carried[0].candidates.begin(), build("gateway", "5.8.16"));
  auto const more = people.look(board, 20);
  ASSERT_THAT(titles(more), ElementsAre("new-version: gateway 5.8.16 is available"));
  EXPECT_THAT(more.front().text, HasSubstr("offered to 1 of the 5 hosts"));
  EXPECT_THAT(people.look(idle(), 30), IsEmpty()) << "one that is taken away again is no news";
}

TEST(FleetNews, what_everybody_has_is_no_version_that_is_new) {
  People people;
  EXPECT_THAT(people.look(idle(hosts("5.8.15")), 0), IsEmpty());
}

}  // namespace
}  // namespace tykup::fleet
