#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/policy.hpp"
#include "daemon/core/timestamp.hpp"

namespace tykup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

Instant const kNow = parse_instant("2026-11-23T12:00:00Z").value();

Component component(std::string const& name) {
  return *std::ranges::find(tyk_components(), name, &Component::name);
}

Candidate offer(std::string const& package, std::string const& version, std::string const& digest = {}) {
  return {package, version, digest.empty() ? "sha-" + version : digest, "https://packagecloud.io/tyk", 1};
}

/// A host in good order: the installed version is kept, the repository trusted.
ComponentFacts facts(std::string const& name, std::string const& installed, std::vector<std::string> const& offered) {
  std::string const package = component(name).editions.front();
  ComponentFacts found{name};
  found.installed = {{package, installed, "amd64"}};
  for (auto const& version : offered) found.candidates.push_back(offer(package, version));
  found.kept = {{package, installed, "kept-" + installed}};
  found.subscription.file = "/etc/apt/sources.list.d/tyk.sources";
  return found;
}

struct World {
  PolicyConfig policy = {};
  Memory memory = {};
  PackageFormat format = PackageFormat::Deb;

  [[nodiscard]] Choice choose(Component const& of, ComponentFacts const& found) const {
    return tykup::choose(of, found, format, policy, memory, kNow);
  }
  [[nodiscard]] Choice choose(ComponentFacts const& found) const { return choose(component(found.component), found); }
};

std::string target(Choice const& choice) {
  return choice.to.empty() ? "" : choice.to.front().version;
}

std::vector<Gate> gates(Choice const& choice) {
  std::vector<Gate> out;
  for (auto const& reason : choice.reasons) out.push_back(reason.gate);
  return out;
}

TEST(Choose, FollowsTheTrack) {
  std::vector<std::string> const gateways{"5.15.0~rc1", "5.14.0", "5.13.1", "5.9.2",
                                          "5.8.15",     "5.8.14", "5.3.13", "4.3.1"};
  std::vector<std::string> const pumps{"2.0.0", "1.16.0", "1.15.0"};
  struct {
    std::string track, component, installed;
    std::vector<std::string> offered;
    std::string to;
  } const rows[] = {
      {"lts", "gateway", "5.8.14", gateways, "5.8.15"},
      {"lts", "dashboard", "5.8.14", gateways, "5.8.15"},
      {"lts", "gateway", "5.9.0", gateways, "5.13.1"},
      {"lts", "gateway", "5.8.15", gateways, ""},
      {"lts", "gateway", "5.14.0", gateways, ""},
      {"lts", "pump", "1.15.0", pumps, "2.0.0"},
      {"lts", "mdcb", "2.9.0", {"2.12.0"}, "2.12.0"},
      {"lts", "portal", "1.14.0", {"1.18.0"}, "1.18.0"},
      {"patch", "gateway", "5.9.0", gateways, "5.9.2"},
      {"patch", "gateway", "5.13.0", gateways, "5.13.1"},
      {"patch", "pump", "1.15.0", pumps, ""},
      {"minor", "gateway", "5.8.14", gateways, "5.14.0"},
      {"minor", "gateway", "4.3.0", gateways, "4.3.1"},
      {"minor", "pump", "1.15.0", pumps, "1.16.0"},
      {"latest", "gateway", "4.3.0", gateways, "5.14.0"},
      {"latest", "gateway", "5.14.0", gateways, ""},
      {"5.8", "gateway", "5.8.14", gateways, "5.8.15"},
      {"5.8", "gateway", "5.3.0", gateways, "5.8.15"},
      {"5.8", "gateway", "5.9.0", gateways, ""},
      {"5.8", "pump", "1.15.0", pumps, "2.0.0"},
      {"5.8", "dashboard", "5.3.0", gateways, "5.8.15"},
      {"9.9", "gateway", "5.3.0", gateways, ""},
      {"latest", "gateway", "6.0.0", gateways, ""},
      {"latest", "gateway", "5.8.14", {}, ""},
      {"latest", "gateway", "5.8.14", {"5.9.0~rc1"}, ""},
      {"latest", "gateway", "5.9.0~rc1", {"5.9.0~rc2", "5.8.15"}, "5.9.0~rc2"},
      {"latest", "gateway", "5.9.0~rc1", {"5.10.0~rc1", "5.9.0"}, "5.9.0"},
  };
  for (auto const& row : rows) {
    World world;
    world.policy.track = parse_track(row.track).value();
    auto const choice = world.choose(facts(row.component, row.installed, row.offered));
    EXPECT_EQ(target(choice), row.to) << row.track << " " << row.component << " " << row.installed;
    if (!row.to.empty()) {
      EXPECT_THAT(gates(choice), IsEmpty()) << row.component << row.installed;
    }
  }
}

