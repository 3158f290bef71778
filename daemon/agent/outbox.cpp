#include "daemon/agent/outbox.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "daemon/agent/coroutines.hpp"
#include "daemon/core/notify_text.hpp"
#include "daemon/core/words.hpp"
#include "daemon/wire/notify_json.hpp"

namespace tykup::agent {
namespace {

using notify::Delivery;
using notify::Parcel;
using notify::Trouble;
using notify::Way;

/// So long a daemon tries before it gives up what became old while it was away: the network may come up after it.
constexpr auto kFairTry = std::chrono::minutes{10};
constexpr auto kAskTheStoreAgain = std::chrono::minutes{1};

std::string times(unsigned count) { return std::to_string(count) + (count == 1 ? " was" : " were"); }

}  // namespace

Outbox::Outbox(boost::asio::io_context& loop, Post post, Clock& clock, Announcer& announcer, Digest digest)
    : loop_(loop), post_(post), clock_(clock), announcer_(announcer), digest_(std::move(digest)) {}

void Outbox::adopt(notify::NotifyConfig config) {
  config_ = std::move(config);
  ways_ = notify::ways_of(config_, digest_);
  paces_.clear();
  if (auto troubles = post_.store.troubles()) troubles_ = std::move(*troubles);
  forget_other_ways();
  wake();
}

void Outbox::forget_other_ways() {
  std::vector<std::string> gone;
  for (auto const& [way, trouble] : troubles_)
    if (find(way) == nullptr) gone.push_back(way);
  for (auto const& way : gone) keep_trouble(way, std::nullopt);
}

void Outbox::wake() {
  wanted_ = true;
  if (working_) return;
  working_ = true;
  boost::asio::co_spawn(loop_, work(), rethrow);
}

std::vector<notify::WayStanding> Outbox::standing() const {
  std::vector<notify::WayStanding> all;
  for (auto const& way : ways_) {
    auto const waiting = waiting_.find(way.id);
    auto const trouble = troubles_.find(way.id);
    all.push_back({way.id, way.to, waiting == waiting_.end() ? 0 : waiting->second,
                   trouble == troubles_.end() ? std::nullopt : std::optional{trouble->second}});
  }
  return all;
}

// ---- sending ------------------------------------------------------------------------------------------------------

Awaitable<void> Outbox::work() {
  while (wanted_) {
    wanted_ = false;
    co_await round();
  }
  working_ = false;
  arm();
  changed_();
}

Awaitable<void> Outbox::round() {
  auto const parcels = sorted_out();
  for (auto const& parcel : parcels) {
    // The configuration may have changed meanwhile.
    auto const* way = find(parcel.way);
    if (way == nullptr || paces_[parcel.way].not_before > clock_.steady()) continue;
    Parcel sent = parcel;
    Way by = *way;
    auto const delivery = co_await deliver(std::move(sent), std::move(by));
    settle(parcel, delivery);
  }
}

Awaitable<Delivery> Outbox::deliver(Parcel parcel, Way way) {
  if (!way.webhook) {
    auto message = notify::mail_message(parcel.notification, config_);
    auto mailed = co_await post_.mailer.send(std::move(message));
    co_return mailed;
  }
  auto hook = std::move(*way.webhook);
  auto json = wire::webhook_text(parcel.notification, hook.format);
  auto posted = co_await post_.webhook.post(std::move(hook), std::move(json));
  co_return posted;
}

void Outbox::arm() {
  std::optional<Instant> next;
  auto const at_least = [&](Duration left) {
    auto const at = clock_.now() + std::max(left, Duration{std::chrono::seconds{1}});
    if (!next || at < *next) next = at;
  };
  for (auto const& way : ways_)
    if (waiting_[way.id] > 0) at_least(paces_[way.id].not_before - clock_.steady());
  if (!store_problem_.empty()) at_least(kAskTheStoreAgain);
  if (!next || (alarm_ && *alarm_ <= *next)) return;
  alarm_ = next;
  boost::asio::co_spawn(loop_, ring(*next), rethrow);
}

Awaitable<void> Outbox::ring(Instant at) {
  co_await clock_.sleep_until(at);
  if (alarm_ == at) alarm_.reset();
  wake();
}

std::vector<Parcel> Outbox::sorted_out() {
  waiting_.clear();
  auto all = post_.store.parcels();
  note_store(all ? Result<void>{} : fail(all.error()));
  if (!all) return {};
  std::map<std::string, std::size_t> still;
  for (auto const& parcel : *all) ++still[parcel.way];
  std::vector<Parcel> kept;
  for (auto& parcel : *all) {
    auto const* way = find(parcel.way);
    auto const is_surplus = still[parcel.way]-- > notify::kMostWaiting;
    if (out_.contains(parcel.number)) {
      forget(parcel);
    } else if (way == nullptr) {
      give_up(parcel, parcel.way == "email" ? parcel.way : "a webhook", "it is not in [notify] any more");
    } else if (is_surplus) {
      give_up(parcel, way->to, "more than " + std::to_string(notify::kMostWaiting) + " are waiting");
    } else if (paces_[parcel.way].failures > 0 && is_too_old(parcel)) {
      give_up(parcel, way->to, "it could not be delivered for a day");
    } else {
      ++waiting_[parcel.way];
      kept.push_back(std::move(parcel));
    }
  }
  return kept;
}

bool Outbox::is_too_old(Parcel const& parcel) {
  return clock_.now() - parcel.notification.at >= notify::kGivenUpAfter && clock_.steady() >= kFairTry;
}

// ---- how it went --------------------------------------------------------------------------------------------------

void Outbox::settle(Parcel const& parcel, Delivery const& delivery) {
  auto const* way = find(parcel.way);
  if (delivery.end == Delivery::End::Sent) {
    forget(parcel);
    if (way != nullptr) got_through(*way);
  }
  if (way == nullptr) return;
  if (delivery.end == Delivery::End::Again) failed(*way, delivery.why);
  if (delivery.end == Delivery::End::Never) give_up(parcel, way->to, delivery.why);
  changed_();
}

/// What is out is never sent again by this daemon, even where the store cannot say so.
void Outbox::forget(Parcel const& parcel) {
  auto const done = post_.store.remove(parcel.number);
  if (done) {
    out_.erase(parcel.number);
  } else {
    out_.insert(parcel.number);
  }
  auto& waiting = waiting_[parcel.way];
  if (waiting > 0) --waiting;
  note_store(done);
}

void Outbox::got_through(Way const& way) {
  paces_[way.id] = {};
  auto const trouble = troubles_.find(way.id);
  if (trouble == troubles_.end()) return;
  auto const lost = trouble->second.lost;
  announcer_.announce({.said = rollout::Said::NotifyWorks,
                       .priority = rollout::Priority::Notice,
                       .message = "Notifications to " + way.to + " get through again, for the first time since " + to_rfc3339(trouble->second.since) +
                                  (lost == 0 ? "." : "; " + times(lost) + " given up meanwhile.")});
  keep_trouble(way.id, std::nullopt);
}

void Outbox::failed(Way const& way, std::string const& why) {
  auto& pace = paces_[way.id];
  pace.not_before = clock_.steady() + notify::pause_after(++pace.failures);
  auto const known = troubles_.find(way.id);
  if (known != troubles_.end()) {
    if (known->second.why != why) keep_trouble(way.id, Trouble{known->second.since, why, known->second.lost});
    return;
  }
  announcer_.announce({.said = rollout::Said::NotifyFailing,
                       .priority = rollout::Priority::Warning,
                       .message = "Notifications to " + way.to + " do not get through: " + why +
                                  ". They are kept and sent again for a day; no run waits for them.",
                       .reason = why});
  keep_trouble(way.id, Trouble{clock_.now(), why});
}

void Outbox::give_up(Parcel const& parcel, std::string const& to, std::string const& why) {
  forget(parcel);
  announcer_.announce({.said = rollout::Said::NotifyLost,
                       .priority = rollout::Priority::Error,
                       .message = "The notification " + quoted(parcel.notification.title, 200) + " to " + to + " is given up: " + why + ".",
                       .run = parcel.notification.run,
                       .reason = why});
  if (find(parcel.way) == nullptr) return;
  auto const known = troubles_.find(parcel.way);
  Trouble trouble = known == troubles_.end() ? Trouble{clock_.now(), why} : known->second;
  if (known == troubles_.end() || paces_[parcel.way].failures == 0) trouble.why = why;
  ++trouble.lost;
  keep_trouble(parcel.way, trouble);
}

void Outbox::keep_trouble(std::string const& way, std::optional<Trouble> const& trouble) {
  if (trouble) {
    troubles_[way] = *trouble;
  } else {
    troubles_.erase(way);
  }
  note_store(post_.store.set_trouble(way, trouble));
}

void Outbox::note_store(Result<void> const& done) {
  auto const problem = done ? std::string{} : done.error().message;
  if (std::exchange(store_problem_, problem) == problem || problem.empty()) return;
  announcer_.announce({.said = rollout::Said::NotifyFailing,
                       .priority = rollout::Priority::Error,
                       .message = "Notifications are not sent as they should be, because the state cannot be used: " + problem,
                       .reason = problem});
}

Way const* Outbox::find(std::string const& way) const {
  auto const found = std::ranges::find(ways_, way, &Way::id);
  return found == ways_.end() ? nullptr : &*found;
}

}  // namespace tykup::agent
