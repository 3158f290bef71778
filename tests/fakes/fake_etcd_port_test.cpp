#include "tests/fakes/fake_etcd_port.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/fakes/await_on.hpp"
#include "tests/fakes/etcd_words.hpp"

namespace tykup::fakes {
namespace {

using namespace etcd_words;
using namespace std::chrono_literals;
using Reason = etcd::WatchEnd::Reason;

boost::asio::awaitable<void> follow(agent::EtcdWatch& watch, std::vector<etcd::WatchNews>& told) {
  while (told.empty() || !told.back().end) {
    auto news = co_await watch.next();
    told.push_back(std::move(news));
  }
}

class FakeEtcdPortTest : public testing::Test {
 protected:
  Result<etcd::TxnDone> put_by(FakeEtcdPort& host, std::string key) {
    return await_on(loop_, host.txn(when({}, {put(std::move(key), "")})));
  }
  void run() {
    loop_.restart();
    loop_.poll();
  }
  boost::asio::io_context loop_;
  std::shared_ptr<SharedEtcd> shared_ = std::make_shared<SharedEtcd>(loop_.get_executor());
  FakeEtcdPort one_{shared_};
  FakeEtcdPort other_{shared_};
};

TEST_F(FakeEtcdPortTest, a_watch_of_one_host_comes_back_with_what_another_does) {
  auto const watch = one_.watch(etcd::under("a"), 1);
  std::vector<etcd::WatchNews> told;
  boost::asio::co_spawn(loop_, follow(*watch, told), boost::asio::detached);
  run();
  EXPECT_TRUE(told.empty());
  ASSERT_TRUE(put_by(other_, "a"));
  run();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].events.size(), 1U);
  ASSERT_TRUE(put_by(other_, "b"));
  run();
  EXPECT_EQ(told.size(), 1U);
  watch->close();
  run();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].end->reason, Reason::Closed);
}

TEST_F(FakeEtcdPortTest, a_lease_that_ends_is_told_when_it_is_stirred) {
  ASSERT_TRUE(await_on(loop_, one_.grant(120s, 7)));
  ASSERT_TRUE(await_on(loop_, one_.txn(when({}, {put("a", "", 7)}))));
  auto const watch = other_.watch(one("a"), 3);
  std::vector<etcd::WatchNews> told;
  boost::asio::co_spawn(loop_, follow(*watch, told), boost::asio::detached);
  run();
  shared_->etcd.advance(120s);
  shared_->stir();
  run();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(await_on(loop_, one_.keep_alive(7)).error().kind, ErrorKind::LeaseLost);
  EXPECT_EQ(await_on(loop_, one_.revoke(7)).error().kind, ErrorKind::LeaseLost);
  watch->close();
  run();
}

TEST_F(FakeEtcdPortTest, a_host_that_is_cut_off_does_nothing_and_its_watches_end) {
  auto const watch = one_.watch(etcd::under("a"), 1);
  std::vector<etcd::WatchNews> told;
  boost::asio::co_spawn(loop_, follow(*watch, told), boost::asio::detached);
  run();
  one_.set_unreachable(true);
  run();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].end->reason, Reason::Unreachable);
  EXPECT_EQ(put_by(one_, "a").error().kind, ErrorKind::EtcdUnavailable);
  EXPECT_EQ(shared_->etcd.header().revision, 1);
  EXPECT_EQ(await_on(loop_, one_.watch(one("a"), 1)->next()).end->reason, Reason::Unreachable);
  EXPECT_TRUE(put_by(other_, "a"));
  one_.set_unreachable(false);
  EXPECT_TRUE(put_by(one_, "a"));
}

TEST_F(FakeEtcdPortTest, an_answer_that_is_lost_was_done) {
  one_.loses_answers = true;
  EXPECT_EQ(put_by(one_, "a").error().kind, ErrorKind::EtcdUnknown);
  EXPECT_EQ(shared_->etcd.header().revision, 2);
  EXPECT_EQ(one_.header(), std::nullopt);
}

}  // namespace
}  // namespace tykup::fakes
