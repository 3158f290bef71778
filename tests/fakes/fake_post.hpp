#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/agent/ports.hpp"

namespace tykup::test {

/// What waits to be sent, in memory; it refuses to change while `is_broken`.
class FakeOutboxStore : public agent::OutboxStore {
 public:
  Result<std::vector<notify::Parcel>> parcels() override {
    if (is_broken) return fail(ErrorKind::StateUnusable, "the disk is gone");
    return kept;
  }
  Result<void> remove(std::int64_t parcel) override {
    if (is_broken) return fail(ErrorKind::StateUnusable, "the disk is gone");
    std::erase_if(kept, [&](auto const& each) { return each.number == parcel; });
    return {};
  }
  Result<std::map<std::string, notify::Trouble>> troubles() override { return known; }
  Result<void> set_trouble(std::string const& way, std::optional<notify::Trouble> const& trouble) override {
    if (is_broken) return fail(ErrorKind::StateUnusable, "the disk is gone");
    if (trouble) {
      known[way] = *trouble;
    } else {
      known.erase(way);
    }
    return {};
  }
  /// As `Store::commit` leaves it.
  void add(notify::Notification const& told, std::vector<std::string> const& ways) {
    for (auto const& way : ways) kept.push_back({++last_, way, told});
  }

  std::vector<notify::Parcel> kept;
  std::map<std::string, notify::Trouble> known;
  bool is_broken = false;

 private:
  std::int64_t last_ = 0;
};

/// A mail system and every webhook there is. What they got is kept, and they answer as they are told to.
class FakePost : public agent::Mailer, public agent::Webhook {
 public:
  agent::Awaitable<notify::Delivery> send(std::string message) override {
    mails.push_back(std::move(message));
    co_return mail_answer;
  }
  agent::Awaitable<notify::Delivery> post(notify::WebhookConfig hook, std::string json) override {
    posts.emplace_back(hook.url, std::move(json));
    auto const meanwhile = while_posting;
    meanwhile();
    auto const known = answers.find(hook.url);
    co_return known == answers.end() ? notify::Delivery{} : known->second;
  }

  std::vector<std::string> mails;
  std::vector<std::pair<std::string, std::string>> posts;  ///< URL, body
  notify::Delivery mail_answer = {};
  std::map<std::string, notify::Delivery> answers;  ///< by URL
  std::function<void()> while_posting = [] {};
};

}  // namespace tykup::test
