#include "daemon/core/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tykup {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Component component(std::string const& name) {
  return *std::ranges::find(tyk_components(), name, &Component::name);
}

ComponentFacts at(std::string const& name, std::string const& installed, std::string const& offered) {
  std::string const package = component(name).editions.front();
  ComponentFacts found{name};
  found.installed = {{package, installed, "amd64"}};
  found.candidates = {{package, offered, "sha-" + offered, "", 0}};
  found.kept = {{package, installed, "kept-" + installed}};
  found.subscription.file = "x.sources";
  return found;
}

struct World {
  Config config;
  HostFacts facts;
  Memory memory;

  World() {
    for (auto const& name : {"dashboard", "gateway", "pump"}) config.components.push_back(component(name));
    facts.components = {at("pump", "1.15.0", "1.16.0"), at("gateway", "5.8.14", "5.8.15"),
                        at("dashboard", "5.8.14", "5.8.15")};
  }
  [[nodiscard]] Plan plan() const {
    return make_plan(config, facts, memory, Instant{1h},
                     [](std::string_view text) { return "<" + std::string(text) + ">"; });
  }
};

std::vector<std::string> steps(Plan const& plan) {
  std::vector<std::string> out;
  for (auto const& step : plan.steps)
    out.push_back(step.component + " " + step.from_version() + " " + step.to_version());
  return out;
}

TEST(Plan, IsInTheOrderOfTheConfigurationNotOfTheHost) {
  EXPECT_THAT(steps(World{}.plan()),
              ElementsAre("dashboard 5.8.14 5.8.15", "gateway 5.8.14 5.8.15", "pump 1.15.0 1.16.0"));
}

TEST(PlanHash, CoversComponentPackageVersionAndDigestAndNothingElse) {
  World world;
  auto const hash = world.plan().hash;
  EXPECT_EQ(hash,
            "<dashboard tyk-dashboard 5.8.15 sha-5.8.15\ngateway tyk-gateway 5.8.15 sha-5.8.15\npump tyk-pump 1.16.0 "
            "sha-1.16.0\n>");
  world.facts.components[1].candidates[0].repository = "elsewhere";
  world.facts.components[1].kept[0].sha256 = "adopted";
  world.config.health.timeout = 9min;
  EXPECT_EQ(world.plan().hash, hash);
  world.facts.components[1].candidates[0].sha256 = "republished";
  EXPECT_NE(world.plan().hash, hash);
  world.facts.components.clear();
  EXPECT_EQ(world.plan().hash, "");
}

TEST(Plan, LeavesHinderedComponentsOutWithTheirReasonsAndGoesOnWithTheRest) {
  World world;
  world.config.policy.hold = {"gateway"};
  auto const plan = world.plan();
  EXPECT_THAT(steps(plan), ElementsAre("dashboard 5.8.14 5.8.15", "pump 1.15.0 1.16.0"));
  ASSERT_EQ(plan.staying.size(), 1U);
  EXPECT_EQ(plan.staying[0].component, "gateway");
  EXPECT_EQ(plan.staying[0].reasons.size(), 1U);
}

TEST(Plan, NamesAMissingComponentOnlyWhereTheOperatorListedIt) {
  World world;
  world.facts.components.erase(world.facts.components.begin());
  EXPECT_THAT(world.plan().staying, IsEmpty());
  world.config.deployment.components = {"dashboard", "gateway", "pump"};
  auto const plan = world.plan();
  ASSERT_EQ(plan.staying.size(), 1U);
  EXPECT_EQ(plan.staying[0].component, "pump");
  EXPECT_EQ(plan.staying[0].reasons[0].gate, Gate::Broken);
}

TEST(Plan, ReportsAComponentThatCouldNotBeReadEvenIfNothingOfItIsKnown) {
  World world;
  world.facts.components = {ComponentFacts{"gateway"}};
  world.facts.components[0].problem = "dpkg's database cannot be read";
  ASSERT_EQ(world.plan().staying.size(), 1U);
}

