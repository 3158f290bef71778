#include "daemon/core/time.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace tykup {
namespace {

using namespace std::chrono_literals;

TEST(Rfc3339, IsUtcWithAFractionOnlyWhereThereIsOne) {
  struct {
    Duration since_epoch;
    std::string_view text;
  } const rows[] = {
      {0us, "1970-01-01T00:00:00Z"},
      {1795399200s, "2026-11-23T02:00:00Z"},
      {1795399200s + 500ms, "2026-11-23T02:00:00.5Z"},
      {1795399200s + 1us, "2026-11-23T02:00:00.000001Z"},
      {951782399s, "2000-02-28T23:59:59Z"},
      {951782400s, "2000-02-29T00:00:00Z"},
      {-1us, "1969-12-31T23:59:59.999999Z"},
      {7258118399s, "2199-12-31T23:59:59Z"},
  };
  for (auto const& row : rows) EXPECT_EQ(to_rfc3339(Instant{row.since_epoch}), row.text);
}

TEST(HumanDuration, HasTwoUnitsAtMostAndIsRoundedDown) {
  struct {
    Duration length;
    std::string_view text;
  } const rows[] = {
      {0us, "0s"},    {999ms, "0s"},       {1s, "1s"},          {45s, "45s"},        {59s + 999ms, "59s"},
      {60s, "1min"},  {61s, "1min 1s"},    {90min, "1h 30min"}, {1h + 59s, "1h"},    {24h, "1d"},
      {74h, "3d 2h"}, {24h + 59min, "1d"}, {24h * 400, "400d"}, {-90s, "-1min 30s"},
  };
  for (auto const& row : rows) EXPECT_EQ(to_human(row.length), row.text);
}

}  // namespace
}  // namespace tykup
