#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include "daemon/net/base64.hpp"
#include "daemon/net/http_get.hpp"
#include "tests/integration/etcd/etcd_test.hpp"

namespace tykup::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class EtcdAuthTest : public EtcdTest {
 protected:
  EtcdAuthTest() {
    for (auto const* user : {"root", "tykup"}) {
      etcd_.administer("auth/user/add", R"({"name":")" + std::string(user) + R"(","password":"secret"})");
      etcd_.administer("auth/role/add", R"({"name":")" + std::string(user) + R"("})");
      etcd_.administer("auth/user/grant", R"({"user":")" + std::string(user) + R"(","role":")" + user + R"("})");
    }
    etcd_.administer("auth/role/grant", R"({"name":"tykup","perm":{"permType":"READWRITE","key":")" + to_base64("/tykup/") +
                                            R"(","range_end":")" + to_base64("/tykup0") + R"("}})");
    etcd_.administer("auth/enable", "{}");
    options_.user = "tykup";
    options_.password_file = file("password", "secret\n");
  }
  std::string root_token() {
    return nlohmann::json::parse(etcd_.administer("auth/authenticate", R"({"name":"root","password":"secret"})")).at("token");
  }
  /// As etcd counts them.
  std::string authentications() {
    auto target = parse_url(etcd_.url() + "/metrics");
    auto const reply = on(http_get(std::move(*target), ServerProof::NotAsked, 10s));
    auto const at = reply.body.find(R"(grpc_server_started_total{grpc_method="Authenticate")");
    EXPECT_NE(at, std::string::npos);
    return reply.body.substr(at, reply.body.find('\n', at) - at);
  }
  RealEtcd etcd_{{{}, {}, {"--bcrypt-cost", "4"}}};
  EtcdOptions options_ = quick_options({etcd_.url()});
};

TEST_F(EtcdAuthTest, a_user_with_its_password_does_what_it_may_and_is_told_what_it_may_not) {
  EtcdClient client(options_);
  EXPECT_EQ(said(put(client, "/tykup/a", "1")), "done");
  auto const start = "not_allowed: etcd at " + etcd_.url() + ": the user \"tykup\" may not read or write ";
  EXPECT_THAT(said(put(client, "/other", "1")), StartsWith(start + "/other: give one of its roles that"));
  EXPECT_THAT(said(get(client, "/other")), StartsWith(start + "/other"));
  auto const watch = client.watch(etcd::under("/other/"), 1);
  auto const news = on(watch->next());
  ASSERT_TRUE(news.end);
  EXPECT_EQ(news.end->reason, etcd::WatchEnd::Reason::Refused);
  EXPECT_THAT(news.end->error.message, HasSubstr("the user \"tykup\" may not read or write what begins with /other/"));
  EXPECT_EQ(on(watch->next()).end, news.end);
}

TEST_F(EtcdAuthTest, whoever_is_not_known_is_told_by_what) {
  struct Row {
    char const* user;
    std::string password_file;
    std::string said;
  };
  auto const wrong = file("wrong", "S3CR3T\n");
  auto const empty = file("empty", "");
  Row const rows[] = {
      {"tykup", wrong, "the user \"tykup\" with the password in " + wrong + " is not accepted"},
      {"tykup", empty, "the user \"tykup\" with the password in " + empty + " is not accepted"},
      {"nobody", options_.password_file, "the user \"nobody\" with the password in " + options_.password_file + " is not accepted"},
      {"", "", "it wants a user and a password: set user and password_file"},
      {"tykup", "/none", "/none cannot be read (No such file or directory): it must be readable for the user tykup"},
  };
  for (auto const& row : rows) {
    options_.user = row.user;
    options_.password_file = row.password_file;
    EtcdClient client(options_);
    auto const answer = said(put(client, "/tykup/a", "1"));
    EXPECT_THAT(answer, HasSubstr(row.said)) << row.user;
    EXPECT_THAT(answer, testing::Not(HasSubstr("S3CR3T")));
  }
}

