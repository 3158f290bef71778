#include "daemon/net/webhook_poster.hpp"

#include "daemon/net/http_get.hpp"
#include "daemon/net/secret_file.hpp"

namespace tykup::net {

namespace {

/// Whoever reads it can do something about it, and then it is tried again.
notify::Delivery not_now(std::string why) { return {notify::Delivery::End::Again, std::move(why)}; }

}  // namespace

Result<std::string> url_of(notify::WebhookConfig const& hook) {
  if (!hook.url.empty()) return hook.url;
  auto url = first_line_of(hook.url_file);
  if (!url) return url;
  if (auto const problem = notify::webhook_problem(*url); !problem.empty())
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
