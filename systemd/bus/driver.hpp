#pragma once

#include <systemd/sd-bus.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <list>
#include <memory>
#include <optional>

#include "systemd/bus/connection.hpp"

namespace tykup::bus {

struct BusCloser {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
using BusHandle = std::unique_ptr<sd_bus, BusCloser>;

struct SlotCloser {
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using SlotHandle = std::unique_ptr<sd_bus_slot, SlotCloser>;

/// A call that waits for its answer. The timer is what the coroutine sleeps on; it is cancelled by the answer.
struct Pending {
  Pending(boost::asio::any_io_executor executor, Duration limit) : arrived(std::move(executor), limit) {}
  void complete(Result<Message> result) {
    if (!answer) answer.emplace(std::move(result));
    arrived.cancel();
  }
  boost::asio::steady_timer arrived;
  std::optional<Result<Message>> answer;
  SlotHandle slot;
};

/// Couples one sd_bus to the loop: its descriptor's readiness in both directions and its absolute monotonic timeout lead
/// to `sd_bus_process` until that has nothing left to do. Internal to this folder.
class Connection::Driver : public std::enable_shared_from_this<Driver> {
 public:
  Driver(boost::asio::any_io_executor executor, BusHandle bus);
  ~Driver();
  Driver(Driver const&) = delete;
  Driver& operator=(Driver const&) = delete;

  Result<void> start();
  void stop(Error const& why);
  /// Processing soon, from the loop; several wakes are one.
  void wake();
  Result<std::shared_ptr<Pending>> submit(Message const& message, Duration limit);
  Result<void> send(Message const& message);
  void on_lost(std::function<void(Error)> lost) { lost_ = std::move(lost); }
  [[nodiscard]] bool alive() const { return bus_ != nullptr; }
  [[nodiscard]] sd_bus* raw() const { return bus_.get(); }

 private:
  void pump();
  int process_some();
  void arm();
  void arm_socket(int events);
  void arm_timer();
  void watch(boost::asio::posix::stream_descriptor::wait_type direction, bool& watching);
  void lose(int status);
  void fail_pending(Error const& why);

  boost::asio::any_io_executor executor_;
  BusHandle bus_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer timer_;
  bool reading_ = false;
  bool writing_ = false;
  bool woken_ = false;
  std::list<std::weak_ptr<Pending>> pending_;
  std::function<void(Error)> lost_;
};

}  // namespace tykup::bus
