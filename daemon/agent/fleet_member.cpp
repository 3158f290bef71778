#include "daemon/agent/fleet_member.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/agent/coroutines.hpp"
#include "daemon/wire/fleet_json.hpp"
#include "daemon/wire/fleet_txn.hpp"

namespace tykup::agent {
namespace {

constexpr auto kSaveAgain = std::chrono::seconds{10};
constexpr auto kFiguresAreOld = std::chrono::minutes{1};

/// `Changed`, with the record as it is after that; or that it cannot be read.
template <typename Record, typename Changed>
fleet::Event steering_changed(etcd::WatchEvent const& event) {
  auto const& value = event.value;
  if (event.kind == etcd::WatchEvent::Kind::Delete) return Changed{{}, value.mod_revision};
  auto record = wire::parse_fleet<Record>(value.value);
  if (!record) return fleet::event::SteeringUnreadable{value.key + ": " + record.error().message};
  return Changed{{std::move(*record), value.create_revision, value.mod_revision}, value.mod_revision};
}

/// FNV-1a: the same on every build.
std::uint64_t seed_of(fleet::Identity const& identity) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (char const c : identity.machine_id + identity.nonce) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

/// What a plan is made by.
bool same_pins(fleet::View const& a, fleet::View const& b) {
  auto const same = [](fleet::PinnedPackage const& one, fleet::PinnedPackage const& other) {
    return one.component == other.component && one.package == other.package;
  };
  return a.rollout == b.rollout && a.frozen == b.frozen && std::ranges::equal(a.pins, b.pins, same);
}

}  // namespace

FleetMember::FleetMember(boost::asio::io_context& loop, FleetWorld world, fleet::Settings const& settings, fleet::Identity fresh)
    : loop_(loop), world_(world), inquirer_(world.executor, world.prober, world.clock), keys_(settings.cluster), identity_(std::move(fresh)) {
  figures_.cluster = settings.cluster;
  figures_.datacenter = settings.datacenter;
  figures_.group = settings.group;
}

Result<void> FleetMember::start() {
  auto saved = world_.store.load_fleet();
  if (!saved) return fail(std::move(saved.error()));
  auto memory = saved->value_or(fleet::Memory{});
  if (memory.record.identity.nonce.empty()) {
    memory.record.identity = identity_;
    if (auto kept = world_.store.keep_fleet(memory); !kept) return kept;
  }
  // A copied disk brings the other machine's nonce along, and is found out by its machine-id.
  identity_.nonce = memory.record.identity.nonce;
  seed_ = seed_of(identity_);
  post(fleet::event::Started{std::move(memory), identity_});
  return {};
}

void FleetMember::set_record(fleet::HostRecord record) {
  record.identity = identity_;
  if (record_ == record) return;
  record_ = record;
  post(fleet::event::FactsFound{std::move(record)});
}

void FleetMember::set_need(fleet::Need const& need) {
  if (need_ == need) return;
  need_ = need;
  post(fleet::event::NeedChanged{need});
}

// ---- the loop -----------------------------------------------------------------------------------------------------

void FleetMember::post(fleet::Event event) {
  inbox_.push_back(std::move(event));
  boost::asio::post(loop_, [this] { drain(); });
}

void FleetMember::drain() {
  if (draining_ || stuck_) return;
  draining_ = true;
  while (!inbox_.empty() && !stuck_) {
    auto const event = std::move(inbox_.front());
    inbox_.pop_front();
    auto const seen = state_.standing.rollout.modified;
    bool const took_part = takes_part();
    auto const off = world_.etcd.clock_offset().value_or(Duration{0});
    auto transition = fleet::step(state_, event, {keys_, world_.clock.now(), seed_, off});
    state_ = std::move(transition.next);
    std::ranges::move(transition.commands, std::back_inserter(todo_));
    carry_out();
    tell_trouble();
    count();
    if (state_.standing.rollout.modified != seen || takes_part() != took_part) on_seen_(state_.standing.rollout);
  }
  draining_ = false;
}

void FleetMember::count() {
  auto const before = figures_;
  fleet::fill_figures(figures_, state_);
  if (figures_ != before) on_figures_();
}

template <typename Answer>
void FleetMember::heard(Result<Answer> const& answer) {
  auto const now = world_.clock.now();
  auto const before = figures_;
  figures_.reachable = answer || (answer.error().kind != ErrorKind::EtcdUnavailable && answer.error().kind != ErrorKind::EtcdUnknown);
  if (figures_.reachable) figures_.answered = now;
  bool const is_old = figures_.reachable && (!before.answered || now - *before.answered >= kFiguresAreOld);
  if (is_old || figures_.reachable != before.reachable) on_figures_();
}

bool FleetMember::takes_part() const {
  using namespace fleet::phase;
  auto const& phase = state_.phase;
  bool const stands_apart = std::holds_alternative<Off>(phase) || std::holds_alternative<Disputing>(phase) || std::holds_alternative<Suspect>(phase) ||
                            std::holds_alternative<Refused>(phase);
  return !stands_apart && state_.standing.meta;
}

void FleetMember::carry_out() {
  while (!todo_.empty() && carry_out(todo_.front())) todo_.pop_front();
  if (todo_.empty()) return;
  stuck_ = true;
  auto again = [this](std::exception_ptr const& thrown) {
    rethrow(thrown);
    stuck_ = false;
    carry_out();
    drain();
  };
  boost::asio::co_spawn(loop_, sleep(world_.clock.now() + kSaveAgain), std::move(again));
}

bool FleetMember::carry_out(fleet::Command& command) {
  using namespace fleet::command;
  if (auto const* saved = std::get_if<Save>(&command)) return save(saved->memory);
  if (auto* asked = std::get_if<Transact>(&command)) boost::asio::co_spawn(loop_, transact(asked->number, std::move(asked->ask)), rethrow);
  if (auto const* begun = std::get_if<Watch>(&command)) watch(*begun);
  if (auto const* ended = std::get_if<Unwatch>(&command)) unwatch(ended->which);
  if (auto const* wanted = std::get_if<Grant>(&command)) boost::asio::co_spawn(loop_, grant(wanted->number, wanted->ttl), rethrow);
  if (auto const* kept = std::get_if<KeepAlive>(&command)) boost::asio::co_spawn(loop_, keep_alive(kept->lease), rethrow);
  if (auto const* revoked = std::get_if<Revoke>(&command)) boost::asio::co_spawn(loop_, revoke(revoked->lease), rethrow);
  if (auto const* wake = std::get_if<WakeAt>(&command)) wake_at(wake->at);
  if (auto* shown = std::get_if<Show>(&command)) show(std::move(shown->view));
  if (auto const* heard = std::get_if<Heard>(&command)) on_heard_(heard->slot);
  if (auto* inquiry = std::get_if<Inquire>(&command)) boost::asio::co_spawn(loop_, inquire(inquiry->number, std::move(inquiry->inquiry)), rethrow);
  if (auto const* told = std::get_if<Tell>(&command))
    world_.announcer.announce({.said = rollout::Said::FleetStopped, .priority = rollout::Priority::Error, .message = told->text, .reason = told->text});
  return true;
}

void FleetMember::show(fleet::View view) {
  bool const other_pins = !same_pins(view_, view);
  view_ = std::move(view);
  on_view_(other_pins);
}

bool FleetMember::save(fleet::Memory const& memory) {
  auto const saved = world_.store.keep_fleet(memory);
  auto const problem = saved ? std::string{} : saved.error().message;
  if (!problem.empty() && problem != unsaved_)
    world_.announcer.announce({.said = rollout::Said::FleetTrouble,
                               .priority = rollout::Priority::Error,
                               .message = "What this host has to know of its fleet cannot be saved; it asks for nothing until it can: " + problem,
                               .reason = problem});
  unsaved_ = problem;
  return problem.empty();
}

/// Said once when it comes, and once when it is over.
void FleetMember::tell_trouble() {
  auto const text = fleet::trouble_of(state_);
  if (text == troubled_) return;
  troubled_ = text;
  if (text.empty()) {
    world_.announcer.announce({.said = rollout::Said::FleetWell, .priority = rollout::Priority::Notice, .message = "This host takes part in its fleet again."});
  } else {
    world_.announcer.announce({.said = rollout::Said::FleetTrouble, .priority = rollout::Priority::Error, .message = text, .reason = text});
  }
}

// ---- time ---------------------------------------------------------------------------------------------------------

void FleetMember::wake_at(Instant at) {
  wake_->emit(boost::asio::cancellation_type::all);
  // Never the same signal again: the coroutine that was just cancelled still looks at its slot when it ends.
  wake_ = std::make_shared<boost::asio::cancellation_signal>();
  auto woken = [this, own = wake_](std::exception_ptr const& thrown) {
    boost::asio::post(loop_, [own] {});
    if (was_cancelled(thrown)) return;
    rethrow(thrown);
    post(fleet::event::Ticked{});
  };
  auto const slot = wake_->slot();
  boost::asio::co_spawn(loop_, sleep(at), boost::asio::bind_cancellation_slot(slot, std::move(woken)));
}

Awaitable<void> FleetMember::sleep(Instant until) {
  co_await world_.clock.sleep_until(until);
  auto const state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none)
    throw boost::system::system_error(boost::asio::error::operation_aborted);
}

