#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

using ::testing::HasSubstr;

class Inspecting : public AptTest {
 protected:
  Inventory inspect() {
    auto inventory = world_.manager().inspect(world_.scope());
    EXPECT_TRUE(inventory.has_value()) << inventory.error().message;
    return inventory.value_or(Inventory{});
  }
};

TEST_F(Inspecting, shows_what_is_installed_and_what_the_signed_index_offers_newest_first) {
  subscribed_host();
  auto const older = offer({.version = "1.2"});
  auto const newer = offer({.version = "1.10"});
  refresh();
  auto const inventory = inspect();
  ASSERT_EQ(inventory.installed.size(), 1U);
  EXPECT_EQ(inventory.installed[0].version, "1.0");
  EXPECT_EQ(inventory.installed[0].status, "installed");
  EXPECT_FALSE(inventory.installed[0].held);
  EXPECT_FALSE(inventory.installed[0].automatic);
  ASSERT_EQ(inventory.candidates.size(), 2U);
  EXPECT_EQ(inventory.candidates[0].version, "1.10");
  EXPECT_EQ(inventory.candidates[0].sha256, newer.sha256);
  EXPECT_EQ(inventory.candidates[1].sha256, older.sha256);
  EXPECT_GT(inventory.candidates[0].size, 0U);
}

TEST_F(Inspecting, a_signed_list_that_a_loss_of_power_left_empty_hides_no_installed_package) {
  subscribed_host();
  offer({.version = "1.2"});
  refresh();
  int emptied = 0;
  for (auto const& entry : std::filesystem::directory_iterator(world_.path("/var/lib/apt/lists"))) {
    if (!entry.path().string().ends_with("InRelease")) continue;
    std::filesystem::resize_file(entry.path(), 0);
    ++emptied;
  }
  ASSERT_EQ(emptied, 1);
  auto const inventory = inspect();
  ASSERT_EQ(inventory.installed.size(), 1U);
  EXPECT_EQ(inventory.installed[0].version, "1.0");
  refresh();
  EXPECT_EQ(inspect().candidates.size(), 1U);
}

TEST_F(Inspecting, tells_file_key_expiry_and_last_refresh_of_the_subscription) {
  subscribed_host();
  offer({.version = "1.2"});
  EXPECT_FALSE(inspect().subscription.refreshed);
  refresh();
  auto const subscription = inspect().subscription;
  EXPECT_EQ(subscription.file, world_.path("/etc/apt/sources.list.d/tyk-gateway.sources"));
  EXPECT_EQ(subscription.suite, "bookworm");
  EXPECT_EQ(subscription.key_fingerprint.size(), 40U);
  ASSERT_TRUE(subscription.key_expires);
  EXPECT_GT(*subscription.key_expires, std::chrono::system_clock::now() + std::chrono::hours{24 * 700});
  ASSERT_TRUE(subscription.refreshed);
  EXPECT_EQ(subscription.problem, "");
}

TEST_F(Inspecting, an_unsubscribed_component_says_so) {
  world_.install({});
  auto const inventory = inspect();
  EXPECT_EQ(inventory.subscription.file, "");
  EXPECT_THAT(inventory.subscription.problem, HasSubstr("tykup subscribe gateway"));
  EXPECT_EQ(inventory.installed.size(), 1U);
}

