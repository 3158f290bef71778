#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/rpm/world.hpp"

namespace tykup::pkg::rpm::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Row {
  char const* name;
  char const* file;
  std::string settings;
  std::string timer;
  std::string dnf = {};
  bool takes = false;
};
class Automatic : public RpmTest, public ::testing::WithParamInterface<Row> {};

TEST_P(Automatic, is_named_where_it_would_take_our_packages) {
  auto const& row = GetParam();
  subscribed_host();
  world_.write(row.file, row.settings);
  if (!row.dnf.empty()) world_.write("/etc/dnf/dnf.conf", world_.read("/etc/dnf/dnf.conf") + row.dnf);
  auto const wants = world_.path("/etc/systemd/system/timers.target.wants");
  std::filesystem::create_directories(wants);
  if (!row.timer.empty()) std::filesystem::create_symlink("/usr/lib/systemd/system/" + row.timer, wants + "/" + row.timer);
  auto const found = world_.manager().other_actors({world_.scope()});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_THAT(*found, SizeIs(row.takes ? 1 : 0));
  if (found->empty()) return;
  EXPECT_THAT((*found)[0].does, AllOf(HasSubstr("tyk-gateway"), HasSubstr(row.file)));
  EXPECT_THAT((*found)[0].advice, HasSubstr("tykup keep-off"));
}

constexpr char const* kFile = "/etc/dnf/automatic.conf";
constexpr char const* kFile5 = "/etc/dnf/dnf5-plugins/automatic.conf";
std::string const kApplies = "[commands]\nupgrade_type = default\napply_updates = yes\n\n[base]\ndebuglevel = 1\n";

INSTANTIATE_TEST_SUITE_P(
    table, Automatic,
    ::testing::Values(Row{"applies", kFile, kApplies, "dnf-automatic.timer", {}, true},
                      Row{"applies_in_dnf5", kFile5, kApplies, "dnf5-automatic.timer", {}, true},
                      Row{"applies_whatever_is_configured", kFile, "[commands]\napply_updates = no\n", "dnf-automatic-install.timer", {}, true},
                      Row{"only_tells", kFile, "[commands]\napply_updates = no\n", "dnf-automatic.timer", {}, false},
                      Row{"says_nothing", kFile, "[base]\n", "dnf-automatic.timer", {}, false},
                      Row{"is_not_started", kFile, kApplies, "", {}, false},
                      Row{"another_timer_is_started", kFile, kApplies, "dnf-makecache.timer", {}, false},
                      Row{"is_kept_off", kFile, kApplies + "excludepkgs = nginx, tyk-gateway\n", "dnf-automatic.timer", {}, false},
                      Row{"is_kept_off_by_a_pattern", kFile, kApplies + "excludepkgs =\n  tyk-*\n", "dnf-automatic.timer", {}, false},
                      Row{"is_kept_off_by_dnf_itself", kFile, kApplies, "dnf-automatic.timer", "\nexcludepkgs=tyk-gateway\n", false},
                      Row{"is_kept_off_others", kFile, kApplies + "excludepkgs = tyk-pump\n", "dnf-automatic.timer", {}, true}),
    [](auto const& made) { return std::string(made.param.name); });

TEST_F(RpmTest, what_was_installed_since_the_boot_and_matters_asks_for_a_reboot) {
  world_.install({});
  auto const before = world_.manager().reboot_wanted();
  ASSERT_TRUE(before.has_value()) << before.error().message;
  EXPECT_THAT(*before, IsEmpty());
  world_.install({.name = "microcode_ctl"});
  auto const after = world_.manager().reboot_wanted();
  ASSERT_TRUE(after.has_value());
  ASSERT_THAT(*after, SizeIs(1));
  EXPECT_THAT((*after)[0], HasSubstr("microcode_ctl"));
}

TEST_F(RpmTest, inventory_tells_where_the_files_lie_and_what_the_new_ones_take) {
  subscribed_host();
  offer({.version = "1.2"});
  refresh();
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_TRUE(inventory.has_value());
  ASSERT_THAT(inventory->spread, SizeIs(1));
  EXPECT_GE(inventory->spread[0].files, 1U);
  ASSERT_FALSE(inventory->candidates.empty());
  EXPECT_GT(inventory->candidates[0].installed_size, 0U);
  EXPECT_THAT(inventory->database, HasSubstr(world_.path("/")));
}

}  // namespace
}  // namespace tykup::pkg::rpm::test