// ---- etcd ---------------------------------------------------------------------------------------------------------

Awaitable<void> FleetMember::transact(std::uint64_t number, fleet::Ask ask) {
  auto txn = wire::txn_of(keys_, ask);
  auto const done = co_await world_.etcd.txn(std::move(txn));
  heard(done);
  if (!done) {
    post(fleet::event::Lost{number, done.error()});
    co_return;
  }
  auto told = wire::judge(keys_, ask, *done);
  if (told) {
    post(fleet::event::Answered{number, std::move(*told)});
  } else {
    post(fleet::event::Unreadable{number, told.error()});
  }
}

Awaitable<void> FleetMember::grant(std::uint64_t number, Duration ttl) {
  auto const whole = std::chrono::ceil<std::chrono::seconds>(ttl);
  auto const lease = co_await world_.etcd.grant(whole, 0);
  heard(lease);
  if (lease) {
    post(fleet::event::Granted{number, lease->id});
  } else {
    post(fleet::event::Lost{number, lease.error()});
  }
}

/// One that was lost on the way is followed by the next before the lease ends.
Awaitable<void> FleetMember::keep_alive(etcd::LeaseId lease) {
  auto const kept = co_await world_.etcd.keep_alive(lease);
  heard(kept);
  if (!kept && kept.error().kind == ErrorKind::LeaseLost) post(fleet::event::LeaseLost{lease});
}

