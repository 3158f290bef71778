#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Refusing : public AptTest {
 protected:
  Result<std::vector<InstalledPackage>> apply(PackagePin const& pin) { return world_.manager().apply(request(pin), quiet_); }
  std::string kept_file(PackagePin const& pin) {
    return world_.path("/var/cache/tykup-executor/archives/" + pin.name + "_" + pin.version + "_all_" + pin.sha256 + ".deb");
  }
  void expect_untouched() { EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n"); }
};

TEST_F(Refusing, a_kept_file_of_the_same_size_with_other_bytes) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  auto const size = fs::file_size(kept_file(pin));
  auto const forged = world_.build({.version = "1.1", .files = {{"/opt/tyk-gateway/version", "1.!\n"}}});
  ASSERT_EQ(fs::file_size(forged), size);
  fs::copy(forged, kept_file(pin), fs::copy_options::overwrite_existing);
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::HashMismatch);
  EXPECT_THAT(applied.error().message, HasSubstr(kept_file(pin)));
  expect_untouched();
}

TEST_F(Refusing, a_kept_file_that_is_a_link_elsewhere) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  fs::rename(kept_file(pin), world_.path("/elsewhere.deb"));
  fs::create_symlink(world_.path("/elsewhere.deb"), kept_file(pin));
  ASSERT_FALSE(apply(pin).has_value());
  expect_untouched();
}

TEST_F(Refusing, what_was_never_kept) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  refresh();
  ASSERT_FAILS(apply(pin), ErrorKind::UnknownVersion);
  expect_untouched();
}

TEST_F(Refusing, packages_outside_the_scope_and_packages_not_installed) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  auto foreign = request(pin);
  foreign.scope.packages = {"tyk-pump"};
  ASSERT_FAILS(world_.manager().apply(foreign, quiet_), ErrorKind::NotAllowed);
  foreign = request({"tyk-pump", "1.1", pin.sha256});
  foreign.scope.packages = {"tyk-pump"};
  ASSERT_FAILS(world_.manager().apply(foreign, quiet_), ErrorKind::NotAllowed);
  foreign.packages.clear();
  ASSERT_FAILS(world_.manager().apply(foreign, quiet_), ErrorKind::BadRequest);
}

TEST_F(Refusing, a_held_package) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  World::run("echo tyk-gateway hold | dpkg --root=" + world_.path("") + " --set-selections");
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PackageHeld);
  EXPECT_THAT(applied.error().message, HasSubstr("apt-mark unhold tyk-gateway"));
  EXPECT_EQ(world_.status_of("tyk-gateway"), "hold ok installed 1.0");
}

TEST_F(Refusing, a_version_that_a_pin_keeps_away) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  world_.write("/etc/apt/preferences.d/stay", "Package: tyk-gateway\nPin: version 1.1\nPin-Priority: -1\n");
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PackageHeld);
  EXPECT_THAT(applied.error().message, HasSubstr("preferences.d/stay"));
  expect_untouched();
}

TEST_F(Refusing, a_plan_that_would_remove_a_stranger) {
  subscribed_host();
  world_.install({.name = "stranger"});
  auto const pin = offer({.version = "1.1", .conflicts = "stranger"});
  refresh();
  auto const kept = world_.manager().keep(world_.scope(), {pin}, quiet_);
  ASSERT_FAILS(kept, ErrorKind::PlanRefused);
  EXPECT_THAT(kept.error().message, HasSubstr("stranger"));
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PlanRefused);
  EXPECT_THAT(applied.error().message, HasSubstr("stranger"));
  EXPECT_EQ(world_.status_of("stranger"), "install ok installed 1.0");
  expect_untouched();
}

TEST_F(Refusing, a_plan_that_would_break_a_stranger) {
  subscribed_host();
  world_.install({.name = "stranger", .depends = "tyk-gateway (= 1.0)"});
  auto const pin = offer({.version = "1.1"});
  refresh();
  (void)world_.manager().keep(world_.scope(), {pin}, quiet_);
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PlanRefused);
  EXPECT_THAT(applied.error().message, HasSubstr("stranger"));
  expect_untouched();
}

