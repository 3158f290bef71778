#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

/// What people are told by e-mail and webhook, and by which ways it goes to them.
namespace tykup::notify {

/// What somebody can ask to be told; a closed list, each an entry of `events` in [notify].
enum class Topic {
  NewVersion,
  Approval,
  RunDone,
  RunFailed,
  Rollback,
  KeyExpiring,
  // Of a fleet: one for all of it.
  RolloutStarted,
  RolloutDone,
  RolloutStopped,
  RolloutStalled,
  RolloutPromotion,
  RolloutPaused
};
std::string_view to_string(Topic topic);
std::vector<Topic> const& all_topics();
/// What one host tells for all of its fleet, versions that are new included.
std::vector<Topic> const& topics_of_fleets();

/// One component of a notification and, where it was changed, how that ended.
struct Subject {
  std::string component;
  std::string from = {};
  std::string to = {};
  std::string result = {};  ///< "done", "rolled-back", …; empty: nothing was done to it
  std::string reason = {};
  std::string host = {};  ///< of a fleet; empty: this one
  std::string next = {};  ///< what to do about it
  friend bool operator==(Subject const&, Subject const&) = default;
};

/// One thing that happened, once. Whatever is made of it again, after a crash say, bears the same key.
struct Notification {
  std::string key = {};  ///< what it is about, unique on this host: "run-done 20261126T020000Z-ab12cd"
  std::string id = {};   ///< the same for the world: hexadecimal
  Topic topic = Topic::NewVersion;
  Instant at = {};
  std::string host = {};
  std::string title = {};  ///< one line without the host
  std::string text = {};   ///< what happened, sentences
  std::string next = {};   ///< what to do; empty: nothing
  std::string run = {};   ///< id of the run; empty: it is about none
  std::string plan = {};  ///< hash of the plan; empty: it is about none
  std::string cluster = {};  ///< the fleet that it is about; empty: this host
  std::string rollout = {};  ///< of that fleet
  std::vector<Subject> components = {};
  friend bool operator==(Notification const&, Notification const&) = default;
};

enum class WebhookFormat { Json, Slack };

/// `[[notify.webhook]]`. Exactly one of `url` and `url_file` is filled; the URL is a secret.
struct WebhookConfig {
  std::string url = {};
  std::string url_file = {};  ///< its first line is the URL; read whenever something is sent
  WebhookFormat format = WebhookFormat::Json;
  std::string ca_file = {};  ///< certificates that are trusted instead of the system's; empty: the system's
  friend bool operator==(WebhookConfig const&, WebhookConfig const&) = default;
};

/// `[notify]`.
struct NotifyConfig {
  std::vector<Topic> events = all_topics();
  std::vector<std::string> email = {};  ///< checked: no more than an address each
  std::string from = {};                ///< empty: the mail system's own choice
  std::vector<WebhookConfig> webhooks = {};
  friend bool operator==(NotifyConfig const&, NotifyConfig const&) = default;
};

/// "https://hooks.example.com", all of a URL that may be shown.
[[nodiscard]] std::string shown_url(std::string_view url);
/// Why that is no URL that something may be posted to; empty: it is one. The text does not hold the URL.
[[nodiscard]] std::string webhook_problem(std::string_view url);
/// Why that is no single e-mail address; empty: it is one. What passes can stand in a header.
[[nodiscard]] std::string address_problem(std::string_view address);

/// One way to somebody. Its id says which one it is through restarts and reloads, and holds no secret.
struct Way {
  std::string id;  ///< "email", "webhook-3f2a…"
  std::string to;  ///< for people: "ops@example.com", "https://hooks.example.com"
  std::optional<WebhookConfig> webhook = {};  ///< absent: e-mail
};
/// E-mail first, then the webhooks in their order; the digest tells webhooks with URLs of one server apart.
[[nodiscard]] std::vector<Way> ways_of(NotifyConfig const& config, std::function<std::string(std::string_view)> const& digest);

/// A notification on its way, as the store keeps it.
struct Parcel {
  std::int64_t number = 0;  ///< in the order of what happened
  std::string way;
  Notification notification;
};

/// How one attempt ended. Again: it may succeed later. Never: it was understood and refused.
struct Delivery {
  enum class End { Sent, Again, Never } end = End::Sent;
  std::string why = {};  ///< a clause, without any secret
};
/// What the answer of a webhook means; `status` 0: none came, and `problem` says why.
[[nodiscard]] Delivery judge_webhook(int status, std::string const& problem);
/// What the end of sendmail means; `said` are its own words.
[[nodiscard]] Delivery judge_mail(int exit_status, std::string const& said);

/// A way that does not get through.
struct Trouble {
  Instant since;
  std::string why;
  unsigned lost = 0;  ///< how many notifications were given up meanwhile
  friend bool operator==(Trouble const&, Trouble const&) = default;
};

/// How a way stands, for whoever asks.
struct WayStanding {
  std::string way;
  std::string to;
  std::size_t waiting = 0;
  std::optional<Trouble> trouble = {};
};

/// How long nothing is sent on a way that failed that often in a row: 1 min, doubled up to 1 h.
[[nodiscard]] Duration pause_after(unsigned failures);
/// From this age on a notification that still cannot be sent is given up.
inline constexpr auto kGivenUpAfter = std::chrono::hours{24};
/// So long after the ways of the host that tells of its fleet began to fail, all of them, another host does.
inline constexpr auto kOtherTells = std::chrono::minutes{15};
/// How many wait on one way at most; the oldest are given up.
inline constexpr std::size_t kMostWaiting = 200;
/// How many keys are remembered of what was told.
inline constexpr std::size_t kKeysKept = 1000;

}  // namespace tykup::notify
