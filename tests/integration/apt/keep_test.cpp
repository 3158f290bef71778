#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Keeping : public AptTest {
 protected:
  Result<job::Downloaded> keep(std::vector<PackagePin> const& pins) { return world_.manager().keep(world_.scope(), pins, quiet_); }
  static bool has(std::vector<KeptPackage> const& kept, std::string const& version) {
    return std::any_of(kept.begin(), kept.end(), [&](KeptPackage const& k) { return k.version == version; });
  }
  std::string archive_file(PackagePin const& pin) {
    return world_.path("/var/cache/tykup-executor/archives/" + pin.name + "_" + pin.version + "_all_" + pin.sha256 + ".deb");
  }
};

TEST_F(Keeping, the_target_is_kept_together_with_the_installed_version) {
  subscribed_host();
  offer({.version = "1.0"});
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_FALSE(kept->no_way_back);
  EXPECT_EQ(kept->kept.size(), 2U);
  EXPECT_TRUE(has(kept->kept, "1.0"));
  EXPECT_TRUE(has(kept->kept, "1.1"));
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_OK(inventory);
  EXPECT_EQ(inventory->kept.size(), 2U);
  EXPECT_EQ(fs::status(world_.path("/var/cache/tykup-executor/archives")).permissions(), fs::perms{0700});
  EXPECT_FALSE(world_.exists("/var/cache/tykup-executor/archives.partial"));
}

TEST_F(Keeping, what_is_kept_is_not_fetched_again) {
  subscribed_host();
  offer({.version = "1.0"});
  auto const pin = offer({.version = "1.1"});
  refresh();
  ASSERT_OK(keep({pin}));
  fs::remove_all(world_.repository("tyk-gateway") + "/pool");
  ASSERT_OK(keep({pin}));
}

TEST_F(Keeping, a_version_that_left_the_repository_is_adopted_from_apts_cache) {
  auto const deb = world_.build({});
  world_.dpkg("--install " + deb);
  world_.subscribe("tyk-gateway", world_.keyring("tyk"));
  auto const pin = offer({.version = "1.1"});
  refresh();
  fs::copy(deb, world_.path("/var/cache/apt/archives/tyk-gateway_1.0_all.deb"));
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_FALSE(kept->no_way_back);
  EXPECT_TRUE(has(kept->kept, "1.0"));
}

TEST_F(Keeping, a_file_in_apts_cache_with_other_contents_is_no_way_back) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  fs::copy(world_.build({.files = {{"/opt/tyk-gateway/version", "forged\n"}}}),
           world_.path("/var/cache/apt/archives/tyk-gateway_1.0_all.deb"));
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  ASSERT_TRUE(kept->no_way_back);
  EXPECT_EQ(kept->no_way_back->kind, ErrorKind::NoWayBack);
  EXPECT_THAT(kept->no_way_back->message, HasSubstr("tyk-gateway 1.0"));
  EXPECT_FALSE(has(kept->kept, "1.0"));
}

TEST_F(Keeping, a_republished_build_of_the_installed_version_is_no_way_back) {
  subscribed_host();
  offer({.version = "1.0", .files = {{"/opt/tyk-gateway/version", "another build\n"}}});
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  ASSERT_TRUE(kept->no_way_back);
  EXPECT_THAT(kept->no_way_back->message, HasSubstr("other contents"));
}

TEST_F(Keeping, with_nothing_asked_for_only_the_installed_version_is_kept) {
  subscribed_host();
  offer({.version = "1.0"});
  refresh();
  auto const kept = keep({});
  ASSERT_OK(kept);
  EXPECT_EQ(kept->kept.size(), 1U);
}

TEST_F(Keeping, a_pool_file_of_the_same_size_with_other_bytes_is_refused) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const file = world_.repository("tyk-gateway") + "/pool/" + World::run("ls " + world_.repository("tyk-gateway") + "/pool | tr -d '\\n'");
  std::fstream(file, std::ios::in | std::ios::out).seekp(100).put('X');
  ASSERT_FAILS(keep({pin}), ErrorKind::HashMismatch);
  EXPECT_FALSE(fs::exists(archive_file(pin)));
}

TEST_F(Keeping, a_tampered_kept_file_is_fetched_again) {
  subscribed_host();
  offer({.version = "1.0"});
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  std::fstream(archive_file(pin), std::ios::in | std::ios::out).seekp(100).put('X');
  ASSERT_OK(keep({pin}));
  EXPECT_EQ(World::run("sha256sum < " + archive_file(pin) + " | cut -d' ' -f1 | tr -d '\\n'"), pin.sha256);
}

TEST_F(Keeping, says_which_of_name_version_and_digest_is_unknown) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  ASSERT_FAILS(keep({{"tyk-gatway", "1.1", pin.sha256}}), ErrorKind::UnknownPackage);
  ASSERT_FAILS(keep({{"tyk-gateway", "1.2", pin.sha256}}), ErrorKind::UnknownVersion);
  auto const republished = keep({{"tyk-gateway", "1.1", std::string(64, 'a')}});
  ASSERT_FAILS(republished, ErrorKind::UnknownVersion);
  EXPECT_THAT(republished.error().message, HasSubstr("other bytes"));
}

TEST_F(Keeping, an_epoch_stands_in_no_file_name) {
  subscribed_host();
  auto const pin = offer({.version = "1:0.9"});
  bring(pin);
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_OK(inventory);
  ASSERT_EQ(inventory->kept.size(), 1U);
  EXPECT_EQ(inventory->kept[0].version, "1:0.9");
}

TEST_F(Keeping, a_full_file_system_is_named_with_figures_before_anything_is_fetched) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const folder = world_.path("/var/cache/tykup-executor");
  fs::create_directories(folder);
  World::run("mount -t tmpfs -o size=64k tmpfs " + folder);
  auto const kept = keep({pin});
  World::run("umount " + folder);
  ASSERT_FAILS(kept, ErrorKind::NoSpace);
  EXPECT_THAT(kept.error().message, HasSubstr(folder));
  EXPECT_THAT(kept.error().message, HasSubstr("MiB"));
}

TEST_F(Keeping, an_archive_folder_that_others_may_write_is_refused) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  fs::create_directories(world_.path("/var/cache/tykup-executor/archives"));
  fs::permissions(world_.path("/var/cache/tykup-executor/archives"), fs::perms{0777});
  ASSERT_FAILS(keep({pin}), ErrorKind::NotAllowed);
}

TEST_F(Keeping, required_dependencies_are_kept_too) {
  subscribed_host();
  world_.add("tyk-gateway", {.name = "libtyk", .version = "3"});
  auto const pin = offer({.version = "1.1", .depends = "libtyk (>= 3)"});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_TRUE(has(kept->kept, "3"));
}

TEST_F(Keeping, old_files_are_pruned_and_the_wanted_stay) {
  subscribed_host();
  offer({.version = "1.0"});
  PackagePin pin;
  for (auto const* version : {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6"}) {
    pin = offer({.version = version});
    bring(pin);
  }
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_OK(inventory);
  EXPECT_EQ(inventory->kept.size(), 5U);
  EXPECT_TRUE(has(inventory->kept, "1.0"));
  EXPECT_TRUE(has(inventory->kept, "1.6"));
  EXPECT_FALSE(has(inventory->kept, "1.1"));
}

}  // namespace
}  // namespace tykup::pkg::apt::test