TEST_F(Refusing, a_plan_that_would_take_a_stranger_along) {
  subscribed_host();
  world_.install({.name = "stranger", .depends = "tyk-gateway (= 1.0)"});
  world_.add("tyk-gateway", {.name = "stranger", .version = "1.1", .depends = "tyk-gateway (= 1.1)"});
  auto const pin = offer({.version = "1.1"});
  refresh();
  (void)world_.manager().keep(world_.scope(), {pin}, quiet_);
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PlanRefused);
  EXPECT_THAT(applied.error().message, HasSubstr("stranger"));
  EXPECT_EQ(world_.status_of("stranger"), "install ok installed 1.0");
  expect_untouched();
}

TEST_F(Refusing, a_target_whose_dependency_nobody_offers) {
  subscribed_host();
  auto const pin = offer({.version = "1.1", .depends = "nowhere (>= 2)"});
  refresh();
  auto const kept = world_.manager().keep(world_.scope(), {pin}, quiet_);
  ASSERT_FAILS(kept, ErrorKind::PlanRefused);
  EXPECT_THAT(kept.error().message, HasSubstr("nowhere"));
}

TEST_F(Refusing, a_dependency_from_a_source_that_says_trusted_yes) {
  subscribed_host();
  world_.add("other", {.name = "libtyk", .version = "3"});
  world_.publish("other", {.key = "mallory"});
  world_.subscribe("other", "", "Trusted: yes\n");
  World::run("apt-get -o Dir=" + world_.path("") + " -o APT::Sandbox::User=root update >/dev/null 2>&1 || true");
  auto const pin = offer({.version = "1.1", .depends = "libtyk"});
  refresh();
  auto const kept = world_.manager().keep(world_.scope(), {pin}, quiet_);
  ASSERT_FAILS(kept, ErrorKind::PlanRefused);
  EXPECT_THAT(kept.error().message, HasSubstr("libtyk"));
}

TEST_F(Refusing, to_work_over_a_strangers_half_configured_package) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  world_.dpkg("--install " + world_.build({.name = "stranger", .postinst = "test -e $DPKG_ROOT/ready\n"}), true);
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PackageBroken);
  EXPECT_THAT(applied.error().message, HasSubstr("stranger (half-configured)"));
  world_.write("/ready", "");
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_OK(recovered);
  EXPECT_THAT(*recovered, ::testing::ElementsAre("stranger (half-configured)"));
  ASSERT_OK(apply(pin));
}

TEST_F(Refusing, to_work_over_a_dirty_journal) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  world_.write("/var/lib/dpkg/updates/0001", "");
  ASSERT_FAILS(apply(pin), ErrorKind::PackageBroken);
}

TEST_F(Refusing, to_wait_for_ever_for_a_lock_and_names_who_has_it) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  for (auto const* name : {"lock-frontend", "lock"}) {
    auto const file = world_.path("/var/lib/dpkg/") + name;
    LockHolder const holder(file);
    std::vector<job::Progress> progress;
    auto const applied = world_.manager().apply(request(pin), [&](job::Progress const& p) { progress.push_back(p); });
    ASSERT_FAILS(applied, ErrorKind::LockHeld);
    EXPECT_THAT(applied.error().message, HasSubstr("apt_test (pid " + std::to_string(holder.pid()) + ")"));
    ASSERT_FALSE(progress.empty());
    EXPECT_EQ(progress.front().phase, "waiting for lock");
    EXPECT_TRUE(fs::exists(file));
  }
  expect_untouched();
}

TEST_F(Refusing, a_file_system_without_room_for_the_new_files) {
  subscribed_host();
  auto const pin = offer({.version = "1.1"});
  bring(pin);
  auto const folder = world_.path("/opt/tyk-gateway");
  World::run("mount -t tmpfs -o size=64k tmpfs " + folder);
  world_.write("/opt/tyk-gateway/version", "1.0\n");
  auto const applied = apply(pin);
  World::run("umount " + folder);
  ASSERT_FAILS(applied, ErrorKind::NoSpace);
  EXPECT_THAT(applied.error().message, HasSubstr("opt/tyk-gateway"));
}

}  // namespace
}  // namespace tykup::pkg::apt::test
