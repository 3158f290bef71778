#pragma once

#include <functional>
#include <string>

#include "daemon/agent/ports.hpp"
#include "systemd/journal.hpp"
#include "systemd/notify.hpp"

namespace tykup::systemd {

/// agent::Announcer: the journal, the line of `systemctl status` and the watchdog; a new line is passed on to the bus.
class Announcer final : public agent::Announcer {
 public:
  /// `notifier` must outlive this.
  Announcer(Journal journal, Notifier& notifier) : journal_(std::move(journal)), notifier_(notifier) {}

  /// Called after each `status`.
  void on_status(std::function<void(std::string const&)> changed) { changed_ = std::move(changed); }

  void announce(rollout::Announcement const& announcement) override { journal_.write(announcement); }
  void status(std::string const& line) override {
    notifier_.status(line);
    if (changed_) changed_(line);
  }
  void watchdog(bool on) override { notifier_.watchdog(on); }

 private:
  Journal journal_;
  Notifier& notifier_;
  std::function<void(std::string const&)> changed_;
};

}  // namespace tykup::systemd
