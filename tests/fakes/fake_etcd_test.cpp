#include "tests/fakes/fake_etcd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/etcd_words.hpp"

namespace tykup::fakes {
namespace {

using namespace std::chrono_literals;
using namespace etcd_words;
using etcd::Compare;
using Relation = etcd::Compare::Relation;
using Target = etcd::Compare::Target;

class FakeEtcdTest : public testing::Test {
 protected:
  etcd::TxnDone done(Txn const& txn) {
    auto answer = etcd_.txn(txn);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(etcd::TxnDone{});
  }
  std::string refusal(Txn const& txn) {
    auto const before = etcd_.header().revision;
    auto const answer = etcd_.txn(txn);
    EXPECT_EQ(etcd_.header().revision, before);
    return answer ? "none" : std::string(to_string(answer.error().kind)) + ": " + answer.error().message;
  }
  etcd::Got got(Get get) { return std::get<etcd::Got>(done(when({}, {std::move(get)})).answers.at(0)); }
  bool holds(Compare compare) { return done(when({std::move(compare)}, {})).succeeded; }
  FakeEtcd etcd_;
};

TEST_F(FakeEtcdTest, a_fresh_one_is_at_revision_1_and_every_change_is_the_next) {
  EXPECT_EQ(etcd_.header().revision, 1);
  EXPECT_EQ(done(when({}, {put("a", "1")})).revision, 2);
  EXPECT_EQ(done(when({}, {put("a", "1")})).revision, 3);
  EXPECT_EQ(done(when({}, {gone("none")})).revision, 3);
  EXPECT_EQ(done(when({}, {get("a")})).revision, 3);
  EXPECT_EQ(done(when({}, {put("b", "1"), put("c", "1"), gone("a")})).revision, 4);
}

TEST_F(FakeEtcdTest, a_key_counts_its_changes_and_begins_anew_after_its_end) {
  done(when({}, {put("a", "1")}));
  done(when({}, {put("a", "2")}));
  EXPECT_THAT(got(get("a")).values, testing::ElementsAre(KeyValue{"a", "2", 2, 3, 2, 0}));
  done(when({}, {gone("a")}));
  done(when({}, {put("a", "3")}));
  EXPECT_THAT(got(get("a")).values, testing::ElementsAre(KeyValue{"a", "3", 5, 5, 1, 0}));
}

struct Compared {
  char const* name;
  Compare compare;
  bool holds;
};

TEST_F(FakeEtcdTest, compares_as_etcd_does) {
  done(when({}, {put("p/1", "b")}));                  // created and changed in 2
  done(when({}, {put("p/2", "b")}));                  // created in 3
  done(when({}, {put("p/2", "b"), put("q", "x")}));   // changed in 4
  auto const p = etcd::under("p/");
  auto const none = etcd::under("none/");
  Compared const rows[] = {
      {"a key's version", compare(one("p/2"), Target::Version, Relation::Equal, 2), true},
      {"another version", compare(one("p/2"), Target::Version, Relation::Equal, 1), false},
      {"created", compare(one("p/2"), Target::CreateRevision, Relation::Equal, 3), true},
      {"changed", compare(one("p/2"), Target::ModRevision, Relation::Greater, 3), true},
      {"changed no later", compare(one("p/2"), Target::ModRevision, Relation::Greater, 4), false},
      {"no lease", compare(one("p/2"), Target::Lease, Relation::Equal, 0), true},
      {"value", compare(one("p/2"), Target::Value, Relation::Equal, 0, "b"), true},
      {"value less", compare(one("p/2"), Target::Value, Relation::Less, 0, "c"), true},
      {"value not less than itself", compare(one("p/2"), Target::Value, Relation::Less, 0, "b"), false},
      {"every key of the range", compare(p, Target::Version, Relation::Greater, 0), true},
      {"one key of the range does not", compare(p, Target::Version, Relation::Equal, 1), false},
      {"every value of the range", compare(p, Target::Value, Relation::Equal, 0, "b"), true},
      {"a range up to a key that is not in it", compare({"p/", "q"}, Target::Value, Relation::Equal, 0, "b"), true},
      {"a range to the last key", compare({"p/", std::string(1, '\0')}, Target::Value, Relation::Equal, 0, "b"), false},
      {"a range that is turned round is empty", compare({"q", "p"}, Target::Version, Relation::Equal, 0), true},
      {"a range with keys is not empty", compare(p, Target::Version, Relation::Equal, 0), false},
      {"no key: version 0", compare(one("none"), Target::Version, Relation::Equal, 0), true},
      {"no key: no other version", compare(one("none"), Target::Version, Relation::Greater, 0), false},
      {"no key: a version that differs", compare(one("none"), Target::Version, Relation::NotEqual, 3), true},
      {"no key: created in 0", compare(one("none"), Target::CreateRevision, Relation::Equal, 0), true},
      {"no key: no value, not even none", compare(one("none"), Target::Value, Relation::Equal, 0, ""), false},
      {"no key: no value differs either", compare(one("none"), Target::Value, Relation::NotEqual, 0, "x"), false},
      {"empty range: version 0", compare(none, Target::Version, Relation::Equal, 0), true},
      {"empty range: no version above", compare(none, Target::Version, Relation::Greater, 0), false},
      {"empty range: no value differs", compare(none, Target::Value, Relation::NotEqual, 0, "x"), false},
  };
  for (auto const& row : rows) EXPECT_EQ(holds(row.compare), row.holds) << row.name;
}

TEST_F(FakeEtcdTest, all_compares_must_hold_and_none_is_as_good_as_all) {
  EXPECT_TRUE(done(when({}, {})).succeeded);
  EXPECT_FALSE(done(when({absent("a"), exists("b")}, {})).succeeded);
  EXPECT_TRUE(done(when({absent("a"), absent("b")}, {})).succeeded);
}

TEST_F(FakeEtcdTest, nested_compares_see_what_was_before_all_of_it_and_gets_what_was_put_before_them) {
  auto const answers =
      done(when({}, {put("a", "1"), get("a"), nested(when({absent("a")}, {get("a")}, {put("b", "")}))})).answers;
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(std::get<etcd::Got>(answers[1]).values.size(), 1U);
  auto const& inner = std::get<etcd::NestedDone>(answers[2]).done.front();
  EXPECT_TRUE(inner.succeeded);
  EXPECT_EQ(inner.revision, 2);
  EXPECT_EQ(std::get<etcd::Got>(inner.answers.at(0)).values.size(), 1U);
}

TEST_F(FakeEtcdTest, a_get_counts_all_and_gives_what_is_wanted) {
  for (auto const* key : {"p/1", "p/2", "p/3", "q"}) done(when({}, {put(key, "v")}));
  auto const names = [](etcd::Got const& got) {
    std::string text;
    for (auto const& value : got.values) text += value.key + "=" + value.value + " ";
    return text + std::to_string(got.count) + (got.more ? " more" : "");
  };
  auto const with = [](std::int64_t limit, Get::Order order, bool keys_only, bool count_only) {
    Get get;
    get.keys = etcd::under("p/");
    get.limit = limit;
    get.order = order;
    get.keys_only = keys_only;
    get.count_only = count_only;
    return get;
  };
  using enum Get::Order;
  EXPECT_EQ(names(got(with(0, Ascending, false, false))), "p/1=v p/2=v p/3=v 3");
  EXPECT_EQ(names(got(with(2, Ascending, false, false))), "p/1=v p/2=v 3 more");
  EXPECT_EQ(names(got(with(3, Ascending, false, false))), "p/1=v p/2=v p/3=v 3");
  EXPECT_EQ(names(got(with(1, Descending, true, false))), "p/3= 3 more");
  EXPECT_EQ(names(got(with(0, Descending, true, false))), "p/3= p/2= p/1= 3");
  EXPECT_EQ(names(got(with(1, Ascending, false, true))), "3");
  EXPECT_EQ(names(got(get("p/"))), "0");
  Get all;
  all.keys = {std::string(1, '\0'), std::string(1, '\0')};
  EXPECT_EQ(got(all).count, 4);
}

TEST_F(FakeEtcdTest, a_get_by_creation_tells_who_came_before) {
  for (auto const* key : {"p/c", "p/a", "q", "p/b"}) done(when({}, {put(key, "")}));  // 2, 3, 4, 5
  done(when({}, {put("p/c", "again")}));
  auto const names = [this](Get::Order order, std::int64_t limit, etcd::Revision max, Get::By by = Get::By::CreateRevision) {
    Get get = all_under("p/");
    get.order = order;
    get.limit = limit;
    get.max_create_revision = max;
    get.by = by;
    auto const answer = got(get);
    EXPECT_EQ(answer.count, 3);
    std::string text;
    for (auto const& value : answer.values) text += value.key + " ";
    return text + (answer.more ? "more" : "");
  };
  using enum Get::Order;
  EXPECT_EQ(names(Ascending, 0, 0), "p/c p/a p/b ");
  EXPECT_EQ(names(Descending, 0, 0), "p/b p/a p/c ");
  EXPECT_EQ(names(Descending, 1, 4), "p/a more");
  EXPECT_EQ(names(Descending, 1, 2), "p/c ");
  EXPECT_EQ(names(Descending, 1, 1), "");
  EXPECT_EQ(names(Ascending, 0, 3, Get::By::Key), "p/a p/c ");
  EXPECT_EQ(names(Descending, 1, 3, Get::By::Key), "p/c more");
}

struct Refused {
  char const* name;
  Txn txn;
  char const* why;
};

TEST_F(FakeEtcdTest, refuses_what_etcd_refuses_and_does_nothing_of_it) {
  auto const* const twice = "bad_request: etcdserver: duplicate key given in txn request";
  auto const* const many = "bad_request: etcdserver: too many operations in txn request";
  auto const* const nameless = "bad_request: etcdserver: key is not provided";
  std::vector<Op> most;
  for (int i = 0; i < 128; ++i) most.push_back(put("k" + std::to_string(i), ""));
  auto too_many = most;
  too_many.push_back(get("x"));
  std::vector<Op> full_inside(most.begin(), most.begin() + 99);
  full_inside.push_back(nested(when({}, std::vector<Op>(29, get("x")))));
  Refused const rows[] = {
      {"put twice", when({}, {put("k", ""), put("k", "")}), twice},
      {"put and deleted", when({}, {put("k", ""), gone("k")}), twice},
      {"put and deleted with others", when({}, {put("k", ""), Delete{{"j", "l"}}}), twice},
      {"put twice where it goes else", when({}, {}, {put("k", ""), put("k", "")}), twice},
      {"inside and outside", when({}, {nested(when({}, {put("k", "")})), put("k", "")}), twice},
      {"inside two", when({}, {nested(when({}, {put("k", "")})), nested(when({}, {}, {put("k", "")}))}), twice},
      {"deleted inside one, then put inside another",
       when({}, {nested(when({}, {gone("k")})), nested(when({}, {put("k", "")}))}), twice},
      {"129 operations", when({}, too_many), many},
      {"129 where it goes else", when({}, {}, too_many), many},
      {"129 compares", when(std::vector<Compare>(129, absent("k")), {}), many},
      {"29 inside 100", when({}, full_inside), many},
      {"a put without a key", when({}, {put("", "x")}), nameless},
      {"a get without a key", when({}, {get("")}), nameless},
      {"a delete without a key", when({}, {gone("")}), nameless},
      {"a compare without a key", when({absent("")}, {}), nameless},
      {"a put without a key inside", when({}, {nested(when({}, {}, {put("", "x")}))}), nameless},
      {"too large", when({}, {put("k", std::string(1600 * 1024, 'x'))}), "bad_request: etcdserver: request is too large"},
      {"a lease that is not there", when({}, {put("k", "", 77)}), "lease_lost: etcdserver: requested lease not found"},
      {"a lease that is not there, after a change", when({}, {put("j", ""), nested(when({}, {put("k", "", 77)}))}),
       "lease_lost: etcdserver: requested lease not found"},
  };
  for (auto const& row : rows) EXPECT_EQ(refusal(row.txn), row.why) << row.name;
  EXPECT_TRUE(etcd_.txn(when({}, most)));
}

TEST_F(FakeEtcdTest, takes_what_etcd_takes) {
  Refused const rows[] = {
      {"one of two ways", when({}, {nested(when({}, {put("k", "")}, {put("k", "")}))}), "none"},
      {"deleted twice", when({}, {gone("k"), gone("k")}), "none"},
      {"put inside one, deleted inside a later one",
       when({}, {nested(when({}, {put("k", "")})), nested(when({}, {gone("k")}))}), "none"},
      {"put and deleted to the last key: etcd does not see it", when({}, {put("k", ""), Delete{{"j", std::string(1, '\0')}}}), "none"},
      {"a missing lease on the way not taken", when({}, {}, {put("k", "", 77)}), "none"},
  };
  for (auto const& row : rows) EXPECT_TRUE(etcd_.txn(row.txn)) << row.name;
}

TEST_F(FakeEtcdTest, a_lease_takes_its_keys_with_it_in_one_revision) {
  ASSERT_EQ(etcd_.grant(120s, 5)->id, 5);
  done(when({}, {put("b", "", 5), put("a", "", 5), put("c", "")}));
  etcd_.advance(119'999ms);
  EXPECT_EQ(got(get("a")).count, 1);
  etcd_.advance(1ms);
  EXPECT_EQ(etcd_.header().revision, 3);
  EXPECT_EQ(got(get("a")).count + got(get("b")).count, 0);
  EXPECT_EQ(got(get("c")).count, 1);
  EXPECT_EQ(etcd_.keep_alive(5).error().kind, ErrorKind::LeaseLost);
  EXPECT_EQ(etcd_.revoke(5).error().kind, ErrorKind::LeaseLost);
}

TEST_F(FakeEtcdTest, a_lease_lives_as_long_as_it_is_kept_and_without_keys_its_end_changes_nothing) {
  auto const lease = etcd_.grant(10s)->id;
  for (int i = 0; i < 5; ++i) {
    etcd_.advance(9s);
    EXPECT_EQ(etcd_.keep_alive(lease), 10s);
  }
  EXPECT_EQ(etcd_.next_expiry(), 55s);
  etcd_.advance(1h);
  EXPECT_EQ(etcd_.header().revision, 1);
  EXPECT_EQ(etcd_.next_expiry(), std::nullopt);
}

TEST_F(FakeEtcdTest, a_key_belongs_to_the_lease_of_its_last_put) {
  etcd_.grant(10s, 1);
  etcd_.grant(20s, 2);
  for (auto const* key : {"moves", "freed", "deleted"}) done(when({}, {put(key, "", 1)}));
  done(when({}, {put("moves", "", 2), put("freed", ""), gone("deleted")}));
  done(when({}, {put("deleted", "")}));
  ASSERT_TRUE(etcd_.revoke(1));
  EXPECT_EQ(etcd_.header().revision, 6);
  ASSERT_TRUE(etcd_.revoke(2));
  EXPECT_EQ(got(get("moves")).count, 0);
  EXPECT_EQ(got(get("freed")).count + got(get("deleted")).count, 2);
}

TEST_F(FakeEtcdTest, leases_have_a_shortest_and_a_longest_length_and_one_id_each) {
  EXPECT_EQ(etcd_.grant(0s)->ttl, 2s);
  EXPECT_EQ(etcd_.grant(-5s)->ttl, 2s);
  EXPECT_NE(etcd_.grant(5s)->id, etcd_.grant(5s)->id);
  EXPECT_EQ(etcd_.grant(9'000'000'001s).error().kind, ErrorKind::BadRequest);
  etcd_.grant(5s, 9);
  EXPECT_EQ(etcd_.grant(5s, 9).error().kind, ErrorKind::BadRequest);
}

TEST_F(FakeEtcdTest, an_election_gives_every_lease_its_whole_length_again) {
  etcd_.grant(10s, 1);
  etcd_.advance(9s);
  auto const term = etcd_.header().raft_term;
  etcd_.elect();
  EXPECT_EQ(etcd_.header().raft_term, term + 1);
  etcd_.advance(9s);
  EXPECT_TRUE(etcd_.keep_alive(1));
}

TEST_F(FakeEtcdTest, a_restored_one_tells_it_by_nothing_but_its_revision) {
  etcd_.grant(10s, 1);
  done(when({}, {put("a", "old", 1)}));
  auto const snapshot = etcd_.snapshot();
  done(when({}, {put("a", "new", 1), put("b", "")}));
  auto const before = etcd_.header();
  etcd_.advance(5s);
  etcd_.restore(*snapshot);
  auto const after = etcd_.header();
  EXPECT_EQ(after.cluster_id, before.cluster_id);
  EXPECT_EQ(after.member_id, before.member_id);
  EXPECT_EQ(after.raft_term, before.raft_term);
  EXPECT_EQ(after.revision, 2);
  EXPECT_THAT(got(get("a")).values, testing::ElementsAre(KeyValue{"a", "old", 2, 2, 1, 1}));
  EXPECT_EQ(got(get("b")).count, 0);
  etcd_.advance(9s);
  EXPECT_TRUE(etcd_.keep_alive(1));
}

}  // namespace
}  // namespace tykup::fakes
