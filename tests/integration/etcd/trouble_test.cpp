#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/integration/etcd/etcd_test.hpp"
#include "tests/integration/etcd/relay.hpp"

namespace tykup::net {
namespace {

using namespace std::chrono_literals;
using fakes::Script;
using fakes::ScriptedServer;
using testing::HasSubstr;
using testing::StartsWith;
using Reason = etcd::WatchEnd::Reason;

std::string with_length(std::string const& status, std::string const& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string no_leader() {
  return with_length("503 Service Unavailable", R"({"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14})");
}
std::string chunk(std::string const& body) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", body.size());
  return size + body + "\r\n";
}
std::string const kStream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
std::string const kCreated = R"({"result":{"header":{"revision":"7"},"created":true}})" "\n";

class EtcdTroubleTest : public EtcdTest {
 protected:
  etcd::WatchNews first_news(std::vector<std::string> const& urls) {
    auto options = quick_options(urls);
    options.silence = 300ms;
    EtcdClient client(std::move(options));
    auto const watch = client.watch(etcd::under("a"), 1);
    return on(watch->next());
  }
};

TEST_F(EtcdTroubleTest, one_endpoint_down_is_no_trouble) {
  RealEtcd const etcd;
  auto const down = local(fakes::closed_port(loop_));
  EtcdClient client(quick_options({down, etcd.url()}));
  EXPECT_EQ(said(put(client, "a", "1")), "done");
  EXPECT_EQ(said(put(client, "a", "2")), "done");
  EXPECT_EQ(client.header()->revision, 3);
  auto const watch = client.watch(fakes::etcd_words::one("a"), 2);
  EXPECT_EQ(on(watch->next()).events.size(), 2U);
}

TEST_F(EtcdTroubleTest, all_endpoints_down_is_told_of_each_and_nobody_is_asked_while_they_rest) {
  auto const one = local(fakes::closed_port(loop_));
  ScriptedServer const other(loop_, {.says = no_leader()});
  auto options = quick_options({one, local(other.port())});
  options.rest = {1h, 1h};
  EtcdClient client(std::move(options));
  auto const want = "etcd_unavailable: etcd at " + one + ": connection refused; etcd at " + local(other.port()) + ": it has no leader";
  EXPECT_THAT(said(put(client, "a", "1")), StartsWith(want));
  EXPECT_THAT(said(get(client, "a")), StartsWith(want));
  EXPECT_EQ(other.requests().size(), 1U);
  EXPECT_EQ(client.header(), std::nullopt);
}

TEST_F(EtcdTroubleTest, who_rested_is_asked_again) {
  RealEtcd etcd;
  etcd.stop();
  EtcdClient client(quick_options({etcd.url()}));
  EXPECT_THAT(said(put(client, "a", "1")), HasSubstr("connection refused"));
  etcd.start();
  loop_.restart();
  loop_.run_for(300ms);
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(said(put(client, "a", "1")), "done");
}

TEST_F(EtcdTroubleTest, a_member_that_stands_still_is_left_for_the_next_by_what_reads_and_is_a_riddle_for_what_writes) {
  RealEtcd still;
  RealEtcd const etcd;
  for (bool const reads : {true, false}) {
    auto options = quick_options({still.url(), etcd.url()});
    options.limit = 2s;
    EtcdClient client(std::move(options));
    still.freeze();
    if (reads) {
      EXPECT_EQ(said(get(client, "a")), "done");
    } else {
      EXPECT_THAT(said(put(client, "a", "1")), StartsWith("etcd_unknown: etcd at " + still.url() + ": its answer was lost, and with it whether it was done: no answer in 2 s"));
      EXPECT_EQ(said(put(client, "a", "2")), "done");
    }
    still.thaw();
  }
}

TEST_F(EtcdTroubleTest, an_answer_lost_after_the_commit_is_told_and_nothing_is_done_twice) {
  RealEtcd const etcd;
  Relay relay(loop_, etcd.port());
  EtcdClient client(quick_options({local(relay.port()), etcd.url()}));
  ASSERT_EQ(said(put(client, "a", "1")), "done");
  relay.lose_answers(true);
  auto const answer = put(client, "a", "2");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::EtcdUnknown);
  EXPECT_THAT(answer.error().message, HasSubstr("the connection was closed without an answer"));
  auto const now = get(client, "a");
  ASSERT_TRUE(now) << now.error().message;
  auto const& value = std::get<etcd::Got>(now->answers.at(0)).values.at(0);
  EXPECT_EQ(value.value, "2");
  EXPECT_EQ(value.version, 2);
  relay.lose_answers(false);
  std::this_thread::sleep_for(300ms);
}

TEST_F(EtcdTroubleTest, what_only_reads_is_asked_again_elsewhere_when_its_answer_is_lost) {
  RealEtcd const etcd;
  Relay relay(loop_, etcd.port());
  relay.lose_answers(true);
  EtcdClient client(quick_options({local(relay.port()), etcd.url()}));
  EXPECT_EQ(said(get(client, "a")), "done");
  EXPECT_EQ(relay.connections(), 1);
}

