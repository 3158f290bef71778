#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Direction = job::Apply::Direction;
namespace fs = std::filesystem;

/// Every script notes what surrounds it.
constexpr char const* kNote =
    "echo \"$DPKG_MAINTSCRIPT_PACKAGE offline=$SYSTEMD_OFFLINE front=$DEBIAN_FRONTEND restart=$NEEDRESTART_SUSPEND "
    "changes=$APT_LISTCHANGES_FRONTEND stdin=$(readlink /proc/self/fd/0)\" >> $DPKG_ROOT/notes\n";

class Applying : public AptTest {
 protected:
  Result<std::vector<InstalledPackage>> apply(ApplyRequest const& request) {
    return world_.manager().apply(request, [this](job::Progress const& p) { progress_.push_back(p); });
  }
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
  EXPECT_EQ(applied->front().version, "1.1");
  EXPECT_EQ(applied->front().status, "installed");
  EXPECT_EQ(world_.status_of("tyk-gateway"), "install ok installed 1.1");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.1\n");
  EXPECT_TRUE(heard("unpack"));
  EXPECT_TRUE(heard("configure"));
  EXPECT_THAT(world_.read("/var/log/apt/history.log"), HasSubstr("Commandline: tykup tyk-gateway=1.1"));
  EXPECT_THAT(world_.read("/var/log/apt/term.log"), HasSubstr("tyk-gateway"));
}

TEST_F(Applying, goes_back_only_as_a_rollback) {
  subscribed_host({.version = "2.0"});
  auto const pin = offer({.version = "1.0"});
  bring(pin);
  ASSERT_FAILS(apply(request(pin)), ErrorKind::NotAllowed);
  auto const back = apply(request(pin, Direction::Rollback));
  ASSERT_OK(back);
  EXPECT_EQ(back->front().version, "1.0");
}

TEST_F(Applying, begins_nothing_where_the_way_back_is_spoilt) {
  subscribed_host();
  auto const old = offer({.version = "1.0"});
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  auto const kept = "/var/cache/tykup-executor/archives/tyk-gateway_1.0_all_" + old.sha256 + ".deb";
  std::fstream(world_.path(kept), std::ios::in | std::ios::out).seekp(100).put('X');
  auto const refused = apply(request(pin));
  ASSERT_FAILS(refused, ErrorKind::HashMismatch);
  EXPECT_THAT(refused.error().message, HasSubstr("the way back to tyk-gateway 1.0"));
  EXPECT_THAT(refused.error().message, HasSubstr(kept));
  EXPECT_EQ(world_.status_of("tyk-gateway"), "install ok installed 1.0");
  bring(pin);
  ASSERT_OK(apply(request(pin)));
}

TEST_F(Applying, reinstalls_lost_files) {
  subscribed_host();
  auto const pin = offer({.version = "1.0"});
  bring(pin);
  fs::remove(world_.path("/opt/tyk-gateway/version"));
  ASSERT_OK(apply(request(pin, Direction::Reinstall)));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n");
}

TEST_F(Applying, of_two_builds_of_one_version_the_digest_decides) {
  subscribed_host();
  auto const first = offer({.version = "1.1"});
  auto const second = offer({.version = "1.1", .files = {{"/opt/tyk-gateway/version", "second build\n"}}});
  refresh();
  ASSERT_OK(world_.manager().keep(world_.scope(), {first, second}, quiet_));
  ASSERT_OK(apply(request(first)));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.1\n");
  ASSERT_OK(apply(request(second, Direction::Reinstall)));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "second build\n");
}

TEST_F(Applying, scripts_are_offline_only_where_the_component_is_quiet) {
  subscribed_host();
  for (bool const quiet : {true, false}) {
    auto const pin = offer({.version = quiet ? "1.1" : "1.2", .postinst = kNote});
    bring(pin);
    auto asked = request(pin);
    asked.scope.quiet = quiet;
    setenv("SYSTEMD_OFFLINE", "inherited", 1);
    ASSERT_OK(apply(asked));
    EXPECT_STREQ(getenv("SYSTEMD_OFFLINE"), "inherited");
    auto const notes = world_.read("/notes");
    EXPECT_THAT(notes, HasSubstr(quiet ? "offline=1 " : "offline= "));
    EXPECT_THAT(notes, HasSubstr("front=noninteractive restart=1 changes=none stdin=/dev/null"));
    fs::remove(world_.path("/notes"));
  }
}

