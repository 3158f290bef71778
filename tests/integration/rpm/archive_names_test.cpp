#include <gtest/gtest.h>

#include <fstream>

#include "pkg/common/archive.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::pkg {
namespace {

struct Row {
  char const* what;
  PackageLabel label;
};

TEST(NamesOfKeptPackages, AreReadAsTheyWereWritten) {
  Row const rows[] = {
      {"an architecture with an underscore", {"tyk-gateway", "5.8.15-1", "x86_64"}},
      {"a name with underscores", {"page_server_two", "1-1", "noarch"}},
      {"a version with an underscore", {"page", "1_2-3_4", "x86_64"}},
      {"an epoch", {"page", "2:1.0-1", "x86_64"}},
      {"a pre-release", {"tyk-gateway", "5.8.3~rc1-1", "aarch64"}},
  };
  for (auto const& row : rows) {
    fakes::TemporaryFolder const folder;
    auto const file = (folder / "fetched").string();
    std::ofstream(file) << row.what;
    Archive const archive((folder / "archives").string(), {PackageFormat::Rpm, ".rpm", [&](auto const&) -> Result<PackageLabel> { return row.label; }});
    ASSERT_TRUE(archive.prepare()) << row.what;
    auto const kept = archive.adopt(file, std::nullopt);
    ASSERT_TRUE(kept) << row.what;
    auto const listed = archive.list();
    ASSERT_EQ(listed.size(), 1U) << row.what;
    EXPECT_EQ(listed.front(), *kept) << row.what;
    EXPECT_EQ(listed.front().version, row.label.version) << row.what;
    EXPECT_TRUE(archive.open({row.label.name, row.label.version, kept->sha256})) << row.what;
  }
}

}  // namespace
}  // namespace tykup::pkg
