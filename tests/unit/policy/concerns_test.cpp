#include "daemon/core/concerns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/core/policy_parts.hpp"
#include "daemon/core/timestamp.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(std::string_view text) { return *parse_instant(text); }

Component component(std::string const& name) { return *std::ranges::find(tyk_components(), name, &Component::name); }

Window window(std::string const& calendar, Duration duration, std::vector<std::string> components = {}) {
  return {*Calendar::parse(calendar), utc_zone(), duration, std::move(components)};
}

PlanStep step_of(std::string const& name, Duration estimate) { return {name, {}, {}, false, {}, estimate}; }

struct World {
  Config config;
  Memory memory;
  HostFacts facts;
  Plan plan;
  Instant now = at("2026-11-23T13:00:00Z");

  World() {
    config.deployment.components = {"dashboard", "gateway", "pump"};
    for (auto const& name : config.deployment.components) {
      config.components.push_back(component(name));
      ComponentFacts found{name};
      found.installed = {{component(name).editions.front(), name == "pump" ? "1.15.0" : "5.8.14", "amd64"}};
      facts.components.push_back(found);
    }
    config.windows.windows = {window("Sun *-*-* 02:00", 2h)};
    plan.hash = "0123456789abcdef";
    plan.steps = {step_of("dashboard", 6min), step_of("gateway", 6min)};
  }
  [[nodiscard]] std::vector<Concern> found() const { return concerns({config, memory, &plan, &facts, now}); }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (auto const& concern : found()) out.push_back(concern.kind + (concern.component.empty() ? "" : " " + concern.component));
    return out;
  }
};

TEST(Concerns, AreNoneWhereEverythingCanHappen) { EXPECT_THAT(World{}.kinds(), IsEmpty()); }

TEST(Concerns, AreNoneWithoutAnyWindowForThatIsChosen) {
  World world;
  world.config.windows.windows.clear();
  EXPECT_THAT(world.kinds(), IsEmpty());
}

TEST(NeverFits, IsTroubleForEachComponentThatIsTooLong) {
  World world;
  world.config.components[1].expected = 3h;
  EXPECT_THAT(world.kinds(), ElementsAre("never-fits gateway"));
  auto const concern = world.found().front();
  EXPECT_TRUE(concern.is_trouble);
  EXPECT_EQ(concern.text, "never fits: gateway needs 3h with a rollback, and the longest window of the next 35 days has 2h");
  EXPECT_THAT(concern.remedy, HasSubstr("[component.gateway] expected"));
}

TEST(NeverFits, LooksThirtyFiveDaysAhead) {
  World world;
  auto const step = step_of("gateway", 3h);
  world.config.windows.windows.push_back(window("2026-12-27 02:00", 4h));
  EXPECT_FALSE(never_fits(step, world.config, world.now));
  world.config.windows.windows.back() = window("2026-12-29 02:00", 4h);
  EXPECT_TRUE(never_fits(step, world.config, world.now));
}

TEST(NeverFits, TakesTheNextWindowWhereNoneOpensInThatTime) {
  World world;
  auto const step = step_of("gateway", 3h);
  world.config.windows.windows = {window("2027-03-01 02:00", 4h)};
  EXPECT_FALSE(never_fits(step, world.config, world.now));
  world.config.windows.windows = {window("2027-03-01 02:00", 2h)};
  EXPECT_TRUE(never_fits(step, world.config, world.now));
}

TEST(NeverFits, CountsWhatAFreezeLeavesOfAWindow) {
  World world;
  auto const step = step_of("gateway", 90min);
  world.config.windows.windows = {window("Sun *-*-* 02:00", 2h)};
  world.config.windows.freezes = {{at("2026-11-23T00:00:00Z"), at("2027-01-01T00:00:00Z"), ""}};
  EXPECT_FALSE(never_fits(step, world.config, world.now)) << "the first one after the freeze fits";
  world.config.windows.windows = {window("2026-11-29 02:00", 2h)};
  world.config.windows.freezes = {{at("2026-11-29T03:00:00Z"), at("2026-11-30T00:00:00Z"), ""}};
  EXPECT_TRUE(never_fits(step, world.config, world.now));
}

TEST(NeverFits, IsFoundAmongAWindowOfEachMinute) {
  World world;
  world.config.windows.windows = {window("*:*", 30s)};
  EXPECT_THAT(world.kinds(), ElementsAre("never-fits dashboard", "never-fits gateway", "never-fits pump"));
}

TEST(NeverOpens, IsSaidOfAFreezeOverAllWindows) {
  World world;
  world.config.windows.freezes = {{at("2026-01-01T00:00:00Z"), at("2190-01-01T00:00:00Z"), "for good"}};
  EXPECT_THAT(world.kinds(), ElementsAre("never-opens"));
  EXPECT_THAT(world.found().front().text, HasSubstr("the freezes cover every window"));
}

TEST(NeverOpens, IsSaidOfACalendarThatIsOver) {
  World world;
  world.config.windows.windows = {window("2020-01-01 02:00", 2h)};
  EXPECT_THAT(world.kinds(), ElementsAre("never-opens"));
  EXPECT_THAT(world.found().front().text, HasSubstr("no window opens within 400 days"));
}

