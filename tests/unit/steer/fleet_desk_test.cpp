#include "daemon/agent/fleet_desk.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <nlohmann/json.hpp>

#include "daemon/wire/fleet_json.hpp"
#include "tests/fakes/fake_etcd.hpp"
#include "tests/unit/steer/boards.hpp"

namespace tykup::agent {
namespace {

namespace say = fleet::say;
using fleet::test::at;

/// The etcd in memory behind the port; `before` plays what happens on the way to the next transactions.
class EtcdInMemory final : public Etcd {
 public:
  boost::asio::awaitable<Result<etcd::TxnDone>> txn(etcd::Txn txn) override {
    std::function<std::optional<Error>()> const play = before.empty() ? nullptr : before.front();
    if (!before.empty()) before.pop_front();
    Result<etcd::TxnDone> done = fail(ErrorKind::Internal, "nothing");
    std::optional<Error> const error = play ? play() : std::nullopt;
    if (error) done = fail(*error);
    else done = store.txn(txn);
    co_return done;
  }
  boost::asio::awaitable<Result<etcd::Lease>> grant(std::chrono::seconds ttl, etcd::LeaseId wanted) override { co_return store.grant(ttl, wanted); }
  boost::asio::awaitable<Result<std::chrono::seconds>> keep_alive(etcd::LeaseId lease) override { co_return store.keep_alive(lease); }
  boost::asio::awaitable<Result<void>> revoke(etcd::LeaseId lease) override { co_return store.revoke(lease); }
  std::unique_ptr<EtcdWatch> watch(etcd::KeyRange, etcd::Revision) override { return nullptr; }
  [[nodiscard]] std::optional<Duration> clock_offset() const override { return {}; }
  [[nodiscard]] std::optional<etcd::Header> header() const override { return store.header(); }

  fakes::FakeEtcd store;
  std::deque<std::function<std::optional<Error>()>> before;
};

etcd::Txn get_txn(std::string key) {
  etcd::Txn txn;
  txn.then.emplace_back(etcd::Get{.keys = {std::move(key), {}}});
  return txn;
}

class FleetDeskTest : public testing::Test {
 protected:
  Result<std::string> answer_of(std::function<void(Answered)> const& ask) {
    std::optional<Result<std::string>> answer;
    ask([&](Result<std::string> const& text) { answer = text; });
    loop.restart();
    loop.run();
    return answer ? *answer : Result<std::string>{fail(ErrorKind::Internal, "no answer")};
  }
  Result<std::string> steer(fleet::Saying const& saying) {
    return answer_of([&](Answered answered) { desk.steer_fleet(alice, wire::said_text({saying, "because"}), std::move(answered)); });
  }
  nlohmann::json plan(fleet::Saying const& saying) {
    auto const text = answer_of([&](Answered answered) { desk.plan_fleet({}, wire::said_text({saying, ""}), std::move(answered)); });
    return text ? nlohmann::json::parse(*text) : nlohmann::json{};
  }
  nlohmann::json fleet() {
    auto const text = answer_of([&](Answered answered) { desk.fleet_json(std::move(answered)); });
    return text ? nlohmann::json::parse(*text) : nlohmann::json{};
  }
  void register_hosts() {
    fleet::Keys const keys("prod");
    etcd::Txn txn;
    for (auto const& record : fleet::test::hosts()) txn.then.emplace_back(etcd::Put{keys.host(record.host), wire::fleet_text(record)});
    txn.then.emplace_back(etcd::Put{keys.roster(), "us-a"});
    ASSERT_TRUE(etcd.store.txn(txn));
  }
  void begin() {
    ASSERT_TRUE(steer(say::Init{fleet::test::policy()}));
    register_hosts();
  }

  Caller const alice{1000, "alice"};
  boost::asio::io_context loop;
  EtcdInMemory etcd;
  FleetDesk desk{loop.get_executor(), etcd, "prod", "eu-a", [] { return at(0); },
                 [](std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)); }};
};

TEST_F(FleetDeskTest, begins_what_it_has_shown_and_prepares_it_to_its_end) {
  EXPECT_EQ(fleet()["condition"], "unmade");
  begin();
  auto const shown = plan(say::Start{});
  EXPECT_TRUE(shown["possible"]);
  ASSERT_TRUE(steer(say::Start{{}, shown["schedule"]["hash"]}));
  auto const now = fleet();
  EXPECT_EQ(now["condition"], "running");
  EXPECT_EQ(now["rollout"]["began"]["by"], "alice@eu-a");
  EXPECT_EQ(now["rollout"]["began"]["why"], "because");
  EXPECT_EQ(now["progress"]["all"], 7);
}

TEST_F(FleetDeskTest, shows_what_is_refused_and_changes_nothing) {
  begin();
  EXPECT_FALSE(plan(say::Pause{})["possible"]);
  auto const refused = steer(say::Pause{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::NotAllowed);
  EXPECT_EQ(fleet()["condition"], "idle");
}

TEST_F(FleetDeskTest, judges_anew_where_somebody_was_faster) {
  begin();
  ASSERT_TRUE(steer(say::Start{}));
  // Between the reading and the transaction another operator pauses.
  etcd.before = {nullptr, [&]() -> std::optional<Error> {
                   auto const keys = fleet::Keys("prod");
                   auto const got = etcd.store.txn(get_txn(keys.rollout()));
                   auto rollout = *wire::parse_fleet<fleet::Rollout>(std::get<etcd::Got>(got->answers[0]).values[0].value);
                   rollout.state = fleet::RolloutState::Paused;
                   etcd::Txn txn;
                   txn.then.emplace_back(etcd::Put{keys.rollout(), wire::fleet_text(rollout)});
                   (void)etcd.store.txn(txn);
                   return {};
                 }};
  auto const answer = steer(say::Pause{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message.substr(answer.error().message.find(" is ")), " is paused; only a running one is paused");
}

TEST_F(FleetDeskTest, says_where_to_look_when_an_answer_was_lost) {
  begin();
  ASSERT_TRUE(steer(say::Start{}));
  etcd.before = {nullptr, [] { return std::optional<Error>(Error{ErrorKind::EtcdUnknown, "the answer was lost"}); }};
  auto const answer = steer(say::Pause{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::EtcdUnknown);
  EXPECT_EQ(answer.error().message, "tykup fleet status tells whether it was done: the answer was lost");
}

TEST_F(FleetDeskTest, an_etcd_that_is_away_is_an_answer) {
  etcd.before = {[] { return std::optional<Error>(Error{ErrorKind::EtcdUnavailable, "no endpoint answers"}); }};
  auto const answer = answer_of([&](Answered answered) { desk.fleet_json(std::move(answered)); });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::EtcdUnavailable);
}

TEST_F(FleetDeskTest, a_word_that_is_none_asks_etcd_nothing) {
  auto const revision = etcd.store.header().revision;
  for (auto const* word : {"", "{}", "pause"}) {
    auto const answer = answer_of([&](Answered answered) { desk.steer_fleet(alice, word, std::move(answered)); });
    EXPECT_FALSE(answer);
  }
  EXPECT_EQ(etcd.store.header().revision, revision);
}

}  // namespace
}  // namespace tykup::agent
