#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/rpm/workshop.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char const* kBoth = "gpgcheck=1\nrepo_gpgcheck=1\n";

class Inspecting : public RpmTest {
 protected:
  Inventory inspect() {
    auto inventory = world_.manager().inspect(world_.scope());
    EXPECT_TRUE(inventory.has_value()) << inventory.error().message;
    return inventory.value_or(Inventory{});
  }
  std::string offered() {
    std::string versions;
    for (auto const& candidate : inspect().candidates) versions += candidate.version + " ";
    return versions;
  }
};

TEST_F(Inspecting, shows_what_is_installed_and_what_the_signed_index_offers_newest_first) {
  subscribed_host();
  auto const older = offer({.version = "1.2"});
  auto const newer = offer({.version = "1.10"});
  auto const newest = offer({.version = "0.9", .epoch = "1"});
  refresh();
  auto const inventory = inspect();
  ASSERT_EQ(inventory.installed.size(), 1U);
  EXPECT_EQ(inventory.installed[0].version, "1.0-1");
  EXPECT_EQ(inventory.installed[0].status, "installed");
  EXPECT_FALSE(inventory.installed[0].held);
  ASSERT_EQ(inventory.candidates.size(), 3U);
  EXPECT_EQ(inventory.candidates[0].version, "1:0.9-1");
  EXPECT_EQ(inventory.candidates[0].sha256, newest.sha256);
  EXPECT_EQ(inventory.candidates[1].version, "1.10-1");
  EXPECT_EQ(inventory.candidates[1].sha256, newer.sha256);
  EXPECT_EQ(inventory.candidates[2].sha256, older.sha256);
  EXPECT_GT(inventory.candidates[0].size, 0U);
}

TEST_F(Inspecting, needs_no_repository_once_it_was_refreshed) {
  subscribed_host();
  offer({.version = "1.2"});
  refresh();
  fs::remove_all(world_.repository("tyk-gateway"));
  EXPECT_EQ(offered(), "1.2-1 ");
}

TEST_F(Inspecting, tells_file_key_expiry_and_last_refresh_of_the_subscription) {
  subscribed_host();
  offer({.version = "1.2"});
  EXPECT_FALSE(inspect().subscription.refreshed);
  refresh();
  auto const subscription = inspect().subscription;
  EXPECT_EQ(subscription.file, world_.path("/etc/yum.repos.d/tyk-gateway.repo"));
  EXPECT_EQ(subscription.suite, "tyk-gateway");
  EXPECT_EQ(subscription.key_fingerprint.size(), 40U);
  EXPECT_TRUE(subscription.refreshed);
  EXPECT_EQ(subscription.problem, "");
  EXPECT_EQ(subscription.weakness, "");
}

TEST_F(Inspecting, an_unsubscribed_component_says_so) {
  world_.install({});
  auto const inventory = inspect();
  EXPECT_EQ(inventory.subscription.file, "");
  EXPECT_THAT(inventory.subscription.problem, HasSubstr("tykup subscribe gateway"));
  EXPECT_EQ(inventory.installed.size(), 1U);
}

TEST_F(Inspecting, a_disabled_repository_is_none) {
  world_.install({});
  world_.subscribe("tyk-gateway", world_.key_file("tyk"), std::string(kBoth) + "enabled=0\n");
  EXPECT_THAT(inspect().subscription.problem, HasSubstr("no enabled repository"));
}

