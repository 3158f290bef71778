#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/etcd.hpp"
#include "daemon/core/fleet/records.hpp"

/// Every key of the fleet is made and read here. Under /tykup/1/<cluster>/:
///
///   meta, policy, rollout, roster                 one of each; `roster` is touched whenever a host comes or goes
///   rollout-freeze                                 beside `rollout`, so that one watch hears of both
///   host/<host>, live/<host>, forgotten/<host>
///   teller, told                                   who tells people, and what they know
///   pending/<RR>/<dc>/<NN.P>/<host>                until that step is done; R, N and P count from the end in a rollout back
///   unready/<dc>/<host>, ready/<dc>                until the host's packages are there and verified; the last one puts ready
///   queue/<dc>/<component>/<host>, slot/<dc>/<component>/<k>
///   first/<dc>/<component>/<P>, done/…, soak/…     one key a stage each
///   past/rollout/<id>, past/policy/<revision>, past/freeze/<revision>      what `history` shows
///   past/outside/<microsecond>/<component>/<host>
namespace tykup::fleet {

/// Whether a cluster, data centre, component or host may be called so in a key: a-z, 0-9, '.', '-' and '_', at most 253
/// bytes, no dot in front. Nothing else may reach a key: '/' would be a folder, and a range compare would miss it.
[[nodiscard]] bool is_key_part(std::string_view text);

/// Where a step's pending key lies in a rollout of that direction, as the parts of its key.
struct PendingPlace {
  std::string rank;       ///< "00"
  std::string datacenter;
  std::string step;       ///< "03.1"
  std::string host;
  friend bool operator==(PendingPlace const&, PendingPlace const&) = default;
};
[[nodiscard]] PendingPlace place_of(Stage const& stage, Direction direction, std::string host);

class Keys {
 public:
  /// `cluster` is a key part; so are all names that are given to the functions.
  explicit Keys(std::string_view cluster);

  [[nodiscard]] std::string meta() const { return root_ + "meta"; }
  [[nodiscard]] std::string policy() const { return root_ + "policy"; }
  [[nodiscard]] std::string rollout() const { return root_ + "rollout"; }
  [[nodiscard]] std::string freeze() const { return root_ + "rollout-freeze"; }
  [[nodiscard]] std::string roster() const { return root_ + "roster"; }
  [[nodiscard]] std::string teller() const { return root_ + "teller"; }
  [[nodiscard]] std::string told() const { return root_ + "told"; }
  [[nodiscard]] std::string host(std::string_view host) const;
  [[nodiscard]] std::string live(std::string_view host) const;
  [[nodiscard]] std::string forgotten(std::string_view host) const;
  [[nodiscard]] std::string pending(PendingPlace const& place) const;
  [[nodiscard]] std::string unready(std::string_view datacenter, std::string_view host) const;
  [[nodiscard]] std::string ready(std::string_view datacenter) const;
  [[nodiscard]] std::string queue(std::string_view datacenter, std::string_view component, std::string_view host) const;
  [[nodiscard]] std::string slot(std::string_view datacenter, std::string_view component, unsigned k) const;
  [[nodiscard]] std::string first(Stage const& stage) const;
  [[nodiscard]] std::string done(Stage const& stage) const;
  [[nodiscard]] std::string soak(Stage const& stage) const;
  [[nodiscard]] std::string past_rollout(std::string_view id) const;
  [[nodiscard]] std::string past_policy(std::int64_t revision) const;
  [[nodiscard]] std::string past_freeze(std::int64_t revision) const;
  /// The same step that is said twice has one key.
  [[nodiscard]] std::string past_outside(OutsideStep const& step) const;

  [[nodiscard]] etcd::KeyRange everything() const;
  /// What operators steer all hosts by: the rollout and the freeze.
  [[nodiscard]] etcd::KeyRange steering() const;
  [[nodiscard]] etcd::KeyRange hosts() const;
  [[nodiscard]] etcd::KeyRange lives() const;
  [[nodiscard]] etcd::KeyRange all_pending() const;
  [[nodiscard]] etcd::KeyRange all_slots() const;
  [[nodiscard]] etcd::KeyRange all_unready() const;
  [[nodiscard]] etcd::KeyRange all_ready() const;
  [[nodiscard]] etcd::KeyRange all_firsts() const;
  [[nodiscard]] etcd::KeyRange all_done() const;
  [[nodiscard]] etcd::KeyRange all_soaks() const;
  [[nodiscard]] etcd::KeyRange all_queues() const;
  [[nodiscard]] etcd::KeyRange past_rollouts() const;
  [[nodiscard]] etcd::KeyRange past_policies() const;
  [[nodiscard]] etcd::KeyRange unready_of(std::string_view datacenter) const;
  [[nodiscard]] etcd::KeyRange firsts_of(std::string_view datacenter) const;
  [[nodiscard]] etcd::KeyRange slots_of(std::string_view datacenter, std::string_view component) const;
  [[nodiscard]] etcd::KeyRange queue_of(std::string_view datacenter, std::string_view component) const;
  /// Pending keys of lower data-centre ranks.
  [[nodiscard]] etcd::KeyRange pending_of_lower_ranks(PendingPlace const& place) const;
  /// Pending keys of lower steps in this centre.
  [[nodiscard]] etcd::KeyRange pending_of_lower_steps(PendingPlace const& place) const;
  /// Pending keys of the data centre, this host's included.
  [[nodiscard]] etcd::KeyRange pending_of_centre(PendingPlace const& place) const;
  /// Pending keys of the stage itself, this host's included.
  [[nodiscard]] etcd::KeyRange pending_of_stage(PendingPlace const& place) const;

  /// Reads: nothing where the key is of another kind, or is not made as these functions make it.
  [[nodiscard]] std::optional<PendingPlace> read_pending(std::string_view key) const;
  struct SlotPlace {
    std::string datacenter;
    std::string component;
    unsigned k = 0;
    friend bool operator==(SlotPlace const&, SlotPlace const&) = default;
  };
  [[nodiscard]] std::optional<SlotPlace> read_slot(std::string_view key) const;
  /// The host of a `live/` or `host/` key.
  [[nodiscard]] std::optional<std::string> read_live(std::string_view key) const;
  [[nodiscard]] std::optional<std::string> read_host(std::string_view key) const;
  /// The host at the end of a `queue/` key.
  [[nodiscard]] std::optional<std::string> read_queue(std::string_view key) const;

 private:
  std::string root_;
};

/// The keys of `range` before and behind that key.
[[nodiscard]] etcd::KeyRange before(etcd::KeyRange const& range, std::string const& key);
[[nodiscard]] etcd::KeyRange behind(etcd::KeyRange const& range, std::string const& key);

}  // namespace tykup::fleet
