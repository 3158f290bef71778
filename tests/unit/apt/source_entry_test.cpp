#include "pkg/apt/source_entry.hpp"

#include <gtest/gtest.h>

namespace tykup::pkg::apt {
namespace {

std::string const kUrl = "https://packagecloud.io/tyk/tyk-gateway/";

TEST(Entry, is_laid_out_as_packagecloud_is) {
  EXPECT_EQ(source_entry("https://packagecloud.io/tyk/tyk-gateway", {"debian", "bookworm"}, "amd64", "/etc/apt/keyrings/k.gpg"),
            "# Written by `tykup subscribe`.\nTypes: deb\nURIs: https://packagecloud.io/tyk/tyk-gateway/debian/\n"
            "Suites: bookworm\nComponents: main\nArchitectures: amd64\nSigned-By: /etc/apt/keyrings/k.gpg\n");
}

TEST(Release, other_distributions_are_refused_by_name) {
  auto const debian = release_of({{"ID", "debian"}, {"VERSION_CODENAME", "bookworm"}});
  ASSERT_TRUE(debian);
  EXPECT_EQ(debian->codename, "bookworm");
  EXPECT_FALSE(release_of({}));
  EXPECT_FALSE(release_of({{"ID", "fedora"}, {"VERSION_CODENAME", "x"}}));
  EXPECT_FALSE(release_of({{"ID", "debian"}})) << "sid has no codename";
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

}  // namespace
}  // namespace tykup::pkg::apt
