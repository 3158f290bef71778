#include <gtest/gtest.h>

#include "daemon/core/config.hpp"

namespace tykup {
namespace {

TEST(NearestName, IsOfferedForASlipOfTheFinger) {
  std::vector<std::string> const known{"track", "soak", "hold", "without_rollback", "gateway", "lts", "mdcb"};
  struct {
    std::string_view given;
    std::optional<std::string> offered;
  } const rows[] = {
      {"trakc", "track"},
      {"tracks", "track"},
      {"Track", "track"},
      {"soka", "soak"},
      {"hodl", "hold"},
      {"without_rolback", "without_rollback"},
      {"without-rollback", "without_rollback"},
      {"GATEWAY", "gateway"},
      {"gatway", "gateway"},
      {"LTS", "lts"},
      {"lst", "lts"},
      // Too far, or nothing to go by:
      {"", std::nullopt},
      {"x", std::nullopt},
      {"calendar", std::nullopt},
      {"rollback", std::nullopt},
      {"sink", std::nullopt},
      {"tyk-gateway-ee", std::nullopt},
  };
  for (auto const& row : rows) EXPECT_EQ(nearest_name(row.given, known), row.offered) << row.given;
}

TEST(NearestName, IsNotSearchedAmongNoneOrForNovels) {
  EXPECT_EQ(nearest_name("track", {}), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(5000, 'a'), {std::string(5000, 'a')}), std::nullopt);
}

}  // namespace
}  // namespace tykup
