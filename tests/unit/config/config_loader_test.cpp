#include "daemon/os/config_loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tykup {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ConfigLoader : public testing::Test {
 protected:
  ConfigLoader() {
    fs::create_directories(folder_ / "tykup.toml.d");
    write("tykup.toml", "[deployment]\ntopology = \"oss\"\n");
  }
  ~ConfigLoader() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void write(std::string const& name, std::string const& text) { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] Result<Config> load() const { return load_config({path("tykup.toml"), path("tykup.toml.d")}); }
  [[nodiscard]] std::string path(std::string const& name) const { return (folder_ / name).string(); }

  fs::path folder_ = fs::temp_directory_path() / ("tykup-config-" + std::to_string(::getpid()));
};

TEST_F(ConfigLoader, ReadsDropInsInTheOrderOfTheirNames) {
  write("tykup.toml.d/90-last.toml", "[policy]\ntrack = \"minor\"\n");
  write("tykup.toml.d/10-first.toml", "[policy]\ntrack = \"latest\"\nsoak = \"1d\"\n");
  auto const config = load();
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(to_string(config->policy.track), "minor");
  EXPECT_EQ(config->policy.soak, std::chrono::hours{24});
}

TEST_F(ConfigLoader, LeavesAloneWhatEditorsAndPackagesPutBeside) {
  for (char const* name : {"10-a.toml~", ".10-a.toml", "10-a.toml.dpkg-old", "README"})
    write(std::string("tykup.toml.d/") + name, "no = toml =");
  EXPECT_TRUE(load());
}

TEST_F(ConfigLoader, NeedsNoDropInFolder) {
  fs::remove_all(folder_ / "tykup.toml.d");
  EXPECT_TRUE(load());
}

TEST_F(ConfigLoader, NamesAMissingMainFile) {
  fs::remove(folder_ / "tykup.toml");
  auto const config = load();
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::BadConfig);
  EXPECT_THAT(config.error().message, EndsWith("tykup.toml: cannot be read: No such file or directory"));
}

TEST_F(ConfigLoader, NamesEveryFileThatIsNoToml) {
  write("tykup.toml", "[deployment\n");
  write("tykup.toml.d/10-a.toml", "x = \n");
  auto const config = load();
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, StartsWith(path("tykup.toml") + ":1:"));
  EXPECT_THAT(config.error().detail, HasSubstr("10-a.toml:1:"));
  EXPECT_THAT(config.error().detail, HasSubstr("[deployment\n"));
}

TEST_F(ConfigLoader, NamesTheDropInThatHoldsADefect) {
  write("tykup.toml.d/10-a.toml", "\n[policy]\ntrakc = \"lts\"\n");
  auto const config = load();
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            path("tykup.toml.d/10-a.toml") + ":3:1: unknown key \"trakc\" in policy; did you mean \"track\"?");
}

TEST_F(ConfigLoader, RefusesAFolderInPlaceOfAFile) {
  fs::create_directory(folder_ / "tykup.toml.d/20-folder.toml");
  auto const config = load();
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, EndsWith("20-folder.toml: cannot be read: Is a directory"));
}

TEST_F(ConfigLoader, RefusesAFileThatIsNoConfigurationBySize) {
  write("tykup.toml.d/20-huge.toml", std::string((1 << 20) + 1, '#'));
  auto const config = load();
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("larger than 1 MiB"));
}

TEST_F(ConfigLoader, RefusesAFileInPlaceOfTheDropInFolder) {
  fs::remove_all(folder_ / "tykup.toml.d");
  write("tykup.toml.d", "");
  auto const config = load();
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("tykup.toml.d: cannot be read"));
}

}  // namespace
}  // namespace tykup
