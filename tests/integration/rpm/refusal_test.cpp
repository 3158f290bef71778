#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/machine.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
using Direction = job::Apply::Direction;
namespace fs = std::filesystem;

class Refusing : public RpmTest {
 protected:
  Result<std::vector<InstalledPackage>> apply(PackagePin const& pin) {
    return world_.manager().apply(request(pin), quiet_);
  }
  PackagePin kept(Rpm const& package) { return world_.keep(world_.build(package)); }
  void expect_untouched() {
    EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.0-1");
    EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n");
    EXPECT_FALSE(world_.exists("/var/lib/dnf/rpmdb_lock.pid"));
  }
};

TEST_F(Refusing, a_kept_file_of_the_same_size_with_other_bytes) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  auto const size = fs::file_size(world_.kept_file(pin));
  auto const forged = world_.build({.version = "1.1", .files = {{"/opt/tyk-gateway/version", "1.!\n"}}});
  ASSERT_EQ(fs::file_size(forged), size);
  fs::copy(forged, world_.kept_file(pin), fs::copy_options::overwrite_existing);
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::HashMismatch);
  EXPECT_THAT(applied.error().message, HasSubstr(world_.kept_file(pin)));
  expect_untouched();
}

TEST_F(Refusing, a_kept_file_that_is_a_link_elsewhere) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  fs::rename(world_.kept_file(pin), world_.path("/elsewhere.rpm"));
  fs::create_symlink(world_.path("/elsewhere.rpm"), world_.kept_file(pin));
  ASSERT_FALSE(apply(pin).has_value());
  expect_untouched();
}

TEST_F(Refusing, what_was_never_kept) {
  subscribed_host();
  ASSERT_FAILS(apply({"tyk-gateway", "1.1-1", std::string(64, 'a')}), ErrorKind::UnknownVersion);
  expect_untouched();
}

struct Signature {
  char const* name;
  char const* key;
  ErrorKind kind;
};
class ABadSignature : public Refusing, public ::testing::WithParamInterface<Signature> {};

/// Even where the keys of rpm's own database would vouch for it.
TEST_P(ABadSignature, is_refused_whatever_else_this_host_trusts) {
  subscribed_host();
  world_.rpm("--import " + world_.key_file("mallory"));
  auto const pin = kept({.version = "1.1", .key = GetParam().key});
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, GetParam().kind);
  EXPECT_THAT(applied.error().message, HasSubstr(world_.kept_file(pin)));
  expect_untouched();
}
INSTANTIATE_TEST_SUITE_P(all, ABadSignature,
                         ::testing::Values(Signature{"by_nobody", "", ErrorKind::RepositoryUnsigned},
                                           Signature{"by_a_key_that_rpm_knows_and_the_repository_does_not_name",
                                                     "mallory", ErrorKind::RepositoryWrongKey}),
                         [](auto const& row) { return row.param.name; });

TEST_F(Refusing, an_upgrade_without_a_repository_that_names_a_key) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  world_.subscribe("tyk-gateway", world_.key_file("tyk"), "gpgcheck=0\nrepo_gpgcheck=1\n");
  ASSERT_FAILS(apply(pin), ErrorKind::RepositoryUnsigned);
  fs::remove(world_.path("/etc/yum.repos.d/tyk-gateway.repo"));
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::RepositoryUnsigned);
  EXPECT_THAT(applied.error().message, HasSubstr("tykup subscribe gateway"));
  expect_untouched();
}

TEST_F(Refusing, a_key_that_rpms_own_policy_wants_in_its_database_too) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  world_.write("/etc/rpm/macros", "%_dbpath /var/lib/rpm\n%_pkgverify_level all\n");
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::RepositoryWrongKey);
  EXPECT_THAT(applied.error().message, HasSubstr("rpm --import"));
  expect_untouched();
  world_.rpm("--import " + world_.key_file("tyk"));
  ASSERT_OK(apply(pin));
}

TEST_F(Refusing, packages_outside_the_scope_and_packages_not_installed) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  auto foreign = request(pin);
  foreign.scope.packages = {"tyk-pump"};
  ASSERT_FAILS(world_.manager().apply(foreign, quiet_), ErrorKind::NotAllowed);
  foreign = request(kept({.name = "tyk-pump", .version = "1.1"}));
  foreign.scope.packages = {"tyk-pump"};
  ASSERT_FAILS(world_.manager().apply(foreign, quiet_), ErrorKind::NotAllowed);
  foreign.packages.clear();
  ASSERT_FAILS(world_.manager().apply(foreign, quiet_), ErrorKind::BadRequest);
  EXPECT_EQ(world_.versions_of("tyk-pump"), "");
}

struct Hold {
  char const* name;
  char const* file;
  char const* text;
};
class AHold : public Refusing, public ::testing::WithParamInterface<Hold> {};

TEST_P(AHold, keeps_a_kept_upgrade_away_but_not_the_way_back) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  auto const old = kept({.version = "0.9"});
  auto text = std::string(GetParam().text);
  world_.write(GetParam().file, world_.read(GetParam().file) + text);
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PackageHeld);
  EXPECT_THAT(applied.error().message, HasSubstr(world_.path(GetParam().file)));
  expect_untouched();
  ASSERT_OK(world_.manager().apply(request(old, Direction::Rollback), quiet_));
}
INSTANTIATE_TEST_SUITE_P(
    all, AHold,
    ::testing::Values(Hold{"by_versionlock", "/etc/dnf/plugins/versionlock.list", "tyk-gateway-0:1.0-1.*\n"},
                      Hold{"by_dnf_conf", "/etc/dnf/dnf.conf", "excludepkgs=tyk-gateway\n"},
                      Hold{"by_the_repository", "/etc/yum.repos.d/tyk-gateway.repo", "excludepkgs=tyk-gateway*\n"}),
    [](auto const& row) { return row.param.name; });

