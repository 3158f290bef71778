#include <algorithm>

#include "daemon/core/config_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

using notify::NotifyConfig;
using notify::WebhookConfig;

void read_events(ConfigTable& table, NotifyConfig& notify) {
  if (!table.has("events")) return;
  std::vector<std::string> known;
  for (auto const topic : notify::all_topics()) known.emplace_back(to_string(topic));
  notify.events.clear();
  for (auto const& given : table.texts("events")) {
    auto const found = std::ranges::find(known, given.text);
    if (found == known.end()) {
      table.defect_at(given.at, "events", "unknown event " + quoted(given.text) + suggestion(given.text, known));
    } else {
      notify.events.push_back(static_cast<notify::Topic>(found - known.begin()));
    }
  }
}

void read_email(ConfigTable& table, NotifyConfig& notify) {
  for (auto const& given : table.texts("email")) {
    if (auto const problem = notify::address_problem(given.text); !problem.empty()) {
      table.defect_at(given.at, "email", quoted(given.text) + ": " + problem);
    } else {
      notify.email.push_back(given.text);
    }
  }
  auto const from = table.text("from");
  if (!from) return;
  if (auto const problem = notify::address_problem(from->text); !problem.empty()) table.defect("from", quoted(from->text) + ": " + problem);
  notify.from = from->text;
}

std::string read_path(ConfigTable& table, std::string const& key, std::string const& example) {
  auto const file = table.text(key);
  if (!file) return {};
  if (file->text.starts_with('/')) return file->text;
  table.defect(key, quoted(file->text) + " is no whole path; expected one such as \"" + example + "\"");
  return {};
}

/// The URL is a secret: no message repeats it.
WebhookConfig read_webhook(ConfigTable& table) {
  WebhookConfig hook;
  auto const url = table.text("url");
  hook.url_file = read_path(table, "url_file", "/etc/tykup/slack-url");
  hook.ca_file = read_path(table, "ca_file", "/etc/ssl/certs/example-ca.pem");
  if (auto const choice = table.one_of("format", {"json", "slack"}))
    hook.format = *choice == 0 ? notify::WebhookFormat::Json : notify::WebhookFormat::Slack;
  if (table.has("url") == table.has("url_file"))
    table.defect("url", table.has("url") ? "the URL stands in url or in the file of url_file; leave one of them out"
                                         : "a webhook needs url = \"https://…\", or url_file = \"/etc/tykup/…\", a file that holds it");
  if (url) {
    if (auto const problem = notify::webhook_problem(url->text); !problem.empty()) table.defect("url", problem);
    hook.url = url->text;
  }
  table.finish();
  return hook;
}

}  // namespace

void read_notify(ConfigTable& root, Config& config) {
  auto table = root.table("notify");
  if (!table) return;
  read_events(*table, config.notify);
  read_email(*table, config.notify);
  for (ConfigTable& entry : table->tables("webhook")) {
    auto hook = read_webhook(entry);
    auto const is_same = [&](WebhookConfig const& other) { return other.url == hook.url && other.url_file == hook.url_file; };
    bool const is_one = !hook.url.empty() || !hook.url_file.empty();
    if (is_one && std::ranges::any_of(config.notify.webhooks, is_same))
      entry.defect(hook.url.empty() ? "url_file" : "url", "this webhook is configured twice");
    config.notify.webhooks.push_back(std::move(hook));
  }
  bool const reaches_nobody = config.notify.email.empty() && config.notify.webhooks.empty();
  if (reaches_nobody && !table->has("email"))
    table->defect("email", "nobody is told anything; email = [\"ops@example.com\"] or a [[notify.webhook]] says whom, or take the table out");
  table->finish();
}

}  // namespace tykup
