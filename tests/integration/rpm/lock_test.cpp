#include <gmock/gmock.h>

#include <filesystem>

#include "pkg/rpm/library.hpp"
#include "pkg/rpm/lock.hpp"
#include "tests/integration/machine.hpp"
#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::HasSubstr;
using tykup::test::LockHolder;
constexpr char const* kPidFile = "/var/lib/dnf/rpmdb_lock.pid";
constexpr char const* kRpmLock = "/var/lib/rpm/.rpm.lock";

class Locks : public RpmTest {
 protected:
  void SetUp() override { ASSERT_OK(open_library(world_.paths())); }
  Result<TransactionLock> take(Duration wait = std::chrono::milliseconds{300}) {
    return TransactionLock::take(world_.paths(), wait, [this](job::Progress const& p) { progress_.push_back(p); });
  }
  std::vector<job::Progress> progress_;
};

TEST_F(Locks, are_held_to_the_end_so_that_dnf_and_rpm_wait_for_us) {
  {
    auto const lock = take();
    ASSERT_OK(lock);
    EXPECT_EQ(world_.read(kPidFile), std::to_string(getpid()));
    EXPECT_THAT(world_.rpm("-e base 2>&1 || true"), HasSubstr("can't create transaction lock"));
    EXPECT_THAT(world_.dnf("--disableplugin='*' --setopt=exit_on_lock=1 remove base 2>&1 || true"),
                HasSubstr(std::to_string(getpid())));
  }
  EXPECT_FALSE(world_.exists(kPidFile));
  EXPECT_EQ(world_.versions_of("base"), "1.0-1");
  EXPECT_TRUE(progress_.empty());
}

TEST_F(Locks, of_dnf_name_their_holder) {
  LockHolder const dnf(world_.path("/elsewhere"));
  world_.write(kPidFile, std::to_string(dnf.pid()));
  auto const lock = take();
  ASSERT_FAILS(lock, ErrorKind::LockHeld);
  EXPECT_THAT(lock.error().message, HasSubstr("rpm_test (pid " + std::to_string(dnf.pid()) + ")"));
  EXPECT_THAT(lock.error().message, HasSubstr("rpmdb_lock.pid"));
  ASSERT_FALSE(progress_.empty());
  EXPECT_EQ(progress_.front().phase, "waiting for lock");
  EXPECT_EQ(world_.read(kPidFile), std::to_string(dnf.pid()));
}

TEST_F(Locks, of_rpm_name_their_holder_and_let_dnf_go_on) {
  LockHolder const rpm(world_.path(kRpmLock));
  auto const lock = take();
  ASSERT_FAILS(lock, ErrorKind::LockHeld);
  EXPECT_THAT(lock.error().message, HasSubstr("rpm_test (pid " + std::to_string(rpm.pid()) + ")"));
  EXPECT_THAT(lock.error().message, HasSubstr(".rpm.lock"));
  EXPECT_FALSE(world_.exists(kPidFile));
}

TEST_F(Locks, of_a_process_that_is_gone_are_nobodys) {
  int gone = 0;
  {
    LockHolder const holder(world_.path("/elsewhere"));
    gone = holder.pid();
  }
  for (auto const& left : {std::to_string(gone), std::string()}) {
    world_.write(kPidFile, left);
    ASSERT_OK(take());
  }
}

TEST_F(Locks, with_something_else_in_them_are_left_to_the_operator) {
  world_.write(kPidFile, "dnf was here\n");
  auto const lock = take();
  ASSERT_FAILS(lock, ErrorKind::LockHeld);
  EXPECT_THAT(lock.error().message,
              HasSubstr("rpmdb_lock.pid is held by something that is no pid; if no dnf is at work, remove the file"));
}

TEST_F(Locks, that_become_free_in_time_are_taken) {
  auto holder = std::make_unique<LockHolder>(world_.path(kRpmLock));
  auto const lock =
      TransactionLock::take(world_.paths(), std::chrono::seconds{60}, [&](job::Progress const&) { holder.reset(); });
  ASSERT_OK(lock);
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
