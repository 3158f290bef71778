#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/fleet/world.hpp"

namespace tykup::fleet::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<NamedVersion> const kAll{{"mdcb", "5.8.15"}, {"pump", "5.8.15"}, {"dashboard", "5.8.15"}, {"gateway", "5.8.15"}};

class WorldTest : public testing::Test {
 protected:
  void fill(unsigned workers) {
    for (auto const* name : {"cp-a", "cp-b"}) world.add(host_record(name, "cp-1", {"mdcb", "pump", "dashboard", "gateway"}));
    for (unsigned i = 0; i < workers; ++i) {
      world.add(host_record("eu-" + std::to_string(i), "eu", {"pump", "gateway"}));
      world.add(host_record("us-" + std::to_string(i), "us", {"pump", "gateway"}));
    }
    world.run_for(std::chrono::minutes{1});
  }
  bool ended() { return world.overview().rollout && world.overview().rollout->state == RolloutState::Done; }
  World world;
};

TEST_F(WorldTest, a_rollout_goes_through_all_stages_in_order_and_ends) {
  fill(3);
  world.start_rollout(kAll);
  EXPECT_TRUE(world.run_until([&] { return ended(); }));
  EXPECT_THAT(world.broken, IsEmpty());
  EXPECT_EQ(world.order.size(), 8 + 12);
  auto const seen = world.overview();
  EXPECT_THAT(seen.slots, IsEmpty());
  EXPECT_THAT(seen.pending, IsEmpty());
}

/// Of a host and step; each host's first reading, its record and its news of the rollout included.
struct Cost {
  double requests;
  double news;
};
Cost cost_of(unsigned workers) {
  World world;
  world.add(host_record("cp-a", "cp-1", {"mdcb", "pump", "dashboard", "gateway"}));
  for (unsigned i = 0; i < workers; ++i) world.add(host_record("eu-" + std::to_string(i), "eu", {"pump", "gateway"}));
  world.add(host_record("us-1", "us", {"pump", "gateway"}));
  auto policy = policy_of_three_centres();
  policy.max_unavailable = {10, true};
  world.run_for(std::chrono::minutes{1});
  world.set_policy(policy);
  world.start_rollout(kAll);
  EXPECT_TRUE(world.run_until([&] { return world.overview().rollout->state == RolloutState::Done; }));
  EXPECT_THAT(world.broken, IsEmpty());
  double requests = 0;
  double news = 0;
  for (auto const& [name, host] : world.hosts()) {
    requests += host.requests;
    news += host.news;
  }
  auto const steps = static_cast<double>(world.order.size());
  return {requests / steps, news / steps};
}

TEST(FleetCost, of_a_step_is_flat_in_the_number_of_hosts) {
  for (unsigned const workers : {10U, 40U}) {
    auto const [requests, news] = cost_of(workers);
    EXPECT_LE(requests, 14) << workers;
    EXPECT_LE(news, 4) << workers;
  }
}

}  // namespace
}  // namespace tykup::fleet::test
