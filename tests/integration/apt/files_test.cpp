#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

class Files : public AptTest {
 protected:
  PackagedFile find(std::string const& path) {
    auto const files = world_.manager().files("tyk-gateway");
    EXPECT_TRUE(files.has_value());
    for (auto const& file : files.value_or(std::vector<PackagedFile>{})) {
      if (file.path == path) return file;
    }
    return {PackagedFile::State::Missing, "not listed: " + path};
  }
};

TEST_F(Files, are_unchanged_changed_or_missing_and_conffiles_are_marked) {
  world_.install({.files = {{"/opt/a", "a\n"}, {"/opt/b", "b\n"}, {"/opt/c with space", "c\n"}},
                  .conffiles = {{"/opt/tyk.conf", "shipped\n"}}});
  world_.write("/opt/b", "changed\n");
  std::filesystem::remove(world_.path("/opt/c with space"));
  EXPECT_EQ(find("/opt/a").state, PackagedFile::State::Unchanged);
  EXPECT_EQ(find("/opt/b").state, PackagedFile::State::Changed);
  auto const lost = find("/opt/c with space");
  EXPECT_EQ(lost.path, "/opt/c with space");
  EXPECT_EQ(lost.state, PackagedFile::State::Missing);
  auto conf = find("/opt/tyk.conf");
  EXPECT_EQ(conf.state, PackagedFile::State::Unchanged);
  EXPECT_TRUE(conf.config);
  EXPECT_FALSE(find("/opt/a").config);
  world_.write("/opt/tyk.conf", "the operator's\n");
  EXPECT_EQ(find("/opt/tyk.conf").state, PackagedFile::State::Changed);
}

TEST_F(Files, a_diverted_file_is_looked_for_where_it_went) {
  world_.install({.files = {{"/opt/a", "a\n"}}});
  World::run("dpkg-divert --root " + world_.path("") + " --local --rename --divert /opt/a.ours --add /opt/a >/dev/null 2>&1");
  EXPECT_EQ(find("/opt/a.ours").state, PackagedFile::State::Unchanged);
}

TEST_F(Files, what_dpkg_was_told_not_to_install_is_not_missing) {
  world_.install({.files = {{"/opt/a", "a\n"}, {"/usr/share/doc/x/readme", "r\n"}}});
  std::filesystem::remove(world_.path("/usr/share/doc/x/readme"));
  EXPECT_EQ(find("/usr/share/doc/x/readme").path, "/usr/share/doc/x/readme");
  world_.write("/etc/dpkg/dpkg.cfg.d/nodoc", "path-exclude /usr/share/doc/*\n");
  EXPECT_EQ(find("/usr/share/doc/x/readme").path, "not listed: /usr/share/doc/x/readme");
}

TEST_F(Files, of_a_package_that_is_not_there_are_an_error) {
  ASSERT_FAILS(world_.manager().files("tyk-gateway"), ErrorKind::UnknownPackage);
}

}  // namespace
}  // namespace tykup::pkg::apt::test
