#include "daemon/net/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup::net {
namespace {

struct Good {
  char const* text;
  bool tls;
  char const* host;
  char const* port;
  char const* path;
  char const* authority;
};

TEST(TargetTest, a_url_is_taken_apart) {
  Good const rows[] = {
      {"http://127.0.0.1:8080/hello", false, "127.0.0.1", "8080", "/hello", "127.0.0.1:8080"},
      {"https://localhost:3000/", true, "localhost", "3000", "/", "localhost:3000"},
      {"http://localhost", false, "localhost", "80", "/", "localhost"},
      {"https://shop.example/health?full=1&x=%20", true, "shop.example", "443", "/health?full=1&x=%20", "shop.example"},
      {"http://shop.example?full=1", false, "shop.example", "80", "/?full=1", "shop.example"},
      {"http://[::1]:8080/hello", false, "::1", "8080", "/hello", "[::1]:8080"},
      {"HTTPS://[2001:db8::7]/ready", true, "2001:db8::7", "443", "/ready", "[2001:db8::7]"},
  };
  for (auto const& row : rows) {
    auto const target = parse_url(row.text);
    ASSERT_TRUE(target) << row.text << ": " << target.error().message;
    EXPECT_EQ(target->tls, row.tls) << row.text;
    EXPECT_EQ(target->host, row.host) << row.text;
    EXPECT_EQ(target->port, row.port) << row.text;
    EXPECT_EQ(target->path, row.path) << row.text;
    EXPECT_EQ(target->authority, row.authority) << row.text;
  }
}

struct Bad {
  char const* text;
  char const* why;
};

TEST(TargetTest, a_bad_url_is_refused_with_its_defect) {
  Bad const rows[] = {
      {"", "not a URL"},
      {"127.0.0.1:8080/hello", "not a URL"},
      {"localhost/hello", "not a URL"},
      {"/hello", "not a URL"},
      {"http://local host/", "not a URL"},
      {"http://127.0.0.1:8080/hello\r\nHost: evil", "not a URL"},
      {"http://[::1/hello", "not a URL"},
      {"http://127.0.0.1:port/", "between 1 and 65535"},
      {"ftp://127.0.0.1/hello", "must begin with http:// or https://"},
      {"unix:/run/x.sock", "must begin with http:// or https://"},
      {"http://", "names no host"},
      {"http:///hello", "names no host"},
      {"http:hello", "names no host"},
      {"http://admin:secret@127.0.0.1/", "sends no user name"},
      {"http://127.0.0.1/#top", "never sent"},
      {"http://127.0.0.1:0/", "between 1 and 65535"},
      {"http://127.0.0.1:65536/", "between 1 and 65535"},
      {"http://127.0.0.1:/", "between 1 and 65535"},
  };
  for (auto const& row : rows) {
    auto const target = parse_url(row.text);
    ASSERT_FALSE(target) << row.text;
    EXPECT_EQ(target.error().kind, ErrorKind::BadConfig);
    EXPECT_THAT(target.error().message, testing::HasSubstr(row.why)) << row.text;
  }
}

TEST(TargetTest, a_host_and_port_is_taken_apart) {
  Bad const rows[] = {
      {"127.0.0.1:6379", "127.0.0.1"}, {"cache.internal:6379", "cache.internal"}, {"[::1]:6379", "::1"}};
  for (auto const& row : rows) {
    auto const target = parse_host_port(row.text);
    ASSERT_TRUE(target) << row.text << ": " << target.error().message;
    EXPECT_EQ(target->host, row.why);
    EXPECT_EQ(target->port, "6379");
    EXPECT_FALSE(target->tls);
  }
}

TEST(TargetTest, a_bad_host_and_port_is_refused_with_its_defect) {
  Bad const rows[] = {
      {"", "write HOST:PORT"},
      {"localhost", "write HOST:PORT"},
      {"localhost:", "between 1 and 65535"},
      {"localhost:redis", "between 1 and 65535"},
      {"localhost:6379x", "between 1 and 65535"},
      {"localhost:-1", "between 1 and 65535"},
      {"localhost:99999999999", "between 1 and 65535"},
      {":6379", "names no host"},
      {"::1:6379", "in brackets"},
      {"http://localhost:6379", "in brackets"},
  };
  for (auto const& row : rows) {
    auto const target = parse_host_port(row.text);
    ASSERT_FALSE(target) << row.text;
    EXPECT_THAT(target.error().message, testing::HasSubstr(row.why)) << row.text;
  }
}

TEST(TargetTest, only_this_host_is_loopback) {
  for (auto const* host : {"localhost", "127.0.0.1", "127.8.8.8", "::1"}) {
    Target target;
    target.host = host;
    EXPECT_TRUE(target.loopback()) << host;
  }
  for (auto const* host : {"localhost.example", "10.0.0.1", "2001:db8::1", "0.0.0.0", "example", "127.0.0.1.example"}) {
    Target target;
    target.host = host;
    EXPECT_FALSE(target.loopback()) << host;
  }
}

}  // namespace
}  // namespace tykup::net