TEST(Plan, TellsWhetherThereIsAWayBack) {
  World world;
  EXPECT_TRUE(world.plan().steps[1].way_back);
  EXPECT_EQ(world.plan().steps[1].way_back_note, "");
  world.config.policy.without_rollback = WithoutRollback::Go;
  world.facts.components[1].kept.clear();
  auto const step = world.plan().steps[1];
  EXPECT_FALSE(step.way_back);
  EXPECT_EQ(step.way_back_note, "tyk-gateway 5.8.14 is neither kept nor offered any more");
}

World to_5_3() {
  World world;
  world.facts.components.back() = at("dashboard", "5.2.5", "5.3.0");
  world.config.policy.track = {Track::Kind::Latest};
  return world;
}

TEST(Plan, TellsWhatAStepMigratesAndThatTheDatabaseIsSavedFirst) {
  auto world = to_5_3();
  world.facts.hooks = {"pre-step.d/10-drain", "backup.d/10-mongo"};
  auto const plan = world.plan();
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_TRUE(plan.steps[0].way_back) << "the package is kept";
  EXPECT_TRUE(plan.steps[0].needs_database_backup);
  EXPECT_EQ(plan.steps[0].no_way_back(),
            "5.3.0 migrates the Tyk OAS API definitions in the Dashboard's database: no Dashboard or Gateway before 5.3.0 can read them");
  EXPECT_FALSE(plan.steps[1].needs_database_backup);
  EXPECT_EQ(plan.steps[1].no_way_back(), "");
}

TEST(Plan, HasNoStepThatMigratesADatabaseWhichNothingSaves) {
  for (std::vector<std::string> const& hooks : {std::vector<std::string>{}, {"pre-step.d/10-backup.d"}, {"10-mongo"}}) {
    auto world = to_5_3();
    world.facts.hooks = hooks;
    auto const plan = world.plan();
    EXPECT_THAT(plan.steps, IsEmpty());
    ASSERT_EQ(plan.staying.front().component, "dashboard");
    ASSERT_EQ(plan.staying.front().reasons.size(), 1U);
    auto const& reason = plan.staying.front().reasons.front();
    EXPECT_EQ(reason.gate, Gate::WithoutRollback);
    EXPECT_THAT(reason.text, testing::HasSubstr("/etc/tykup/hooks/backup.d holds no executable"));
    EXPECT_THAT(reason.remedy, testing::HasSubstr("tykup check"));
    EXPECT_EQ(plan.staying[1].reasons.front().gate, Gate::Order) << "the Gateway waits for the Dashboard";
  }
}

TEST(Plan, NeedsNoBackupOfADatabaseThatNothingMigrates) {
  EXPECT_THAT(steps(World{}.plan()), testing::SizeIs(3));
}

TEST(Estimate, IsTheStatedOneUntilLongerStepsWereMeasured) {
  World world;
  auto const& gateway = world.config.components[1];
  auto const estimate = [&] { return estimate_step(gateway, world.config, world.memory); };
  EXPECT_EQ(estimate(), 6min) << "there and back: a minute of change and the health timeout each";
  world.config.health.timeout = 5min;
  EXPECT_EQ(estimate(), 12min);
  world.memory.durations["gateway"] = {1min, 2min};
  EXPECT_EQ(estimate(), 12min) << "shorter ones do not shrink it";
  world.memory.durations["gateway"] = {1min, 10min, 2min};
  EXPECT_EQ(estimate(), 15min);
  world.memory.durations["gateway"] = std::vector<Duration>(10, 1min);
  world.memory.durations["gateway"].push_back(100min);
  EXPECT_EQ(estimate(), 12min) << "the eleventh is forgotten";
  world.memory.durations["pump"] = {100min};
  EXPECT_EQ(estimate(), 12min) << "another component's";
}

TEST(Estimate, IsTheOperatorsWhereThereIsOne) {
  World world;
  world.config.components[1].expected = 90s;
  world.memory.durations["gateway"] = {100min};
  EXPECT_EQ(estimate_step(world.config.components[1], world.config, world.memory), 90s);
}

}  // namespace
}  // namespace tykup
