#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/machine.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Direction = job::Apply::Direction;
namespace fs = std::filesystem;

/// Every script notes what surrounds it.
std::string noted(std::string const& name) {
  return "echo \"" + name + " offline=$SYSTEMD_OFFLINE restart=$NEEDRESTART_SUSPEND arg=$1\" >> /notes\n";
}

class Applying : public RpmTest {
 protected:
  Result<std::vector<InstalledPackage>> apply(ApplyRequest const& request) {
    return world_.manager().apply(request, [this](job::Progress const& p) { progress_.push_back(p); });
  }
  /// Kept in the archive, as if downloaded.
  PackagePin kept(Rpm const& package) { return world_.keep(world_.build(package)); }
  bool heard(std::string const& phase) const {
    return std::any_of(progress_.begin(), progress_.end(), [&](auto const& p) { return p.phase == phase; });
  }
  std::vector<job::Progress> progress_;
};

TEST_F(Applying, upgrades_to_the_exact_version_and_returns_what_the_database_says) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  offer({.version = "1.2"});
  bring(pin);
  auto const applied = apply(request(pin));
  ASSERT_OK(applied);
  ASSERT_EQ(applied->size(), 1U);
  EXPECT_EQ(applied->front().version, "1.1-1");
  EXPECT_EQ(applied->front().status, "installed");
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.1-1");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.1\n");
  EXPECT_TRUE(heard("unpack"));
  EXPECT_FALSE(world_.exists("/var/lib/dnf/rpmdb_lock.pid"));
  EXPECT_TRUE(world_.exists(world_.kept_file(pin).substr(world_.path("").size())));
}

TEST_F(Applying, is_told_by_dnf_history) {
  subscribed_host();
  ASSERT_OK(apply(request(kept({.version = "1.1"}))));
  auto const told = world_.dnf("--disableplugin='*' -q history info last");
  EXPECT_THAT(told, HasSubstr("tyk-gateway-1.1-1.noarch"));
  EXPECT_THAT(told, HasSubstr("Success"));
}

TEST_F(Applying, begins_nothing_where_the_way_back_is_spoilt) {
  subscribed_host();
  auto const old = offer({.version = "1.0"});
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  std::fstream(world_.kept_file(old), std::ios::in | std::ios::out).seekp(100).put('X');
  auto const refused = apply(request(pin));
  ASSERT_FAILS(refused, ErrorKind::HashMismatch);
  EXPECT_THAT(refused.error().message, HasSubstr("the way back to tyk-gateway 1.0-1"));
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.0-1");
  bring(pin);
  ASSERT_OK(apply(request(pin)));
}

TEST_F(Applying, goes_back_only_as_a_rollback) {
  subscribed_host({.version = "2.0"});
  auto const pin = kept({.version = "1.0"});
  ASSERT_FAILS(apply(request(pin)), ErrorKind::NotAllowed);
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "2.0-1");
  auto const back = apply(request(pin, Direction::Rollback));
  ASSERT_OK(back);
  EXPECT_EQ(back->front().version, "1.0-1");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n");
}

TEST_F(Applying, an_epoch_decides_what_is_newer) {
  subscribed_host({.version = "2.0"});
  auto const pin = kept({.version = "1.0", .epoch = "1"});
  auto const applied = apply(request(pin));
  ASSERT_OK(applied);
  EXPECT_EQ(applied->front().version, "1:1.0-1");
}

TEST_F(Applying, reinstalls_lost_files) {
  subscribed_host();
  auto const pin = kept({.version = "1.0"});
  fs::remove(world_.path("/opt/tyk-gateway/version"));
  ASSERT_OK(apply(request(pin, Direction::Reinstall)));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n");
}

TEST_F(Applying, of_two_builds_of_one_version_the_digest_decides) {
  subscribed_host();
  auto const first = kept({.version = "1.1"});
  auto const second = kept({.version = "1.1", .files = {{"/opt/tyk-gateway/version", "second build\n"}}});
  ASSERT_OK(apply(request(first)));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.1\n");
  ASSERT_OK(apply(request(second, Direction::Reinstall)));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "second build\n");
}

TEST_F(Applying, scripts_are_offline_only_where_the_component_is_quiet) {
  subscribed_host({.preun = noted("old preun"), .postun = noted("old postun")});
  for (bool const quiet : {true, false}) {
    auto asked = request(kept({.version = quiet ? "1.1" : "1.2",
                               .pre = noted("pre"),
                               .post = noted("post"),
                               .postun = noted("old postun"),
                               .posttrans = noted("posttrans")}));
    asked.scope.quiet = quiet;
    setenv("SYSTEMD_OFFLINE", "inherited", 1);
    ASSERT_OK(apply(asked));
    EXPECT_STREQ(getenv("SYSTEMD_OFFLINE"), "inherited");
    for (auto const* script : {"pre", "post", "old postun", "posttrans"}) {
      EXPECT_THAT(world_.read("/notes"),
                  HasSubstr(std::string(script) + (quiet ? " offline=1 restart=1" : " offline= restart=1")));
    }
    fs::remove(world_.path("/notes"));
  }
}

