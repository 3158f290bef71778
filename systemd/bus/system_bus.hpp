#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "systemd/bus/connection.hpp"

namespace tykup::bus {

/// How long to wait before the next attempt: doubled each time from `first`, at most `most`.
struct Backoff {
  Duration first = std::chrono::seconds{1};
  Duration most = std::chrono::minutes{1};
};
[[nodiscard]] Duration backoff_delay(Backoff const& backoff, unsigned failures);

/// The connection to the system bus, kept: where it is lost (dbus was restarted), that is said in the log, and it is
/// connected and set up again with back-off. Must outlive the running of the loop.
class SystemBus {
 public:
  using Connect = std::function<Result<std::shared_ptr<Connection>>()>;
  /// Exports objects, takes names: all that a new connection needs before it counts as one.
  using Setup = std::function<Awaitable<Result<void>>(std::shared_ptr<Connection>)>;

  /// `address` empty: the system bus of this host.
  explicit SystemBus(boost::asio::any_io_executor executor, std::string address = {});
  SystemBus(boost::asio::any_io_executor executor, Connect connect, Backoff backoff);

  /// In the order of the calls, on each new connection. Call before `start`.
  void on_connect(Setup setup);
  /// Called with the error when the connection is lost, and with nothing when it is back.
  void on_change(std::function<void(Error const*)> changed) { changed_ = std::move(changed); }

  /// Connects for the first time. Fails only with Busy, as a setup reported it (another daemon has the name); a bus that
  /// is not there is said in the log and tried again in the background.
  [[nodiscard]] Awaitable<Result<void>> start();

  /// Null while there is none.
  [[nodiscard]] std::shared_ptr<Connection> connection() const { return ready_ ? connection_ : nullptr; }

 private:
  Awaitable<Result<void>> connect_once();
  Awaitable<void> connect_again();
  void retry_in_background();
  void lost(Error const& why);

  boost::asio::any_io_executor executor_;
  Connect connect_;
  Backoff backoff_;
  boost::asio::steady_timer timer_;
  std::vector<Setup> setups_;
  std::function<void(Error const*)> changed_;
  std::shared_ptr<Connection> connection_;
  bool ready_ = false;
};

}  // namespace tykup::bus
