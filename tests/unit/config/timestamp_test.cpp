#include "daemon/core/timestamp.hpp"

#include <gtest/gtest.h>

namespace tykup {
namespace {

TEST(Timestamp, WithAnOffsetIsAnInstant) {
  struct {
    std::string_view text;
    std::string_view utc;
  } const rows[] = {
      {"2026-12-18T18:00:00Z", "2026-12-18T18:00:00Z"},
      {"2026-12-18 18:00Z", "2026-12-18T18:00:00Z"},
      {"2026-12-18t18:00:00z", "2026-12-18T18:00:00Z"},
      {"2026-12-18T18:00:00+01:00", "2026-12-18T17:00:00Z"},
      {"2026-12-18T01:00:00.5+05:30", "2026-12-17T19:30:00.5Z"},
      {"2026-12-31T23:59:59-00:01", "2027-01-01T00:00:59Z"},
      {"2026-06-30T10:00:00.123456789Z", "2026-06-30T10:00:00.123456Z"},
      {"2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"},
  };
  for (auto const& row : rows) {
    auto const parsed = parse_instant(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_EQ(to_rfc3339(*parsed), row.utc);
  }
}

TEST(Timestamp, WithoutAnOffsetIsCivilTime) {
  for (std::string_view const text : {"2026-12-18", "2026-12-18 18:00", "2026-12-18T18:00:00"}) {
    auto const parsed = parse_timestamp(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->date_only, text.size() == 10) << text;
    EXPECT_FALSE(parsed->offset) << text;
    EXPECT_FALSE(parse_instant(text)) << text;
  }
}

TEST(Timestamp, ThatDoesNotExistOrTrailsIsRefused) {
  for (std::string_view const text : {"",
                                      "2026",
                                      "2026-12",
                                      "2026-13-01",
                                      "2026-00-10",
                                      "2026-02-30",
                                      "2027-02-29",
                                      "26-12-18",
                                      "2026-1-1",
                                      "18.12.2026",
                                      "2026-12-18T",
                                      "2026-12-18T18",
                                      "2026-12-18T24:00:00Z",
                                      "2026-12-18T18:60:00Z",
                                      "2026-12-18T18:00:60Z",
                                      "2026-12-18T18:00:00.Z",
                                      "2026-12-18T18:00:00+1",
                                      "2026-12-18T18:00:00+24:00",
                                      "2026-12-18T18:00:00+01:60",
                                      "2026-12-18T18:00:00Zulu",
                                      "2026-12-18T18:00:00 Z",
                                      "2026-12-18x18:00:00Z",
                                      "1969-12-31",
                                      "2200-01-01",
                                      "18:00:00",
                                      "tomorrow",
                                      "2026-12-18T18:00:00+0100",
                                      " 2026-12-18"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

}  // namespace
}  // namespace tykup
