#include "pkg/executor/subscribe.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

std::string const kFull = "F3781522A858A2C43D3BC997CA041CD1466FA2F8";

TEST(Fingerprint, is_taken_as_people_write_it) {
  for (auto const* text : {"F3781522A858A2C43D3BC997CA041CD1466FA2F8", "f378 1522 a858 a2c4 3d3b  c997 ca04 1cd1 466f a2f8",
                           "0xF3781522A858A2C43D3BC997CA041CD1466FA2F8"})
    EXPECT_EQ(parse_fingerprint(text).value_or("?"), kFull) << text;
}

TEST(Fingerprint, short_ids_and_other_texts_are_refused) {
  for (auto const* text : {"", "466FA2F8", "CA041CD1466FA2F8", "F3781522A858A2C43D3BC997CA041CD1466FA2FG",
                           "F3781522A858A2C43D3BC997CA041CD1466FA2F8F3"}) {
    auto const parsed = parse_fingerprint(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::BadRequest);
  }
}

struct ChangesTest : testing::Test {
  ChangesTest() {
    std::string pattern = testing::TempDir() + "tykup-changes-XXXXXX";
    folder = mkdtemp(pattern.data());
    EXPECT_TRUE(write_durably(folder + "/old", "old"));
  }
  ~ChangesTest() override { std::filesystem::remove_all(folder); }
  void change(bool keep) const {
    Changes changes;
    EXPECT_TRUE(changes.set_aside(folder + "/old"));
    EXPECT_TRUE(changes.remove(folder + "/old"));
    EXPECT_TRUE(changes.write(folder + "/new", "new"));
    EXPECT_TRUE(changes.write(folder + "/new", "newer"));
    if (keep) changes.keep();
  }
  std::string folder;
};

TEST_F(ChangesTest, are_undone_unless_kept) {
  change(false);
  EXPECT_EQ(read_file(folder + "/old").value_or("?"), "old");
  EXPECT_FALSE(exists(folder + "/new"));
  EXPECT_FALSE(exists(folder + "/old.save"));
}

TEST_F(ChangesTest, stay_when_kept) {
  change(true);
  EXPECT_FALSE(exists(folder + "/old"));
  EXPECT_EQ(read_file(folder + "/old.save").value_or("?"), "old");
  EXPECT_EQ(read_file(folder + "/new").value_or("?"), "newer");
}

}  // namespace
}  // namespace tykup::executor