TEST_F(EtcdTroubleTest, one_connection_is_enough_and_one_that_etcd_closed_is_not_written_to) {
  RealEtcd etcd;
  Relay const relay(loop_, etcd.port());
  EtcdClient client(quick_options({local(relay.port())}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(said(put(client, "a", "1")), "done");
  EXPECT_EQ(relay.connections(), 1);
  etcd.stop();
  loop_.restart();
  loop_.run_for(100ms);
  etcd.start();
  EXPECT_EQ(said(put(client, "a", "2")), "done");
  EXPECT_EQ(relay.connections(), 2);
}

TEST_F(EtcdTroubleTest, what_is_no_answer_is_a_riddle_for_what_writes_only) {
  Script const garbage{.says = with_length("200 OK", "{}")};
  Script const cut{.says = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"header\":"};
  Script const proxy{.says = with_length("502 Bad Gateway", "<html>")};
  for (auto const& script : {garbage, cut, proxy}) {
    ScriptedServer const server(loop_, script);
    EtcdClient writer(quick_options({local(server.port())}));
    EXPECT_THAT(said(put(writer, "a", "1")), StartsWith("etcd_unknown: ")) << script.says;
    EtcdClient reader(quick_options({local(server.port())}));
    EXPECT_THAT(said(get(reader, "a")), StartsWith("etcd_unavailable: ")) << script.says;
  }
}

TEST_F(EtcdTroubleTest, every_request_asks_for_the_leader) {
  ScriptedServer const server(loop_, {.says = no_leader()});
  EtcdClient client(quick_options({local(server.port())}));
  EXPECT_THAT(said(get(client, "a")), HasSubstr("it has no leader"));
  std::this_thread::sleep_for(60ms);
  auto const news = on(client.watch(etcd::under("a"), 1)->next());
  ASSERT_EQ(server.requests().size(), 2U);
  for (auto const& request : server.requests()) EXPECT_THAT(request, HasSubstr("\r\nGrpc-Metadata-hasleader: true\r\n"));
  EXPECT_THAT(server.requests()[1], StartsWith("POST /v3/watch HTTP/1.1\r\n"));
  EXPECT_EQ(news.end->reason, Reason::NoLeader);
}

TEST_F(EtcdTroubleTest, the_clock_of_etcd_is_compared_with_ours) {
  RealEtcd const etcd;
  auto options = quick_options({etcd.url()});
  auto const now = options.now;
  options.now = [now] { return now() - 1h; };
  EtcdClient client(std::move(options));
  EXPECT_EQ(client.clock_offset(), std::nullopt);
  ASSERT_EQ(said(get(client, "a")), "done");
  EXPECT_GT(client.clock_offset(), 1h - 2s);
  EXPECT_LT(client.clock_offset(), 1h + 2s);
}

struct Ended {
  char const* name;
  std::string says;
  Script::End end;
  Reason reason;
  char const* why;
};

TEST_F(EtcdTroubleTest, a_watch_says_how_it_ended) {
  auto const line = [](std::string const& rest) { return R"({"result":{"header":{"revision":"7"},)" + rest + "}}\n"; };
  using End = Script::End;
  Ended const rows[] = {
      {"the member lost its cluster",
       chunk(kCreated) + chunk(R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader"}})" "\n"), End::Hang, Reason::NoLeader,
       "it has no leader"},
      {"it is compacted", chunk(kCreated) + chunk(line(R"("canceled":true,"compact_revision":"5")")), End::Hang, Reason::Compacted,
       "were compacted up to 5"},
      {"etcd cancels it", chunk(kCreated) + chunk(line(R"("canceled":true,"cancel_reason":"etcdserver: mvcc: x")")), End::Hang, Reason::Refused, "mvcc: x"},
      {"the member stops", chunk(kCreated) + "0\r\n\r\n", End::Close, Reason::Closed, "it was ended"},
      {"the line is cut", chunk(kCreated), End::Reset, Reason::Closed, "the connection was closed"},
      {"silence", chunk(kCreated), End::Hang, Reason::Closed, "nothing was heard of it for 0s"},
      {"noise", chunk(kCreated) + chunk("noise\n"), End::Hang, Reason::Closed, "tells of a watch what is no news: it is not whole JSON"},
      {"no beginning", chunk(line(R"("events":[])")), End::Hang, Reason::Unreachable, "a watch begins without its first line"},
      {"noise for a beginning", chunk("noise\n"), End::Hang, Reason::Unreachable, "it is not whole JSON"},
      {"ended before it began", "0\r\n\r\n", End::Close, Reason::Unreachable, "its answer cannot be read: it was ended"},
  };
  for (auto const& row : rows) {
    ScriptedServer const server(loop_, {.says = kStream + row.says, .end = row.end});
    auto const news = first_news({local(server.port())});
    ASSERT_TRUE(news.end) << row.name;
    EXPECT_EQ(news.end->reason, row.reason) << row.name;
    EXPECT_EQ(news.end->compacted, row.reason == Reason::Compacted ? 5 : 0) << row.name;
    EXPECT_THAT(news.end->error.message, HasSubstr(row.why)) << row.name;
    EXPECT_THAT(news.end->error.message, HasSubstr(local(server.port()))) << row.name;
  }
}

TEST_F(EtcdTroubleTest, a_watch_that_nobody_takes_tells_of_everybody) {
  auto const one = local(fakes::closed_port(loop_));
  auto const other = local(fakes::closed_port(loop_));
  auto const news = first_news({one, other});
  EXPECT_EQ(news.end->reason, Reason::Unreachable);
  EXPECT_EQ(news.end->error.message, "etcd at " + one + ": connection refused; etcd at " + other + ": connection refused");
}

TEST_F(EtcdTroubleTest, a_sign_of_life_is_news_without_events) {
  ScriptedServer const server(loop_, {.says = kStream + chunk(kCreated) + chunk(R"({"result":{"header":{"revision":"9"}}})" "\n"), .end = Script::End::Hang});
  auto const news = first_news({local(server.port())});
  EXPECT_FALSE(news.end);
  EXPECT_TRUE(news.events.empty());
  EXPECT_EQ(news.revision, 9);
}

TEST_F(EtcdTroubleTest, news_arrive_whole_however_they_are_cut) {
  auto const events = R"({"result":{"header":{"revision":"9"},"events":[{"kv":{"key":"YQ==","mod_revision":"8"}}]}})" "\n";
  std::string cut;
  for (char const letter : kCreated + events) cut += chunk(std::string(1, letter));
  ScriptedServer const server(loop_, {.says = kStream + cut, .end = Script::End::Hang});
  auto const news = first_news({local(server.port())});
  ASSERT_EQ(news.events.size(), 1U);
  EXPECT_EQ(news.revision, 8);
}

TEST_F(EtcdTroubleTest, a_watch_goes_on_after_a_restart_where_it_was) {
  RealEtcd etcd;
  EtcdClient client(quick_options({etcd.url()}));
  ASSERT_EQ(said(put(client, "a", "1")), "done");
  auto watch = client.watch(fakes::etcd_words::one("a"), 2);
  auto const first = on(watch->next());
  ASSERT_EQ(first.events.size(), 1U);
  etcd.stop();
  auto const end = on(watch->next());
  ASSERT_TRUE(end.end);
  EXPECT_EQ(end.end->reason, Reason::Closed);
  etcd.start();
  std::this_thread::sleep_for(300ms);
  ASSERT_EQ(said(put(client, "a", "2")), "done");
  watch = client.watch(fakes::etcd_words::one("a"), first.revision + 1);
  auto const second = on(watch->next());
  ASSERT_EQ(second.events.size(), 1U);
  EXPECT_EQ(second.events[0].value.value, "2");
}

TEST_F(EtcdTroubleTest, a_watch_that_waits_comes_back_when_it_is_closed) {
  RealEtcd const etcd;
  EtcdClient client(quick_options({etcd.url()}));
  auto const watch = client.watch(etcd::under("a"), 1);
  std::optional<etcd::WatchNews> news;
  auto const wait = [](agent::EtcdWatch& waiting, std::optional<etcd::WatchNews>& got) -> boost::asio::awaitable<void> {
    auto next = co_await waiting.next();
    got = std::move(next);
  };
  boost::asio::co_spawn(loop_, wait(*watch, news), boost::asio::detached);
  loop_.restart();
  loop_.run_for(300ms);
  ASSERT_FALSE(news);
  watch->close();
  loop_.restart();
  loop_.run_for(300ms);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->end->reason, Reason::Closed);
  EXPECT_EQ(said(get(client, "a")), "done");
}

TEST_F(EtcdTroubleTest, a_watch_that_lost_a_race_is_over_and_nothing_else_is) {
  using namespace boost::asio::experimental::awaitable_operators;
  RealEtcd const etcd;
  EtcdClient client(quick_options({etcd.url()}));
  auto const watch = client.watch(etcd::under("a"), 1);
  boost::asio::steady_timer timer(loop_, 300ms);
  auto const won = on(watch->next() || timer.async_wait(boost::asio::use_awaitable));
  EXPECT_EQ(won.index(), 1U);
  EXPECT_EQ(on(watch->next()).end->reason, Reason::Closed);
  std::this_thread::sleep_for(60ms);
  EXPECT_EQ(said(put(client, "a", "1")), "done");
}

TEST_F(EtcdTroubleTest, a_watch_that_is_closed_before_it_began_never_begins) {
  EtcdClient client(quick_options({local(fakes::closed_port(loop_))}));
  auto const watch = client.watch(etcd::under("a"), 1);
  watch->close();
  EXPECT_EQ(on(watch->next()).end->reason, Reason::Closed);
}

}  // namespace
}  // namespace tykup::net
