#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/etcd_words.hpp"
#include "tests/fakes/fake_etcd.hpp"

namespace tykup::fakes {
namespace {

using namespace std::chrono_literals;
using namespace etcd_words;
using etcd::WatchEnd;
using etcd::WatchEvent;
using Reason = etcd::WatchEnd::Reason;
using testing::ElementsAre;
using testing::IsEmpty;

/// "+key=value@revision" or "-key@revision", one after the other, and "!" where it ended.
std::string told(etcd::WatchNews const& news) {
  std::string text;
  for (auto const& event : news.events) {
    bool const is_put = event.kind == WatchEvent::Kind::Put;
    text += is_put ? "+" + event.value.key + "=" + event.value.value : "-" + event.value.key;
    text += "@" + std::to_string(event.value.mod_revision) + " ";
  }
  return text + (news.end ? "!" : "");
}

class FakeEtcdWatchTest : public testing::Test {
 protected:
  void change(std::vector<Op> ops) { ASSERT_TRUE(etcd_.txn(when({}, std::move(ops)))); }
  std::string take(FakeEtcd::WatchId watch) { return told(etcd_.take(watch)); }
  FakeEtcd etcd_;
};

TEST_F(FakeEtcdWatchTest, tells_every_change_of_its_keys_in_order_and_once) {
  auto const watch = etcd_.watch(etcd::under("p/"), 0);
  change({put("p/2", "x"), put("p/1", "y"), put("q", "")});
  change({Delete{etcd::under("p/")}});
  EXPECT_EQ(take(watch), "+p/2=x@2 +p/1=y@2 -p/1@3 -p/2@3 ");
  EXPECT_EQ(take(watch), "");
}

TEST_F(FakeEtcdWatchTest, a_deletion_tells_the_key_and_its_revision_only) {
  change({put("a", "secret")});
  auto const watch = etcd_.watch(one("a"), 0);
  change({gone("a")});
  WatchEvent event;
  event.kind = WatchEvent::Kind::Delete;
  event.value.key = "a";
  event.value.mod_revision = 3;
  auto const news = etcd_.take(watch);
  EXPECT_THAT(news.events, ElementsAre(event));
  EXPECT_EQ(news.revision, 3);
}

struct Watched {
  char const* name;
  KeyRange keys;
  std::string told;
};

TEST_F(FakeEtcdWatchTest, watches_one_key_a_prefix_a_range_and_all) {
  std::string const last(1, '\0');
  Watched const rows[] = {
      {"a key", one("p/"), ""},
      {"another key", one("p/1"), "+p/1=@2 "},
      {"a prefix", etcd::under("p/"), "+p/1=@2 +p/10=@3 "},
      {"a prefix that is a whole key", etcd::under("p/1"), "+p/1=@2 +p/10=@3 "},
      {"a longer prefix", etcd::under("p/1000"), ""},
      {"a range, without its end", {"p/1", "q"}, "+p/1=@2 +p/10=@3 "},
      {"a range", {"p/10", "q/"}, "+p/10=@3 +q=@4 "},
      {"to the last key", {"p/10", last}, "+p/10=@3 +q=@4 "},
      {"all", {last, last}, "+p/1=@2 +p/10=@3 +q=@4 "},
      {"a range that is turned round is refused", {"q", "p"}, "!"},
  };
  std::vector<FakeEtcd::WatchId> live;
  for (auto const& row : rows) live.push_back(etcd_.watch(row.keys, 0));
  for (auto const* key : {"p/1", "p/10", "q"}) change({put(key, "")});
  for (std::size_t i = 0; i < live.size(); ++i) {
    EXPECT_EQ(take(live[i]), rows[i].told) << rows[i].name;
    EXPECT_EQ(take(etcd_.watch(rows[i].keys, 1)), rows[i].told) << rows[i].name << ", afterwards";
  }
}

TEST_F(FakeEtcdWatchTest, begins_with_a_revision_of_the_past_or_of_the_future) {
  for (int i = 0; i < 3; ++i) change({put("a", std::to_string(i))});  // 2, 3, 4
  EXPECT_EQ(take(etcd_.watch(one("a"), 3)), "+a=1@3 +a=2@4 ");
  auto const ahead = etcd_.watch(one("a"), 6);
  change({put("a", "5")});
  EXPECT_EQ(take(ahead), "");
  change({put("a", "6")});
  EXPECT_EQ(take(ahead), "+a=6@6 ");
}

TEST_F(FakeEtcdWatchTest, says_who_has_something_to_tell) {
  auto const first = etcd_.watch(one("a"), 0);
  auto const second = etcd_.watch(etcd::under("a"), 0);
  auto const idle = etcd_.watch(one("b"), 0);
  EXPECT_THAT(etcd_.take_ready(), IsEmpty());
  change({put("a", "")});
  EXPECT_THAT(etcd_.take_ready(), ElementsAre(first, second));
  EXPECT_THAT(etcd_.take_ready(), IsEmpty());
  etcd_.end(idle, Reason::NoLeader);
  EXPECT_THAT(etcd_.take_ready(), ElementsAre(idle));
}

TEST_F(FakeEtcdWatchTest, ends_after_what_it_had_to_tell_and_is_gone) {
  auto const watch = etcd_.watch(one("a"), 0);
  change({put("a", "1")});
  etcd_.end_all(Reason::Unreachable);
  change({put("a", "2")});
  auto const news = etcd_.take(watch);
  EXPECT_EQ(told(news), "+a=1@2 !");
  EXPECT_EQ(news.end->reason, Reason::Unreachable);
  EXPECT_EQ(etcd_.take(watch).end->reason, Reason::Closed);
}

TEST_F(FakeEtcdWatchTest, one_that_is_cancelled_is_told_nothing) {
  auto const watch = etcd_.watch(etcd::under("a"), 0);
  change({put("a", "1")});
  etcd_.cancel(watch);
  change({put("a", "2")});
  EXPECT_THAT(etcd_.take_ready(), IsEmpty());
  EXPECT_EQ(take(watch), "!");
  etcd_.cancel(watch);
}

TEST_F(FakeEtcdWatchTest, what_was_compacted_is_told_to_those_who_were_there) {
  auto const early = etcd_.watch(one("a"), 0);
  for (int i = 0; i < 4; ++i) change({put("a", std::to_string(i))});  // 2 … 5
  ASSERT_TRUE(etcd_.compact(4));
  EXPECT_EQ(take(early), "+a=0@2 +a=1@3 +a=2@4 +a=3@5 ");
  EXPECT_EQ(take(etcd_.watch(one("a"), 4)), "+a=2@4 +a=3@5 ");
  auto const late = etcd_.take(etcd_.watch(one("a"), 3));
  ASSERT_TRUE(late.end);
  EXPECT_EQ(late.end->reason, Reason::Compacted);
  EXPECT_EQ(late.end->compacted, 4);
  EXPECT_THAT(late.events, IsEmpty());
}

TEST_F(FakeEtcdWatchTest, compacts_no_revision_twice_and_none_of_the_future) {
  change({put("a", "")});
  EXPECT_EQ(etcd_.compact(3).error().kind, ErrorKind::BadRequest);
  ASSERT_TRUE(etcd_.compact(2));
  EXPECT_EQ(etcd_.compact(2).error().kind, ErrorKind::BadRequest);
  EXPECT_EQ(etcd_.compact(1).error().kind, ErrorKind::BadRequest);
}

TEST_F(FakeEtcdWatchTest, tells_the_keys_of_a_lease_that_ended) {
  etcd_.grant(10s, 7);
  change({put("b", "", 7), put("a", "", 7)});
  auto const watch = etcd_.watch(etcd::under("a"), 0);
  auto const both = etcd_.watch({"a", "c"}, 0);
  etcd_.advance(10s);
  EXPECT_EQ(take(watch), "-a@3 ");
  EXPECT_EQ(take(both), "-a@3 -b@3 ");
}

TEST_F(FakeEtcdWatchTest, a_restore_closes_it_and_one_from_before_stays_silent) {
  change({put("a", "1")});
  auto const snapshot = etcd_.snapshot();
  change({put("a", "2")});
  auto const watch = etcd_.watch(one("a"), 0);
  etcd_.restore(*snapshot);
  EXPECT_EQ(etcd_.take(watch).end->reason, Reason::Closed);
  auto const from_the_future = etcd_.watch(one("a"), 4);
  change({put("a", "other")});  // 3 once more
  EXPECT_EQ(take(from_the_future), "");
  EXPECT_EQ(take(etcd_.watch(one("a"), 2)), "+a=1@2 +a=other@3 ");
}

TEST_F(FakeEtcdWatchTest, a_change_costs_by_those_whom_it_concerns) {
  constexpr int kHosts = 50'000;
  for (int i = 0; i < kHosts; ++i) {
    auto const name = std::to_string(i);
    etcd_.watch(one("key/" + name), 0);
    etcd_.watch(etcd::under("prefix/" + name + "/"), 0);
  }
  auto const begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kHosts; ++i) {
    change({put("key/" + std::to_string(i), ""), put("prefix/" + std::to_string(i) + "/x", "")});
  }
  // Asking everybody would be ten milliards of comparisons.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_EQ(etcd_.take_ready().size(), 2U * kHosts);
}

}  // namespace
}  // namespace tykup::fakes
