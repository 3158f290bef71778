#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/config/config_text.hpp"

namespace tykup {
namespace {

namespace fs = std::filesystem;

std::string text_of(fs::path const& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> bad_files() {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(fs::path(TYKUP_SOURCE_DIR) / "tests/golden/config")) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

class BadConfigFile : public testing::TestWithParam<fs::path> {};

/// Every word that an operator reads stands in tests/golden/config. TYKUP_UPDATE_GOLDEN=1 writes the answers anew.
TEST_P(BadConfigFile, IsAnsweredWithAllItsDefects) {
  auto const config = test::config_of(text_of(GetParam()));
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::BadConfig);
  std::string const first = config.error().message + "\n";
  std::string said = config.error().detail + "\n";
  // What is no TOML has its caret in the detail alone.
  if (!said.starts_with(first)) said = first + said;
  fs::path const answer = fs::path(GetParam()).replace_extension(".txt");
  if (std::getenv("TYKUP_UPDATE_GOLDEN") != nullptr) std::ofstream(answer) << said;
  EXPECT_EQ(said, text_of(answer));
}

std::string name_of(testing::TestParamInfo<fs::path> const& info) {
  std::string name = info.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Golden, BadConfigFile, testing::ValuesIn(bad_files()), name_of);

TEST(BadConfigFiles, AreManyMoreThanGoodOnes) {
  EXPECT_GE(bad_files().size(), 20U);
}

}  // namespace
}  // namespace tykup
