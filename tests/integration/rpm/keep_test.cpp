#include <gmock/gmock.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Keeping : public RpmTest {
 protected:
  Result<job::Downloaded> keep(std::vector<PackagePin> const& pins) { return world_.manager().keep(world_.scope(), pins, quiet_); }
  static bool has(std::vector<KeptPackage> const& kept, std::string const& version) {
    return std::any_of(kept.begin(), kept.end(), [&](KeptPackage const& k) { return k.version == version; });
  }
  /// The one file of that version in the repository.
  std::string served_file(std::string const& version) {
    for (auto const& entry : fs::directory_iterator(world_.repository("tyk-gateway"))) {
      if (entry.path().filename().string().find("tyk-gateway-" + version + "-1.") != std::string::npos) return entry.path();
    }
    ADD_FAILURE() << "no file of " << version;
    return {};
  }
};

TEST_F(Keeping, the_target_is_kept_in_a_folder_that_is_roots_alone) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_EQ(kept->kept, (std::vector<KeptPackage>{{pin.name, pin.version, pin.sha256}}));
  EXPECT_EQ(fs::status(world_.paths().archives).permissions(), fs::perms{0700});
  EXPECT_FALSE(fs::exists(world_.paths().archives + ".partial"));
}

TEST_F(Keeping, the_installed_build_is_kept_from_its_repository) {
  auto const installed = world_.add("tyk-gateway", {.version = "1.0"});
  world_.rpm("-i --nosignature " + served_file("1.0"));
  world_.subscribe("tyk-gateway", world_.key_file("tyk"));
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_FALSE(kept->no_way_back) << kept->no_way_back->message;
  EXPECT_EQ(kept->kept.size(), 2U);
  EXPECT_TRUE(fs::exists(world_.kept_file(installed)));
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_OK(inventory);
  EXPECT_EQ(inventory->kept.size(), 2U);
}

TEST_F(Keeping, what_is_kept_is_not_fetched_again) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  ASSERT_OK(keep({pin}));
  fs::remove(served_file("1.1"));
  ASSERT_OK(keep({pin}));
}

TEST_F(Keeping, a_version_that_left_the_repository_is_adopted_from_dnfs_cache) {
  auto const file = world_.build({});
  world_.rpm("-i --nosignature " + file);
  world_.subscribe("tyk-gateway", world_.key_file("tyk"));
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const cache = world_.path("/var/cache/dnf/tyk-gateway-0123456789abcdef/packages");
  fs::create_directories(cache);
  fs::copy(file, cache + "/tyk-gateway-1.0-1.noarch.rpm");
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_FALSE(kept->no_way_back) << kept->no_way_back->message;
  EXPECT_TRUE(has(kept->kept, "1.0-1"));
}

TEST_F(Keeping, a_file_in_dnfs_cache_with_other_contents_is_no_way_back) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const cache = world_.path("/var/cache/dnf/tyk-gateway-0123456789abcdef/packages");
  fs::create_directories(cache);
  fs::copy(world_.build({.files = {{"/opt/tyk-gateway/version", "forged\n"}}}), cache + "/tyk-gateway-1.0-1.noarch.rpm");
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  ASSERT_TRUE(kept->no_way_back);
  EXPECT_EQ(kept->no_way_back->kind, ErrorKind::NoWayBack);
  EXPECT_THAT(kept->no_way_back->message, HasSubstr("tyk-gateway 1.0-1"));
  EXPECT_FALSE(has(kept->kept, "1.0-1"));
}

