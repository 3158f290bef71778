#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "daemon/core/time.hpp"

namespace tykup::systemd {

/// One line that systemd takes: control characters become blanks (a line end would begin another assignment), cut to
/// `kMostStatus` bytes.
std::string status_text(std::string_view text);
inline constexpr std::size_t kMostStatus = 1024;

/// What tykupd tells the service manager (sd_notify). Without one ($NOTIFY_SOCKET unset) all of it does nothing.
class Notifier {
 public:
  static constexpr Duration kWatchdog = std::chrono::seconds{60};
  /// `interval`: after how long without a sign systemd ends the daemon during a run.
  explicit Notifier(boost::asio::any_io_executor executor, Duration interval = kWatchdog);

  /// Start-up is over; with the first status line.
  void ready(std::string const& status);
  /// A reload begins; `ready` ends it.
  void reloading(std::string const& status);
  /// The daemon ends itself.
  void stopping(std::string const& status);
  void status(std::string const& line);
  /// On: systemd expects a sign of life within the interval, and gets one every half of it. Off: none, no timer.
  void watchdog(bool on);

 private:
  void feed();

  boost::asio::steady_timer timer_;
  Duration interval_;
  bool watching_ = false;
};

}  // namespace tykup::systemd
