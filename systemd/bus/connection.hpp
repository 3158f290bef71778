#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"
#include "systemd/bus/message.hpp"

struct sd_bus;

namespace tykup::bus {

template <typename T>
using Awaitable = boost::asio::awaitable<T>;

/// One end of a D-Bus connection, driven by the Asio loop. All functions are called on the loop's thread.
class Connection {
 public:
  /// Begins to connect; what goes wrong after that shows in the first call. `address` empty: the system bus.
  [[nodiscard]] static Result<std::shared_ptr<Connection>> to_bus(boost::asio::any_io_executor executor,
                                                                  std::string const& address = {});
  enum class Side { Client, Server };
  /// A peer at the other end of a connected socket, without a bus between: anonymous and trusted. Takes `fd` over.
  [[nodiscard]] static Result<std::shared_ptr<Connection>> to_peer(boost::asio::any_io_executor executor, int fd,
                                                                   Side side);
  /// Ends all calls under way with an error.
  ~Connection();
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  [[nodiscard]] Message method_call(std::string const& destination, std::string const& path,
                                    std::string const& interface, std::string const& member);
  /// The answer, or its error in our words. Ends within `limit`.
  [[nodiscard]] Awaitable<Result<Message>> call(Message message, Duration limit);
  /// For answers and signals.
  Result<void> send(Message message);

  /// Called once, from the loop, when the connection is gone.
  void on_lost(std::function<void(Error)> lost);
  [[nodiscard]] bool alive() const;
  /// For vtables; whoever sends through it calls `wake` afterwards.
  [[nodiscard]] sd_bus* raw() const;
  void wake();

 private:
  class Driver;
  explicit Connection(std::shared_ptr<Driver> driver);
  std::shared_ptr<Driver> driver_;
};

}  // namespace tykup::bus
