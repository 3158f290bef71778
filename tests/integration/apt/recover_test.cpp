#include <gmock/gmock.h>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

using ::testing::HasSubstr;

class Recovering : public AptTest {};

TEST_F(Recovering, a_whole_host_needs_nothing) {
  subscribed_host();
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_OK(recovered);
  EXPECT_TRUE(recovered->empty());
}

TEST_F(Recovering, configures_what_was_only_unpacked_without_offline_and_without_a_question) {
  subscribed_host({.conffiles = {{"/etc/tyk.conf", "one\n"}}});
  world_.write("/etc/tyk.conf", "the operator's\n");
  world_.dpkg("--unpack " + world_.build({.version = "1.1", .conffiles = {{"/etc/tyk.conf", "two\n"}},
                                          .postinst = "echo offline=$SYSTEMD_OFFLINE >> $DPKG_ROOT/notes\n"}));
  setenv("SYSTEMD_OFFLINE", "1", 1);
  auto const recovered = world_.manager().recover(quiet_);
  unsetenv("SYSTEMD_OFFLINE");
  ASSERT_OK(recovered);
  EXPECT_THAT(*recovered, ::testing::ElementsAre("tyk-gateway (unpacked)"));
  EXPECT_EQ(world_.status_of("tyk-gateway"), "install ok installed 1.1");
  EXPECT_EQ(world_.read("/notes"), "offline=\n");
  EXPECT_EQ(world_.read("/etc/tyk.conf"), "the operator's\n");
}

TEST_F(Recovering, reinstalls_a_half_installed_package_from_the_archive) {
  subscribed_host();
  auto const pin = offer({.version = "1.0"});
  bring(pin);
  World::run("sed -i '/^Package: tyk-gateway$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' " +
             world_.path("/var/lib/dpkg/status"));
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_OK(recovered);
  EXPECT_EQ(world_.status_of("tyk-gateway"), "install ok installed 1.0");
}

TEST_F(Recovering, cleans_a_dirty_journal) {
  subscribed_host();
  auto const stanza = World::run("sed -n '/^Package: tyk-gateway$/,/^$/p' " + world_.path("/var/lib/dpkg/status"));
  world_.write("/var/lib/dpkg/updates/0000", stanza);
  ASSERT_OK(world_.manager().recover(quiet_));
  EXPECT_FALSE(world_.exists("/var/lib/dpkg/updates/0000"));
}

TEST_F(Recovering, says_what_it_could_not_mend) {
  subscribed_host();
  world_.dpkg("--install " + world_.build({.name = "stranger", .postinst = "echo never ever; exit 1\n"}), true);
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_FAILS(recovered, ErrorKind::PackageBroken);
  EXPECT_THAT(recovered.error().message, HasSubstr("stranger (half-configured)"));
  EXPECT_THAT(recovered.error().detail, HasSubstr("never ever"));
}

TEST_F(Recovering, waits_for_the_frontend_lock_and_names_its_holder) {
  subscribed_host();
  LockHolder const holder(world_.path("/var/lib/dpkg/lock-frontend"));
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_FAILS(recovered, ErrorKind::LockHeld);
  EXPECT_THAT(recovered.error().message, HasSubstr("(pid " + std::to_string(holder.pid()) + ")"));
}

}  // namespace
}  // namespace tykup::pkg::apt::test
