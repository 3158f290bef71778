#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/fleet/keys.hpp"
#include "tests/fakes/fake_etcd.hpp"
#include "tests/simulation/fleet/fleet_draw.hpp"
#include "tests/simulation/fleet/fleet_files.hpp"
#include "tests/simulation/fleet/fleet_judge.hpp"
#include "tests/simulation/fleet/timeline.hpp"

namespace tykup::simulation {

/// How often what happened.
using FleetTally = std::map<std::string, std::uint64_t>;

/// What was asked of etcd by the hosts, and told to them.
struct FleetCost {
  std::uint64_t requests = 0;     ///< transactions and watches
  std::uint64_t leases = 0;       ///< grants and revocations
  std::uint64_t keep_alives = 0;
  std::uint64_t events = 0;       ///< of the gate
  std::uint64_t words = 0;        ///< of the rollout itself: every host hears each of them
  std::uint64_t steps = 0;        ///< that ended well
};

/// What all parts of one simulated fleet share.
struct FleetWorld {
  FleetWorld(std::uint64_t number, FleetSize const& how, bool with_stories)
      : seed(number), size(how), tells(with_stories), dice(number), drawn(draw_fleet(dice, how)), judge(drawn) {}

  std::uint64_t seed;
  FleetSize size;
  bool tells;  ///< stories are kept
  Dice dice;
  DrawnFleet drawn;
  Timeline time{Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}}};
  fleet::Keys keys{"prod"};
  fakes::FakeEtcd etcd;
  FleetJudge judge;
  FleetTally tally;
  FleetCost cost;
  bool etcd_up = true;
  bool faults = false;            ///< they are under way
  std::uint64_t changes = 0;      ///< by etcd; the judge's order of things
  Repository repository = {};
  std::vector<std::pair<unsigned, std::string>> story = {};  ///< host (or all of them: kEverybody) and what was

  static constexpr unsigned kEverybody = ~0U;
  void tell(unsigned host, std::string const& text) {
    if (tells) story.emplace_back(host, to_rfc3339(time.now()).substr(11) + " " + text);
  }
  void count(std::string const& what) { ++tally[what]; }
  /// Whether a host of a fleet may be configured to take its whole run back; by the daemon's own check.
  bool lets_run_back();
  /// A fault that is drawn, in a hundred thousand, while faults are under way.
  bool befalls(int in_100000) { return faults && dice.roll(100'000) < in_100000; }
  void catch_up() {
    auto const at = std::chrono::duration_cast<std::chrono::milliseconds>(time.now().time_since_epoch());
    if (etcd_up && at > etcd_at) etcd.advance(at - etcd_at);
    etcd_at = at;
  }
  std::optional<bool> run_back_ = {};
  std::chrono::milliseconds etcd_at = std::chrono::duration_cast<std::chrono::milliseconds>(time.now().time_since_epoch());
};

}  // namespace tykup::simulation
