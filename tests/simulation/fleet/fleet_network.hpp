#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tests/simulation/fleet/fleet_member.hpp"

namespace tykup::simulation {

/// Between the hosts and etcd: what takes its time, is lost, or comes late or twice.
class FleetNetwork {
 public:
  explicit FleetNetwork(FleetWorld& world) : world_(world) {}

  void transact(FleetMember& member, std::uint64_t number, fleet::Ask ask);
  void grant(FleetMember& member, std::uint64_t number, Duration ttl);
  void keep_alive(FleetMember& member, etcd::LeaseId lease);
  void revoke(FleetMember& member, etcd::LeaseId lease);
  void watch(FleetMember& member, fleet::command::Watch watch);
  void unwatch(FleetMember& member, fleet::Watched which);
  /// A connection is gone from the host's side, or was cut: what it was told is lost.
  void drop(FleetMember& member, bool tells);
  /// Everything that etcd has to tell is on its way.
  void pump();

  // ---- what befalls it
  void restart_etcd(Duration away);
  void compact();
  void end_a_watch();
  /// Somebody else writes: called before a `take`, of a slot of that place, or a `confirm` reaches etcd, which it does after the
  /// time that is given back.
  std::function<Duration(FleetMember&, std::optional<unsigned> place)> at_the_worst_moment = [](FleetMember&, std::optional<unsigned>) { return Duration{0}; };
  [[nodiscard]] std::uint64_t lease_ends() const { return lease_ends_; }

 private:
  struct Watch {
    FleetMember* member = nullptr;
    fleet::Watched which = fleet::Watched::Rollout;
    bool deletions = false;
    std::uint64_t serial = 0;
    std::uint64_t life = 0;
    Instant last = {};
  };
  [[nodiscard]] Duration latency();
  /// Whether it gets there; where not, `lost` happens when the host has waited long enough.
  bool arrives(FleetMember const& member, std::function<void()> lost);
  void reply(FleetMember& member, std::uint64_t life, fleet::Event answer, std::function<void()> lost);
  void open(FleetMember& member, Watch watch, etcd::KeyRange const& keys, etcd::Revision from);
  void send_news(Watch& watch, etcd::WatchNews const& news);
  void tell(Watch const& watch, fleet::Event const& event, bool ends);
  void note(FleetMember& member, fleet::Ask const& ask, fleet::Told const& told, std::vector<File> const& files, Instant sent);
  void perform(FleetMember& member, std::uint64_t number, std::uint64_t life, fleet::Ask const& ask, std::vector<File> const& files, Instant sent);
  void count_answer(fleet::Ask const& ask, fleet::Told const& told);
  void plan_expiry();
  [[nodiscard]] fleet::Stored<fleet::Rollout> const& rollout_of(etcd::WatchEvent const& event);

  FleetWorld& world_;
  std::unordered_map<fakes::FakeEtcd::WatchId, Watch> watches_;
  std::map<std::pair<FleetMember const*, fleet::Watched>, fakes::FakeEtcd::WatchId> open_;
  std::map<std::int64_t, fleet::Stored<fleet::Rollout>> rollouts_;  ///< by revision: parsed once for everybody
  std::optional<std::chrono::milliseconds> expiry_planned_;
  std::uint64_t lease_ends_ = 0;
};

}  // namespace tykup::simulation
