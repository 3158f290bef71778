#pragma once

#include <string>

#include "daemon/core/notify.hpp"

/// Notifications as people read them.
namespace tykup::notify {

/// "[tykup web1] run done: …": one line of printable ASCII, whatever the parts hold.
[[nodiscard]] std::string subject_line(Notification const& told);
/// All that is known of it, in lines of at most 78 bytes where its words allow it.
[[nodiscard]] std::string body_text(Notification const& told);
/// A whole message for `sendmail -t`: header, empty line, body. Nothing of the notification can begin a header of its own.
[[nodiscard]] std::string mail_message(Notification const& told, NotifyConfig const& config);
/// In Slack's own markup, its special characters escaped.
[[nodiscard]] std::string slack_text(Notification const& told);

}  // namespace tykup::notify