TEST_F(Applying, dependencies_go_before_on_their_own_and_not_offline) {
  subscribed_host();
  kept({.name = "libother", .version = "9"});
  kept({.name = "libtyk", .version = "3", .post = noted("libtyk")});
  auto asked = request(kept({.version = "1.1", .requires_these = {"libtyk >= 3"}, .post = noted("gateway")}));
  asked.scope.quiet = true;
  auto const applied = apply(asked);
  ASSERT_OK(applied);
  EXPECT_EQ(applied->size(), 1U);
  auto const notes = world_.read("/notes");
  EXPECT_THAT(notes, HasSubstr("libtyk offline= "));
  EXPECT_THAT(notes, HasSubstr("gateway offline=1 "));
  EXPECT_LT(notes.find("libtyk"), notes.find("gateway"));
  EXPECT_EQ(world_.versions_of("libtyk"), "3-1");
  EXPECT_EQ(world_.versions_of("libother"), "");
}

TEST_F(Applying, a_config_file_that_both_changed_keeps_the_operators_words) {
  subscribed_host({.configs = {{"/opt/tyk-gateway/tyk.conf", "shipped 1\n"}}});
  world_.write("/opt/tyk-gateway/tyk.conf", "the operator's\n");
  ASSERT_OK(apply(request(kept({.version = "1.1", .configs = {{"/opt/tyk-gateway/tyk.conf", "shipped 2\n"}}}))));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/tyk.conf"), "the operator's\n");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/tyk.conf.rpmnew"), "shipped 2\n");
}

TEST_F(Applying, a_failing_pre_leaves_the_old_version_and_is_reported_with_rpms_words) {
  subscribed_host();
  auto const applied = apply(request(kept({.version = "1.1", .pre = "echo the disk of doom; exit 3\n"})));
  ASSERT_FAILS(applied, ErrorKind::PackageFailed);
  EXPECT_THAT(applied.error().message, HasSubstr("tyk-gateway is at 1.0-1 (installed), not at 1.1-1"));
  EXPECT_THAT(applied.error().message, HasSubstr("scriptlet failed, exit status 3"));
  EXPECT_THAT(applied.error().detail, HasSubstr("the disk of doom"));
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.0-1");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n");
  auto const broken = world_.manager().broken({"tyk-gateway"});
  ASSERT_OK(broken);
  EXPECT_TRUE(broken->empty());
}

TEST_F(Applying, a_failing_post_is_said_and_the_new_version_stands) {
  subscribed_host();
  ASSERT_OK(apply(request(kept({.version = "1.1", .post = "exit 3\n"}))));
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.1-1");
  bool said = false;
  for (auto const& p : progress_) said = said || p.message.find("scriptlet failed, exit status 3") != std::string::npos;
  EXPECT_TRUE(said);
}

TEST_F(Applying, several_packages_of_a_component_move_together) {
  subscribed_host({.name = "cache-server"});
  world_.install({.name = "cache-tools", .requires_these = {"cache-server = 1.0"}});
  auto const server = kept({.name = "cache-server", .version = "1.1"});
  auto const tools = kept({.name = "cache-tools", .version = "1.1", .requires_these = {"cache-server = 1.1"}});
  auto asked = request(server);
  asked.scope.packages = {"cache-server", "cache-tools"};
  asked.packages.push_back(tools);
  auto const applied = apply(asked);
  ASSERT_OK(applied);
  EXPECT_EQ(applied->size(), 2U);
  EXPECT_EQ(world_.versions_of("cache-tools"), "1.1-1");
}

TEST_F(Applying, a_key_exchanged_since_does_not_bar_the_way_back) {
  subscribed_host({.version = "2.0"});
  auto const pin = kept({.version = "1.0", .key = "retired"});
  ASSERT_OK(apply(request(pin, Direction::Rollback)));
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.0-1");
}

TEST_F(Applying, leaves_rpms_own_keys_as_they_are) {
  subscribed_host();
  auto const before = world_.rpm("-qa gpg-pubkey");
  ASSERT_OK(apply(request(kept({.version = "1.1"}))));
  EXPECT_EQ(world_.rpm("-qa gpg-pubkey"), before);
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
