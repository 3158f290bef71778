#include "systemd/notify.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <system_error>
#include <utility>

namespace tykup::systemd {
namespace {

void tell(std::string const& assignments) {
  int const r = sd_notify(0, assignments.c_str());
  if (r < 0) spdlog::warn("cannot notify systemd: {}", std::generic_category().message(-r));
}

}  // namespace

std::string status_text(std::string_view text) {
  std::string line;
  for (char const c : text.substr(0, kMostStatus)) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  // Not in the middle of a character: systemd would drop the whole line.
  if (text.size() > kMostStatus) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) line.pop_back();
    if (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80U) != 0) line.pop_back();
  }
  return line;
}

Notifier::Notifier(boost::asio::any_io_executor executor, Duration interval)
    : timer_(std::move(executor)), interval_(interval) {}

void Notifier::ready(std::string const& status) { tell("READY=1\nSTATUS=" + status_text(status)); }
void Notifier::reloading(std::string const& status) { tell("RELOADING=1\nSTATUS=" + status_text(status)); }
void Notifier::stopping(std::string const& status) { tell("STOPPING=1\nSTATUS=" + status_text(status)); }
void Notifier::status(std::string const& line) { tell("STATUS=" + status_text(line)); }

void Notifier::watchdog(bool on) {
  if (on == watching_) return;
  watching_ = on;
  if (on) {
    tell(fmt::format("WATCHDOG_USEC={}", interval_.count()));
    feed();
  } else {
    timer_.cancel();
    tell("WATCHDOG_USEC=0");
  }
}

void Notifier::feed() {
  tell("WATCHDOG=1");
  timer_.expires_after(interval_ / 2);
  timer_.async_wait([this](boost::system::error_code const& ec) {
    if (!ec && watching_) feed();
  });
}

}  // namespace tykup::systemd
