#include "daemon/agent/fleet_teller.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <limits>
#include <utility>

#include "daemon/agent/coroutines.hpp"
#include "daemon/core/fleet/participant.hpp"
#include "daemon/wire/fleet_steer.hpp"
#include "daemon/wire/fleet_teller.hpp"

namespace tykup::agent {
namespace {

constexpr std::chrono::seconds kLease = std::chrono::duration_cast<std::chrono::seconds>(fleet::kPresence);
/// How often everything is read, by one host of the fleet: a stall shows only there.
constexpr Duration kLookAtWork = std::chrono::minutes{1};
constexpr Duration kLookAtRest = std::chrono::minutes{10};
constexpr Duration kSaveAgain = std::chrono::seconds{10};
constexpr Duration kFirstPause = std::chrono::seconds{2};
constexpr Duration kLongestPause = std::chrono::minutes{1};

bool is_gone(etcd::WatchNews const& news) {
  return std::ranges::any_of(news.events, [](etcd::WatchEvent const& event) { return event.kind == etcd::WatchEvent::Kind::Delete; });
}

}  // namespace

FleetTeller::FleetTeller(boost::asio::io_context& loop, Etcd& etcd, Clock& clock, std::string cluster, std::string host, Digest digest)
    : loop_(loop), etcd_(etcd), clock_(clock), keys_(cluster), cluster_(std::move(cluster)), host_(std::move(host)), digest_(std::move(digest)) {}

void FleetTeller::start(Voice& voice, fleet::Identity identity, std::uint64_t seed) {
  voice_ = &voice;
  identity_ = std::move(identity);
  seed_ = seed;
  wake();
}

void FleetTeller::see(fleet::Stored<fleet::Rollout> const& rollout) {
  if (role_ != Role::Teller || !rollout) return;
  seen_.push_back(rollout);
  wake();
}

void FleetTeller::wake() {
  wanted_ = true;
  if (working_ || voice_ == nullptr) return;
  working_ = true;
  boost::asio::co_spawn(loop_, work(), rethrow);
}

Awaitable<void> FleetTeller::work() {
  while (wanted_) {
    wanted_ = false;
    auto const before = condition();
    bool const was_it = is_teller();
    co_await round();
    if (is_teller() != was_it || condition() != before) on_change_();
  }
  working_ = false;
  arm();
}

Awaitable<void> FleetTeller::round() {
  if (!voice_->can_tell()) {
    co_await resign();
    co_return;
  }
  if (clock_.steady() < not_before_) co_return;
  if (role_ == Role::None) co_await apply();
  if (role_ == Role::Teller) co_await keep();
  if (role_ == Role::Teller) co_await look();
  if (role_ == Role::Teller) co_await note();
}

// ---- to be it -----------------------------------------------------------------------------------------------------

Awaitable<void> FleetTeller::apply() {
  auto txn = wire::teller_txn(keys_);
  auto const done = co_await etcd_.txn(std::move(txn));
  if (!done) {
    failed();
    co_return;
  }
  auto const other = wire::read_teller(*done);
  bool const is_ours = other && other->identity == identity_;
  if (other.modified == 0 || is_ours) {
    co_await claim(other.modified);
    co_return;
  }
  tries_ = 0;
  role_ = Role::Other;
  watch_other(done->revision + 1);
}

Awaitable<void> FleetTeller::claim(etcd::Revision before) {
  auto const lease = co_await etcd_.grant(kLease, 0);
  if (!lease) {
    failed();
    co_return;
  }
  fleet::Teller const own{host_, identity_, clock_.now()};
  auto txn = wire::claim_txn(keys_, own, lease->id, before);
  auto const done = co_await etcd_.txn(std::move(txn));
  if (!done || !done->succeeded) {
    // Somebody else was faster, or nobody knows: that is looked at again.
    failed();
    co_return;
  }
  tries_ = 0;
  role_ = Role::Teller;
  lease_ = lease->id;
  mine_ = done->revision;
  noted_ = wire::read_told(*done);
  known_ = noted_.record.value_or(fleet::KnownNews{});
  heard_ = 0;
  keep_at_ = clock_.steady() + fleet::kPresence / 3;
  look_at_ = clock_.steady();
}

Awaitable<void> FleetTeller::keep() {
  if (clock_.steady() < keep_at_) co_return;
  auto const kept = co_await etcd_.keep_alive(lease_);
  if (kept) {
    keep_at_ = clock_.steady() + fleet::kPresence / 3;
  } else if (kept.error().kind == ErrorKind::LeaseLost) {
    lose();
  } else {
    failed();
  }
}

/// What was told and is not noted is told again by whoever comes next, or by this host: never lost.
void FleetTeller::lose() {
  role_ = Role::None;
  seen_.clear();
  unsaved_.clear();
  waiting_.clear();
  suspected_ = {};
  condition_.reset();
  wanted_ = true;
}

void FleetTeller::failed() {
  auto pause = kFirstPause;
  for (unsigned i = 0; i < tries_ && pause < kLongestPause; ++i) pause *= 2;
  ++tries_;
  not_before_ = clock_.steady() + std::min(pause, kLongestPause) + Duration{static_cast<std::int64_t>(seed_ % 1'000'000)};
}

/// Others may be able to tell.
Awaitable<void> FleetTeller::resign() {
  if (auto const watch = watch_.lock()) watch->close();
  watch_.reset();
  bool const was_it = role_ == Role::Teller;
  lose();
  wanted_ = false;
  if (was_it) static_cast<void>(co_await etcd_.revoke(lease_));
}

void FleetTeller::watch_other(etcd::Revision from) {
  std::shared_ptr<EtcdWatch> const begun = etcd_.watch({keys_.teller(), {}}, from);
  watch_ = begun;
  boost::asio::co_spawn(loop_, follow(begun), rethrow);
}

Awaitable<void> FleetTeller::follow(std::shared_ptr<EtcdWatch> watch) {
  for (;;) {
    auto const news = co_await watch->next();
    if (watch != watch_.lock()) co_return;
    if (!is_gone(news) && !news.end) continue;
    watch->close();
    watch_.reset();
    role_ = Role::None;
    not_before_ = clock_.steady() + Duration{static_cast<std::int64_t>(seed_ % static_cast<std::uint64_t>(fleet::kSpread.count()))};
    wake();
    co_return;
  }
}

// ---- to tell ------------------------------------------------------------------------------------------------------

fleet::NewsFrom FleetTeller::from() const { return {cluster_, host_, clock_.now(), digest_}; }

/// Each state that the rollout was in up to that revision, in its order and once.
void FleetTeller::hear(etcd::Revision until) {
  while (!seen_.empty() && seen_.front().modified <= until) {
    auto const rollout = std::move(seen_.front());
    seen_.pop_front();
    if (rollout.modified <= heard_) continue;
    heard_ = rollout.modified;
    if (rollout->open()) look_at_ = std::min(look_at_, clock_.steady() + kLookAtWork);
    take_up(fleet::account_of(*rollout, known_, from()));
  }
}

Awaitable<void> FleetTeller::look() {
  if (clock_.steady() < look_at_) {
    // What was seen before the first reading may be past.
    if (condition_) hear(std::numeric_limits<etcd::Revision>::max());
    co_return;
  }
  auto txn = wire::board_txn(keys_);
  auto const done = co_await etcd_.txn(std::move(txn));
  auto board = done ? wire::board_of(cluster_, *done, &hosts_) : Result<fleet::Board>{fail(done.error())};
  if (!board) {
    failed();
    co_return;
  }
  tries_ = 0;
  hear(board->rollout.modified - 1);
  heard_ = std::max(heard_, board->rollout.modified);
  auto account = fleet::account_of(*board, known_, from(), suspected_);
  suspected_ = account.suspected;
  take_up(std::move(account));
  condition_ = fleet::overview(*board, clock_.now()).condition;
  bool const rests = !board->rollout || !board->rollout->open();
  look_at_ = clock_.steady() + (rests ? kLookAtRest : kLookAtWork);
}

void FleetTeller::take_up(fleet::Account account) {
  known_ = std::move(account.known);
  for (auto& told : account.news) {
    waiting_.push_back(told.key);
    unsaved_.push_back(std::move(told));
  }
  speak();
}

void FleetTeller::speak() {
  while (!unsaved_.empty() && voice_->tell(unsaved_.front())) unsaved_.erase(unsaved_.begin());
}

/// Only when it is out.
Awaitable<void> FleetTeller::note() {
  speak();
  if (!unsaved_.empty()) co_return;
  std::erase_if(waiting_, [this](std::string const& key) { return voice_->is_out(key); });
  bool const is_known = noted_ && *noted_ == known_;
  if (!waiting_.empty() || is_known) co_return;
  auto known = known_;
  auto txn = wire::note_txn(keys_, mine_, noted_.modified, known);
  auto const done = co_await etcd_.txn(std::move(txn));
  if (!done) failed();
  if (!done || !done->succeeded) {
    lose();
    co_return;
  }
  noted_ = {std::move(known), noted_.created, done->revision};
}

// ---- time ---------------------------------------------------------------------------------------------------------

void FleetTeller::arm() {
  if (role_ == Role::Other || !voice_->can_tell()) return;
  auto due = role_ == Role::Teller ? std::min(keep_at_, look_at_) : not_before_;
  if (!unsaved_.empty()) due = std::min(due, clock_.steady() + kSaveAgain);
  auto const left = std::max({due - clock_.steady(), not_before_ - clock_.steady(), Duration{std::chrono::seconds{1}}});
  auto const at = clock_.now() + left;
  if (alarm_ && *alarm_ <= at) return;
  alarm_ = at;
  boost::asio::co_spawn(loop_, ring(at), rethrow);
}

Awaitable<void> FleetTeller::ring(Instant at) {
  co_await clock_.sleep_until(at);
  if (alarm_ == at) alarm_.reset();
  wake();
}

}  // namespace tykup::agent
