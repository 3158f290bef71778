#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/wire/fleet_steer.hpp"
#include "tests/simulation/fleet/fleet_member.hpp"
#include "tests/simulation/fleet/fleet_network.hpp"

namespace tykup::simulation {

using FleetMembers = std::vector<std::unique_ptr<FleetMember>>;

/// Whoever steers the fleet: with the real words, at random and with what the state of things asks for.
class FleetOperator {
 public:
  FleetOperator(FleetWorld& world, FleetNetwork& network, FleetMembers& members) : world_(world), network_(network), members_(members) {}

  void init();
  /// What a sensible operator would do now. `all`: everything that is needed, otherwise one thing at a time.
  void take_care(bool all);
  /// What nobody asked for.
  void meddle();
  /// Between two words of one host with etcd.
  void interfere(FleetMember& member, bool take);
  /// etcd is put back to an earlier state.
  void keep_snapshot();
  bool restore();

  /// The last rollout that began is done, and nobody who is a member is anywhere else.
  [[nodiscard]] bool is_over();
  /// What stands in the way of it.
  [[nodiscard]] std::string not_over();
  [[nodiscard]] std::vector<unsigned> stragglers() const;

 private:
  // The desk.
  [[nodiscard]] fleet::Board const& look();
  [[nodiscard]] fleet::Word word(std::string const& why) const { return {"an operator", why, world_.time.now()}; }
  bool commit(etcd::Txn const& txn);
  /// What came of it; nothing: it is refused, or etcd is away.
  std::optional<fleet::Steered> say(fleet::Saying const& saying, std::string const& why);
  void hear(fleet::Change const& change, fleet::Saying const& saying);
  void hear_rollout();
  void begun(fleet::Rollout const& rollout);
  void prepare();
  void prepare_slowly(std::shared_ptr<std::vector<etcd::Txn>> const& left, std::size_t next, std::uint64_t serial);
  void stop();

  // What is to do.
  bool begin_next(bool all);
  void after_restore();
  bool install_anew(bool at_pin);
  void aim_at_newest();
  bool free_failed();
  bool care_for_names();
  bool care_for_absent();
  bool care_for_failed(bool all);
  bool care_for_halted(bool all);
  [[nodiscard]] bool wants_another_pin();
  bool release(std::string const& host);
  void release_some_slot();

  [[nodiscard]] FleetMember* member(std::string const& name);
  [[nodiscard]] bool is_anyone_at_work() const;
  [[nodiscard]] bool is_excluded(FleetMember const& member) const { return excluded_.contains(member.number()); }

  FleetWorld& world_;
  FleetNetwork& network_;
  FleetMembers& members_;
  std::unordered_map<std::string, std::size_t> by_name_;
  fleet::Board board_;
  wire::KnownHosts hosts_;
  bool board_is_old_ = true;
  std::optional<fleet::Schedule> refused_;  ///< what the last word would have begun
  int number_ = 0;
  std::uint64_t preparing_ = 0;  ///< serial of the preparation that goes on by itself
  bool prepares_ = false;
  Goals goals_;
  bool restored_ = false;
  Instant restored_at_ = {};
  std::set<unsigned> excluded_;
  std::shared_ptr<fakes::FakeEtcd::Snapshot const> snapshot_;
  std::int64_t snapshot_revision_ = 0;
  Instant snapshot_at_ = {};
};

}  // namespace tykup::simulation
