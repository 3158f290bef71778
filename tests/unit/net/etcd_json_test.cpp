#include "daemon/net/etcd_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/net/base64.hpp"
#include "tests/fakes/etcd_words.hpp"

namespace tykup::net {
namespace {

using namespace fakes::etcd_words;
using namespace std::chrono_literals;
using etcd_json::Said;
using etcd_json::WatchLine;
using testing::ElementsAre;
using testing::HasSubstr;
using Relation = etcd::Compare::Relation;
using Target = etcd::Compare::Target;

TEST(Base64Test, is_that_of_the_rfc_both_ways) {
  std::pair<std::string, std::string> const rows[] = {
      {"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {std::string("\0\xff\x80", 3), "AP+A"},
      {std::string(1, '\0'), "AA=="}, {std::string(2, '\0'), "AAA="}, {"\xfb\xff", "+/8="},
  };
  for (auto const& [bytes, text] : rows) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64Test, takes_nothing_else) {
  for (auto const* bad : {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Z===", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm9v Zm9", "-_8=", "Zg==Zg==",
                          "\xc3\xa4" "Zg", "Zm\x00"}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(EtcdJsonTest, a_transaction_says_what_it_compares_and_does) {
  Get sorted = all_under("q/");
  sorted.limit = 1;
  sorted.order = Get::Order::Descending;
  sorted.by = Get::By::CreateRevision;
  sorted.max_create_revision = 9007199254740993;
  sorted.keys_only = true;
  Get counted = get("a");
  counted.count_only = true;
  auto const txn = when({compare(etcd::under("p"), Target::Version, Relation::Equal, 0),
                         compare(one("a"), Target::Value, Relation::NotEqual, 0, "x"),
                         compare(one("a"), Target::Lease, Relation::Less, -1), compare(one("a"), Target::ModRevision, Relation::Greater, 7),
                         compare(one("a"), Target::CreateRevision, Relation::Equal, 5)},
                        {sorted, put("a", std::string("\0", 1), 77), nested(when({}, {gone("b")}))}, {counted, Delete{{"a", "c"}}});
  EXPECT_EQ(etcd_json::txn_request(txn),
            R"({"compare":[{"key":"cA==","range_end":"cQ==","result":"EQUAL","target":"VERSION","version":"0"},)"
            R"({"key":"YQ==","result":"NOT_EQUAL","target":"VALUE","value":"eA=="},)"
            R"({"key":"YQ==","lease":"-1","result":"LESS","target":"LEASE"},)"
            R"({"key":"YQ==","mod_revision":"7","result":"GREATER","target":"MOD"},)"
            R"({"create_revision":"5","key":"YQ==","result":"EQUAL","target":"CREATE"}],)"
            R"("failure":[{"request_range":{"count_only":true,"key":"YQ=="}},{"request_delete_range":{"key":"YQ==","range_end":"Yw=="}}],)"
            R"("success":[{"request_range":{"key":"cS8=","keys_only":true,"limit":"1","max_create_revision":"9007199254740993",)"
            R"("range_end":"cTA=","sort_order":"DESCEND","sort_target":"CREATE"}},)"
            R"({"request_put":{"key":"YQ==","lease":"77","value":"AA=="}},)"
            R"({"request_txn":{"success":[{"request_delete_range":{"key":"Yg=="}}]}}]})");
  EXPECT_EQ(etcd_json::txn_request({}), "{}");
}

TEST(EtcdJsonTest, the_other_requests) {
  EXPECT_EQ(etcd_json::grant_request(120s, 0), R"({"ID":"0","TTL":"120"})");
  EXPECT_EQ(etcd_json::lease_request(7587879143183711749), R"({"ID":"7587879143183711749"})");
  EXPECT_EQ(etcd_json::authenticate_request("u", "p\"w\n\xff"), "{\"name\":\"u\",\"password\":\"p\\\"w\\n\xef\xbf\xbd\"}");
  EXPECT_EQ(etcd_json::watch_request(etcd::under("a"), 5),
            R"({"create_request":{"key":"YQ==","progress_notify":true,"range_end":"Yg==","start_revision":"5"}})");
}

std::string const kHeader = R"("header":{"cluster_id":"14841639068965178418","member_id":"10276657743932975437","revision":"7","raft_term":"2"})";

TEST(EtcdJsonTest, an_answer_to_a_transaction_is_what_was_asked_for) {
  auto const asked = when({}, {get("a"), put("b", ""), gone("c"), nested(when({}, {}, {get("d")}))}, {get("e")});
  auto const answer = etcd_json::txn_answer(
      "{" + kHeader +
          R"(,"succeeded":true,"responses":[{"response_range":{"header":{"revision":"7"},"kvs":[{"key":"YQ==","create_revision":"2",)"
          R"("mod_revision":"7","version":"3","value":"eA==","lease":"77"},{"key":"YQ==","version":1}],"more":true,"count":"157"}},)"
          R"({"response_put":{"header":{"revision":"7"}}},{"response_delete_range":{"header":{"revision":"7"},"deleted":"4"}},)"
          R"({"response_txn":{"header":{},"responses":[{"response_range":{"header":{"revision":"7"}}}]}}]})",
      asked);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->header, (etcd::Header{14841639068965178418U, 10276657743932975437U, 7, 2}));
  etcd::Got const got{{{"a", "x", 2, 7, 3, 77}, {"a", "", 0, 0, 1, 0}}, 157, true};
  etcd::TxnDone const inner{false, {etcd::Got{}}, 7};
  EXPECT_EQ(answer->value, (etcd::TxnDone{true, {got, etcd::PutDone{}, etcd::Deleted{4}, etcd::NestedDone{{inner}}}, 7}));
  auto const other_way = etcd_json::txn_answer("{" + kHeader + R"(,"responses":[{"response_range":{"count":"1"}}]})", asked);
  ASSERT_TRUE(other_way) << other_way.error();
  EXPECT_FALSE(other_way->value.succeeded);
}

struct Bad {
  char const* name;
  std::string body;
  char const* why;
};

TEST(EtcdJsonTest, an_answer_that_is_none_is_named) {
  auto const with = [](std::string const& rest) { return "{" + kHeader + R"(,"succeeded":true,"responses":[)" + rest + "]}"; };
  Bad const rows[] = {
      {"nothing", "", "it is not whole JSON"},
      {"cut off", R"({"header":{"revi)", "it is not whole JSON"},
      {"cut off before its last brace", with("").substr(0, with("").size() - 1), "it is not whole JSON"},
      {"two", "{}{}", "it is not whole JSON"},
      {"text", "Not Found\n", "it is not whole JSON"},
      {"HTML", "<html></html>", "it is not whole JSON"},
      {"no UTF-8", "{\"a\":\"\xff\"}", "it is not whole JSON"},
      {"null", "null", "it is no object"},
      {"a list", "[]", "it is no object"},
      {"a number", "7", "it is no object"},
      {"no header", "{}", "\"header\" is missing"},
      {"a header that is none", R"({"header":[]})", "header is no object"},
      {"a revision that is none", R"({"header":{"revision":"7x"}})", "\"revision\" is no number"},
      {"an empty one", R"({"header":{"revision":""}})", "\"revision\" is no number"},
      {"a fraction", R"({"header":{"revision":7.5}})", "\"revision\" is no number"},
      {"a list as revision", R"({"header":{"revision":[]}})", "\"revision\" is no number"},
      {"more than 64 bits", R"({"header":{"revision":"9223372036854775808"}})", "\"revision\" is no number"},
      {"a term below zero", R"({"header":{"raft_term":"-1"}})", "\"raft_term\" is no number"},
      {"huge without quotes", R"({"header":{"revision":1e300}})", "\"revision\" is no number"},
      {"no answers", with(""), "0 answers to 1 operations"},
      {"too many answers", with(R"({"response_range":{}},{"response_range":{}})"), "2 answers to 1 operations"},
      {"the other way's answer is missing", "{" + kHeader + "}", "0 answers to 2 operations"},
      {"an answer to something else", with(R"({"response_put":{}})"), "\"response_range\" is missing"},
      {"an empty answer", with("{}"), "\"response_range\" is missing"},
      {"an answer that is none", with("7"), "an answer is no object"},
      {"answers that are no list", "{" + kHeader + R"(,"succeeded":true,"responses":{}})", "\"responses\" is no list"},
      {"success that is none", "{" + kHeader + R"(,"succeeded":"true"})", "\"succeeded\" is neither true nor false"},
      {"a range that is none", with(R"({"response_range":[]})"), "response_range is no object"},
      {"keys that are no list", with(R"({"response_range":{"kvs":{}}})"), "\"kvs\" is no list"},
      {"a key that is none", with(R"({"response_range":{"kvs":["a"]}})"), "a key is no object"},
      {"a key that is no text", with(R"({"response_range":{"kvs":[{"key":1}]}})"), "\"key\" is no text"},
      {"a key that is no base64", with(R"({"response_range":{"kvs":[{"key":"a"}]}})"), "\"key\" is no base64"},
      {"a value that is no base64", with(R"({"response_range":{"kvs":[{"value":"Zh=="}]}})"), "\"value\" is no base64"},
      {"more that is none", with(R"({"response_range":{"more":1}})"), "\"more\" is neither true nor false"},
      {"deep", std::string(100'000, '['), "it is not whole JSON"},
      {"deep and closed", std::string(100'000, '[') + std::string(100'000, ']'), "it is no object"},
  };
  for (auto const& row : rows) {
    auto const answer = etcd_json::txn_answer(row.body, when({}, {get("a")}, {get("b"), get("c")}));
    ASSERT_FALSE(answer) << row.name;
    EXPECT_EQ(answer.error(), row.why) << row.name;
  }
}

TEST(EtcdJsonTest, the_other_answers) {
  EXPECT_EQ(etcd_json::grant_answer("{" + kHeader + R"(,"ID":"5","TTL":"2"})")->value, (etcd::Lease{5, 2s}));
  EXPECT_EQ(etcd_json::keep_alive_answer(R"({"result":{)" + kHeader + R"(,"ID":"77","TTL":"60"}})")->value, 60s);
  EXPECT_EQ(etcd_json::keep_alive_answer(R"({"result":{)" + kHeader + R"(,"ID":"77"}})")->value, 0s);
  EXPECT_EQ(etcd_json::revoke_answer("{" + kHeader + "}")->header.revision, 7);
  EXPECT_EQ(etcd_json::token_answer("{" + kHeader + R"(,"token":"rzlkakEDocWamsfA.38"})"), "rzlkakEDocWamsfA.38");
  EXPECT_EQ(etcd_json::grant_answer("{" + kHeader + "}").error(), "\"ID\" is missing");
  EXPECT_EQ(etcd_json::grant_answer(R"({"ID":"5"})").error(), "\"header\" is missing");
  EXPECT_EQ(etcd_json::keep_alive_answer("{" + kHeader + "}").error(), "\"result\" is missing");
  EXPECT_EQ(etcd_json::revoke_answer("{}").error(), "\"header\" is missing");
  for (auto const* bad : {"{}", R"({"token":""})", R"({"token":"a\r\nHost: b"})", R"({"token":"a b"})", R"({"token":"\u00e4"})"}) {
    EXPECT_EQ(etcd_json::token_answer(bad).error(), "\"token\" is no token") << bad;
  }
  EXPECT_EQ(etcd_json::token_answer(R"({"token":7})").error(), "\"token\" is no text");
}

TEST(EtcdJsonTest, an_error_is_told_from_everything_else) {
  std::pair<std::string, std::optional<Said>> const rows[] = {
      {R"({"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14})", Said{14, "etcdserver: no leader"}},
      {R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}})",
       Said{14, "etcdserver: no leader"}},
      {R"({"error":"etcdserver: no leader","code":14})", Said{14, "etcdserver: no leader"}},
      {R"({"error":"x"})", Said{0, "x"}},
      {R"({"error":{}})", Said{0, ""}},
      {R"({"error":{"grpc_code":"many"}})", std::nullopt},
      {R"({"error":"x","code":99999999999})", std::nullopt},
      {R"({"error":"x","message":[]})", std::nullopt},
      {R"({"header":{}})", std::nullopt},
      {"[\"error\"]", std::nullopt},
      {"error", std::nullopt},
      {"", std::nullopt},
  };
  for (auto const& [body, want] : rows) EXPECT_EQ(etcd_json::said(body), want) << body;
}

TEST(EtcdJsonTest, a_line_of_a_watch) {
  WatchLine line;
  line.header = {14841639068965178418U, 10276657743932975437U, 7, 2};
  line.created = true;
  EXPECT_EQ(etcd_json::watch_line(R"({"result":{)" + kHeader + R"(,"created":true}})"), line);
  line.created = false;
  EXPECT_EQ(etcd_json::watch_line(R"({"result":{)" + kHeader + "}}"), line);
  line.canceled = true;
  line.compacted = 3;
  EXPECT_EQ(etcd_json::watch_line(R"({"result":{)" + kHeader + R"(,"canceled":true,"compact_revision":"3"}})"), line);
  line.compacted = 0;
  line.created = true;
  line.cancel_reason = "no";
  EXPECT_EQ(etcd_json::watch_line(R"({"result":{)" + kHeader + R"(,"watch_id":"-1","created":true,"canceled":true,"cancel_reason":"no"}})"),
            line);
  auto const told = etcd_json::watch_line(R"({"result":{)" + kHeader +
                                          R"(,"events":[{"kv":{"key":"YQ==","create_revision":"6","mod_revision":"7","version":"1","value":"eA=="}},)"
                                          R"({"type":"PUT","kv":{"key":"YQ=="}},{"type":"DELETE","kv":{"key":"YQ==","mod_revision":"7"}}]}})");
  ASSERT_TRUE(told) << told.error();
  using Kind = etcd::WatchEvent::Kind;
  EXPECT_THAT(told->events, ElementsAre(etcd::WatchEvent{Kind::Put, {"a", "x", 6, 7, 1, 0}}, etcd::WatchEvent{Kind::Put, {"a"}},
                                        etcd::WatchEvent{Kind::Delete, {"a", "", 0, 7, 0, 0}}));
  EXPECT_EQ(etcd_json::watch_line(R"({"error":{"grpc_code":14,"message":"etcdserver: no leader"}})")->said,
            (Said{14, "etcdserver: no leader"}));
}

TEST(EtcdJsonTest, a_line_of_a_watch_that_is_none_is_named) {
  auto const with = [](std::string const& rest) { return R"({"result":{)" + kHeader + "," + rest + "}}"; };
  Bad const rows[] = {
      {"nothing", "", "it is not whole JSON"},
      {"half a line", R"({"result":{"head)", "it is not whole JSON"},
      {"an empty one", "{}", "\"result\" is missing"},
      {"a list", "[]", "it is no object"},
      {"a result that is none", R"({"result":7})", "result is no object"},
      {"no header", R"({"result":{}})", "\"header\" is missing"},
      {"an event of a kind that is none", with(R"("events":[{"type":"MOVE","kv":{}}])"), "an event is neither PUT nor DELETE"},
      {"an event without a key", with(R"("events":[{"type":"DELETE"}])"), "an event has no key"},
      {"an event that is none", with(R"("events":[1])"), "an event is no object"},
      {"events that are none", with(R"("events":{})"), "\"events\" is no list"},
      {"created that is none", with(R"("created":1)"), "\"created\" is neither true nor false"},
      {"a compaction that is none", with(R"("compact_revision":"x")"), "\"compact_revision\" is no number"},
      {"a reason that is none", with(R"("cancel_reason":{})"), "\"cancel_reason\" is no text"},
  };
  for (auto const& row : rows) {
    auto const line = etcd_json::watch_line(row.body);
    ASSERT_FALSE(line) << row.name;
    EXPECT_EQ(line.error(), row.why) << row.name;
  }
}

}  // namespace
}  // namespace tykup::net
