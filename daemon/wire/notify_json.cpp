#include "daemon/wire/notify_json.hpp"

#include <array>

#include "daemon/core/notify_text.hpp"
#include "daemon/wire/fields.hpp"
#include "daemon/wire/json_basics.hpp"
#include "daemon/wire/status_json.hpp"

namespace tykup::wire {

/// Stores keep these words.
template <>
struct Words<notify::Topic> {
  static constexpr std::array<std::string_view, 12> kAll{"new_version",     "approval",     "run_done",        "run_failed",
                                                         "rollback",        "key_expiring", "rollout_started", "rollout_done",
                                                         "rollout_stopped", "rollout_stalled", "rollout_promotion", "rollout_paused"};
};

void describe(auto& io, Like<notify::Subject> auto& about) {
  io("component", about.component);
  io("from", about.from);
  io("to", about.to);
  io("result", about.result);
  io("reason", about.reason);
  io("host", about.host);
  io("next", about.next);
}

void describe(auto& io, Like<notify::Notification> auto& told) {
  io("key", told.key);
  io("id", told.id);
  io("topic", told.topic);
  io("at_us", told.at);
  io("host", told.host);
  io("title", told.title);
  io("text", told.text);
  io("next", told.next);
  io("run", told.run);
  io("plan", told.plan);
  io("cluster", told.cluster);
  io("rollout", told.rollout);
  io("components", told.components);
}

namespace {

using nlohmann::json;

json generic(notify::Notification const& told) {
  auto const component = [](notify::Subject const& about) {
    return json{{"component", about.component}, {"from", about.from}, {"to", about.to},    {"result", about.result},
                {"reason", about.reason},       {"host", about.host}, {"next", about.next}};
  };
  return {{"schema", kSchema},
          {"id", told.id},
          {"event", to_string(told.topic)},
          {"host", told.host},
          {"at", to_rfc3339(std::chrono::floor<std::chrono::seconds>(told.at))},
          {"title", told.title},
          {"text", told.text},
          {"next", told.next},
          {"run", told.run},
          {"plan", told.plan},
          {"cluster", told.cluster},
          {"rollout", told.rollout},
          {"tykup", TYKUP_VERSION},
          {"components", list_json(told.components, component)}};
}

}  // namespace

std::string webhook_text(notify::Notification const& told, notify::WebhookFormat format) {
  if (format == notify::WebhookFormat::Slack) return to_line({{"text", slack_text(told)}});
  return to_line(generic(told));
}

std::string notification_text(notify::Notification const& told) {
  FieldWriter io;
  describe(io, told);
  return to_line(io.take());
}

Result<notify::Notification> parse_notification(std::string_view text) try {
  notify::Notification told;
  auto const document = json::parse(text);
  FieldReader io(document, "notification");
  describe(io, told);
  io.finish();
  return told;
} catch (Malformed const& problem) {
  return fail(ErrorKind::StateUnusable, problem.what());
} catch (json::exception const& problem) {
  return fail(ErrorKind::StateUnusable, "it is no JSON", problem.what());
}

}  // namespace tykup::wire
