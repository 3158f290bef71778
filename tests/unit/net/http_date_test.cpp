#include "daemon/net/http_date.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tykup::net {
namespace {

TEST(HttpDateTest, is_read_as_servers_write_it) {
  std::pair<char const*, char const*> const rows[] = {
      {"Thu, 26 Nov 2026 10:19:32 GMT", "2026-11-26T10:19:32Z"},
      {"Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"},
      {"Sat, 29 Feb 2028 23:59:59 GMT", "2028-02-29T23:59:59Z"},
      {"Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"},
  };
  for (auto const& [text, want] : rows) {
    auto const at = parse_http_date(text);
    ASSERT_TRUE(at) << text;
    EXPECT_EQ(to_rfc3339(*at), want);
  }
}

TEST(HttpDateTest, nothing_else_is_one) {
  for (auto const* bad :
       {"", "now", "Thu, 26 Nov 2026 10:19:32", "Thu, 26 Nov 2026 10:19:32 UTC", "Thursday, 26-Nov-26 10:19:32 GMT", "Thu Nov 26 10:19:32 2026",
        "Thu, 26 Nov 2026 10:19:32 GMT ", "Thu, 31 Nov 2026 10:19:32 GMT", "Thu, 29 Feb 2026 10:19:32 GMT", "Thu, 26 nov 2026 10:19:32 GMT",
        "Thu, 26 Nov 2026 24:19:32 GMT", "Thu, 26 Nov 2026 10:60:32 GMT", "Thu, 26 Nov 2026 10:19:61 GMT", "Thu, -1 Nov 2026 10:19:32 GMT",
        "Thu, 26 Nov 20x6 10:19:32 GMT", "Thu, 26 Nov 2026 1 :19:32 GMT"}) {
    EXPECT_FALSE(parse_http_date(bad)) << bad;
  }
}

}  // namespace
}  // namespace tykup::net