TEST_F(Inspecting, takes_nothing_from_a_repository_whose_name_merely_begins_the_same) {
  world_.install({});
  world_.add("tyk-gateway-unstable", {.version = "9.0"});
  world_.publish("tyk-gateway-unstable");
  world_.subscribe("tyk-gateway-unstable", world_.keyring("tyk"));
  world_.subscribe("tyk-gateway", world_.keyring("tyk"));
  offer({.version = "1.1"});
  auto const refreshed = world_.manager().refresh({world_.scope(), world_.scope("tyk-gateway-unstable")}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_EQ(refreshed->size(), 2U);
  auto const inventory = inspect();
  ASSERT_EQ(inventory.candidates.size(), 1U);
  EXPECT_EQ(inventory.candidates[0].version, "1.1");
}

TEST_F(Inspecting, finds_a_custom_component_by_the_origin_of_its_signed_release) {
  subscribed_host();
  offer({.version = "1.1"}, {.origin = "House"});
  refresh();
  auto scope = world_.scope();
  scope.url_prefix.clear();
  scope.origin = "House";
  auto const ours = world_.manager().inspect(scope);
  ASSERT_OK(ours);
  EXPECT_EQ(ours->candidates.size(), 1U);
  scope.origin = "Debian";
  auto const other = world_.manager().inspect(scope);
  ASSERT_OK(other);
  EXPECT_TRUE(other->candidates.empty());
  EXPECT_THAT(other->subscription.problem, HasSubstr("Debian"));
}

TEST_F(Inspecting, shows_hold_and_auto_mark) {
  subscribed_host();
  world_.write("/var/lib/apt/extended_states", "Package: tyk-gateway\nArchitecture: amd64\nAuto-Installed: 1\n\n");
  World::run("echo tyk-gateway hold | dpkg --root=" + world_.path("") + " --set-selections");
  auto const inventory = inspect();
  ASSERT_EQ(inventory.installed.size(), 1U);
  EXPECT_TRUE(inventory.installed[0].held);
  EXPECT_TRUE(inventory.installed[0].automatic);
}

TEST_F(Inspecting, a_negative_pin_is_named_with_its_file) {
  subscribed_host();
  offer({.version = "1.1"});
  refresh();
  world_.write("/etc/apt/preferences.d/stay", "Package: tyk-*\nPin: version 1.1\nPin-Priority: -1\n");
  auto const inventory = inspect();
  ASSERT_EQ(inventory.installed.size(), 1U);
  EXPECT_THAT(inventory.installed[0].pinned, HasSubstr("-1"));
  EXPECT_THAT(inventory.installed[0].pinned, HasSubstr("/etc/apt/preferences.d/stay"));
}

TEST_F(Inspecting, a_pin_to_a_line_leaves_only_that_line) {
  subscribed_host();
  offer({.version = "1.1"});
  offer({.version = "2.0"});
  refresh();
  world_.write("/etc/apt/preferences.d/line", "Package: tyk-gateway\nPin: version 1.*\nPin-Priority: 990\n");
  auto const inventory = inspect();
  ASSERT_EQ(inventory.candidates.size(), 1U);
  EXPECT_EQ(inventory.candidates[0].version, "1.1");
  EXPECT_EQ(inventory.installed[0].pinned, "");
}

TEST_F(Inspecting, two_builds_of_one_version_are_two_candidates) {
  subscribed_host();
  auto const first = offer({.version = "1.1"});
  auto const second = offer({.version = "1.1", .files = {{"/opt/tyk-gateway/version", "1.1 again\n"}}});
  ASSERT_NE(first.sha256, second.sha256);
  refresh();
  EXPECT_EQ(inspect().candidates.size(), 2U);
}

TEST_F(Inspecting, broken_packages_anywhere_are_named_with_their_state) {
  subscribed_host();
  auto const healthy = world_.manager().broken({"tyk-gateway"});
  ASSERT_OK(healthy);
  EXPECT_TRUE(healthy->empty());
  world_.dpkg("--install " + world_.build({.name = "stranger", .postinst = "exit 1\n"}), true);
  auto const broken = world_.manager().broken({"tyk-gateway"});
  ASSERT_OK(broken);
  EXPECT_THAT(*broken, ::testing::ElementsAre("stranger (half-configured)"));
}

TEST_F(Inspecting, what_somebody_at_work_has_not_finished_is_not_broken_but_our_own_is_told) {
  subscribed_host();
  world_.dpkg("--install " + world_.build({.name = "stranger", .postinst = "exit 1\n"}), true);
  world_.write("/var/lib/dpkg/updates/0001", "");
  for (auto const* name : {"lock-frontend", "lock"}) {
    tykup::test::LockHolder const holder(world_.path("/var/lib/dpkg/" + std::string(name)));
    auto const none = world_.manager().broken({"tyk-gateway"});
    ASSERT_OK(none);
    EXPECT_TRUE(none->empty()) << name;
    auto const own = world_.manager().broken({"tyk-gateway", "stranger"});
    ASSERT_OK(own);
    EXPECT_THAT(*own, ::testing::ElementsAre("stranger (half-configured)")) << name;
  }
}

TEST_F(Inspecting, an_interrupted_dpkg_is_broken_too) {
  subscribed_host();
  world_.write("/var/lib/dpkg/updates/0001", "");
  auto const broken = world_.manager().broken({"tyk-gateway"});
  ASSERT_OK(broken);
  ASSERT_EQ(broken->size(), 1U);
  EXPECT_EQ(broken->front(), "dpkg (interrupted, its journal is not empty)");
  world_.write("/var/lib/dpkg/updates/0002", "Package: stranger\nStatus: install ok half-configured\nVersion: 1\n");
  auto const named = world_.manager().broken({"tyk-gateway"});
  ASSERT_OK(named);
  EXPECT_THAT(*named, ::testing::Contains("dpkg (interrupted at stranger, its journal is not empty)"));
}

}  // namespace
}  // namespace tykup::pkg::apt::test
