#include "daemon/os/toml_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ConfigValue::Table const& table_of(ConfigValue const& value) {
  return std::get<ConfigValue::Table>(value.value);
}

TEST(TomlReader, KeepsTheOrderOfTheTextAndThePlaceOfEachKeyAndValue) {
  auto const read =
      read_toml("[policy]\nsoak  = \"3d\"\nhold = [\"pump\",\n  \"mdcb\"]\n[backup]\nkeep = 3\n", "t.toml");
  ASSERT_TRUE(read) << read.error().message;
  auto const& root = table_of(*read);
  ASSERT_EQ(root.size(), 2U);
  EXPECT_EQ(root[0].first, "policy");
  EXPECT_EQ(root[1].first, "backup");
  auto const& policy = table_of(root[0].second);
  EXPECT_EQ(policy[0].first, "soak");
  EXPECT_EQ(policy[0].second.source.line, 2U);
  EXPECT_EQ(policy[0].second.source.column, 9U);
  EXPECT_EQ(policy[0].second.key_source.column, 1U);
  auto const& hold = std::get<ConfigValue::Array>(policy[1].second.value);
  EXPECT_EQ(hold[1].source.line, 4U);
  EXPECT_EQ(hold[1].source.column, 3U);
  EXPECT_EQ(std::get<std::int64_t>(table_of(root[1].second)[0].second.value), 3);
}

TEST(TomlReader, HandsDatesOverInTheirRfc3339Spelling) {
  auto const read = read_toml(
      "a = 2026-12-18\nb = 2026-12-18T18:00:00+01:00\nc = 2026-12-18 18:00:00\nd = 18:00:00\ne = \"2026-12-18\"\n",
      "t");
  ASSERT_TRUE(read) << read.error().message;
  std::vector<std::string> texts;
  for (auto const& [key, value] : table_of(*read)) {
    texts.push_back(std::get<std::string>(value.value));
    EXPECT_EQ(value.date_time, key != "e") << key;
  }
  EXPECT_THAT(texts, testing::ElementsAre("2026-12-18", "2026-12-18T18:00:00+01:00", "2026-12-18T18:00:00", "18:00:00",
                                          "2026-12-18"));
}

TEST(TomlReader, PointsAtWhatIsNoToml) {
  struct {
    std::string_view text;
    std::string_view place;
    std::string_view caret;
  } const rows[] = {
      {"[policy]\ntrack = lts\n", "t.toml:2:", "track = lts\n        ^"},
      {"[policy\n", "t.toml:1:8: ", "[policy\n       ^"},
      {"a = 1\na = 2\n", "t.toml:2:", "a = 2\n"},
      {"[a]\n[a]\n", "t.toml:2:", "[a]\n"},
      {"x = \"open\n", "t.toml:1:", "x = \"open\n"},
      {"\tx = ]\n", "t.toml:1:", "\tx = ]\n\t    ^"},
      {"= 3\n", "t.toml:1:1: ", "= 3\n^"},
      {"x = 2026-02-30\n", "t.toml:1:", "x = 2026-02-30\n"},
      {"x = 99999999999999999999\n", "t.toml:1:", "x = 9999"},
      {"x = '\xff'\n", "t.toml:1:", "x = "},
      {"x", "t.toml:1:", "x\n"},
      {"a.b = 1\na = 2", "t.toml:2:", "a = 2\n"},
  };
  for (auto const& row : rows) {
    auto const read = read_toml(row.text, "t.toml");
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error().kind, ErrorKind::BadConfig);
    EXPECT_THAT(read.error().message, StartsWith(row.place));
    EXPECT_THAT(read.error().detail, StartsWith(row.caret));
    EXPECT_THAT(read.error().detail, HasSubstr("^"));
  }
}

TEST(TomlReader, RefusesNestingWithoutEnd) {
  EXPECT_FALSE(read_toml("x = " + std::string(100000, '['), "t.toml"));
}

}  // namespace
}  // namespace tykup