TEST(Choose, SaysWhenOnlyTheTrackStandsBetween) {
  auto const choice = World{}.choose(facts("gateway", "5.8.15", {"5.14.0", "5.8.15"}));
  EXPECT_THAT(choice.to, IsEmpty());
  EXPECT_EQ(choice.newest, "5.14.0");
  ASSERT_THAT(gates(choice), ElementsAre(Gate::Track));
  EXPECT_THAT(choice.reasons[0].text, HasSubstr("5.14.0 is offered, but from 5.8.15 track \"lts\""));
  EXPECT_THAT(choice.reasons[0].remedy, HasSubstr("[policy]"));
}

TEST(Choose, HasNoReasonWhereNothingIsNewer) {
  auto const choice = World{}.choose(facts("gateway", "5.8.15", {"5.8.15", "5.8.14"}));
  EXPECT_THAT(choice.to, IsEmpty());
  EXPECT_THAT(choice.reasons, IsEmpty());
  EXPECT_EQ(choice.newest, "5.8.15");
}

TEST(Choose, KeepsTheInstalledEdition) {
  auto found = facts("gateway", "5.8.14", {"5.8.15"});
  found.installed[0].name = "tyk-gateway-ee";
  found.kept[0].name = "tyk-gateway-ee";
  EXPECT_THAT(World{}.choose(found).to, IsEmpty()) << "the standard edition is no step up for -ee";
  found.candidates.push_back(offer("tyk-gateway-ee", "5.8.15", "ee"));
  auto const choice = World{}.choose(found);
  EXPECT_THAT(choice.to, ElementsAre(PackagePin{"tyk-gateway-ee", "5.8.15", "ee"}));
  EXPECT_THAT(choice.from, ElementsAre(PackagePin{"tyk-gateway-ee", "5.8.14", "kept-5.8.14"}));
}

TEST(Choose, TakesTheCurrentBytesOfAVersionThatWasPublishedAgain) {
  auto found = facts("gateway", "5.8.14", {});
  found.candidates = {offer("tyk-gateway", "5.8.15", "current"), offer("tyk-gateway", "5.8.15", "withdrawn")};
  EXPECT_THAT(World{}.choose(found).to, ElementsAre(PackagePin{"tyk-gateway", "5.8.15", "current"}));
}

TEST(Choose, ComparesByTheRulesOfTheFormat) {
  auto found = facts("gateway", "5.8.9-1", {"5.8.10-1"});
  World world;
  world.format = PackageFormat::Rpm;
  EXPECT_EQ(target(world.choose(found)), "5.8.10-1");
}

TEST(Choose, WaitsUntilAVersionHasSoaked) {
  World world;
  world.policy.soak = 72h;
  auto const found = facts("gateway", "5.8.14", {"5.8.15"});
  auto const unseen = world.choose(found);
  EXPECT_EQ(target(unseen), "5.8.15") << "the report says what it waits for";
  EXPECT_THAT(gates(unseen), ElementsAre(Gate::Soak));
  world.memory.seen = {{"gateway", "5.8.15", "sha-5.8.15", kNow - 72h + 1us}};
  EXPECT_THAT(gates(world.choose(found)), ElementsAre(Gate::Soak));
  EXPECT_THAT(world.choose(found).reasons[0].remedy, HasSubstr("wait until 2026-11-23T12:00:00.000001Z"));
  world.memory.seen[0].first = kNow - 72h;
  EXPECT_THAT(gates(world.choose(found)), IsEmpty());
  world.memory.seen[0].sha256 = "other bytes";
  EXPECT_THAT(gates(world.choose(found)), ElementsAre(Gate::Soak));
  world.memory.seen[0] = {"dashboard", "5.8.15", "sha-5.8.15", kNow - 720h};
  EXPECT_THAT(gates(world.choose(found)), ElementsAre(Gate::Soak));
}

