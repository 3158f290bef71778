#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/fleet/overview.hpp"
#include "daemon/core/notify.hpp"
#include "daemon/core/plan.hpp"

/// What people are told of a fleet: each thing once, whichever host tells it. The fleet's record of what they know, `told`,
/// goes into each decision and comes out of it.
namespace tykup::fleet {

/// So long nobody can start before that is called a stall: between two steps it may look like one.
inline constexpr Duration kStallIsReal = std::chrono::minutes{1};
/// So long a rollout is prepared before somebody has to come and finish that.
inline constexpr Duration kPreparesLong = std::chrono::minutes{10};

/// Who tells it.
struct NewsFrom {
  std::string cluster;
  std::string host;
  Instant now = {};
  Digest digest;
};

/// A stall that was seen, and since when it is the same one.
struct Suspected {
  std::string event = {};  ///< empty: none
  Instant since = {};
  friend bool operator==(Suspected const&, Suspected const&) = default;
};

struct Account {
  KnownNews known;                              ///< once all of it is out
  std::vector<notify::Notification> news = {};  ///< `key` and `id` are the same whoever makes them of one `known`
  Suspected suspected = {};
};

/// What the rollout's record says. One that was over before anybody told anything is past, not news.
[[nodiscard]] Account account_of(Rollout const& rollout, KnownNews known, NewsFrom const& from);
/// Besides, what only a reading of everything shows: the end of the rollout before, a stall, a promotion that is waited for,
/// a beginning that was cut short, versions that are new.
[[nodiscard]] Account account_of(Board const& board, KnownNews known, NewsFrom const& from, Suspected const& before);

}  // namespace tykup::fleet