TEST_F(Keeping, a_file_in_dnfs_cache_whose_payload_was_exchanged_is_no_way_back) {
  auto const file = world_.build({});
  world_.rpm("-i --nosignature " + file);
  world_.subscribe("tyk-gateway", world_.key_file("tyk"));
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const cached = world_.path("/var/cache/dnf/tyk-gateway-0123456789abcdef/packages/tyk-gateway-1.0-1.noarch.rpm");
  fs::create_directories(fs::path(cached).parent_path());
  fs::copy(file, cached);
  std::fstream(cached, std::ios::in | std::ios::out).seekp(-8, std::ios::end).write("XXXXXXXX", 8);
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_TRUE(kept->no_way_back);
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
  world_.add("tyk-gateway", {.version = "1.0"});
  world_.rpm("-i --nosignature " + served_file("1.0"));
  world_.subscribe("tyk-gateway", world_.key_file("tyk"));
  offer({.version = "1.1"});
  refresh();
  auto const kept = keep({});
  ASSERT_OK(kept);
  EXPECT_EQ(kept->kept.size(), 1U);
}

TEST_F(Keeping, a_served_file_of_the_same_size_with_other_bytes_is_refused) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  std::fstream(served_file("1.1"), std::ios::in | std::ios::out).seekp(-8, std::ios::end).put('X');
  ASSERT_FAILS(keep({pin}), ErrorKind::HashMismatch);
  EXPECT_FALSE(fs::exists(world_.kept_file(pin)));
}

TEST_F(Keeping, a_truncated_file_is_refused) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  fs::resize_file(served_file("1.1"), fs::file_size(served_file("1.1")) / 2);
  ASSERT_FAILS(keep({pin}), ErrorKind::HashMismatch);
  EXPECT_FALSE(fs::exists(world_.kept_file(pin)));
}

TEST_F(Keeping, a_file_that_the_index_promises_and_nobody_has_is_said_to_be_gone) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  fs::remove(served_file("1.1"));
  auto const kept = keep({pin});
  ASSERT_FAILS(kept, ErrorKind::UnknownVersion);
  EXPECT_THAT(kept.error().message, HasSubstr("its file is not there"));
}

TEST_F(Keeping, a_tampered_kept_file_is_fetched_again) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  std::fstream(world_.kept_file(pin), std::ios::in | std::ios::out).seekp(100).put('X');
  ASSERT_OK(keep({pin}));
  EXPECT_EQ(world_.run_at_home("sha256sum " + world_.kept_file(pin)).substr(0, 64), pin.sha256);
}

TEST_F(Keeping, says_which_of_name_version_and_digest_is_unknown) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  ASSERT_FAILS(keep({{"tyk-gatway", "1.1-1", pin.sha256}}), ErrorKind::UnknownPackage);
  ASSERT_FAILS(keep({{"tyk-gateway", "1.2-1", pin.sha256}}), ErrorKind::UnknownVersion);
  auto const republished = keep({{"tyk-gateway", "1.1-1", std::string(64, 'a')}});
  ASSERT_FAILS(republished, ErrorKind::UnknownVersion);
  EXPECT_THAT(republished.error().message, HasSubstr("other bytes"));
}

TEST_F(Keeping, a_version_that_was_published_anew_with_other_bytes_is_not_the_one_that_was_shown) {
  subscribed_host();
  auto const shown = offer({.version = "1.1"});
  refresh();
  fs::remove(served_file("1.1"));
  offer({.version = "1.1", .files = {{"/opt/tyk-gateway/version", "1.1 again\n"}}});
  refresh();
  auto const kept = keep({shown});
  ASSERT_FAILS(kept, ErrorKind::UnknownVersion);
  EXPECT_THAT(kept.error().message, HasSubstr("published anew"));
}

TEST_F(Keeping, an_epoch_stands_in_no_file_name) {
  subscribed_host();
  auto const pin = offer({.version = "0.9", .epoch = "1"});
  bring(pin);
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_OK(inventory);
  ASSERT_EQ(inventory->kept.size(), 1U);
  EXPECT_EQ(inventory->kept[0].version, "1:0.9-1");
}

