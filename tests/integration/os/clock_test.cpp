#include "daemon/os/clock.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <time.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>

#include "tests/fakes/await_on.hpp"

namespace tykup::os {
namespace {

using namespace std::chrono_literals;

class ClockTest : public testing::Test {
 protected:
  bool sleep_until(Instant at) { return fakes::await_on(loop_, clock_.sleep_until(at)); }
  boost::asio::io_context loop_;
  WallClock clock_;
};

TEST_F(ClockTest, now_is_the_time_of_the_system) {
  auto const before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  auto const now = clock_.now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST_F(ClockTest, a_sleep_ends_at_its_time_and_not_before) {
  auto const until = clock_.now() + 120ms;
  EXPECT_FALSE(sleep_until(until));
  EXPECT_GE(clock_.now(), until);
}

TEST_F(ClockTest, a_time_that_has_passed_is_not_waited_for) {
  EXPECT_FALSE(sleep_until(clock_.now() - 1h));
  EXPECT_FALSE(sleep_until(Instant{}));
  EXPECT_FALSE(sleep_until(Instant{} - 1s));
}

TEST_F(ClockTest, the_end_of_time_can_be_waited_for) {
  EXPECT_THROW(fakes::await_on(loop_, clock_.sleep_until(Instant::max()), 100ms), std::runtime_error);
}

TEST_F(ClockTest, a_sleep_ends_early_when_somebody_sets_the_clock) {
  int set = -1;
  int problem = 0;
  boost::asio::steady_timer timer(loop_, 50ms);
  timer.async_wait([&](boost::system::error_code) {
    // To what it shows already: for the kernel that is a setting like any other.
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    set = clock_settime(CLOCK_REALTIME, &now);
    problem = errno;
    if (set != 0) loop_.stop();
  });
  try {
    EXPECT_TRUE(sleep_until(clock_.now() + 10min));
  } catch (std::runtime_error const&) {
    if (set != 0 && problem == EPERM) GTEST_SKIP() << "only root with CAP_SYS_TIME may set the clock";
    throw;
  }
  EXPECT_EQ(set, 0);
}

TEST_F(ClockTest, without_a_timer_of_the_kernel_the_caller_is_told_to_look_again) {
  boost::asio::steady_timer const opens_the_loop(loop_);
  auto& loop = loop_;
  auto sleep = clock_.sleep_until(clock_.now() + 10min);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  // Between these two nothing else may need a descriptor, a sanitizer's checks included.
  setrlimit(RLIMIT_NOFILE, &none);
  bool const look_again = fakes::await_on(loop, std::move(sleep));
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(look_again);
}

}  // namespace
}  // namespace tykup::os