TEST(WindowsByComponent, AgainstTheOrderAreNamed) {
  World world;
  world.config.windows.windows = {window("Sun *-*-* 02:00", 2h, {"gateway", "pump"})};
  EXPECT_THAT(world.kinds(), ElementsAre("order-against-windows dashboard"));
  EXPECT_THAT(world.found().front().text, HasSubstr("dashboard has no window and comes before gateway"));
}

TEST(WindowsByComponent, ThatLeaveTheLastOneOutAreNamed) {
  World world;
  world.config.windows.windows = {window("Sun *-*-* 02:00", 2h, {"dashboard", "gateway"})};
  EXPECT_THAT(world.kinds(), ElementsAre("no-window pump"));
}

TEST(WindowsByComponent, OnOtherDaysAreNoConcern) {
  World world;
  world.config.windows.windows = {window("Sun *-*-* 02:00", 2h, {"gateway", "pump"}), window("Mon *-*-* 02:00", 2h, {"dashboard"})};
  EXPECT_THAT(world.kinds(), IsEmpty());
}

TEST(WindowsByComponent, MindNoComponentThatIsNotHere) {
  World world;
  world.config.windows.windows = {window("Sun *-*-* 02:00", 2h, {"gateway", "pump"})};
  world.facts.components.front().installed.clear();
  EXPECT_THAT(world.kinds(), IsEmpty());
}

TEST(Approval, ThatEndsBeforeAWindowOpensIsNamed) {
  World world;
  world.memory.approval = Approval{world.plan.hash, "alice", world.now, at("2026-11-29T02:00:00Z")};
  EXPECT_THAT(world.kinds(), ElementsAre("approval-ends-first"));
  EXPECT_THAT(world.found().front().text, HasSubstr("ends 2026-11-29T02:00:00Z, before a window opens (2026-11-29T02:00:00Z)"));
  world.memory.approval->until = at("2026-11-29T02:00:01Z");
  EXPECT_THAT(world.kinds(), IsEmpty());
  world.memory.approval->until.reset();
  EXPECT_THAT(world.kinds(), IsEmpty());
}

TEST(AnInterruptedChange, OfSomebodyElseIsNamedWithWhatFinishesIt) {
  World world;
  world.facts.broken_packages = {"nginx (half-configured)", "redis (unpacked)"};
  auto const found = world.found();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "interrupted-change");
  EXPECT_THAT(found[0].text, HasSubstr("nginx (half-configured), redis (unpacked)"));
  EXPECT_THAT(found[0].remedy, HasSubstr("dpkg --configure -a"));
  EXPECT_FALSE(found[0].is_trouble);
  world.facts.format = PackageFormat::Rpm;
  EXPECT_THAT(world.found()[0].remedy, HasSubstr("dnf check"));
}

TEST(BackOff, ThatIsLongerThanTheTimeBetweenWindowsIsNamed) {
  World world;
  world.memory.bad = {{"gateway", "5.8.15", "ill", world.now, 5, at("2026-11-29T04:00:00Z")}};
  EXPECT_THAT(world.kinds(), ElementsAre("long-back-off gateway"));
  EXPECT_FALSE(world.found().front().is_trouble);
  EXPECT_EQ(world.found().front().remedy, "tykup forget-bad gateway if its cause is gone");
  world.memory.bad.front().until = at("2026-11-29T03:59:59Z");
  EXPECT_THAT(world.kinds(), IsEmpty());
}

struct Line {
  char const* installed;
  char const* now;
  char const* said;  ///< empty: nothing
};
class Support : public testing::TestWithParam<Line> {};
TEST_P(Support, IsWarnedOfBeforeItEnds) {
  World world;
  world.now = at(GetParam().now);
  world.facts.components[1].installed.front().version = GetParam().installed;
  world.facts.components[0].installed.front().version = "5.13.1";
  std::string said;
  for (auto const& concern : world.found()) said += concern.text;
  EXPECT_EQ(said, GetParam().said);
}
INSTANTIATE_TEST_SUITE_P(
    Lines, Support,
    testing::Values(Line{"5.8.14", "2026-11-23T13:00:00Z", ""}, Line{"5.8.14", "2027-05-01T00:00:00Z", ""},
                    Line{"5.8.14", "2027-05-02T00:00:00Z", "Tyk Gateway 5.8 is out of support from 2027-07-01 on"},
                    Line{"5.8.14", "2027-06-30T23:59:59Z", "Tyk Gateway 5.8 is out of support from 2027-07-01 on"},
                    Line{"5.8.14", "2027-07-01T00:00:00Z", "Tyk Gateway 5.8 is out of support since 2027-07-01"},
                    Line{"5.3.13", "2026-11-23T13:00:00Z", "Tyk Gateway 5.3 is out of support since 2026-08-01"},
                    Line{"5.9.2", "2026-11-23T13:00:00Z", "Tyk Gateway 5.9 is out of support since 2026-07-01"},
                    Line{"5.9.2", "2026-01-01T00:00:00Z", ""},
                    Line{"4.0.0", "2026-11-23T13:00:00Z", "Tyk Gateway 4.0 is out of support since 2024-05-01"},
                    Line{"5.14.0", "2026-11-23T13:00:00Z", ""}, Line{"nonsense", "2026-11-23T13:00:00Z", ""}));