TEST_F(Applying, dependencies_go_before_on_their_own_and_not_offline) {
  subscribed_host();
  world_.add("tyk-gateway", {.name = "libtyk", .version = "3", .postinst = kNote});
  auto const pin = offer({.version = "1.1", .depends = "libtyk (>= 3)", .postinst = kNote});
  bring(pin);
  auto asked = request(pin);
  asked.scope.quiet = true;
  auto const applied = apply(asked);
  ASSERT_OK(applied);
  EXPECT_EQ(applied->size(), 1U);
  auto const notes = world_.read("/notes");
  EXPECT_THAT(notes, HasSubstr("libtyk offline= "));
  EXPECT_THAT(notes, HasSubstr("tyk-gateway offline=1 "));
  EXPECT_LT(notes.find("libtyk"), notes.find("tyk-gateway"));
  EXPECT_THAT(world_.read("/var/lib/apt/extended_states"), HasSubstr("Package: libtyk"));
}

TEST_F(Applying, the_auto_mark_stays) {
  subscribed_host();
  world_.write("/var/lib/apt/extended_states", "Package: tyk-gateway\nArchitecture: amd64\nAuto-Installed: 1\n\n");
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  auto const applied = apply(request(pin));
  ASSERT_OK(applied);
  EXPECT_TRUE(applied->front().automatic);
  EXPECT_THAT(world_.read("/var/lib/apt/extended_states"), HasSubstr("Auto-Installed: 1"));
}

TEST_F(Applying, a_manual_package_is_not_marked_auto) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  auto const applied = apply(request(pin));
  ASSERT_OK(applied);
  EXPECT_FALSE(applied->front().automatic);
}

TEST_F(Applying, a_rollback_of_ours_leaves_the_hold_that_came_meanwhile) {
  subscribed_host({.version = "2.0"});
  auto const pin = offer({.version = "1.0"});
  bring(pin);
  World::run("echo tyk-gateway hold | dpkg --root=" + world_.path("") + " --set-selections");
  auto const back = apply(request(pin, Direction::Rollback));
  ASSERT_OK(back);
  EXPECT_TRUE(back->front().held);
  EXPECT_EQ(world_.status_of("tyk-gateway"), "hold ok installed 1.0");
}

TEST_F(Applying, a_conffile_that_both_changed_keeps_the_operators_words_and_asks_nobody) {
  subscribed_host({.conffiles = {{"/opt/tyk-gateway/tyk.conf", "shipped 1\n"}}});
  world_.write("/opt/tyk-gateway/tyk.conf", "the operator's\n");
  world_.write("/etc/apt/apt.conf.d/90conf", "DPkg::Options {\"--force-confnew\";};\n");
  auto const pin = offer({.version = "1.1", .conffiles = {{"/opt/tyk-gateway/tyk.conf", "shipped 2\n"}}});
  bring(pin);
  ASSERT_OK(apply(request(pin)));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/tyk.conf"), "the operator's\n");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/tyk.conf.dpkg-dist"), "shipped 2\n");
}

TEST_F(Applying, a_failing_script_is_reported_with_dpkgs_last_words) {
  subscribed_host();
  auto const pin = offer({.version = "1.1", .postinst = "echo the disk of doom; exit 3\n"});
  bring(pin);
  auto const applied = apply(request(pin));
  ASSERT_FAILS(applied, ErrorKind::PackageFailed);
  EXPECT_THAT(applied.error().message, HasSubstr("half-configured"));
  EXPECT_THAT(applied.error().detail, HasSubstr("the disk of doom"));
}

TEST_F(Applying, the_old_package_goes_back_over_our_own_failed_one) {
  subscribed_host();
  auto const old = offer({.version = "1.0"});
  auto const pin = offer({.version = "1.1", .postinst = "exit 3\n"});
  bring(pin);
  ASSERT_FAILS(apply(request(pin)), ErrorKind::PackageFailed);
  auto const back = apply(request(old, Direction::Rollback));
  ASSERT_OK(back);
  EXPECT_EQ(world_.status_of("tyk-gateway"), "install ok installed 1.0");
}

TEST_F(Applying, several_packages_of_a_component_move_together) {
  subscribed_host({.name = "cache-server"});
  world_.install({.name = "cache-tools", .depends = "cache-server (= 1.0)"});
  auto const server = world_.add("tyk-gateway", {.name = "cache-server", .version = "1.1"});
  auto const tools = offer({.name = "cache-tools", .version = "1.1", .depends = "cache-server (= 1.1)"});
  auto scope = world_.scope("tyk-gateway", {"cache-server", "cache-tools"});
  scope.together = true;
  refresh();
  ASSERT_OK(world_.manager().keep(scope, {server, tools}, quiet_));
  auto const applied = apply({scope, Direction::Upgrade, {server, tools}, std::chrono::seconds{1}});
  ASSERT_OK(applied);
  EXPECT_EQ(applied->size(), 2U);
  EXPECT_EQ(world_.status_of("cache-tools"), "install ok installed 1.1");
}

}  // namespace
}  // namespace tykup::pkg::apt::test
