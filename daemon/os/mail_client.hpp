#pragma once

#include <chrono>
#include <string>

#include "daemon/agent/ports.hpp"

namespace tykup::os {

/// sendmail behind a socket of systemd's: each connection is a unit of its own that passes one message on. The daemon cannot
/// start sendmail itself: it may not gain the privileges that a mail system's program has.
class MailClient final : public agent::Mailer {
 public:
  explicit MailClient(std::string socket = "/run/tykup/mail.sock", std::chrono::milliseconds limit = std::chrono::seconds{90})
      : socket_(std::move(socket)), limit_(limit) {}
  agent::Awaitable<notify::Delivery> send(std::string message) override;

 private:
  std::string socket_;
  std::chrono::milliseconds limit_;
};

/// What the unit answered: the exit status of sendmail, a space, and what it said.
[[nodiscard]] notify::Delivery read_mail_answer(std::string_view answer);

}  // namespace tykup::os
