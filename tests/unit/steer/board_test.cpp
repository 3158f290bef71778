#include "daemon/wire/fleet_board.hpp"

#include <gtest/gtest.h>

#include "daemon/wire/fleet_json.hpp"
#include "tests/unit/steer/boards.hpp"

namespace tykup::fleet {
namespace {

using namespace test;
using wire::fleet_text;
using wire::read_board;

Keys const keys("prod");

etcd::KeyValue value(std::string key, std::string text, std::int64_t created = 5, std::int64_t modified = 6) {
  return {std::move(key), std::move(text), created, modified, 1, 0};
}

TEST(FleetBoard, an_empty_cluster_has_nothing_in_it) {
  auto const board = read_board("prod", {}, 7);
  ASSERT_TRUE(board);
  EXPECT_EQ(board->revision, 7);
  EXPECT_FALSE(board->meta);
  EXPECT_TRUE(board->hosts.empty());
}

TEST(FleetBoard, takes_a_record_whose_text_was_read_before_from_there) {
  wire::KnownHosts known;
  auto const first = host("eu-a", "eu-1", {carried("gateway", "5.8.14")});
  auto const second = host("eu-a", "eu-1", {carried("gateway", "5.8.15")});
  for (auto const* record : {&first, &first, &second, &first}) {
    auto const board = read_board("prod", {value(keys.host("eu-a"), fleet_text(*record), 10, 11)}, 11, &known);
    ASSERT_TRUE(board);
    ASSERT_EQ(board->hosts.size(), 1U);
    EXPECT_EQ(board->hosts.front().record, *record);
  }
  // It is taken as it is known, not read.
  known.begin()->second.record.group = "canary";
  auto const again = read_board("prod", {value(keys.host("eu-a"), fleet_text(first), 10, 12)}, 12, &known);
  EXPECT_EQ(again->hosts.front().record.group, "canary");
  EXPECT_EQ(again->hosts.front().modified, 12);
}

TEST(FleetBoard, every_kind_of_key_has_its_place) {
  Rollout rollout;
  rollout.id = "r1";
  rollout.policy = policy();
  Stage const eu{"eu-1", 1, "gateway", 1, 0};
  auto const record = host("eu-a", "eu-1", {carried("gateway", "5.8.14")});
  Slot const slot{"eu-a", record.identity, "r1", "gateway", SlotState::InWork, "", at(1)};
  Mark const mark{"r1", "eu-b", at(2)};
  auto const board = read_board("prod", {
      value(keys.meta(), fleet_text(Meta{})),
      value(keys.policy(), fleet_text(policy())),
      value(keys.rollout(), fleet_text(rollout), 8, 9),
      value(keys.roster(), "whoever came last"),
      value(keys.teller(), fleet_text(Teller{"eu-a", record.identity, at(3)}), 17, 18),
      value(keys.told(), fleet_text(KnownNews{"r1", {"started"}, "", {}}), 19, 19),
      value(keys.host("eu-a"), fleet_text(record), 10, 11),
      value(keys.live("eu-a"), fleet_text(Presence{})),
      value(keys.forgotten("old"), fleet_text(mark)),
      value(keys.pending(place_of(eu, Direction::Forwards, "eu-a")), fleet_text(Pending{"r1", "eu-a", "gateway"}), 12, 12),
      value(keys.queue("eu-1", "gateway", "eu-b"), fleet_text(Presence{}), 14, 14),
      value(keys.queue("eu-1", "gateway", "eu-a"), fleet_text(Presence{}), 13, 13),
      value(keys.slot("eu-1", "gateway", 3), fleet_text(slot), 15, 16),
      value(keys.first(eu), fleet_text(mark)), value(keys.done(eu), fleet_text(mark)), value(keys.soak(eu), fleet_text(mark)),
      value(keys.unready("eu-1", "eu-a"), fleet_text(Pending{"r1", "eu-a", ""})),
      value(keys.ready("us-1"), fleet_text(mark)),
      value(keys.past_rollout("r0"), fleet_text(rollout)),
      value(keys.past_policy(77), fleet_text(policy())),
      value(keys.freeze(), fleet_text(FleetFreeze{at(9), {"alice", "", at(1)}}), 17, 18),
      value(keys.past_outside({"eu-a", "gateway", "5.8.15", "r0", {"alice", "cve", at(1)}}), fleet_text(OutsideStep{"eu-a", "gateway", "5.8.15", "r0", {"alice", "cve", at(1)}})),
      value(keys.past_freeze(17), fleet_text(FleetFreeze{at(9), {"alice", "", at(1)}})),
  }, 20);
  ASSERT_TRUE(board) << board.error().message;
  EXPECT_TRUE(board->unreadable.empty());
  EXPECT_EQ(board->rollout.modified, 9);
  EXPECT_EQ(board->find("eu-a")->modified, 11);
  EXPECT_EQ(board->teller->host, "eu-a");
  EXPECT_EQ(board->teller.modified, 18);
  EXPECT_EQ(board->told->events, std::vector<std::string>{"started"});
  EXPECT_TRUE(board->is_live("eu-a"));
  EXPECT_EQ(board->forgotten, std::vector<std::string>{"old"});
  ASSERT_EQ(board->pending.size(), 1U);
  EXPECT_EQ(board->pending.front(), (BoardPending{eu, "eu-a", 12}));
  EXPECT_EQ(board->queue.front().host, "eu-a");
  ASSERT_EQ(board->slots.size(), 1U);
  EXPECT_EQ(board->slots.front().k, 3U);
  EXPECT_EQ(board->slots.front().slot.created, 15);
  EXPECT_NE(find_mark(board->firsts, eu), nullptr);
  EXPECT_NE(find_mark(board->dones, eu), nullptr);
  EXPECT_NE(find_mark(board->soaks, eu), nullptr);
  EXPECT_EQ(board->unready.front().host, "eu-a");
  EXPECT_EQ(board->ready.front(), "us-1");
  EXPECT_EQ(board->past_rollouts.size(), 1U);
  EXPECT_EQ(board->past_policies.front().revision, 77);
  EXPECT_EQ(board->freeze.modified, 18);
  EXPECT_EQ(board->past_freezes.front().revision, 17);
  EXPECT_EQ(board->past_outside.front().said.why, "cve");
}

TEST(FleetBoard, on_the_way_back_a_pending_key_is_of_the_stage_that_it_was_forwards) {
  Rollout rollout;
  rollout.id = "r2";
  rollout.direction = Direction::Back;
  rollout.policy = policy();
  Stage const eu{"eu-1", 1, "gateway", 1, 0};
  auto const board = read_board("prod", {value(keys.pending(place_of(eu, Direction::Back, "eu-a")), fleet_text(Pending{"r2", "eu-a", "gateway"})),
                                         value(keys.rollout(), fleet_text(rollout))}, 1);
  ASSERT_TRUE(board);
  EXPECT_EQ(board->pending.front().stage, eu);
}

class UnreadableRecord : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(UnreadableRecord, is_named_and_hides_no_other) {
  auto const& [key, text] = GetParam();
  auto const board = read_board("prod", {value("/tykup/1/prod/" + key, text), value(keys.host("eu-a"), fleet_text(host("eu-a", "eu-1", {})))}, 1);
  ASSERT_TRUE(board);
  ASSERT_EQ(board->unreadable.size(), 1U);
  EXPECT_EQ(board->unreadable.front().key, key);
  EXPECT_FALSE(board->unreadable.front().problem.empty());
  EXPECT_EQ(board->hosts.size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(Kinds, UnreadableRecord, testing::Values(
    std::pair{"host/eu-b", "no JSON"}, std::pair{"host/eu-b", R"({"schema":2})"}, std::pair{"host/eu-b/x", "{}"}, std::pair{"host/EU", "{}"},
    std::pair{"pending/1/eu-1/00.0/a", "{}"}, std::pair{"pending/01/eu-1/00.0/a", "{}"}, std::pair{"slot/eu-1/gateway/x", "{}"},
    std::pair{"slot/eu-1/gateway/0", "{}"}, std::pair{"first/eu-1/gateway/10", "{}"}, std::pair{"done/eu-1/gateway", "{}"},
    std::pair{"soak/eu-1/gateway/0", "[]"}, std::pair{"past/rollout/r1", "{}"}, std::pair{"past/policy/x1", "{}"}, std::pair{"past/other/1", "{}"}, std::pair{"past/freeze/1", "{}"}, std::pair{"past/outside/1/gateway/a", "{}"}, std::pair{"past/freeze/x", "{}"},
    std::pair{"teller", "{}"}, std::pair{"told", R"({"schema":2})"}, std::pair{"past", "{}"}, std::pair{"queue/eu-1/gateway", "{}"}, std::pair{"something", "{}"}, std::pair{"", "{}"}));

TEST(FleetBoard, nobody_judges_without_meta_policy_rollout_and_freeze) {
  for (auto const& key : {keys.meta(), keys.policy(), keys.rollout(), keys.freeze()}) {
    auto const broken = read_board("prod", {value(key, "{}")}, 1);
    ASSERT_FALSE(broken) << key;
    EXPECT_EQ(broken.error().kind, ErrorKind::BadRequest);
    EXPECT_NE(broken.error().message.find(key), std::string::npos);
    auto const newer = read_board("prod", {value(key, R"({"schema":9})")}, 1);
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().kind, ErrorKind::OtherVersion);
  }
}

TEST(FleetBoard, another_cluster_is_not_looked_at) {
  auto const board = read_board("prod", {value("/tykup/1/prod2/meta", "{}"), value("/tykup/1/pro/host/a", "{}")}, 1);
  ASSERT_TRUE(board);
  EXPECT_TRUE(board->unreadable.empty());
}

}  // namespace
}  // namespace tykup::fleet
