#pragma once

#include <string>

#include "daemon/core/notify.hpp"

namespace tykup::wire {

/// What a webhook gets. Json: {"schema":1,"id","event","host","at","title","text","next","run","plan","tykup",
///  "components":[{component,from,to,result,reason}]}; a fact that it has none of is an empty text. Slack: {"text"}.
[[nodiscard]] std::string webhook_text(notify::Notification const& told, notify::WebhookFormat format);

/// As the store keeps it. StateUnusable: it is no such text.
[[nodiscard]] std::string notification_text(notify::Notification const& told);
[[nodiscard]] Result<notify::Notification> parse_notification(std::string_view text);

}  // namespace tykup::wire