TEST(Choose, TakesAnOlderStepThatHasSoakedMeanwhile) {
  World world;
  world.policy.soak = 72h;
  world.memory.seen = {{"gateway", "5.8.14", "sha-5.8.14", kNow - 100h},
                       {"gateway", "5.8.15", "sha-5.8.15", kNow - 1h}};
  auto const choice = world.choose(facts("gateway", "5.8.13", {"5.8.15", "5.8.14"}));
  EXPECT_EQ(target(choice), "5.8.14");
  EXPECT_THAT(choice.reasons, IsEmpty());
}

TEST(Choose, StaysAwayFromABadVersionUntilItsTime) {
  World world;
  world.memory.bad = {{"gateway", "5.8.15", "unhealthy: redis", kNow - 1h, 2, kNow + 15h}};
  auto const found = facts("gateway", "5.8.13", {"5.8.15"});
  auto const choice = world.choose(found);
  ASSERT_THAT(gates(choice), ElementsAre(Gate::BadVersion));
  EXPECT_THAT(choice.reasons[0].text, HasSubstr("5.8.15 failed here 2 times: unhealthy: redis"));
  EXPECT_THAT(choice.reasons[0].remedy, HasSubstr("2026-11-24T03:00:00Z"));
  EXPECT_EQ(target(choice), "5.8.15");
  EXPECT_EQ(target(world.choose(facts("gateway", "5.8.13", {"5.8.16", "5.8.15"}))), "5.8.16");
  auto const below = world.choose(facts("gateway", "5.8.13", {"5.8.15", "5.8.14"}));
  EXPECT_EQ(target(below), "5.8.14");
  EXPECT_THAT(below.reasons, IsEmpty());
  world.memory.bad[0].until = kNow;
  EXPECT_THAT(gates(world.choose(found)), IsEmpty());
  world.memory.bad[0] = {"pump", "5.8.15", "", kNow, 1, kNow + 8h};
  EXPECT_THAT(gates(world.choose(found)), IsEmpty()) << "another component's bad version";
}

TEST(Choose, CollectsEveryClosedGate) {
  World world;
  world.policy.soak = 72h;
  world.policy.hold = {"gateway"};
  world.memory.bad = {{"gateway", "5.8.15", "x", kNow, 1, kNow + 8h}};
  auto found = facts("gateway", "5.8.14", {"5.8.15"});
  found.kept.clear();
  found.installed[0].held = true;
  found.installed[0].pinned = "/etc/apt/preferences.d/tyk: -1";
  found.installed[0].status = "half-installed";
  found.subscription.problem = "signed by another key";
  auto const choice = world.choose(found);
  EXPECT_THAT(gates(choice), ElementsAre(Gate::Trust, Gate::Broken, Gate::BadVersion, Gate::Hold, Gate::Hold,
                                         Gate::Hold, Gate::Soak, Gate::WithoutRollback));
  for (auto const& reason : choice.reasons) {
    EXPECT_FALSE(reason.text.empty());
    EXPECT_FALSE(reason.remedy.empty()) << reason.text;
  }
  EXPECT_EQ(target(choice), "5.8.15");
}

