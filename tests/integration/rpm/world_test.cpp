#include <gmock/gmock.h>

#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;

class TheWorld : public RpmTest {};

TEST_F(TheWorld, has_packages_signed_and_scripts_that_run_inside_it) {
  world_.install({.epoch = "2", .post = "echo from inside > /notes\nreadlink /bin/sh >> /notes\n"});
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "2:1.0-1");
  EXPECT_EQ(world_.read("/notes"), "from inside\nbusybox\n");
  EXPECT_EQ(world_.versions_of("tyk-pump"), "");
  EXPECT_THAT(world_.run_at_home("rpm -qp --qf '%{RSAHEADER:pgpsig}' --nosignature " + world_.build({})),
              HasSubstr("RSA/SHA512"));
}

TEST_F(TheWorld, has_repositories_that_dnf_believes) {
  subscribed_host();
  offer({.version = "1.1"});
  EXPECT_THAT(world_.dnf("--disableplugin='*' -q list --available"), HasSubstr("1.1-1"));
}

struct Lie {
  char const* name;
  Publication publication;
};

class ALyingRepository : public RpmTest, public ::testing::WithParamInterface<Lie> {};

TEST_P(ALyingRepository, is_not_believed_by_dnf) {
  subscribed_host();
  offer({.version = "1.1"}, GetParam().publication);
  EXPECT_THAT(world_.dnf("--disableplugin='*' makecache 2>&1 || true"), HasSubstr("Failed to download metadata"));
}

INSTANTIATE_TEST_SUITE_P(all, ALyingRepository,
                         ::testing::Values(Lie{"signed_by_nobody", {.key = ""}},
                                           Lie{"signed_by_mallory", {.key = "mallory"}},
                                           Lie{"with_other_bytes", {.metadata = Publication::Damage::OtherBytes}},
                                           Lie{"cut_short", {.metadata = Publication::Damage::Truncated}}),
                         [](auto const& row) { return row.param.name; });

}  // namespace
}  // namespace tykup::pkg::rpm::test