Awaitable<void> FleetMember::revoke(etcd::LeaseId lease) {
  static_cast<void>(co_await world_.etcd.revoke(lease));
}

Awaitable<void> FleetMember::inquire(std::uint64_t number, fleet::Inquiry inquiry) {
  auto const answer = co_await inquirer_.ask(std::move(inquiry));
  fleet::event::Inquired inquired{number};
  if (!answer) inquired.error = answer.error();
  post(std::move(inquired));
}

void FleetMember::watch(fleet::command::Watch const& watch) {
  unwatch(watch.which);
  std::shared_ptr<EtcdWatch> const begun = world_.etcd.watch(watch.keys, watch.from);
  watches_[watch.which] = begun;
  boost::asio::co_spawn(loop_, follow(watch.which, begun, watch.deletions), rethrow);
}

void FleetMember::unwatch(fleet::Watched which) {
  auto const found = watches_.find(which);
  if (found == watches_.end()) return;
  if (auto const watch = found->second.lock()) watch->close();
  watches_.erase(found);
}

Awaitable<void> FleetMember::follow(fleet::Watched which, std::shared_ptr<EtcdWatch> watch, bool deletions) {
  for (;;) {
    auto const news = co_await watch->next();
    auto const now = watches_.find(which);
    // Another one took its place, or nobody wants to know any more.
    if (now == watches_.end() || now->second.lock() != watch) co_return;
    hear(which, news, deletions);
    if (!news.end) continue;
    watches_.erase(which);
    post(fleet::event::WatchEnded{which});
    co_return;
  }
}

void FleetMember::hear_steering(etcd::WatchEvent const& event) {
  bool const is_freeze = event.value.key == keys_.freeze();
  post(is_freeze ? steering_changed<fleet::FleetFreeze, fleet::event::FreezeChanged>(event) : steering_changed<fleet::Rollout, fleet::event::RolloutChanged>(event));
}

void FleetMember::hear(fleet::Watched which, etcd::WatchNews const& news, bool deletions) {
  for (auto const& event : news.events) {
    bool const is_deletion = event.kind == etcd::WatchEvent::Kind::Delete;
    if (which == fleet::Watched::Rollout) {
      hear_steering(event);
    } else if (is_deletion || !deletions) {
      post(fleet::event::GateChanged{event.value.mod_revision});
    }
  }
}

}  // namespace tykup::agent
