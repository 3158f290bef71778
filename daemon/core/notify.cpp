#include "daemon/core/notify.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/config_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup::notify {
namespace {

constexpr std::array<std::string_view, 12> kTopics{"new-version",     "approval",     "run-done",        "run-failed",
                                                   "rollback",        "key-expiring", "rollout-started", "rollout-done",
                                                   "rollout-stopped", "rollout-stalled", "rollout-promotion", "rollout-paused"};

/// Longer than any mail system says anything that helps.
constexpr std::size_t kLongestWords = 300;

std::string_view authority_of(std::string_view url) {
  auto const begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  auto const rest = url.substr(begin + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

/// Nothing that is said to this host leaves it.
bool is_loopback(std::string_view authority) {
  auto const end = authority.rfind(':');
  bool const bracketed = authority.starts_with('[');
  auto const host = bracketed ? authority.substr(0, authority.find(']') + 1) : authority.substr(0, end);
  return host == "localhost" || host == "[::1]" || host == "127.0.0.1";
}

std::string status_words(int status) {
  auto const said = "it answered " + std::to_string(status);
  if (status >= 300 && status < 400) return said + ", a redirect, which is not followed: configure the URL it leads to";
  switch (status) {
    case 401:
    case 403: return said + ": the URL is not (or no longer) allowed to post there";
    case 404:
    case 410: return said + ": there is no such webhook (any more); make a new one and put its URL into [[notify.webhook]]";
    case 408: return said + ": it waited too long for the request";
    case 413: return said + ": the message is too large for it";
    case 429: return said + ": too many messages at present";
    default: return said;
  }
}

}  // namespace

std::string_view to_string(Topic topic) { return kTopics.at(static_cast<std::size_t>(topic)); }

std::vector<Topic> const& all_topics() {
  static std::vector<Topic> const all = [] {
    std::vector<Topic> topics;
    for (std::size_t i = 0; i < kTopics.size(); ++i) topics.push_back(static_cast<Topic>(i));
    return topics;
  }();
  return all;
}

std::vector<Topic> const& topics_of_fleets() {
  static std::vector<Topic> const topics{Topic::NewVersion,     Topic::RolloutStarted,   Topic::RolloutDone,
                                         Topic::RolloutStopped, Topic::RolloutStalled, Topic::RolloutPromotion, Topic::RolloutPaused};
  return topics;
}

std::string shown_url(std::string_view url) {
  auto const authority = authority_of(url);
  auto const host = authority.substr(authority.rfind('@') + 1);
  return std::string(url.substr(0, url.find("://"))) + "://" + std::string(host);
}

std::string webhook_problem(std::string_view url) {
  if (auto problem = url_problem(url); !problem.empty()) return problem;
  auto const authority = authority_of(url);
  if (authority.find('@') != std::string_view::npos) return "a user name or password is not sent; the secret of a webhook is its path";
  if (url.find('#') != std::string_view::npos) return "a fragment (#…) is never sent";
  if (!url.starts_with("https://") && !url.starts_with("http://")) return "write https in lower case";
  if (url.starts_with("http://") && !is_loopback(authority))
    return "http:// would show the message and its secret path to everybody on the way; use https:// (http:// only to this host: 127.0.0.1, [::1] or localhost)";
  return {};
}

std::string address_problem(std::string_view address) {
  constexpr std::string_view kLocal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-";
  constexpr std::string_view kDomain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  auto const at = address.find('@');
  auto const local = address.substr(0, at);
  bool const plain_local = !local.empty() && local.find_first_not_of(kLocal) == std::string_view::npos && local.front() != '-';
  if (!plain_local) return "expected one address such as \"ops@example.com\", without a name, spaces or brackets";
  if (at == std::string_view::npos) return {};
  auto const domain = address.substr(at + 1);
  bool const plain_domain = !domain.empty() && domain.find_first_not_of(kDomain) == std::string_view::npos && domain.front() != '.' && domain.back() != '.' &&
                            domain.find("..") == std::string_view::npos;
  if (!plain_domain) return "what follows the @ is no host name";
  return address.size() > 254 ? "an address is no longer than 254 characters" : std::string{};
}

std::vector<Way> ways_of(NotifyConfig const& config, std::function<std::string(std::string_view)> const& digest) {
  std::vector<Way> ways;
  if (!config.email.empty()) ways.push_back({"email", join(config.email)});
  for (auto const& hook : config.webhooks) {
    bool const from_file = hook.url.empty();
    auto const id = "webhook-" + digest(from_file ? "file " + hook.url_file : "url " + hook.url).substr(0, 12);
    ways.push_back({id, from_file ? "the URL in " + hook.url_file : shown_url(hook.url), hook});
  }
  return ways;
}

Delivery judge_webhook(int status, std::string const& problem) {
  using End = Delivery::End;
  if (status == 0) return {End::Again, problem};
  if (status >= 200 && status < 300) return {};
  bool const is_final = status >= 400 && status < 500 && status != 408 && status != 429;
  return {is_final ? End::Never : End::Again, status_words(status)};
}

/// sysexits(3): the message or its recipients are wrong, or something that may mend itself is.
Delivery judge_mail(int exit_status, std::string const& said) {
  using End = Delivery::End;
  if (exit_status == 0) return {};
  constexpr std::array kFinal{65, 67, 68};
  bool const is_final = std::ranges::find(kFinal, exit_status) != kFinal.end();
  auto const words = one_line(trimmed(said), kLongestWords);
  auto const why = "sendmail ended with status " + std::to_string(exit_status);
  return {is_final ? End::Never : End::Again, words.empty() ? why : why + ": " + words};
}

Duration pause_after(unsigned failures) {
  constexpr Duration kFirst = std::chrono::minutes{1};
  constexpr Duration kLongest = std::chrono::hours{1};
  constexpr unsigned kDoublings = 6;
  if (failures == 0) return Duration{0};
  return std::min(kLongest, kFirst * (1U << std::min(failures - 1, kDoublings)));
}

}  // namespace tykup::notify
