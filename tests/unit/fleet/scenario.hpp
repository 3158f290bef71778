#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/fleet/world.hpp"

/// A fleet of a control plane and workers, in which something happens.
namespace tykup::fleet::test {

using namespace std::chrono_literals;

inline std::vector<NamedVersion> const kAll{{"mdcb", "5.8.15"}, {"pump", "5.8.15"}, {"dashboard", "5.8.15"}, {"gateway", "5.8.15"}};
inline std::vector<NamedVersion> const kWorkers{{"pump", "5.8.15"}, {"gateway", "5.8.15"}};

class Scenario : public testing::Test {
 protected:
  void fill(unsigned workers) {
    world.add(host_record("cp", "cp-1", {"mdcb", "pump", "dashboard", "gateway"}));
    for (unsigned i = 0; i < workers; ++i) world.add(host_record("eu-" + std::to_string(i), "eu", {"pump", "gateway"}));
    world.add(host_record("us-0", "us", {"pump", "gateway"}));
    world.run_for(1min);
  }
  RolloutState state() { return world.overview().rollout->state; }
  bool ends(Duration at_most = 10h) {
    return world.run_until([&] { return state() == RolloutState::Done; }, at_most);
  }
  void until_applied(std::string const& what) {
    ASSERT_TRUE(world.run_until([&] { return std::ranges::find(world.order, what) != world.order.end(); })) << what;
  }
  void policy(std::function<void(Policy&)> const& change) {
    auto made = policy_of_three_centres();
    change(made);
    world.set_policy(made);
  }
  std::string line(std::string const& host) { return status_line(world.host(host).state); }
  World world;
};

}  // namespace tykup::fleet::test
