#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/agent/etcd_port.hpp"
#include "daemon/agent/fleet_inquirer.hpp"
#include "daemon/agent/ports.hpp"
#include "daemon/core/fleet/figures.hpp"
#include "daemon/core/fleet/participant.hpp"
#include "daemon/core/fleet/settings.hpp"

namespace tykup::agent {

/// What this host's part in the fleet has to know after a restart. On disk when `keep_fleet` returns.
class FleetStore {
 public:
  virtual ~FleetStore() = default;
  /// Nothing: nothing was kept yet. StateUnusable: what was kept cannot be read; the message says what to do.
  virtual Result<std::optional<fleet::Memory>> load_fleet() = 0;
  virtual Result<void> keep_fleet(fleet::Memory const& memory) = 0;
};

/// The world of a fleet's member; everything outlives it.
struct FleetWorld {
  Etcd& etcd;
  FleetStore& store;
  Clock& clock;
  Announcer& announcer;
  Executor& executor;
  Prober& prober;
};

/// The loop around `fleet::step`: an event comes in, the core decides, what has to be on disk is put there, then etcd is asked.
/// Nothing that was not saved is done. Runs on one io_context.
class FleetMember {
 public:
  /// `fresh` is who this host is where nothing was kept yet; its nonce is random, and kept from then on. The hosts of a fleet
  /// spread what they would do in one second by it.
  FleetMember(boost::asio::io_context& loop, FleetWorld world, fleet::Settings const& settings, fleet::Identity fresh);

  /// StateUnusable: the daemon must not start.
  Result<void> start();
  /// The own record as it should be now, whenever something of it may have changed; who this host is is filled in here.
  void set_record(fleet::HostRecord record);
  /// What the run needs, as often as somebody likes to say it.
  void set_need(fleet::Need const& need);

  [[nodiscard]] fleet::View const& view() const { return view_; }
  /// Who this host is in the fleet.
  [[nodiscard]] fleet::Memory const& memory() const { return state_.standing.memory; }
  [[nodiscard]] fleet::Identity const& identity() const { return identity_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// The cluster is there, and has no other host of this name; nothing contradicts what is known of it.
  [[nodiscard]] bool takes_part() const;
  /// What it waits for, holds, or is refused for.
  [[nodiscard]] std::string status_line() const { return fleet::status_line(state_); }

  /// Called when the view is another one; `other_pins`: the fleet goes elsewhere than before.
  void on_view(std::function<void(bool other_pins)> told) { on_view_ = std::move(told); }
  /// What monitoring is told of it.
  [[nodiscard]] fleet::Figures const& figures() const { return figures_; }

  /// Called when the figures are others than before.
  void on_figures(std::function<void()> told) { on_figures_ = std::move(told); }
  /// Called with the rollout whenever it is another one, state by state, and when `takes_part` changes.
  void on_seen(std::function<void(fleet::Stored<fleet::Rollout> const&)> told) { on_seen_ = std::move(told); }
  /// Called when etcd has how the step of that slot ended.
  void on_heard(std::function<void(std::int64_t slot)> told) { on_heard_ = std::move(told); }

 private:
  void post(fleet::Event event);
  void drain();
  void carry_out();
  /// False: it could not be saved, and stays first in the queue.
  bool carry_out(fleet::Command& command);
  void show(fleet::View view);
  void tell_trouble();
  void count();
  /// Of everything that was asked.
  template <typename Answer>
  void heard(Result<Answer> const& answer);
  bool save(fleet::Memory const& memory);
  void wake_at(Instant at);
  void watch(fleet::command::Watch const& watch);
  void unwatch(fleet::Watched which);
  Awaitable<void> transact(std::uint64_t number, fleet::Ask ask);
  Awaitable<void> grant(std::uint64_t number, Duration ttl);
  Awaitable<void> keep_alive(etcd::LeaseId lease);
  Awaitable<void> revoke(etcd::LeaseId lease);
  Awaitable<void> inquire(std::uint64_t number, fleet::Inquiry inquiry);
  Awaitable<void> follow(fleet::Watched which, std::shared_ptr<EtcdWatch> watch, bool deletions);
  void hear_steering(etcd::WatchEvent const& event);
  void hear(fleet::Watched which, etcd::WatchNews const& news, bool deletions);
  Awaitable<void> sleep(Instant until);

  boost::asio::io_context& loop_;
  FleetWorld world_;
  FleetInquirer inquirer_;
  fleet::Keys keys_;
  fleet::Identity identity_;
  std::uint64_t seed_ = 0;
  fleet::State state_;
  fleet::View view_;
  fleet::Figures figures_;
  std::deque<fleet::Event> inbox_;
  std::deque<fleet::Command> todo_;
  std::optional<fleet::Need> need_;
  std::optional<fleet::HostRecord> record_;
  std::map<fleet::Watched, std::weak_ptr<EtcdWatch>> watches_;  ///< their coroutines own them
  std::function<void(bool)> on_view_ = [](bool) {};
  std::function<void()> on_figures_ = [] {};
  std::function<void(fleet::Stored<fleet::Rollout> const&)> on_seen_ = [](auto const&) {};
  std::function<void(std::int64_t)> on_heard_ = [](std::int64_t) {};
  std::string troubled_;  ///< what was said of it
  std::string unsaved_;   ///< likewise, of the store
  bool draining_ = false;
  bool stuck_ = false;
  std::shared_ptr<boost::asio::cancellation_signal> wake_ = std::make_shared<boost::asio::cancellation_signal>();
};

}  // namespace tykup::agent
