#include "daemon/net/webhook_poster.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "daemon/core/words.hpp"
#include "daemon/net/http_get.hpp"

namespace tykup::net {

namespace {

constexpr std::size_t kLongestUrl = 4096;

/// Whoever reads it can do something about it, and then it is tried again.
notify::Delivery not_now(std::string why) { return {notify::Delivery::End::Again, std::move(why)}; }

}  // namespace

Result<std::string> url_of(notify::WebhookConfig const& hook) {
  if (!hook.url.empty()) return hook.url;
  std::ifstream file(hook.url_file);
  std::string line;
  if (!file.is_open())
    return fail(ErrorKind::BadConfig, hook.url_file + " cannot be read (" + std::strerror(errno) + "): it must be readable for the user tykup, for instance root:tykup 0640");
  line.resize(kLongestUrl);
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  auto const url = std::string(trimmed(std::string_view(line).substr(0, line.find('\n'))));
  if (auto const problem = notify::webhook_problem(url); !problem.empty())
    return fail(ErrorKind::BadConfig, "the first line of " + hook.url_file + " is no URL of a webhook: " + problem);
  return url;
}

agent::Awaitable<notify::Delivery> WebhookPoster::post(notify::WebhookConfig hook, std::string json) {
  auto const url = url_of(hook);
  if (!url) co_return not_now(url.error().message);
  auto target = parse_url(*url);
  // Its words would hold the whole URL.
  if (!target) co_return not_now("its URL is none that can be asked");
  HttpPost message;
  message.body = std::move(json);
  message.ca_file = hook.ca_file;
  auto const reply = co_await http_post(std::move(*target), std::move(message), limit_);
  co_return notify::judge_webhook(reply.status, reply.problem);
}

}  // namespace tykup::net
