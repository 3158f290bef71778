#include <gmock/gmock.h>

#include "pkg/rpm/database.hpp"
#include "pkg/rpm/library.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Database : public RpmTest {
 protected:
  std::vector<std::string> duplicates() {
    auto const found = duplicates_in(world_.paths());
    EXPECT_TRUE(works(found));
    std::vector<std::string> words;
    for (auto const& one : found.value_or(std::vector<Duplicates>{})) words.push_back(described(one));
    return words;
  }
  InstalledPackage installed(std::string const& name) {
    auto const found = installed_packages(world_.paths(), {name});
    EXPECT_TRUE(works(found));
    return !found || found->empty() ? InstalledPackage{"nothing", "", ""} : found->front();
  }
  void SetUp() override { ASSERT_OK(open_library(world_.paths())); }
};

struct Spelling {
  char const* name;
  Rpm rpm;
  char const* version;
};
class AVersion : public Database, public ::testing::WithParamInterface<Spelling> {};

TEST_P(AVersion, is_spelled_as_dnf_spells_it) {
  world_.install(GetParam().rpm);
  auto const found = installed("tyk-gateway");
  EXPECT_EQ(found.version, GetParam().version);
  EXPECT_EQ(found.architecture, "noarch");
  EXPECT_EQ(found.status, "installed");
}
INSTANTIATE_TEST_SUITE_P(
    all, AVersion,
    ::testing::Values(Spelling{"plain", {.version = "5.8.15"}, "5.8.15-1"},
                      Spelling{"epoch", {.epoch = "2"}, "2:1.0-1"},
                      Spelling{"epoch_zero_is_left_out", {.epoch = "0"}, "1.0-1"},
                      Spelling{"tilde", {.version = "5.9.0~rc1", .release = "2.el9"}, "5.9.0~rc1-2.el9"}),
    [](auto const& row) { return row.param.name; });

TEST_F(Database, of_a_host_without_the_package_has_nothing_to_say_of_it) {
  EXPECT_EQ(installed("tyk-gateway").name, "nothing");
  EXPECT_THAT(duplicates(), IsEmpty());
}

TEST_F(Database, names_two_versions_of_one_package_and_the_last_one_counts) {
  world_.install({.version = "1.1"});
  world_.rpm("--install --nosignature --replacefiles --oldpackage --justdb " + world_.build({.version = "1.0"}));
  EXPECT_EQ(installed("tyk-gateway").version, "1.0-1");
  EXPECT_EQ(installed("tyk-gateway").status, "duplicate");
  EXPECT_THAT(duplicates(), ElementsAre("tyk-gateway (duplicate: 1.1-1 and 1.0-1)"));
}

struct Neighbours {
  char const* name;
  char const* configuration;
  std::vector<std::string> duplicates;
};
class SideBySide : public Database, public ::testing::WithParamInterface<Neighbours> {};

/// libdnf reads dnf.conf once a process; ctest gives each of these one of its own.
TEST_P(SideBySide, are_kernels_and_what_dnf_is_told_of) {
  world_.write("/etc/dnf/dnf.conf", GetParam().configuration);
  for (auto const* version : {"1.0", "1.1"}) {
    world_.rpm("--install --nosignature --justdb --replacefiles " +
               world_.build({.name = "kmod-x", .version = version, .provides = {"installonlypkg(kernel-module)"}}));
    world_.rpm("--install --nosignature --justdb --replacefiles " +
               world_.build({.name = "custom", .version = version}));
  }
  EXPECT_EQ(duplicates(), GetParam().duplicates);
}
INSTANTIATE_TEST_SUITE_P(
    all, SideBySide,
    ::testing::Values(Neighbours{"by_default", "[main]\n", {"custom (duplicate: 1.0-1 and 1.1-1)"}},
                      Neighbours{"as_configured", "[main]\ninstallonlypkgs=custom\n", {}}),
    [](auto const& row) { return row.param.name; });

TEST_F(Database, that_cannot_be_read_is_broken) {
  world_.write("/var/lib/rpm/rpmdb.sqlite", "no database at all");
  ASSERT_FAILS(installed_packages(world_.paths(), {"tyk-gateway"}), ErrorKind::PackageBroken);
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
