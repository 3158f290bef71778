#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/integration/machine.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Direction = job::Apply::Direction;
namespace fs = std::filesystem;

/// A script that waits here for its death.
constexpr char const* kHang = "echo x > /hanging\nwhile [ ! -e /go-on ]; do sleep 0.1; done\n";

class Recovering : public RpmTest {
 protected:
  PackagePin kept(Rpm const& package) { return world_.keep(world_.build(package)); }

  void wait_until_it_hangs() {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!world_.exists("/hanging") && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    ASSERT_TRUE(world_.exists("/hanging"));
  }

  /// Applies in a process of its own, and kills it and its script with SIGKILL once the script hangs.
  void kill_in_script(PackagePin const& pin, Direction direction) {
    auto const child = fork();
    if (child == 0) {
      setpgid(0, 0);
      (void)world_.manager().apply(request(pin, direction), quiet_);
      _exit(0);
    }
    setpgid(child, child);
    wait_until_it_hangs();
    kill(-child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    world_.write("/go-on", "");
  }
  std::vector<std::string> broken() {
    auto const found = world_.manager().broken({"tyk-gateway"});
    EXPECT_TRUE(works(found));
    return found.value_or(std::vector<std::string>{});
  }
};

TEST_F(Recovering, a_whole_host_needs_nothing) {
  subscribed_host();
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_OK(recovered);
  EXPECT_TRUE(recovered->empty());
}

struct Kill {
  char const* name;
  char const* from;
  char const* to;
  Direction direction;
  bool without_archive;
};
class AKillInPost : public Recovering, public ::testing::WithParamInterface<Kill> {};

TEST_P(AKillInPost, leaves_two_versions_of_which_recover_leaves_the_wanted_one) {
  auto const& row = GetParam();
  std::string const offline = "echo $0 offline=$SYSTEMD_OFFLINE >> /notes\n";
  subscribed_host({.version = row.from,
                   .files = {{"/opt/gone-later", "x\n"}, {"/opt/tyk-gateway/version", std::string(row.from) + "\n"}},
                   .postun = offline});
  auto const pin = kept({.version = row.to, .post = kHang, .postun = offline});
  kill_in_script(pin, row.direction);
  EXPECT_EQ(world_.versions_of("tyk-gateway"), std::string(row.from) + "-1 " + row.to + "-1");
  auto const words = std::string("tyk-gateway (duplicate: ") + row.from + "-1 and " + row.to + "-1)";
  EXPECT_THAT(broken(), ElementsAre(words));
  if (row.without_archive) fs::remove(world_.kept_file(pin));
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_OK(recovered);
  ASSERT_EQ(recovered->size(), 1U);
  EXPECT_THAT(recovered->front(), HasSubstr(words));
  EXPECT_EQ(world_.versions_of("tyk-gateway"), std::string(row.to) + "-1");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), std::string(row.to) + "\n");
  EXPECT_FALSE(world_.exists("/opt/gone-later"));
  EXPECT_THAT(world_.read("/notes"), HasSubstr(row.without_archive ? "offline=\n" : "offline=1\n"));
  EXPECT_TRUE(broken().empty());
}
INSTANTIATE_TEST_SUITE_P(all, AKillInPost,
                         ::testing::Values(Kill{"of_an_upgrade", "1.0", "1.1", Direction::Upgrade, false},
                                           Kill{"of_a_downgrade", "1.1", "1.0", Direction::Rollback, false},
                                           Kill{"whose_package_is_not_kept", "1.0", "1.1", Direction::Upgrade, true}),
                         [](auto const& row) { return row.param.name; });

TEST_F(Recovering, what_somebody_at_work_has_not_finished_is_not_broken_but_our_own_is_told) {
  subscribed_host();
  kill_in_script(kept({.version = "1.1", .post = kHang}), Direction::Upgrade);
  tykup::test::LockHolder const holder(world_.path("/var/lib/rpm/.rpm.lock"));
  EXPECT_EQ(broken().size(), 1U);
  auto const of_others = world_.manager().broken({"tyk-pump"});
  ASSERT_OK(of_others);
  EXPECT_TRUE(of_others->empty());
}

