#pragma once

#include <chrono>

#include "daemon/agent/ports.hpp"

namespace tykup::net {

/// Posts over HTTPS to a server that proves its name by a certificate of the system's store, or of the webhook's own file.
class WebhookPoster final : public agent::Webhook {
 public:
  explicit WebhookPoster(std::chrono::milliseconds limit = std::chrono::seconds{15}) : limit_(limit) {}
  agent::Awaitable<notify::Delivery> post(notify::WebhookConfig hook, std::string json) override;

 private:
  std::chrono::milliseconds limit_;
};

/// The URL of a webhook: its own, or the first line of its file. BadConfig: there is none that may be posted to; the message
/// names the file, never the URL.
[[nodiscard]] Result<std::string> url_of(notify::WebhookConfig const& hook);

}  // namespace tykup::net
