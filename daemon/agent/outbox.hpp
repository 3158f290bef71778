#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/agent/ports.hpp"
#include "daemon/core/notify.hpp"
#include "daemon/core/plan.hpp"

namespace tykup::agent {

/// What carries notifications to the outside; all outlive their user.
struct Post {
  OutboxStore& store;
  Mailer& mailer;
  Webhook& webhook;
};

/// Sends what the store keeps, oldest first, each way for itself: one that fails is left alone for a while, and what waits on
/// it waits. Says once when a way stops getting through, once when it works again, and each notification that is given up.
/// Holds nothing up. Runs on one io_context.
class Outbox {
 public:
  Outbox(boost::asio::io_context& loop, Post post, Clock& clock, Announcer& announcer, Digest digest);

  /// From now on these are the ways. What waits for one that is no more is given up; every other is tried at once.
  void adopt(notify::NotifyConfig config);
  /// Something was put into the store.
  void wake();
  /// One for each way that is configured.
  [[nodiscard]] std::vector<notify::WayStanding> standing() const;
  /// Called when that is another than before.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  struct Pace {
    unsigned failures = 0;
    Duration not_before{0};  ///< on the steady clock
  };

  Awaitable<void> work();
  Awaitable<void> round();
  Awaitable<notify::Delivery> deliver(notify::Parcel parcel, notify::Way way);
  Awaitable<void> ring(Instant at);
  void arm();
  /// All that waits; what has nowhere to go, is too much or too old is given up.
  std::vector<notify::Parcel> sorted_out();
  [[nodiscard]] bool is_too_old(notify::Parcel const& parcel);
  void settle(notify::Parcel const& parcel, notify::Delivery const& delivery);
  void forget(notify::Parcel const& parcel);
  void got_through(notify::Way const& way);
  void failed(notify::Way const& way, std::string const& why);
  void give_up(notify::Parcel const& parcel, std::string const& to, std::string const& why);
  void keep_trouble(std::string const& way, std::optional<notify::Trouble> const& trouble);
  void forget_other_ways();
  void note_store(Result<void> const& done);
  [[nodiscard]] notify::Way const* find(std::string const& way) const;

  boost::asio::io_context& loop_;
  Post post_;
  Clock& clock_;
  Announcer& announcer_;
  Digest digest_;
  notify::NotifyConfig config_;
  std::vector<notify::Way> ways_;
  std::map<std::string, Pace> paces_;
  std::map<std::string, notify::Trouble> troubles_;
  std::map<std::string, std::size_t> waiting_;
  std::set<std::int64_t> out_;  ///< sent, but the store could not be told yet
  std::string store_problem_;   ///< what was said of it
  std::function<void()> changed_ = [] {};
  bool wanted_ = false;
  bool working_ = false;
  std::optional<Instant> alarm_;
};

}  // namespace tykup::agent