struct Plan {
  char const* name;
  Rpm stranger;
  Rpm target;
  char const* said;
};
class APlan : public Refusing, public ::testing::WithParamInterface<Plan> {};

TEST_P(APlan, that_touches_more_than_the_component_is_refused) {
  subscribed_host();
  world_.install(GetParam().stranger);
  auto const pin = kept(GetParam().target);
  kept({.name = "stranger", .version = "1.1", .requires_these = {"tyk-gateway = 1.1"}});
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PlanRefused);
  EXPECT_THAT(applied.error().message, HasSubstr(GetParam().said));
  EXPECT_EQ(world_.versions_of("stranger"), "1.0-1");
  expect_untouched();
}
INSTANTIATE_TEST_SUITE_P(
    all, APlan,
    ::testing::Values(
        Plan{"a_conflict", {.name = "stranger"}, {.version = "1.1", .conflicts = {"stranger"}}, "stranger"},
        Plan{"an_obsolete",
             {.name = "stranger"},
             {.version = "1.1", .obsoletes = {"stranger < 2"}},
             "remove stranger-1.0-1.noarch"},
        Plan{"a_stranger_that_needs_the_old_one",
             {.name = "stranger", .requires_these = {"tyk-gateway = 1.0"}},
             {.version = "1.1"},
             "stranger"},
        Plan{"a_requirement_that_nobody_offers",
             {.name = "stranger"},
             {.version = "1.1", .requires_these = {"nowhere >= 2"}},
             "need nowhere >= 2, which nobody offers"},
        Plan{"a_file_of_a_strangers",
             {.name = "stranger", .files = {{"/opt/shared", "the stranger's\n"}}},
             {.version = "1.1", .files = {{"/opt/shared", "ours\n"}, {"/opt/tyk-gateway/version", "1.1\n"}}},
             "/opt/shared"}),
    [](auto const& row) { return row.param.name; });

TEST_F(Refusing, a_dependency_that_an_exclude_keeps_away) {
  subscribed_host();
  kept({.name = "libtyk", .version = "3"});
  auto const pin = kept({.version = "1.1", .requires_these = {"libtyk"}});
  world_.write("/etc/dnf/dnf.conf", "[main]\ngpgcheck=1\nexcludepkgs=libtyk\n");
  auto const applied = apply(pin);
  ASSERT_FAILS(applied, ErrorKind::PlanRefused);
  EXPECT_THAT(applied.error().message, HasSubstr("libtyk"));
  expect_untouched();
}

TEST_F(Refusing, to_work_over_a_strangers_duplicates_until_they_are_mended) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  world_.install({.name = "stranger"});
  world_.rpm("--install --nosignature --replacefiles --justdb " + world_.build({.name = "stranger", .version = "1.1"}));
  for (auto const direction : {Direction::Upgrade, Direction::Rollback}) {
    auto const applied = world_.manager().apply(request(pin, direction), quiet_);
    ASSERT_FAILS(applied, ErrorKind::PackageBroken);
    EXPECT_THAT(applied.error().message, HasSubstr("recover first"));
    EXPECT_THAT(applied.error().message, HasSubstr("stranger (duplicate: 1.0-1 and 1.1-1)"));
  }
  expect_untouched();
  ASSERT_OK(world_.manager().recover(quiet_));
  EXPECT_EQ(world_.versions_of("stranger"), "1.1-1");
  ASSERT_OK(apply(pin));
}

struct Held {
  char const* name;
  char const* file;
};
class ALock : public Refusing, public ::testing::WithParamInterface<Held> {};

TEST_P(ALock, is_waited_for_within_bounds_and_its_holder_named) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  auto const file = world_.path(GetParam().file);
  tykup::test::LockHolder const holder(file);
  if (file.ends_with(".pid")) world_.write(GetParam().file, std::to_string(holder.pid()));
  std::vector<job::Progress> progress;
  auto const applied = world_.manager().apply(request(pin), [&](job::Progress const& p) { progress.push_back(p); });
  ASSERT_FAILS(applied, ErrorKind::LockHeld);
  EXPECT_THAT(applied.error().message, HasSubstr("rpm_test (pid " + std::to_string(holder.pid()) + ")"));
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress.front().phase, "waiting for lock");
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.0-1");
}
INSTANTIATE_TEST_SUITE_P(all, ALock,
                         ::testing::Values(Held{"of_rpm", "/var/lib/rpm/.rpm.lock"},
                                           Held{"of_dnf", "/var/lib/dnf/rpmdb_lock.pid"}),
                         [](auto const& row) { return row.param.name; });

TEST_F(Refusing, a_file_system_without_room_for_the_new_files) {
  subscribed_host();
  auto const pin = kept({.version = "1.1"});
  auto const folder = world_.path("/opt/tyk-gateway");
  tykup::test::run("mount -t tmpfs -o size=64k tmpfs " + folder);
  world_.write("/opt/tyk-gateway/version", "1.0\n");
  auto const applied = apply(pin);
  tykup::test::run("umount " + folder);
  ASSERT_FAILS(applied, ErrorKind::NoSpace);
  EXPECT_THAT(applied.error().message, HasSubstr("opt/tyk-gateway"));
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
