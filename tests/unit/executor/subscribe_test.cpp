#include "pkg/executor/subscribe.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

std::string const kFull = "F3781522A858A2C43D3BC997CA041CD1466FA2F8";
std::string const kUrl = "https://packagecloud.io/tyk/tyk-gateway/";

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

TEST(Entry, is_laid_out_as_packagecloud_is) {
  EXPECT_EQ(source_entry("https://packagecloud.io/tyk/tyk-gateway", {"debian", "bookworm"}, "amd64", "/etc/apt/keyrings/k.gpg"),
            "# Written by `tykup subscribe`.\nTypes: deb\nURIs: https://packagecloud.io/tyk/tyk-gateway/debian/\n"
            "Suites: bookworm\nComponents: main\nArchitectures: amd64\nSigned-By: /etc/apt/keyrings/k.gpg\n");
}

TEST(Release, other_distributions_are_refused_by_name) {
  auto const debian = release_from("ID=debian\nVERSION_CODENAME=bookworm\n");
  ASSERT_TRUE(debian);
  EXPECT_EQ(debian->codename, "bookworm");
  for (auto const* text : {"", "ID=fedora\n", "ID=debian\n"}) EXPECT_FALSE(release_from(text)) << text;
}

TEST(ReplacedList, only_lines_of_that_repository_become_comments) {
  EXPECT_EQ(without_entry("# deb " + kUrl + "debian x main\ndeb [trusted=yes] " + kUrl + "debian/ bookworm main\ndeb-src " + kUrl +
                              "debian/ bookworm main\ndeb https://deb.debian.org/debian bookworm main\n",
                          kUrl),
            "# deb " + kUrl + "debian x main\n# replaced by tykup: deb [trusted=yes] " + kUrl +
                "debian/ bookworm main\n# replaced by tykup: deb-src " + kUrl +
                "debian/ bookworm main\ndeb https://deb.debian.org/debian bookworm main\n");
}

TEST(OnlyEntry, a_file_with_other_sources_is_not_ours_to_remove) {
  EXPECT_TRUE(only_entry("Types: deb\nURIs: " + kUrl + "debian/\n", kUrl));
  EXPECT_FALSE(only_entry("URIs: " + kUrl + "debian/ https://other/\n", kUrl));
  EXPECT_FALSE(only_entry("URIs: " + kUrl + "debian/\n\nuris: https://other/\n", kUrl));
  EXPECT_FALSE(only_entry("", kUrl));
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
