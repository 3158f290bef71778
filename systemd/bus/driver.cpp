#include "systemd/bus/driver.hpp"

#include <poll.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace tykup::bus {
namespace {

/// A peer that never stops talking must not keep the loop from its other work.
constexpr int kMostAtOnce = 64;
/// sd-bus ends a call itself; ours is the net below it.
constexpr auto kGrace = std::chrono::seconds{5};

int on_reply(sd_bus_message* message, void* userdata, sd_bus_error* /*error*/) {
  auto* pending = static_cast<Pending*>(userdata);
  if (sd_bus_error const* error = sd_bus_message_get_error(message); error != nullptr) {
    pending->complete(fail(error_from_bus(error->name, error->message)));
  } else {
    pending->complete(Message::share(message));
  }
  return 1;
}

}  // namespace

Connection::Driver::Driver(boost::asio::any_io_executor executor, BusHandle bus)
    : executor_(std::move(executor)), bus_(std::move(bus)), socket_(executor_), timer_(executor_) {}

Connection::Driver::~Driver() { stop(Error{ErrorKind::Stopping, "the connection to the bus is being closed"}); }

Result<void> Connection::Driver::start() {
  int const fd = sd_bus_get_fd(bus_.get());
  if (fd < 0) return fail(error_from_errno(fd, "get the bus connection's socket"));
  boost::system::error_code ec;
  socket_.assign(fd, ec);
  if (ec) return fail(ErrorKind::Internal, "cannot watch the bus connection's socket: " + ec.message());
  wake();
  return {};
}

void Connection::Driver::stop(Error const& why) {
  // The descriptor belongs to sd-bus: out of epoll first, closed by its owner afterwards.
  if (socket_.is_open()) socket_.release();
  timer_.cancel();
  fail_pending(why);
  bus_.reset();
}

void Connection::Driver::wake() {
  if (woken_ || !bus_) return;
  woken_ = true;
  boost::asio::post(executor_, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->pump();
  });
}

Result<std::shared_ptr<Pending>> Connection::Driver::submit(Message const& message, Duration limit) {
  if (!bus_) return fail(ErrorKind::Internal, "the connection to the bus is gone");
  if (message.error() != 0) return fail(error_from_errno(message.error(), "write a D-Bus message"));
  auto pending = std::make_shared<Pending>(executor_, limit + kGrace);
  sd_bus_slot* slot = nullptr;
  auto const usec = static_cast<std::uint64_t>(std::max<Duration::rep>(limit.count(), 1));
  int const r = sd_bus_call_async(bus_.get(), &slot, message.get(), on_reply, pending.get(), usec);
  if (r < 0) return fail(error_from_errno(r, "send a D-Bus call"));
  pending->slot.reset(slot);
  pending_.remove_if([](std::weak_ptr<Pending> const& old) { return old.expired(); });
  pending_.push_back(pending);
  wake();
  return pending;
}

Result<void> Connection::Driver::send(Message const& message) {
  if (!bus_) return fail(ErrorKind::Internal, "the connection to the bus is gone");
  if (message.error() != 0) return fail(error_from_errno(message.error(), "write a D-Bus message"));
  int const r = sd_bus_send(bus_.get(), message.get(), nullptr);
  if (r < 0) return fail(error_from_errno(r, "send a D-Bus message"));
  wake();
  return {};
}

int Connection::Driver::process_some() {
  for (int i = 0; i < kMostAtOnce; ++i) {
    int const r = sd_bus_process(bus_.get(), nullptr);
    // A handler may have closed the connection under us.
    if (!bus_) return 0;
    if (r <= 0) return r;
  }
  wake();
  return 0;
}

void Connection::Driver::pump() {
  auto const self = shared_from_this();
  woken_ = false;
  if (!bus_) return;
  int const r = process_some();
  if (r < 0) return lose(r);
  if (bus_) arm();
}

void Connection::Driver::arm() {
  int const events = sd_bus_get_events(bus_.get());
  if (events < 0) return lose(events);
  arm_socket(events);
  arm_timer();
}

void Connection::Driver::arm_socket(int events) {
  using Socket = boost::asio::posix::stream_descriptor;
  if ((events & POLLIN) != 0) watch(Socket::wait_read, reading_);
  if ((events & POLLOUT) != 0) watch(Socket::wait_write, writing_);
}

void Connection::Driver::watch(boost::asio::posix::stream_descriptor::wait_type direction, bool& watching) {
  if (watching) return;
  watching = true;
  socket_.async_wait(direction, [weak = weak_from_this(), &watching](boost::system::error_code const& ec) {
    auto self = weak.lock();
    if (!self) return;
    watching = false;
    if (!ec) self->pump();
  });
}

void Connection::Driver::arm_timer() {
  std::uint64_t usec = 0;
  int const r = sd_bus_get_timeout(bus_.get(), &usec);
  if (r < 0) return lose(r);
  if (usec == UINT64_MAX) {
    timer_.cancel();
    return;
  }
  // Absolute CLOCK_MONOTONIC, which is what steady_clock is here.
  timer_.expires_at(std::chrono::steady_clock::time_point{std::chrono::microseconds{usec}});
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& ec) {
    auto self = weak.lock();
    if (self && !ec) self->pump();
  });
}

void Connection::Driver::lose(int status) {
  Error const why = error_from_errno(status, "keep the connection to the bus");
  auto lost = std::exchange(lost_, nullptr);
  stop(why);
  if (lost) lost(why);
}

void Connection::Driver::fail_pending(Error const& why) {
  for (auto const& weak : std::exchange(pending_, {})) {
    if (auto pending = weak.lock()) pending->complete(fail(why));
  }
}

}  // namespace tykup::bus
