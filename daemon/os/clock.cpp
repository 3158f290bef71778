#include "daemon/os/clock.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdint>

namespace tykup::os {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A descriptor that becomes readable at that instant, or when the clock is set; negative on failure.
int timer_for(Instant at) {
  // A time of zero would disarm the timer.
  auto const since_epoch = std::max<Duration>(at.time_since_epoch(), 1us);
  auto const whole = std::chrono::floor<std::chrono::seconds>(since_epoch);
  itimerspec when{};
  when.it_value.tv_sec = whole.count();
  when.it_value.tv_nsec = std::chrono::nanoseconds{since_epoch - whole}.count();
  int const fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return fd;
  int const armed = timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr);
  // ECANCELED here means that it is armed, and that the clock was set since the system came up.
  if (armed == 0 || errno == ECANCELED) return fd;
  close(fd);
  return -1;
}

/// Without a kernel timer (no descriptors left): a short sleep, after which the caller looks again.
agent::Awaitable<bool> nap() {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1s);
  co_await timer.async_wait(asio::use_awaitable);
  co_return true;
}

}  // namespace

Instant WallClock::now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

Duration WallClock::steady() {
  return std::chrono::floor<Duration>(std::chrono::steady_clock::now() - made_);
}

agent::Awaitable<bool> WallClock::sleep_until(Instant at) {
  int const fd = timer_for(at);
  if (fd < 0) {
    bool const look_again = co_await nap();
    co_return look_again;
  }
  asio::posix::stream_descriptor timer(co_await asio::this_coro::executor, fd);
  co_await timer.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  std::uint64_t expirations = 0;
  auto const got = ::read(fd, &expirations, sizeof expirations);
  co_return got < 0 && errno == ECANCELED;
}

}  // namespace tykup::os