TEST_F(Inspecting, takes_nothing_from_a_repository_whose_name_merely_begins_the_same) {
  world_.install({});
  world_.add("tyk-gateway-unstable", {.version = "9.0"});
  world_.publish("tyk-gateway-unstable");
  world_.subscribe("tyk-gateway-unstable", world_.key_file("tyk"));
  world_.subscribe("tyk-gateway", world_.key_file("tyk"));
  offer({.version = "1.1"});
  auto const refreshed = world_.manager().refresh({world_.scope(), world_.scope("tyk-gateway-unstable")}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_EQ(refreshed->size(), 2U);
  EXPECT_EQ(offered(), "1.1-1 ");
}

TEST_F(Inspecting, an_entry_with_a_second_url_elsewhere_serves_no_component) {
  subscribed_host();
  world_.subscribe("tyk-gateway", world_.key_file("tyk"), std::string(kBoth) + "baseurl=file://" +
                   world_.repository("tyk-gateway") + "/ file:///elsewhere/\n");
  EXPECT_THAT(inspect().subscription.problem, HasSubstr("no enabled repository"));
}

TEST_F(Inspecting, finds_a_custom_component_by_the_id_of_its_repository) {
  subscribed_host();
  offer({.version = "1.1"});
  refresh();
  auto scope = world_.scope();
  scope.url_prefix.clear();
  scope.origin = "tyk-gateway";
  auto const ours = world_.manager().inspect(scope);
  ASSERT_OK(ours);
  EXPECT_EQ(ours->candidates.size(), 1U);
  scope.origin = "baseos";
  auto const other = world_.manager().inspect(scope);
  ASSERT_OK(other);
  EXPECT_TRUE(other->candidates.empty());
  EXPECT_THAT(other->subscription.problem, HasSubstr("baseos"));
}

struct Kept {
  char const* name;
  std::string main;   ///< in dnf.conf
  std::string entry;  ///< in the .repo file
  std::string locks;
  std::string offered;
  bool held;
  std::string pinned;
  friend void PrintTo(Kept const& row, std::ostream* out) { *out << row.name; }
};

class KeptAway : public Inspecting, public ::testing::WithParamInterface<Kept> {};

TEST_P(KeptAway, by_what_the_operator_wrote) {
  auto const& row = GetParam();
  subscribed_host();
  world_.add("tyk-gateway", {.version = "1.1"});
  offer({.version = "2.0"});
  refresh();
  if (!row.main.empty()) world_.write("/etc/dnf/dnf.conf", "[main]\n" + row.main);
  if (!row.entry.empty()) world_.subscribe("tyk-gateway", world_.key_file("tyk"), kBoth + row.entry);
  if (!row.locks.empty()) world_.write("/etc/dnf/plugins/versionlock.list", row.locks);
  auto const inventory = inspect();
  EXPECT_EQ(offered(), row.offered);
  ASSERT_EQ(inventory.installed.size(), 1U);
  EXPECT_EQ(inventory.installed[0].held, row.held);
  EXPECT_EQ(inventory.installed[0].pinned.empty(), row.pinned.empty());
  EXPECT_THAT(inventory.installed[0].pinned, HasSubstr(row.pinned));
}

// Where nothing newer is left, candidates are named although they are kept away: the report says why.
INSTANTIATE_TEST_SUITE_P(
    table, KeptAway,
    ::testing::Values(
        Kept{"nothing", "", "", "", "2.0-1 1.1-1 ", false, ""},
        Kept{"name_excluded", "excludepkgs=tyk-gateway\n", "", "", "2.0-1 1.1-1 ", true, "excludepkgs=tyk-gateway in "},
        Kept{"name_excluded_by_the_old_word", "exclude=tyk-gateway\n", "", "", "2.0-1 1.1-1 ", true, "excludepkgs=tyk-gateway"},
        Kept{"glob_excluded_among_others", "exclude=nginx* tyk-*\n", "", "", "2.0-1 1.1-1 ", true, "excludepkgs=tyk-*"},
        Kept{"another_excluded", "excludepkgs=tyk-pump,tyk\n", "", "", "2.0-1 1.1-1 ", false, ""},
        Kept{"a_version_excluded", "excludepkgs=tyk-gateway-2.*\n", "", "", "1.1-1 ", false, ""},
        Kept{"excluded_in_the_entry", "", "excludepkgs=tyk-gateway-2.0-1\n", "", "1.1-1 ", false, ""},
        Kept{"not_among_the_included", "", "includepkgs=tyk-gateway-1.1*\n", "", "1.1-1 ", false, ""},
        Kept{"locked_to_the_installed", "", "", "# by hand\ntyk-gateway-0:1.0-1.*\n", "2.0-1 1.1-1 ", true, "versionlock"},
        Kept{"locked_to_the_installed_without_epoch", "", "", "tyk-gateway-1.0-1\n", "2.0-1 1.1-1 ", true, "versionlock.list"},
        Kept{"locked_to_another", "", "", "tyk-gateway-0:1.1-1.*\n", "1.1-1 ", false, ""},
        Kept{"locked_to_a_line", "", "", "tyk-gateway-0:1.*-*.*  # line\n", "1.1-1 ", false, ""},
        Kept{"locked_to_what_is_not_offered", "", "", "tyk-gateway-0:1.0*\n", "2.0-1 1.1-1 ", false, "versionlock"},
        Kept{"a_version_locked_out", "", "", "!tyk-gateway-0:2.0-1.*\n", "1.1-1 ", false, ""},
        Kept{"locks_of_others", "", "", "tyk-pump-0:1.0-1.*\n!tyk-pump-0:2.0-1.*\n", "2.0-1 1.1-1 ", false, ""},
        Kept{"a_lock_that_is_a_comment", "", "", "#tyk-gateway-0:1.0-1.*\n\n", "2.0-1 1.1-1 ", false, ""}),
    [](auto const& row) { return row.param.name; });

TEST_F(Inspecting, the_list_of_locks_is_where_the_plugin_has_it) {
  subscribed_host();
  offer({.version = "1.1"});
  refresh();
  world_.write("/etc/dnf/plugins/versionlock.conf", "[main]\nenabled = 1\nlocklist = /etc/locks\n");
  world_.write("/etc/locks", "tyk-gateway-0:1.0-1.*\n");
  EXPECT_TRUE(inspect().installed.at(0).held);
  world_.write("/etc/dnf/plugins/versionlock.conf", "[main]\nenabled = 0\nlocklist = /etc/locks\n");
  EXPECT_FALSE(inspect().installed.at(0).held);
}

TEST_F(Inspecting, two_builds_of_one_version_are_two_candidates) {
  subscribed_host();
  auto const first = offer({.version = "1.1"});
  auto const second = offer({.version = "1.1", .files = {{"/opt/tyk-gateway/version", "1.1 again\n"}}});
  ASSERT_NE(first.sha256, second.sha256);
  refresh();
  EXPECT_EQ(inspect().candidates.size(), 2U);
}

TEST_F(Inspecting, packages_that_are_named_by_a_weak_digest_are_no_candidates_and_it_is_said) {
  subscribed_host();
  auto const pin = world_.add("tyk-gateway", {.version = "1.1"});
  auto const base = world_.repository("tyk-gateway");
  ASSERT_EQ(world_.run_at_home("createrepo_c --quiet --no-database --checksum sha1 --repomd-checksum sha256 " + base), "");
  Workshop::the().sign_detached(base + "/repodata/repomd.xml", "tyk");
  refresh();
  auto const inventory = inspect();
  EXPECT_TRUE(inventory.candidates.empty());
  EXPECT_THAT(inventory.subscription.problem, HasSubstr("tyk-gateway 1.1-1 (sha1)"));
  auto const kept = world_.manager().keep(world_.scope(), {pin}, quiet_);
  ASSERT_FAILS(kept, ErrorKind::KeyTooWeak);
  EXPECT_THAT(kept.error().message, HasSubstr("tyk-gateway 1.1-1 (sha1)"));
}

TEST_F(Inspecting, an_index_that_is_named_by_a_weak_digest_is_refused) {
  subscribed_host();
  world_.add("tyk-gateway", {.version = "1.1"});
  auto const base = world_.repository("tyk-gateway");
  ASSERT_EQ(world_.run_at_home("createrepo_c --quiet --no-database --repomd-checksum sha1 " + base), "");
  Workshop::the().sign_detached(base + "/repodata/repomd.xml", "tyk");
  auto const refreshed = world_.manager().refresh({world_.scope()}, quiet_);
  ASSERT_OK(refreshed);
  ASSERT_TRUE(refreshed->front().error);
  EXPECT_EQ(refreshed->front().error->kind, ErrorKind::KeyTooWeak);
}

TEST_F(Inspecting, two_versions_in_the_database_are_a_duplicate) {
  subscribed_host();
  world_.rpm("-i --nodeps --force --nosignature " + world_.build({.version = "1.1"}));
  auto const inventory = inspect();
  ASSERT_EQ(inventory.installed.size(), 1U);
  EXPECT_EQ(inventory.installed[0].status, "duplicate");
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
