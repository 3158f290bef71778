#include "daemon/wire/fleet_steer.hpp"

#include <gtest/gtest.h>

#include "daemon/wire/fleet_json.hpp"
#include "tests/fakes/fake_etcd.hpp"
#include "tests/unit/steer/boards.hpp"

namespace tykup::fleet {
namespace {

using namespace test;

std::string digest(std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)); }

/// Operators on an etcd in memory.
class SteeredFleet : public testing::Test {
 protected:
  Board board() {
    auto const done = etcd.txn(wire::board_txn(keys));
    auto read = wire::board_of("prod", *done);
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    return read.value_or(Board{});
  }
  void put(std::string key, std::string text) {
    etcd::Txn txn;
    txn.then.emplace_back(etcd::Put{std::move(key), std::move(text)});
    ASSERT_TRUE(etcd.txn(txn));
  }
  void register_hosts() {
    for (auto const& record : hosts()) put(keys.host(record.host), wire::fleet_text(record));
    put(keys.roster(), "us-a");
  }
  /// Whether etcd took it; a rollout is prepared to its end.
  bool say(Saying const& saying, Board const& seen) {
    Beginning const alice{"r" + std::to_string(seen.revision), {"alice", "", at(0)}};
    auto const steered = steer(seen, saying, alice, digest);
    EXPECT_TRUE(steered) << (steered ? "" : steered.error().message);
    if (!steered) return false;
    bool taken = true;
    if (auto const txn = wire::txn_of(seen, steered->change, at(1))) taken = etcd.txn(*txn)->succeeded;
    bool const begins = std::holds_alternative<change::Begin>(steered->change) || std::holds_alternative<change::Prepare>(steered->change);
    if (!taken || !begins) return taken;
    for (auto const& txn : wire::preparation_of(board())) {
      EXPECT_TRUE(etcd.txn(txn));
    }
    return true;
  }
  bool say(Saying const& saying) { return say(saying, board()); }

  fakes::FakeEtcd etcd;
  Keys keys{"prod"};
};

TEST_F(SteeredFleet, is_made_once) {
  auto const seen = board();
  EXPECT_TRUE(say(say::Init{policy()}, seen));
  EXPECT_FALSE(say(say::Init{policy()}, seen));
  auto const made = board();
  EXPECT_TRUE(made.meta);
  EXPECT_EQ(made.policy->said.by, "alice");
  EXPECT_EQ(made.past_policies.size(), 1U);
}

TEST_F(SteeredFleet, begins_one_rollout_whoever_asks) {
  say(say::Init{policy()});
  register_hosts();
  auto const seen = board();
  EXPECT_TRUE(say(say::Start{}, seen));
  EXPECT_FALSE(say(say::Start{}, seen));
  auto const running = board();
  EXPECT_EQ(running.rollout->state, RolloutState::Running);
  EXPECT_EQ(running.pending.size(), 7U);
  EXPECT_EQ(overview(running, at(2)).centres.front().stages.front().stage.component, "mdcb");
}

TEST_F(SteeredFleet, does_not_begin_what_a_host_has_changed_since) {
  say(say::Init{policy()});
  register_hosts();
  auto const seen = board();
  auto changed = hosts().back();
  changed.rule = 7;
  put(keys.host(changed.host), wire::fleet_text(changed));
  EXPECT_FALSE(say(say::Start{}, seen));
}

TEST_F(SteeredFleet, does_not_begin_by_a_policy_that_was_changed_since) {
  say(say::Init{policy()});
  register_hosts();
  auto const seen = board();
  auto changed = policy();
  changed.max_failed = 2;
  EXPECT_TRUE(say(say::SetPolicy{changed}));
  EXPECT_FALSE(say(say::Start{}, seen));
}

TEST_F(SteeredFleet, heeds_one_of_two_who_steer_at_once) {
  say(say::Init{policy()});
  register_hosts();
  say(say::Start{});
  auto const seen = board();
  EXPECT_TRUE(say(say::Pause{}, seen));
  EXPECT_FALSE(say(say::Abort{}, seen));
  EXPECT_EQ(board().rollout->state, RolloutState::Paused);
  EXPECT_TRUE(say(say::Abort{}));
  EXPECT_EQ(board().past_rollouts.size(), 1U);
}

TEST_F(SteeredFleet, goes_on_without_an_excluded_host) {
  say(say::Init{policy()});
  register_hosts();
  say(say::Start{});
  EXPECT_TRUE(say(say::Exclude{"us-a"}));
  auto const left = board();
  EXPECT_FALSE(left.is_pending("us-a", "gateway"));
  EXPECT_EQ(left.dones.size(), 1U);
}

TEST_F(SteeredFleet, forgets_a_host_of_which_only_a_step_is_left) {
  say(say::Init{policy()});
  register_hosts();
  say(say::Start{});
  etcd::Txn txn;
  txn.then.emplace_back(etcd::Delete{{keys.host("us-a"), {}}});
  ASSERT_TRUE(etcd.txn(txn));
  EXPECT_TRUE(say(say::Forget{"us-a"}));
  EXPECT_FALSE(board().is_pending("us-a", "gateway"));
}

TEST_F(SteeredFleet, excludes_a_host_of_which_only_a_step_is_left) {
  say(say::Init{policy()});
  register_hosts();
  say(say::Start{});
  etcd::Txn txn;
  txn.then.emplace_back(etcd::Delete{{keys.host("us-a"), {}}});
  ASSERT_TRUE(etcd.txn(txn));
  EXPECT_TRUE(say(say::Exclude{"us-a"}));
  EXPECT_FALSE(board().is_pending("us-a", "gateway"));
}

TEST_F(SteeredFleet, frees_the_slot_that_was_seen_and_no_other) {
  say(say::Init{policy()});
  register_hosts();
  say(say::Start{});
  Slot const slot{"eu-a", hosts()[2].identity, "r", "gateway", SlotState::Failed, "unhealthy", at(3)};
  put(keys.slot("eu-1", "gateway", 0), wire::fleet_text(slot));
  auto const seen = board();
  EXPECT_TRUE(say(say::Retry{"eu-a"}));
  EXPECT_EQ(board().slots.front().slot->state, SlotState::Again);
  EXPECT_TRUE(say(say::ReleaseSlot{"eu-a"}, seen));
  put(keys.slot("eu-1", "gateway", 0), wire::fleet_text(slot));
  EXPECT_FALSE(say(say::ReleaseSlot{"eu-a"}, seen));
  EXPECT_EQ(board().slots.size(), 1U);
}

TEST_F(SteeredFleet, counts_its_restores) {
  say(say::Init{policy()});
  EXPECT_TRUE(say(say::Resume{true}));
  EXPECT_EQ(board().meta->epoch, 2);
}

}  // namespace
}  // namespace tykup::fleet