struct Need {
  ServiceKind kind;
  char const* release;
  char const* mdcb;  ///< empty: nothing is known
};
class OldestMdcb : public testing::TestWithParam<Need> {};
TEST_P(OldestMdcb, IsAsTheReleaseNotesHaveIt) {
  EXPECT_EQ(oldest_mdcb(GetParam().kind, *release_of(GetParam().release)).value_or(""), GetParam().mdcb);
}
INSTANTIATE_TEST_SUITE_P(
    Releases, OldestMdcb,
    testing::Values(Need{ServiceKind::Gateway, "5.2.9", ""}, Need{ServiceKind::Gateway, "5.3.0", "2.4.2"},
                    Need{ServiceKind::Dashboard, "5.3.0", "2.5.0"}, Need{ServiceKind::Gateway, "5.7.3", "2.4.2"},
                    Need{ServiceKind::Gateway, "5.8.0", "2.8.0"}, Need{ServiceKind::Dashboard, "5.8.14", "2.8.0"},
                    Need{ServiceKind::Dashboard, "5.8.15", "2.12.0"}, Need{ServiceKind::Gateway, "5.9.0", "2.8.2"},
                    Need{ServiceKind::Gateway, "5.10.4", "2.8.5"}, Need{ServiceKind::Gateway, "5.11.0", "2.8.7"},
                    Need{ServiceKind::Gateway, "5.12.0", "2.9.0"}, Need{ServiceKind::Gateway, "5.13.0", "2.11.0"},
                    Need{ServiceKind::Gateway, "5.13.1", "2.12.0"}, Need{ServiceKind::Gateway, "6.0.0", "2.12.0"},
                    Need{ServiceKind::Pump, "5.8.15", ""}, Need{ServiceKind::Mdcb, "5.8.15", ""}));

TEST(Fits, TellsWhatTheNextWindowHasRoomFor) {
  World world;
  world.config.windows.windows = {window("Sun *-*-* 02:00", 10min)};
  world.plan.steps = {step_of("dashboard", 6min), step_of("gateway", 6min), step_of("pump", 11min)};
  EXPECT_THAT(fits(world.plan.steps, world.config, world.now), ElementsAre(Fit::NextWindow, Fit::LaterWindow, Fit::Never));
}

// ---- a held MDCB --------------------------------------------------------------------------------------------------

struct ControlPlane {
  Config config;
  HostFacts facts;
  Memory memory;

  ControlPlane(std::string const& mdcb, std::string const& mdcb_offered, std::string const& gateway_offered) {
    config.policy.track = {Track::Kind::Latest};
    add("mdcb", mdcb, mdcb_offered);
    add("gateway", "5.8.14", gateway_offered);
  }
  void add(std::string const& name, std::string const& from, std::string const& to) {
    config.components.push_back(component(name));
    auto const package = component(name).editions.front();
    ComponentFacts found{name};
    found.installed = {{package, from, "amd64"}};
    found.candidates = {{package, to, "sha", "", 0}, {package, from, "old", "", 0}};
    found.subscription.file = "x.sources";
    facts.components.push_back(found);
  }
  [[nodiscard]] Plan plan() const {
    return make_plan(config, facts, memory, at("2026-11-23T13:00:00Z"), [](std::string_view text) { return std::string(text); });
  }
};

std::string gateway_waits_for(Plan const& plan) {
  for (auto const& choice : plan.staying)
    if (choice.component == "gateway" && !choice.reasons.empty()) return choice.reasons.back().text;
  return {};
}

TEST(HeldMdcb, CountsAsDoneWhereTheTargetWorksWithIt) {
  ControlPlane host("2.8.0", "2.8.5", "5.9.0");
  host.add("pump", "1.15.0", "1.16.0");
  host.memory.holds = {{"mdcb", "alice", {}}};
  host.facts.components[1].candidates.front().version = "5.8.14.1";
  EXPECT_THAT(gateway_waits_for(host.plan()), "");
}

TEST(HeldMdcb, KeepsAGatewayThatNeedsItNewer) {
  ControlPlane host("2.8.0", "2.12.0", "5.8.15");
  host.memory.holds = {{"mdcb", "alice", {}}};
  EXPECT_EQ(gateway_waits_for(host.plan()), "5.8.15 needs MDCB 2.12.0 or newer, and MDCB stays at 2.8.0");
}

TEST(HeldMdcb, IsNoHindranceOnceItMovesFirst) {
  ControlPlane const host("2.8.0", "2.12.0", "5.8.15");
  EXPECT_EQ(host.plan().steps.size(), 2U);
}

}  // namespace
}  // namespace tykup