TEST_F(Recovering, the_way_back_goes_over_our_own_duplicates) {
  subscribed_host();
  auto const old = kept({.version = "1.0"});
  auto const pin = kept({.version = "1.1", .post = kHang});
  kill_in_script(pin, Direction::Upgrade);
  ASSERT_FAILS(world_.manager().apply(request(pin), quiet_), ErrorKind::PackageBroken);
  auto const back = world_.manager().apply(request(old, Direction::Rollback), quiet_);
  ASSERT_OK(back);
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.0-1");
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n");
  EXPECT_TRUE(broken().empty());
}

TEST_F(Recovering, a_change_killed_before_the_database_knew_of_it_is_undone) {
  subscribed_host();
  kept({.version = "1.0"});
  auto const pin = kept({.version = "1.1", .pre = kHang});
  kill_in_script(pin, Direction::Upgrade);
  world_.write("/opt/tyk-gateway/version", "half of the n");
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.0-1");
  EXPECT_THAT(broken(), ElementsAre("tyk-gateway (its change was interrupted)"));
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_OK(recovered);
  EXPECT_THAT(*recovered, ElementsAre("tyk-gateway (its change was interrupted): 1.0-1 is installed again"));
  EXPECT_EQ(world_.read("/opt/tyk-gateway/version"), "1.0\n");
  EXPECT_TRUE(broken().empty());
}

TEST_F(Recovering, says_what_it_could_not_mend) {
  subscribed_host();
  auto const pin = kept({.version = "1.1", .pre = kHang});
  kill_in_script(pin, Direction::Upgrade);
  world_.write("/opt/tyk-gateway/version", "half of the n");
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_FAILS(recovered, ErrorKind::PackageBroken);
  EXPECT_THAT(recovered.error().message, HasSubstr("dnf reinstall tyk-gateway"));
  EXPECT_THAT(recovered.error().detail, HasSubstr("/opt/tyk-gateway/version"));
  EXPECT_THAT(broken(), ElementsAre("tyk-gateway (its change was interrupted)"));
}

TEST_F(Recovering, a_stale_lock_of_the_killed_is_no_lock) {
  subscribed_host();
  kill_in_script(kept({.version = "1.1", .post = kHang}), Direction::Upgrade);
  EXPECT_TRUE(world_.exists("/var/lib/dnf/rpmdb_lock.pid"));
  ASSERT_OK(world_.manager().recover(quiet_));
  EXPECT_FALSE(world_.exists("/var/lib/dnf/rpmdb_lock.pid"));
}

TEST_F(Recovering, is_not_needed_after_a_mere_sigterm_which_lets_the_change_end) {
  subscribed_host();
  auto const pin = kept({.version = "1.1", .post = kHang});
  auto const child = fork();
  // As the executor has it: a handler that lets work go on.
  if (child == 0) signal(SIGTERM, [](int) {});
  if (child == 0) _exit(world_.manager().apply(request(pin), quiet_) ? 17 : 1);
  wait_until_it_hangs();
  kill(child, SIGTERM);
  world_.write("/go-on", "");
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 17);
  EXPECT_EQ(world_.versions_of("tyk-gateway"), "1.1-1");
  EXPECT_TRUE(broken().empty());
}

TEST_F(Recovering, waits_for_the_lock_and_names_its_holder) {
  subscribed_host();
  tykup::test::LockHolder const holder(world_.path("/var/lib/rpm/.rpm.lock"));
  auto const recovered = world_.manager().recover(quiet_);
  ASSERT_FAILS(recovered, ErrorKind::LockHeld);
  EXPECT_THAT(recovered.error().message, HasSubstr("(pid " + std::to_string(holder.pid()) + ")"));
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
