#include "daemon/core/preflight.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
Instant const kNow{std::chrono::hours{500'000}};

/// One component of 100 MiB, and a file system that all of it lies on.
struct World {
  HostFacts facts;
  Config config;
  PlanStep step{"gateway", {{"tyk-gateway", "5.8.14", "aa"}}, {{"tyk-gateway", "5.8.15", "bb"}}, true, {}, std::chrono::minutes{20}};

  World() {
    ComponentFacts gateway{"gateway"};
    gateway.candidates = {{"tyk-gateway", "5.8.15", "bb", "https://x", 30 * kMiB, 120 * kMiB},
                          {"tyk-gateway", "5.8.14", "aa", "https://x", 25 * kMiB, 100 * kMiB}};
    gateway.kept = {{"tyk-gateway", "5.8.14", "aa"}, {"tyk-gateway", "5.8.15", "bb"}};
    gateway.spread = {{"/", 100 * kMiB, 300}};
    gateway.own_bytes = 2 * kMiB;
    facts.components = {gateway};
    facts.file_systems = {{"/", 1024 * kMiB, 100'000}};
    for (auto const* folder : {"archive", "backups", "database", "records", "state", "temporary"}) facts.folders[folder] = "/";
  }
  void move(std::string const& folder, std::uint64_t bytes, std::optional<std::uint64_t> inodes = {}) {
    facts.folders[folder] = "/small";
    facts.file_systems.push_back({"/small", bytes, inodes});
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (auto const& reason : room_reasons({step}, facts)) out.push_back(reason.text);
    return out;
  }
};

TEST(Room, is_there) {
  World const world;
  EXPECT_THAT(world.texts(), IsEmpty());
}

TEST(Room, for_a_backup_is_named_with_the_file_system_and_what_is_missing) {
  World world;
  world.move("backups", 60 * kMiB);
  EXPECT_THAT(world.texts(), ElementsAre("the file system /small has 60.0 MiB free, and 66.0 MiB are needed for the backup of "
                                         "gateway (2.0 MiB), what stays free beside backups (64.0 MiB): 6.0 MiB are missing"));
}

TEST(Room, for_a_download_counts_what_is_not_kept_yet_twice) {
  World world;
  world.facts.components[0].kept.clear();
  world.move("archive", 110 * kMiB);
  EXPECT_THAT(world.texts(), ElementsAre(HasSubstr("126.0 MiB are needed for the download for gateway (110.0 MiB): 16.0 MiB are missing")));
}

TEST(Room, for_the_files_is_what_the_new_package_says_it_takes_where_the_old_one_lies) {
  World world;
  world.facts.components[0].spread = {{"/", 50 * kMiB, 100}, {"/opt", 50 * kMiB, 200}};
  world.facts.file_systems.push_back({"/opt", 40 * kMiB, {}});
  EXPECT_THAT(world.texts(), ElementsAre(AllOf(HasSubstr("/opt has 40.0 MiB free, and 64.0 MiB"), HasSubstr("the files of gateway 5.8.15"))));
}

TEST(Room, for_the_files_is_at_least_what_the_old_ones_take_where_the_package_says_nothing) {
  World world;
  world.facts.components[0].candidates.clear();
  world.facts.components[0].spread = {{"/opt", 50 * kMiB, 200}};
  world.facts.file_systems.push_back({"/opt", 49 * kMiB, {}});
  EXPECT_THAT(world.texts(), ElementsAre(HasSubstr("5.0 MiB are missing")));
}

TEST(Room, on_one_file_system_is_the_sum_of_all_that_goes_there) {
  World world;
  world.facts.file_systems[0].bytes = 269 * kMiB;
  EXPECT_THAT(world.texts(), ElementsAre(HasSubstr("270.0 MiB are needed"))) << "120 + 4 + 2 + 64 + 5 × 16";
  world.facts.file_systems[0].bytes = 270 * kMiB;
  EXPECT_THAT(world.texts(), IsEmpty());
}

TEST(Room, for_the_files_of_several_steps_is_the_largest_for_backups_the_sum) {
  World world;
  auto pump = world.facts.components[0];
  pump.component = "pump";
  world.facts.components.push_back(pump);
  auto second = world.step;
  second.component = "pump";
  auto const needs = needs_of({world.step, second}, world.facts);
  ASSERT_THAT(needs, SizeIs(1));
  EXPECT_EQ(needs[0].bytes, (120 + 4 + 2 + 2 + 64 + 5 * 16) * kMiB);
}

TEST(Room, of_inodes_counts_too) {
  World world;
  world.move("state", 1024 * kMiB, 3);
  EXPECT_THAT(world.texts(), ElementsAre("the file system /small has 3 free inodes, and 64 are needed: 61 are missing"));
}

TEST(Room, of_inodes_does_not_count_where_the_file_system_makes_them_as_it_goes) {
  World world;
  world.move("state", 1024 * kMiB, std::nullopt);
  EXPECT_THAT(world.texts(), IsEmpty());
}

TEST(Room, on_file_systems_that_nobody_measured_is_not_made_up) {
  World world;
  world.facts.file_systems.clear();
  EXPECT_THAT(world.texts(), IsEmpty());
}

TEST(Room, for_nothing_is_none) {
  World world;
  world.facts.file_systems[0].bytes = 0;
  EXPECT_THAT(room_reasons({}, world.facts), IsEmpty());
}

struct Pending {
  char const* name;
  PendingReboot reboot;
  RebootPending policy;
  std::vector<Gate> closes;
};
class Reboots : public testing::TestWithParam<Pending> {};

TEST_P(Reboots, close_what_they_should) {
  World world;
  world.facts.reboots = {GetParam().reboot};
  std::vector<Gate> gates;
  for (auto const& reason : reboot_reasons({world.step}, world.facts, GetParam().policy, kNow)) {
    EXPECT_THAT(reason.text, HasSubstr(GetParam().reboot.text));
    gates.push_back(reason.gate);
  }
  EXPECT_EQ(gates, GetParam().closes);
}

using std::chrono::minutes;
INSTANTIATE_TEST_SUITE_P(
    table, Reboots,
    testing::Values(Pending{"asked_for", {"a kernel", {}}, RebootPending::Wait, {Gate::Reboot}},
                    Pending{"asked_for_where_that_does_not_matter", {"a kernel", {}}, RebootPending::Go, {}},
                    Pending{"in_the_middle", {"shutdown", kNow + minutes{19}}, RebootPending::Wait, {Gate::Shutdown}},
                    Pending{"in_the_middle_whatever_the_policy", {"shutdown", kNow + minutes{19}}, RebootPending::Go, {Gate::Shutdown}},
                    Pending{"at_work", {"reboot.target", kNow}, RebootPending::Go, {Gate::Shutdown}},
                    Pending{"after_the_run", {"shutdown", kNow + minutes{20}}, RebootPending::Wait, {}}),
    [](auto const& made) { return std::string(made.param.name); });

TEST(Obstacles, name_what_may_not_be_run) {
  World world;
  world.facts.hook_problems = {"/etc/tykup/hooks/pre-run.d/a.sh has a name"};
  auto const found = obstacles({world.step}, world.facts, world.config, kNow);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].gate, Gate::Hook);
  EXPECT_THAT(found[0].text, HasSubstr("a.sh has a name"));
}

TEST(HookTime, is_the_limit_for_each_hook_of_these_points) {
  std::vector<std::string> const hooks{"pre-run.d/a", "pre-step.d/a", "pre-step.d/b", "post-step.d/c"};
  HooksConfig const config{minutes{3}};
  EXPECT_EQ(hook_time(hooks, {job::Hook::Point::PreStep, job::Hook::Point::PostStep}, config), minutes{9});
  EXPECT_EQ(hook_time(hooks, {job::Hook::Point::Backup}, config), minutes{0});
}

TEST(HookTime, is_part_of_what_a_step_is_expected_to_take) {
  World world;
  world.facts.hooks = {"pre-step.d/a", "post-step.d/c", "pre-run.d/not-of-a-step"};
  Component component;
  component.name = "gateway";
  auto const bare = estimate_step(component, world.config, {});
  EXPECT_EQ(estimate_step(component, world.config, {}, &world.facts), bare + minutes{10});
}

}  // namespace
}  // namespace tykup
