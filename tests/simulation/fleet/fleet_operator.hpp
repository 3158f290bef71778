#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/wire/fleet_operator.hpp"
#include "tests/simulation/fleet/fleet_member.hpp"
#include "tests/simulation/fleet/fleet_network.hpp"

namespace tykup::simulation {

using FleetMembers = std::vector<std::unique_ptr<FleetMember>>;

/// Whoever steers the fleet: with the real commands, at random and with what the state of things asks for.
class FleetOperator {
 public:
  FleetOperator(FleetWorld& world, FleetNetwork& network, FleetMembers& members) : world_(world), network_(network), members_(members) {}

  void init();
  /// What a sensible operator would do now. `all`: everything that is needed, otherwise one thing at a time.
  void take_care(bool all);
  /// What nobody asked for.
  void meddle();
  /// etcd is put back to an earlier state.
  void keep_snapshot();
  bool restore();
  /// Between two words of one host with etcd.
  void interfere(FleetMember& member, bool take);

  /// The last rollout that began is done, and nobody who is a member is anywhere else.
  [[nodiscard]] bool is_over();
  /// What stands in the way of it.
  [[nodiscard]] std::string not_over();
  [[nodiscard]] std::vector<unsigned> stragglers() const;
  [[nodiscard]] int target() const { return target_; }
  [[nodiscard]] bool was_restored() const { return restored_; }

 private:
  using Seen = wire::Overview;
  [[nodiscard]] Seen see();
  [[nodiscard]] fleet::Stored<fleet::Rollout> see_rollout();
  [[nodiscard]] fleet::Word word(std::string const& why) const { return {"an operator", why, world_.time.now()}; }
  bool commit(etcd::Txn const& txn);
  bool change(Seen const& seen, Result<fleet::Rollout> const& after, char const* what);
  void start(bool back);
  void begun(fleet::Rollout const& rollout, Seen const& seen);
  void after_restore();
  void care_for_halted(Seen const& seen, bool all);
  void care_for_failed(Seen const& seen);
  void care_for_absent(Seen const& seen);
  void care_for_names(Seen const& seen);
  [[nodiscard]] bool has_unpinned(Seen const& seen) const;
  void promote(Seen const& seen);
  void retry(Seen const& seen, FleetMember& member);
  bool exclude(Seen const& seen, FleetMember& member);
  void forget(Seen const& seen, std::string const& host);
  void release(fleet::HeldSlot const& held);
  void end_if_empty();
  [[nodiscard]] FleetMember* member(std::string const& name) const;
  [[nodiscard]] bool is_anyone_at_work() const;
  [[nodiscard]] bool is_excluded(FleetMember const& member) const { return excluded_.contains(member.number()); }

  FleetWorld& world_;
  FleetNetwork& network_;
  FleetMembers& members_;
  int number_ = 0;
  int target_ = 0;
  bool back_ = false;
  bool restored_ = false;
  Instant restored_at_ = {};
  std::set<unsigned> excluded_;
  std::shared_ptr<fakes::FakeEtcd::Snapshot const> snapshot_;
  std::int64_t snapshot_revision_ = 0;
  Instant snapshot_at_ = {};
};

}  // namespace tykup::simulation
