#include "daemon/wire/fleet_teller.hpp"

#include <gtest/gtest.h>

#include "daemon/wire/fleet_json.hpp"
#include "tests/fakes/fake_etcd.hpp"

namespace tykup::fleet {
namespace {

/// Hosts that could tell, on an etcd in memory.
class Tellers : public testing::Test {
 protected:
  Tellers() { put(keys.meta(), wire::fleet_text(Meta{})); }

  void put(std::string key, std::string text) {
    etcd::Txn txn;
    txn.then.emplace_back(etcd::Put{std::move(key), std::move(text)});
    ASSERT_TRUE(etcd.txn(txn));
  }
  static Teller host(std::string const& name) { return {name, {"machine-" + name, "nonce"}, Instant{}}; }
  etcd::LeaseId lease() { return etcd.grant(std::chrono::seconds{120}, 0)->id; }
  etcd::TxnDone claim(std::string const& name, etcd::LeaseId lease, etcd::Revision before = 0) {
    return *etcd.txn(wire::claim_txn(keys, host(name), lease, before));
  }
  Stored<Teller> teller() { return wire::read_teller(*etcd.txn(wire::teller_txn(keys))); }
  bool note(etcd::Revision mine, etcd::Revision noted, KnownNews const& known) { return etcd.txn(wire::note_txn(keys, mine, noted, known))->succeeded; }

  fakes::FakeEtcd etcd;
  Keys keys{"prod"};
};

TEST_F(Tellers, are_one_at_a_time) {
  EXPECT_FALSE(teller());
  EXPECT_TRUE(claim("gw-1", lease()).succeeded);
  EXPECT_FALSE(claim("gw-2", lease()).succeeded);
  EXPECT_EQ(teller()->host, "gw-1");
}

TEST_F(Tellers, are_followed_when_their_lease_ends_or_is_given_back) {
  auto const first = lease();
  claim("gw-1", first);
  ASSERT_TRUE(etcd.revoke(first));
  EXPECT_FALSE(teller());
  EXPECT_TRUE(claim("gw-2", lease()).succeeded);
  etcd.advance(std::chrono::seconds{121});
  EXPECT_TRUE(claim("gw-1", lease()).succeeded);
}

TEST_F(Tellers, take_up_what_they_wrote_before_a_restart_and_keep_it_when_the_old_lease_ends) {
  claim("gw-1", lease());
  auto const before = teller().modified;
  etcd.advance(std::chrono::seconds{60});
  EXPECT_TRUE(claim("gw-1", lease(), before).succeeded);
  EXPECT_FALSE(claim("gw-1", lease(), before).succeeded) << "once";
  etcd.advance(std::chrono::seconds{90});
  EXPECT_TRUE(teller());
}

TEST_F(Tellers, are_none_in_a_cluster_that_nobody_made) {
  Keys const other("prdo");
  EXPECT_FALSE(etcd.txn(wire::claim_txn(other, host("gw-1"), lease(), 0))->succeeded);
}

TEST_F(Tellers, find_what_people_know) {
  KnownNews const known{"r1", {"started", "paused.1"}, "paused.1", {{"gateway", "5.8.15"}}};
  auto const mine = claim("gw-1", lease());
  EXPECT_FALSE(wire::read_told(mine));
  EXPECT_TRUE(note(mine.revision, 0, known));
  auto const told = wire::read_told(claim("gw-1", lease(), mine.revision));
  ASSERT_TRUE(told);
  EXPECT_EQ(*told, known);
}

TEST_F(Tellers, that_were_followed_note_nothing_and_nobody_notes_over_what_he_has_not_read) {
  auto const first = lease();
  auto const mine = claim("gw-1", first);
  ASSERT_TRUE(etcd.revoke(first));
  auto const theirs = claim("gw-2", lease());
  EXPECT_FALSE(note(mine.revision, 0, {"r1", {"started"}, {}, {}}));
  EXPECT_TRUE(note(theirs.revision, 0, {"r1", {"started"}, {}, {}}));
  EXPECT_FALSE(note(theirs.revision, 0, {"r1", {"over"}, {}, {}}));
}

TEST_F(Tellers, whose_record_cannot_be_read_are_tellers_all_the_same) {
  put(keys.teller(), R"({"schema":2})");
  auto const there = teller();
  EXPECT_FALSE(there);
  EXPECT_GT(there.modified, 0);
}

}  // namespace
}  // namespace tykup::fleet
