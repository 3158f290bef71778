#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/config.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Duration, IsNumbersWithUnits) {
  struct {
    std::string_view text;
    Duration length;
  } const rows[] = {
      {"0s", 0s},       {"90s", 90s},
      {"2m", 2min},     {"5min", 5min},
      {"2h", 2h},       {"3d", 72h},
      {"2w", 336h},     {"1h 30m", 90min},
      {"1h30m", 90min}, {" 15s ", 15s},
      {"10 s", 10s},    {"1d 2h 3m 4s", 26h + 3min + 4s},
      {"007s", 7s},     {"36500d", 24h * 36500},
  };
  for (auto const& row : rows) EXPECT_EQ(parse_duration(row.text), row.length) << row.text;
}

TEST(Duration, ThatIsNoneNamesWhatIsWrongAndTheUnits) {
  struct {
    std::string_view text;
    std::string_view why;
  } const rows[] = {
      {"", "is no duration"},
      {" ", "is no duration"},
      {"3", "no unit after \"3\""},
      {"3d 2", "no unit after \"2\""},
      {"d", "expected numbers with units"},
      {"-3d", "expected numbers with units"},
      {"+3d", "expected numbers with units"},
      {"1.5h", "no unit after \"1\""},
      {"3 days", "unknown unit of time \"days\", did you mean \"d\"?"},
      {"3y", "unknown unit of time \"y\""},
      {"3D", "did you mean \"d\"?"},
      {"3hs", "did you mean \"h\"?"},
      {"3minutes", "did you mean \"m\"?"},
      {"10 Sec", "did you mean \"s\"?"},
      {"3d, 2h", "expected numbers with units"},
      {"3d\n", ""},
      {"forever", "expected numbers with units"},
      {"99999999999999999999s", "longer than a hundred years"},
      {"5300w", "longer than a hundred years"},
      {"36500d 36500d", "longer than a hundred years"},
      {"9223372036854775807w", "longer than a hundred years"},
  };
  for (auto const& row : rows) {
    auto const parsed = parse_duration(row.text);
    if (row.why.empty()) {
      EXPECT_TRUE(parsed) << row.text;
      continue;
    }
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::BadConfig);
    EXPECT_THAT(parsed.error().message, HasSubstr(row.why)) << row.text;
    EXPECT_THAT(parsed.error().message, HasSubstr("\"1h 30m\"")) << row.text;
  }
}

}  // namespace
}  // namespace tykup
