#include <gtest/gtest.h>

#include <filesystem>

#include "tests/fakes/fake_package_manager.hpp"
#include "tests/fakes/fake_units.hpp"

namespace tykup::fakes {
namespace {

using State = pkg::PackagedFile::State;

struct FakeWorld : testing::Test {
  FakeWorld() {
    std::string pattern = testing::TempDir() + "tykup-fakes-XXXXXX";
    root = mkdtemp(pattern.data());
  }
  ~FakeWorld() override { std::filesystem::remove_all(root); }
  std::string root;
};

TEST_F(FakeWorld, installing_writes_files_and_spares_configuration) {
  FakePackageManager packages(root);
  packages.offer({{"p", "1", "a"}, {{"/f", "one"}}, {{"/c", "shipped"}}});
  packages.offer({{"p", "2", "b"}, {{"/f", "two"}}, {{"/c", "other"}}});
  packages.install({"p", "1", "a"});
  ASSERT_TRUE(packages.apply({{}, {}, {{"p", "2", "b"}}, {}}, [](auto const&) {}));
  ASSERT_EQ(packages.installed().size(), 1U);
  EXPECT_EQ(packages.installed().front().version, "2");
  auto const files = packages.files("p").value();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].state, State::Unchanged);
  EXPECT_EQ(files[1].state, State::Changed);
  EXPECT_TRUE(files[1].config);
  std::filesystem::remove(root + "/f");
  EXPECT_EQ(packages.files("p").value()[0].state, State::Missing);
}

TEST_F(FakeWorld, a_restarted_service_has_a_new_process_of_its_binary) {
  executor::Paths paths;
  paths.root = root;
  FakeUnits units(paths);
  units.add("x.service", "/x", "active", "enabled");
  auto const before = units.unit("x.service")->facts.main_pid;
  ASSERT_TRUE(units.run(executor::Units::Verb::Restart, "x.service", {}));
  auto const after = units.unit("x.service")->facts.main_pid;
  EXPECT_NE(before, after);
  EXPECT_EQ(std::filesystem::read_symlink(paths.process(after) + "/exe"), root + "/x");
  EXPECT_EQ(units.unit("none.service")->facts.load_state, "not-found");
}

}  // namespace
}  // namespace tykup::fakes