TEST(Choose, HoldsForEachReasonOfItsOwn) {
  struct {
    std::string what;
    void (*spoil)(World&, ComponentFacts&);
    Gate gate;
    std::string text, remedy;
  } const rows[] = {
      {"config", [](World& w, ComponentFacts&) { w.policy.hold = {"gateway"}; }, Gate::Hold, "[policy] hold",
       "reload tykupd"},
      {"dpkg", [](World&, ComponentFacts& f) { f.installed[0].held = true; }, Gate::Hold, "held in the package manager",
       "apt-mark unhold tyk-gateway"},
      {"pin", [](World&, ComponentFacts& f) { f.installed[0].pinned = "pin -1"; }, Gate::Hold, "pin -1", "pin"},
      {"subscription", [](World&, ComponentFacts& f) { f.subscription = {}; }, Gate::Trust, "not subscribed",
       "tykup subscribe gateway"},
      {"expired", [](World&, ComponentFacts& f) { f.subscription.problem = "expired"; }, Gate::Trust, "expired",
       "tykup check"},
      {"unreadable", [](World&, ComponentFacts& f) { f.problem = "index unreadable"; }, Gate::Broken,
       "index unreadable", "tykup check"},
      {"half-installed", [](World&, ComponentFacts& f) { f.installed[0].status = "half-installed"; }, Gate::Broken,
       "tyk-gateway 5.8.14 is half-installed", "--reinstall tyk-gateway"},
      {"two editions",
       [](World&, ComponentFacts& f) {
         f.installed.push_back({"tyk-gateway-ee", "5.8.14", "amd64"});
       },
       Gate::Broken, "tyk-gateway, tyk-gateway-ee", "remove"},
      {"no way back", [](World&, ComponentFacts& f) { f.kept.clear(); }, Gate::WithoutRollback,
       "tyk-gateway 5.8.14 is neither kept nor offered", "without_rollback = \"go\""},
      {"kept, other version", [](World&, ComponentFacts& f) { f.kept[0].version = "5.8.13"; }, Gate::WithoutRollback,
       "no way back", "5.8.14"},
  };
  for (auto const& row : rows) {
    World world;
    auto found = facts("gateway", "5.8.14", {"5.8.15"});
    row.spoil(world, found);
    auto const choice = world.choose(found);
    ASSERT_THAT(gates(choice), ElementsAre(row.gate)) << row.what;
    EXPECT_THAT(choice.reasons[0].text, HasSubstr(row.text));
    EXPECT_THAT(choice.reasons[0].remedy, HasSubstr(row.remedy));
    EXPECT_EQ(target(choice), "5.8.15") << row.what;
  }
}

TEST(Choose, NeedsNoKeptPackageWhereTheRepositoryStillOffersIt) {
  auto found = facts("gateway", "5.8.14", {"5.8.15", "5.8.14"});
  found.kept.clear();
  auto const choice = World{}.choose(found);
  EXPECT_THAT(choice.reasons, IsEmpty());
  EXPECT_EQ(choice.from.front().sha256, "sha-5.8.14");
}

TEST(Choose, GoesWithoutAWayBackOnTheOperatorsWord) {
  World world;
  world.policy.without_rollback = WithoutRollback::Go;
  auto found = facts("gateway", "5.8.14", {"5.8.15"});
  found.kept.clear();
  EXPECT_THAT(world.choose(found).reasons, IsEmpty());
}

TEST(Choose, LetsTheRunFinishWhatDpkgBeganAndNamesItWhereNoRunComes) {
  auto found = facts("gateway", "5.8.14", {"5.8.15"});
  found.installed[0].status = "half-configured";
  EXPECT_THAT(World{}.choose(found).reasons, IsEmpty());
  found.candidates.clear();
  auto const choice = World{}.choose(found);
  ASSERT_THAT(gates(choice), ElementsAre(Gate::Broken));
  EXPECT_EQ(choice.reasons[0].remedy, "dpkg --configure -a");
}

TEST(Choose, NamesWhatIsNotInstalled) {
  ComponentFacts none{"gateway"};
  auto const choice = World{}.choose(none);
  ASSERT_THAT(gates(choice), ElementsAre(Gate::Broken));
  EXPECT_THAT(choice.reasons[0].text, HasSubstr("Tyk Gateway is not installed"));
  EXPECT_THAT(choice.to, IsEmpty());
}

