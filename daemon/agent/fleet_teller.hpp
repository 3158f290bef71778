#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/agent/etcd_port.hpp"
#include "daemon/agent/ports.hpp"
#include "daemon/core/fleet/news.hpp"
#include "daemon/wire/fleet_board.hpp"

namespace tykup::agent {

/// [notify] of this host.
class Voice {
 public:
  virtual ~Voice() = default;
  /// Whether this host takes part in its fleet, asks for news of rollouts, and has a way that gets through.
  virtual bool can_tell() = 0;
  /// On disk when this is true, and sent from then on. What was told once, or is not asked for, is not told.
  virtual bool tell(notify::Notification const& told) = 0;
  /// It is out by one way at least, or given up.
  virtual bool is_out(std::string const& key) = 0;
};

/// One host of a fleet tells people of it: the one whose key `teller` it is, under a lease. What is told is in this host's store
/// before it is sent, and in the fleet's `told` only when it is out: a host that is lost in between is followed by another
/// one, which tells it again; nothing is lost. Hosts that are not it watch that key and ask nothing. Runs on one io_context.
class FleetTeller {
 public:
  FleetTeller(boost::asio::io_context& loop, Etcd& etcd, Clock& clock, std::string cluster, std::string host, Digest digest);

  /// `identity`: who this host is in its fleet; `seed` spreads what the hosts of a fleet would do in one second.
  void start(Voice& voice, fleet::Identity identity, std::uint64_t seed);
  /// The rollout changed, each time that it does.
  void see(fleet::Stored<fleet::Rollout> const& rollout);
  /// Whether this host can tell, or what is out, may be another answer than before.
  void wake();

  /// Called when `is_teller` or `condition` is another answer than before.
  void on_change(std::function<void()> told) { on_change_ = std::move(told); }
  [[nodiscard]] bool is_teller() const { return role_ == Role::Teller; }
  /// As it was read last; nothing on hosts that are not the teller.
  [[nodiscard]] std::optional<fleet::Condition> condition() const { return is_teller() ? condition_ : std::nullopt; }

 private:
  enum class Role { None, Other, Teller };

  Awaitable<void> work();
  Awaitable<void> round();
  Awaitable<void> apply();
  Awaitable<void> claim(etcd::Revision before);
  Awaitable<void> keep();
  Awaitable<void> look();
  Awaitable<void> note();
  Awaitable<void> resign();
  Awaitable<void> follow(std::shared_ptr<EtcdWatch> watch);
  Awaitable<void> ring(Instant at);
  void arm();
  void watch_other(etcd::Revision from);
  void hear(etcd::Revision until);
  void take_up(fleet::Account account);
  void speak();
  void lose();
  void failed();
  [[nodiscard]] fleet::NewsFrom from() const;

  boost::asio::io_context& loop_;
  Etcd& etcd_;
  Clock& clock_;
  fleet::Keys keys_;
  std::string cluster_;
  std::string host_;
  Digest digest_;
  Voice* voice_ = nullptr;
  fleet::Identity identity_;
  std::uint64_t seed_ = 0;
  Role role_ = Role::None;
  etcd::LeaseId lease_ = 0;
  etcd::Revision mine_ = 0;                ///< of the own `teller`
  fleet::Stored<fleet::KnownNews> noted_;  ///< as it stands in etcd
  wire::KnownHosts hosts_;                 ///< as they were read last
  fleet::KnownNews known_;                 ///< as it will be when all that waits is out
  std::vector<notify::Notification> unsaved_;
  std::vector<std::string> waiting_;       ///< keys of what is not out
  std::deque<fleet::Stored<fleet::Rollout>> seen_;
  etcd::Revision heard_ = 0;               ///< of the rollout that was taken up last
  fleet::Suspected suspected_;
  std::optional<fleet::Condition> condition_;
  std::function<void()> on_change_ = [] {};
  std::weak_ptr<EtcdWatch> watch_;  ///< its coroutine owns it
  // On the steady clock:
  Duration keep_at_{};
  Duration look_at_{};
  Duration not_before_{};
  unsigned tries_ = 0;
  bool wanted_ = false;
  bool working_ = false;
  std::optional<Instant> alarm_;
};

}  // namespace tykup::agent
