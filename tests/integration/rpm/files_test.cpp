#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using State = PackagedFile::State;
namespace fs = std::filesystem;

class Files : public RpmTest {
 protected:
  PackagedFile find(std::string const& path) {
    auto const files = world_.manager().files("tyk-gateway");
    EXPECT_TRUE(works(files));
    for (auto const& file : files.value_or(std::vector<PackagedFile>{})) {
      if (file.path == path) return file;
    }
    return {State::Missing, "not listed: " + path};
  }
};

TEST_F(Files, are_unchanged_changed_or_missing_and_config_is_marked) {
  world_.install({.files = {{"/opt/a", "a\n"}, {"/opt/b", "b\n"}, {"/opt/c with space", "c\n"}},
                  .configs = {{"/opt/tyk.conf", "shipped\n"}}});
  world_.write("/opt/b", "x\n");
  fs::remove(world_.path("/opt/c with space"));
  EXPECT_EQ(find("/opt/a").state, State::Unchanged);
  EXPECT_EQ(find("/opt/b").state, State::Changed);
  auto const lost = find("/opt/c with space");
  EXPECT_EQ(lost.path, "/opt/c with space");
  EXPECT_EQ(lost.state, State::Missing);
  EXPECT_EQ(find("/opt/tyk.conf").state, State::Unchanged);
  EXPECT_TRUE(find("/opt/tyk.conf").config);
  EXPECT_FALSE(find("/opt/a").config);
  world_.write("/opt/tyk.conf", "the operator's\n");
  EXPECT_EQ(find("/opt/tyk.conf").state, State::Changed);
}

TEST_F(Files, bear_the_digest_of_what_was_shipped) {
  world_.install({.files = {{"/opt/a", "a\n"}}});
  world_.write("/opt/a", "another\n");
  EXPECT_EQ(find("/opt/a").shipped, "sha256:87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7");
}

TEST_F(Files, that_need_not_be_there_are_not_missing) {
  world_.install({.files = {{"/opt/a", "a\n"}}, .ghosts = {"/opt/log"}, .missing_ok = {"/opt/cache"}});
  EXPECT_EQ(find("/opt/log").path, "not listed: /opt/log");
  EXPECT_EQ(find("/opt/cache").state, State::Unchanged);
  fs::remove(world_.path("/opt/cache"));
  EXPECT_EQ(find("/opt/cache").path, "not listed: /opt/cache");
}

TEST_F(Files, whose_mode_a_script_changed_are_unchanged_and_one_that_became_a_link_is_not) {
  world_.install({.files = {{"/opt/a", "a\n"}, {"/opt/b", "b\n"}}, .post = "chmod 600 /opt/a\n"});
  EXPECT_EQ(find("/opt/a").state, State::Unchanged);
  fs::remove(world_.path("/opt/b"));
  fs::create_symlink("a", world_.path("/opt/b"));
  EXPECT_EQ(find("/opt/b").state, State::Changed);
}

TEST_F(Files, agree_with_rpm_itself) {
  world_.install({.files = {{"/opt/a", "a\n"}, {"/opt/b", "b\n"}, {"/opt/c", "c\n"}}, .configs = {{"/opt/d", "d\n"}}});
  world_.write("/opt/b", "x\n");
  world_.write("/opt/d", "y\n");
  fs::remove(world_.path("/opt/c"));
  auto const said = world_.rpm("-V --nomtime tyk-gateway || true");
  EXPECT_THAT(said, ::testing::HasSubstr("/opt/b"));
  auto const files = world_.manager().files("tyk-gateway");
  ASSERT_OK(files);
  for (auto const& file : *files) {
    EXPECT_EQ(said.find(file.path) != std::string::npos, file.state != State::Unchanged) << file.path << "\n" << said;
  }
}

TEST_F(Files, of_a_package_that_is_not_there_are_an_error) {
  ASSERT_FAILS(world_.manager().files("tyk-gateway"), ErrorKind::UnknownPackage);
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
