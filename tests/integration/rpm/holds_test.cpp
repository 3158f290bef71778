#include "pkg/rpm/holds.hpp"

#include <gtest/gtest.h>

namespace tykup::pkg::rpm::test {
namespace {

struct Row {
  char const* pattern;
  bool means;     ///< this very build
  bool concerns;  ///< anything of packages of that name
};

TEST(Patterns, are_read_as_dnf_reads_them) {
  Build const build{"tyk-gateway", "5.8.0-1", "x86_64"};
  Row const rows[] = {
      {"tyk-gateway", true, true},
      {"tyk-*", true, true},
      {"tyk-gateway.x86_64", true, true},
      {"tyk-gateway-5.8.0", true, true},
      {"tyk-gateway-5.8.0-1", true, true},
      {"tyk-gateway-0:5.8.0-1", true, true},
      {"tyk-gateway-0:5.8.0-1.x86_64", true, true},
      {"tyk-gateway-0:5.8.0-1.*", true, true},
      {"tyk-gateway-0:5.8.*", true, true},
      {"tyk-gateway-5.[78].*", true, true},
      {"tyk-gateway-0:5.9.0-1.*", false, true},
      {"tyk-gateway-5.8.0-2", false, true},
      {"tyk-gateway-1:5.8.0-1", false, true},
      {"tyk-gateway.aarch64", false, true},
      {"tyk-gateway-5.8.0-1.aarch64", false, true},
      {"tyk", false, false},
      {"tyk-gateway-fips", false, true},  // dnf, too, takes this for a version "fips" of tyk-gateway
      {"tyk-gateway-fips-0:5.8.0-1.*", false, false},
      {"tyk-pump-0:5.8.0-1.*", false, false},
      {"gateway", false, false},
      {"5.8.0-1", false, false},
      {"", false, false},
  };
  for (auto const& row : rows) {
    EXPECT_EQ(means(row.pattern, build), row.means) << row.pattern;
    EXPECT_EQ(concerns(row.pattern, build.name), row.concerns) << row.pattern;
  }
}

TEST(Patterns, an_epoch_counts_and_may_stand_before_the_name) {
  Build const build{"tyk-gateway", "2:5.8.0-1", "noarch"};
  EXPECT_TRUE(means("2:tyk-gateway-5.8.0-1", build));
  EXPECT_TRUE(means("2:tyk-gateway-5.8.0-1.noarch", build));
  EXPECT_TRUE(concerns("2:tyk-gateway-5.8.0-1", build.name));
  EXPECT_FALSE(means("tyk-gateway-5.8.0-1", build));
  EXPECT_FALSE(means("tyk-gateway-0:5.8.0-1", build));
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