TEST_F(Keeping, a_full_file_system_is_named_with_figures_before_anything_is_fetched) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  auto const folder = fs::path(world_.paths().archives).parent_path().string();
  fs::rename(world_.paths().metadata, world_.path("/metadata"));
  ASSERT_EQ(mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k"), 0);
  fs::create_directory_symlink(world_.path("/metadata"), world_.paths().metadata);
  auto const kept = keep({pin});
  umount(folder.c_str());
  ASSERT_FAILS(kept, ErrorKind::NoSpace);
  EXPECT_THAT(kept.error().message, HasSubstr(folder));
  EXPECT_THAT(kept.error().message, HasSubstr("MiB"));
}

TEST_F(Keeping, an_archive_folder_that_others_may_write_is_refused) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  fs::create_directories(world_.paths().archives);
  fs::permissions(world_.paths().archives, fs::perms{0777});
  ASSERT_FAILS(keep({pin}), ErrorKind::NotAllowed);
}

TEST_F(Keeping, required_dependencies_are_kept_too) {
  subscribed_host();
  world_.add("tyk-gateway", {.name = "libtyk", .version = "3"});
  auto const pin = offer({.version = "1.1", .requires_these = {"libtyk >= 3"}});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_TRUE(has(kept->kept, "3-1"));
}

TEST_F(Keeping, a_dependency_comes_from_another_repository_that_can_be_trusted) {
  subscribed_host();
  world_.add("base", {.name = "libtyk", .version = "3", .key = "distribution"});
  world_.publish("base", {.key = "distribution"});
  world_.subscribe("base", world_.key_file("distribution"));
  auto const pin = offer({.version = "1.1", .requires_these = {"libtyk"}});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_TRUE(has(kept->kept, "3-1"));
}

TEST_F(Keeping, a_dependency_in_a_repository_that_cannot_be_trusted_is_refused_with_both_names) {
  subscribed_host();
  world_.add("base", {.name = "libtyk", .version = "3"});
  world_.publish("base");
  world_.subscribe("base", world_.key_file("tyk"), "gpgcheck=1\n");
  auto const pin = offer({.version = "1.1", .requires_these = {"libtyk"}});
  refresh();
  auto const kept = keep({pin});
  ASSERT_FAILS(kept, ErrorKind::PlanRefused);
  EXPECT_THAT(kept.error().message, HasSubstr("libtyk"));
  EXPECT_THAT(kept.error().detail, HasSubstr("repo_gpgcheck=0"));
}

TEST_F(Keeping, an_installed_dependency_that_is_too_old_is_brought_up) {
  subscribed_host();
  world_.install({.name = "libtyk", .version = "2"});
  world_.add("tyk-gateway", {.name = "libtyk", .version = "3"});
  auto const pin = offer({.version = "1.1", .requires_these = {"libtyk >= 3"}});
  refresh();
  auto const kept = keep({pin});
  ASSERT_OK(kept);
  EXPECT_TRUE(has(kept->kept, "3-1"));
}

TEST_F(Keeping, a_target_that_would_remove_another_package_is_refused) {
  subscribed_host();
  world_.install({.name = "stranger"});
  auto const conflicting = offer({.version = "1.1", .conflicts = {"stranger"}});
  auto const obsoleting = offer({.version = "1.2", .obsoletes = {"stranger"}});
  refresh();
  ASSERT_FAILS(keep({conflicting}), ErrorKind::PlanRefused);
  auto const kept = keep({obsoleting});
  ASSERT_FAILS(kept, ErrorKind::PlanRefused);
  EXPECT_THAT(kept.error().message, HasSubstr("remove stranger"));
}

TEST_F(Keeping, old_files_are_pruned_and_the_wanted_stay) {
  subscribed_host();
  PackagePin pin;
  for (auto const* version : {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6"}) {
    pin = offer({.version = version});
    bring(pin);
  }
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_OK(inventory);
  EXPECT_EQ(inventory->kept.size(), 4U);
  EXPECT_TRUE(has(inventory->kept, "1.6-1"));
  EXPECT_FALSE(has(inventory->kept, "1.1-1"));
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