Component cache() {
  Component custom;
  custom.name = custom.title = "cache";
  custom.packages = {"redis-server", "redis-tools"};
  custom.origin = "Debian";
  return custom;
}

ComponentFacts cache_facts() {
  ComponentFacts found{"cache"};
  found.installed = {{"redis-server", "5:7.0.15-1~deb12u1", "amd64"}, {"redis-tools", "5:7.0.15-1~deb12u1", "amd64"}};
  found.candidates = {
      offer("redis-server", "5:7.0.15-1~deb12u5", "s5"), offer("redis-tools", "5:7.0.15-1~deb12u5", "t5"),
      offer("redis-server", "5:7.0.15-1~deb12u1", "s1"), offer("redis-tools", "5:7.0.15-1~deb12u1", "t1")};
  found.subscription.file = "/etc/apt/sources.list";
  return found;
}

TEST(ChooseCustom, MovesAllPackagesTogether) {
  auto const choice = World{}.choose(cache(), cache_facts());
  EXPECT_THAT(choice.reasons, IsEmpty());
  EXPECT_THAT(choice.to, ElementsAre(PackagePin{"redis-server", "5:7.0.15-1~deb12u5", "s5"},
                                     PackagePin{"redis-tools", "5:7.0.15-1~deb12u5", "t5"}));
  EXPECT_THAT(choice.from, ElementsAre(PackagePin{"redis-server", "5:7.0.15-1~deb12u1", "s1"},
                                       PackagePin{"redis-tools", "5:7.0.15-1~deb12u1", "t1"}));
}

TEST(ChooseCustom, LeavesOutThePackageThatHasNoNewerVersion) {
  auto found = cache_facts();
  found.installed[0].version = "5:7.0.15-1~deb12u5";
  auto const choice = World{}.choose(cache(), found);
  EXPECT_THAT(choice.to, ElementsAre(PackagePin{"redis-tools", "5:7.0.15-1~deb12u5", "t5"}));
  EXPECT_THAT(choice.from, ElementsAre(PackagePin{"redis-tools", "5:7.0.15-1~deb12u1", "t1"}));
}

TEST(ChooseCustom, StaysWhereOneOfItsPackagesIsHindered) {
  auto missing = cache_facts();
  missing.installed.pop_back();
  EXPECT_THAT(gates(World{}.choose(cache(), missing)), ElementsAre(Gate::Broken));
  auto held = cache_facts();
  held.installed[1].held = true;
  EXPECT_THAT(gates(World{}.choose(cache(), held)), ElementsAre(Gate::Hold));
  auto strange = cache_facts();
  strange.subscription = {};
  auto const choice = World{}.choose(cache(), strange);
  ASSERT_THAT(gates(choice), ElementsAre(Gate::Trust));
  EXPECT_THAT(choice.reasons[0].text, HasSubstr("origin \"Debian\""));
}

TEST(ChooseCustom, FollowsALineOfItsOwnNumbers) {
  auto found = cache_facts();
  found.candidates.push_back(offer("redis-server", "5:7.4.0-1", "next"));
  found.candidates.push_back(offer("redis-tools", "5:7.4.0-1", "next"));
  World world;
  EXPECT_EQ(target(world.choose(cache(), found)), "5:7.4.0-1");
  world.policy.track = parse_track("7.0").value();
  EXPECT_EQ(target(world.choose(cache(), found)), "5:7.0.15-1~deb12u5");
}

TEST(ChooseCustom, WithAVersionThatIsNoReleaseGoesOnlyByLatest) {
  auto found = cache_facts();
  for (auto& package : found.installed) package.version = "20230311";
  found.candidates = {offer("redis-server", "20240203")};
  World world;
  EXPECT_EQ(target(world.choose(cache(), found)), "20240203");
  world.policy.track = parse_track("patch").value();
  EXPECT_THAT(gates(world.choose(cache(), found)), ElementsAre(Gate::Track));
}

}  // namespace
}  // namespace tykup