TEST_F(EtcdAuthTest, a_token_that_etcd_forgot_is_renewed_in_silence) {
  EtcdClient client(options_);
  ASSERT_EQ(said(put(client, "/tykup/a", "1")), "done");
  etcd_.stop();
  etcd_.start();
  EXPECT_EQ(said(put(client, "/tykup/a", "2")), "done");
  etcd_.stop();
  etcd_.start();
  auto const watch = client.watch(etcd::under("/tykup/"), 1);
  EXPECT_EQ(on(watch->next()).events.size(), 2U);
  EXPECT_EQ(said(get(client, "/tykup/a")), "done");
}

TEST_F(EtcdAuthTest, one_token_is_for_many_calls_at_once_and_a_renewal_waits_for_its_turn) {
  options_.renewal_spread = 1s;
  options_.chance = [] { return 0.5; };
  EtcdClient client(options_);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(said(put(client, "/tykup/a", "1")), "done");
  auto const asked = authentications();
  std::vector<std::string> answers;
  auto const ask = [](EtcdClient& whom, std::vector<std::string>& said_by_all) -> boost::asio::awaitable<void> {
    auto txn = fakes::etcd_words::when({}, {fakes::etcd_words::get("/tykup/a")});
    auto const answer = co_await whom.txn(std::move(txn));
    said_by_all.push_back(said(answer));
  };
  for (int i = 0; i < 5; ++i) boost::asio::co_spawn(loop_, ask(client, answers), boost::asio::detached);
  loop_.restart();
  loop_.run_for(5s);
  EXPECT_THAT(answers, testing::ElementsAre("done", "done", "done", "done", "done"));
  EXPECT_EQ(authentications(), asked);
  etcd_.stop();
  etcd_.start();
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_EQ(said(put(client, "/tykup/a", "2")), "done");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 450ms);
}

/// A fleet that comes at once keeps etcd busy with passwords for longer than any other answer may take.
TEST_F(EtcdAuthTest, a_password_may_take_its_time_and_says_nothing_of_the_clock) {
  options_.limit = 2s;
  options_.now = [asked = 0]() mutable {
    auto const now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    return asked++ == 0 ? now - 100s : now;
  };
  etcd_.freeze();
  std::thread thaws([this] {
    std::this_thread::sleep_for(4s);
    etcd_.thaw();
  });
  EtcdClient client(options_);
  EXPECT_EQ(said(put(client, "/tykup/a", "1")), "done");
  thaws.join();
  ASSERT_TRUE(client.clock_offset());
  EXPECT_LT(std::chrono::abs(*client.clock_offset()), 10s);
  etcd_.freeze();
  EXPECT_THAT(said(put(client, "/tykup/a", "2")), HasSubstr("no answer in 2 s"));
  etcd_.thaw();
}

TEST_F(EtcdAuthTest, users_may_be_switched_off_and_on) {
  EtcdClient client(options_);
  ASSERT_EQ(said(put(client, "/tykup/a", "1")), "done");
  etcd_.administer("auth/disable", "{}", root_token());
  EXPECT_EQ(said(put(client, "/tykup/a", "2")), "done");
  EtcdClient later(options_);
  EXPECT_EQ(said(put(later, "/tykup/a", "3")), "done");
  etcd_.administer("auth/enable", "{}");
  EXPECT_EQ(said(put(client, "/tykup/a", "4")), "done");
  EXPECT_EQ(said(put(later, "/tykup/a", "5")), "done");
}

TEST_F(EtcdAuthTest, a_password_that_was_changed_is_read_again) {
  EtcdClient client(options_);
  ASSERT_EQ(said(put(client, "/tykup/a", "1")), "done");
  etcd_.administer("auth/user/changepw", R"({"name":"tykup","password":"other"})", root_token());
  EXPECT_THAT(said(put(client, "/tykup/a", "2")), HasSubstr("is not accepted"));
  file("password", "other\n");
  EXPECT_EQ(said(put(client, "/tykup/a", "3")), "done");
}

}  // namespace
}  // namespace tykup::net
