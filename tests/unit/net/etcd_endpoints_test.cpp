#include "daemon/net/etcd_endpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(EtcdEndpointsTest, are_urls_with_a_port_and_nothing_behind_it) {
  auto const good = parse_etcd_endpoints({"https://etcd-1.internal:2379", "https://[::1]:2379/"});
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->size(), 2U);
  EXPECT_EQ(EtcdEndpoints(*good, {}, 0).name(1), "https://[::1]:2379");
  struct Bad {
    std::vector<std::string> urls;
    char const* why;
  };
  Bad const rows[] = {
      {{}, "no endpoint of etcd is named"},
      {{""}, "\"\" is no endpoint of etcd: write it like https://etcd-1.internal:2379"},
      {{"etcd-1:2379"}, "\"etcd-1:2379\" is no endpoint of etcd: write it like"},
      {{"ftp://a:2379"}, "write it like"},
      {{"https://u:p@a:2379"}, "write it like"},
      {{"https://a:0"}, "write it like"},
      {{"https://a:99999"}, "write it like"},
      {{"https://a:2379/v3"}, "nothing may follow its port"},
      {{"https://a:2379?x"}, "nothing may follow its port"},
      {{"https://a"}, "it names no port"},
      {{"https://a:2379", "http://b:2379"}, "\"http://b:2379\" is no endpoint of etcd: either all are https:// or none is"},
      {{"https://a:2379", "https://a:2379"}, "it is named twice"},
  };
  for (auto const& row : rows) {
    auto const parsed = parse_etcd_endpoints(row.urls);
    ASSERT_FALSE(parsed) << row.why;
    EXPECT_EQ(parsed.error().kind, ErrorKind::BadConfig);
    EXPECT_THAT(parsed.error().message, HasSubstr(row.why));
  }
}

class EtcdEndpointsOrderTest : public testing::Test {
 protected:
  static EtcdEndpoints three(double chance) {
    return {parse_etcd_endpoints({"http://a:1", "http://b:1", "http://c:1"}).value(), {1s, 30s}, chance};
  }
  std::vector<bool> none_ = std::vector<bool>(3);
  EtcdEndpoints::Steady::time_point now_ = EtcdEndpoints::Steady::time_point{} + 1h;
};

TEST_F(EtcdEndpointsOrderTest, begin_anywhere_and_stay_with_the_one_that_answered) {
  EXPECT_EQ(three(0).next(none_, now_), 0U);
  EXPECT_EQ(three(0.5).next(none_, now_), 1U);
  EXPECT_EQ(three(0.99).next(none_, now_), 2U);
  auto endpoints = three(0);
  endpoints.answered(2);
  EXPECT_EQ(endpoints.next(none_, now_), 2U);
  EXPECT_EQ(endpoints.next({false, false, true}, now_), 0U);
  EXPECT_EQ(endpoints.next({true, true, true}, now_), std::nullopt);
}

TEST_F(EtcdEndpointsOrderTest, one_that_failed_rests_ever_longer_until_it_answers) {
  auto endpoints = three(0);
  for (auto const rest : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 15000ms, 15000ms}) {
    endpoints.failed(0, "etcd at http://a:1: connection refused", now_, 0);
    EXPECT_EQ(endpoints.next(none_, now_ + rest - 1ms), 1U) << rest.count();
    EXPECT_EQ(endpoints.next(none_, now_ + rest), 0U) << rest.count();
  }
  endpoints.answered(0);
  endpoints.failed(0, "", now_, 0.999);
  EXPECT_EQ(endpoints.next(none_, now_ + 900ms), 1U);
  EXPECT_EQ(endpoints.next(none_, now_ + 1s), 0U);
}

TEST_F(EtcdEndpointsOrderTest, nobody_is_asked_where_all_rest_and_every_trouble_is_told) {
  auto endpoints = three(0);
  endpoints.failed(0, "a is down", now_, 0);
  endpoints.failed(1, "b is down", now_, 0);
  EXPECT_EQ(endpoints.next(none_, now_), 2U);
  endpoints.failed(2, "c is down", now_, 0);
  EXPECT_EQ(endpoints.next(none_, now_), std::nullopt);
  EXPECT_EQ(endpoints.troubles(), "a is down; b is down; c is down");
  endpoints.answered(1);
  EXPECT_EQ(endpoints.troubles(), "a is down; c is down");
}

}  // namespace
}  // namespace tykup::net
