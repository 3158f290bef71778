#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/fakes/await_on.hpp"
#include "tests/fakes/fake_etcd.hpp"
#include "tests/integration/etcd/drawn_txn.hpp"
#include "tests/integration/etcd/real_etcd.hpp"

namespace tykup::net {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// What one watch of the real one told until now.
struct Reader {
  std::unique_ptr<agent::EtcdWatch> watch;
  std::vector<etcd::WatchEvent> events = {};
  std::optional<etcd::WatchEnd> end = {};
};

asio::awaitable<void> read_all(std::shared_ptr<Reader> reader) {
  while (!reader->end) {
    auto news = co_await reader->watch->next();
    EXPECT_TRUE(news.events.empty() || news.revision == news.events.back().value.mod_revision);
    reader->events.insert(reader->events.end(), news.events.begin(), news.events.end());
    reader->end = news.end;
  }
}

/// The same watch of both.
struct Pair {
  fakes::FakeEtcd::WatchId fake = 0;
  std::shared_ptr<Reader> real = {};
  std::vector<etcd::WatchEvent> expected = {};
  etcd::Revision from = 0;
};

std::string kind_of(Error const& error) { return std::string(to_string(error.kind)); }

class EtcdContractTest : public testing::Test {
 protected:
  ~EtcdContractTest() override {
    for (auto& pair : pairs_) pair.real->watch->close();
    loop_.restart();
    loop_.run_for(2s);
  }

  template <typename T>
  T on(asio::awaitable<T> work) {
    return fakes::await_on(loop_, std::move(work));
  }

  /// Both took it, with one answer, or both refused it, in one manner.
  template <typename T>
  static void same(Result<T> const& have, Result<T> const& want) {
    ASSERT_EQ(have.has_value(), want.has_value()) << (have ? want.error().message : have.error().message);
    if (!have) {
      ASSERT_EQ(kind_of(have.error()), kind_of(want.error())) << have.error().message << " / " << want.error().message;
    } else if constexpr (!std::is_void_v<T>) {
      ASSERT_EQ(*have, *want);
    }
  }

  void same_txn(etcd::Txn const& txn) {
    auto const have = on(client_.txn(txn));
    ASSERT_NO_FATAL_FAILURE(same(have, fake_.txn(txn)));
    if (have) {
      ASSERT_EQ(client_.header()->revision, fake_.header().revision);
    }
  }

  void same_lease() {
    auto const id = 1 + draw_.below(6);
    if (draw_.one_in(2)) {
      auto const ttl = std::chrono::seconds{600 + draw_.below(100)};
      same(on(client_.grant(ttl, id)), fake_.grant(ttl, id));
    } else if (draw_.one_in(2)) {
      same(on(client_.keep_alive(id)), fake_.keep_alive(id));
    } else {
      same(on(client_.revoke(id)), fake_.revoke(id));
    }
  }

  void watch_both() {
    auto keys = draw_.range();
    if (keys.begin.empty()) return;
    Pair pair;
    auto const now = fake_.header().revision;
    pair.from = draw_.one_in(3) ? std::max<etcd::Revision>(1, now - draw_.below(300)) : now + 1 + draw_.below(5);
    pair.fake = fake_.watch(keys, pair.from);
    pair.real = std::make_shared<Reader>();
    pair.real->watch = client_.watch(keys, pair.from);
    asio::co_spawn(loop_, read_all(pair.real), asio::detached);
    pairs_.push_back(std::move(pair));
    if (pairs_.back().from < compacted_) same_news();
  }

  /// Whatever the fake told by now the real one tells, too, and in that order.
  void same_news() {
    for (auto pair = pairs_.begin(); pair != pairs_.end();) {
      auto const news = fake_.take(pair->fake);
      pair->expected.insert(pair->expected.end(), news.events.begin(), news.events.end());
      auto const& real = *pair->real;
      auto const deadline = std::chrono::steady_clock::now() + 20s;
      auto const waits = [&] { return real.events.size() < pair->expected.size() || (news.end && !real.end); };
      loop_.restart();
      while (waits() && loop_.run_one_until(deadline) > 0) {
      }
      ASSERT_EQ(real.events, pair->expected);
      ASSERT_EQ(real.end.has_value(), news.end.has_value()) << (real.end ? real.end->error.message : "");
      if (!news.end) {
        ++pair;
        continue;
      }
      ASSERT_EQ(real.end->reason, news.end->reason);
      ASSERT_EQ(real.end->compacted, news.end->compacted);
      ++ended_;
      pair = pairs_.erase(pair);
    }
  }

  void compact_both() {
    // A watch that was not heard of may not have begun.
    auto revision = fake_.header().revision - draw_.below(100);
    for (auto const& pair : pairs_) {
      if (pair.real->events.empty()) revision = std::min(revision, pair.from);
    }
    if (!fake_.compact(revision)) return;
    etcd_.administer("kv/compaction", R"({"revision":")" + std::to_string(revision) + R"(","physical":true})");
    compacted_ = revision;
  }

  void drop_a_watch() {
    ASSERT_NO_FATAL_FAILURE(same_news());
    told_ += pairs_.front().expected.size();
    pairs_.front().real->watch->close();
    loop_.restart();
    while (!pairs_.front().real->end && loop_.run_one_for(20s) > 0) {
    }
    ASSERT_EQ(pairs_.front().real->end->reason, etcd::WatchEnd::Reason::Closed);
    fake_.cancel(pairs_.front().fake);
    pairs_.erase(pairs_.begin());
  }

  void one_step() {
    auto const now = fake_.header().revision;
    if (draw_.one_in(12)) return same_lease();
    if (draw_.one_in(80)) return watch_both();
    if (draw_.one_in(100)) return same_news();
    if (draw_.one_in(250)) return compact_both();
    if (pairs_.size() > 12) return drop_a_watch();
    same_txn(draw_.one_in(6) ? draw_.queue(now) : draw_.txn(now));
  }

  static unsigned seed() {
    auto const* const given = std::getenv("TYKUP_SEED");
    return given == nullptr ? 20261126U : static_cast<unsigned>(std::stoul(given));
  }

  asio::io_context loop_;
  RealEtcd etcd_;
  EtcdClient client_{quick_options({etcd_.url()})};
  fakes::FakeEtcd fake_;
  Draw draw_{seed()};
  std::vector<Pair> pairs_ = {};
  etcd::Revision compacted_ = 0;
  std::size_t told_ = 0;
  std::size_t ended_ = 0;
};

TEST_F(EtcdContractTest, the_fake_answers_what_the_real_one_answers_ten_thousand_times) {
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(one_step()) << "step " << i << ", TYKUP_SEED=" << seed();
  }
  ASSERT_NO_FATAL_FAILURE(same_news());
  EXPECT_GT(fake_.header().revision, 2'000);
  EXPECT_GT(told_, 1'000U);
  EXPECT_GT(ended_, 5U);
  RecordProperty("revisions", static_cast<int>(fake_.header().revision));
}

}  // namespace
}  // namespace tykup::net
