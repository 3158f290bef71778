#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/fleet/keys.hpp"
#include "daemon/core/fleet/order.hpp"
#include "daemon/core/fleet/records.hpp"
#include "daemon/core/fleet/rule.hpp"

/// A whole cluster as one reading of etcd told: what people look at, and what operators' words are judged by.
namespace tykup::fleet {

struct BoardHost {
  HostRecord record = {};
  std::int64_t created = 0;
  std::int64_t modified = 0;
  friend bool operator==(BoardHost const&, BoardHost const&) = default;
};

/// A step that is not done.
struct BoardPending {
  Stage stage = {};  ///< with the group's phase
  std::string host = {};
  std::int64_t created = 0;
  friend bool operator==(BoardPending const&, BoardPending const&) = default;
};

struct BoardQueued {
  std::string datacenter = {};
  std::string component = {};
  std::string host = {};
  std::int64_t created = 0;  ///< who came before whom
  friend bool operator==(BoardQueued const&, BoardQueued const&) = default;
};

/// `first/…`, `done/…` or `soak/…` of a stage.
struct BoardMark {
  std::string datacenter = {};
  std::string component = {};
  unsigned phase = 0;
  Mark mark = {};
  std::int64_t created = 0;
  friend bool operator==(BoardMark const&, BoardMark const&) = default;
};

struct BoardUnready {
  std::string datacenter = {};
  std::string host = {};
  friend bool operator==(BoardUnready const&, BoardUnready const&) = default;
};

/// A record that this tykup cannot read, and why.
struct Unreadable {
  std::string key = {};  ///< below the cluster: "host/gw-1"
  std::string problem = {};
  friend bool operator==(Unreadable const&, Unreadable const&) = default;
};

struct BoardPastPolicy {
  std::int64_t revision = 0;  ///< of its writing
  Policy policy = {};
  friend bool operator==(BoardPastPolicy const&, BoardPastPolicy const&) = default;
};

struct BoardPastFreeze {
  std::int64_t revision = 0;  ///< of its writing
  FleetFreeze freeze = {};
  friend bool operator==(BoardPastFreeze const&, BoardPastFreeze const&) = default;
};

struct Board {
  std::string cluster = {};
  std::int64_t revision = 0;
  Stored<Meta> meta = {};
  Stored<Policy> policy = {};
  Stored<Rollout> rollout = {};
  Stored<FleetFreeze> freeze = {};  ///< in force, over or lifted
  Stored<Teller> teller = {};
  Stored<KnownNews> told = {};
  std::int64_t roster = 0;            ///< when a host last came or went; 0: none ever did
  std::vector<BoardHost> hosts = {};  ///< by name
  std::vector<std::string> live = {};
  std::vector<BoardPending> pending = {};
  std::vector<HeldSlot> slots = {};
  std::vector<BoardQueued> queue = {};  ///< in the order of their coming
  std::vector<BoardMark> firsts = {};
  std::vector<BoardMark> dones = {};
  std::vector<BoardMark> soaks = {};
  std::vector<BoardUnready> unready = {};
  std::vector<std::string> ready = {};  ///< data centres
  std::vector<std::string> forgotten = {};
  std::vector<Rollout> past_rollouts = {};         ///< oldest first
  std::vector<BoardPastPolicy> past_policies = {};  ///< likewise
  std::vector<BoardPastFreeze> past_freezes = {};   ///< likewise, the one in force included
  std::vector<OutsideStep> past_outside = {};       ///< likewise
  std::vector<Unreadable> unreadable = {};
  friend bool operator==(Board const&, Board const&) = default;

  [[nodiscard]] BoardHost const* find(std::string_view host) const;
  [[nodiscard]] bool is_live(std::string_view host) const;
  /// Whether that step is not done.
  [[nodiscard]] bool is_pending(std::string_view host, std::string_view component) const;
  [[nodiscard]] std::vector<HeldSlot> slots_of(std::string_view host) const;
};

[[nodiscard]] BoardMark const* find_mark(std::vector<BoardMark> const& marks, Stage const& stage);

}  // namespace tykup::fleet
