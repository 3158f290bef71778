#include <gmock/gmock.h>

#include "tests/integration/apt/world.hpp"

namespace tykup::pkg::apt::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char const* kOn = "APT::Periodic::Unattended-Upgrade \"1\";\n";

class OtherActors : public AptTest {
 protected:
  /// A gateway of the origin Tyk is installed, and this is apt's configuration.
  std::vector<OtherActor> with(std::string const& configuration) {
    subscribed_host();
    offer({.version = "1.2"});
    refresh();
    world_.write("/usr/bin/unattended-upgrade", "#!/bin/sh\n");
    world_.write("/etc/apt/apt.conf.d/50unattended-upgrades", configuration);
    auto const found = world_.manager().other_actors({world_.scope()});
    EXPECT_TRUE(found.has_value()) << found.error().message;
    return found.value_or(std::vector<OtherActor>{});
  }
};

struct Row {
  char const* name;
  std::string configuration;
  bool takes;
};
class Unattended : public OtherActors, public ::testing::WithParamInterface<Row> {};

TEST_P(Unattended, is_named_where_it_would_take_our_packages) {
  auto const found = with(GetParam().configuration);
  ASSERT_THAT(found, SizeIs(GetParam().takes ? 1 : 0));
  if (found.empty()) return;
  EXPECT_EQ(found[0].name, "unattended-upgrades");
  EXPECT_THAT(found[0].does, AllOf(HasSubstr("tyk-gateway"), HasSubstr("apt-daily-upgrade.timer")));
  EXPECT_THAT(found[0].advice, HasSubstr("tykup keep-off"));
}

std::string pattern(std::string const& text) { return std::string(kOn) + "Unattended-Upgrade::Origins-Pattern { \"" + text + "\"; };\n"; }

INSTANTIATE_TEST_SUITE_P(
    table, Unattended,
    ::testing::Values(Row{"every_origin", pattern("origin=*"), true}, Row{"our_origin", pattern("origin=Tyk"), true},
                      Row{"our_origin_in_short", pattern("o=Tyk,n=bookworm"), true},
                      Row{"our_origin_in_the_old_spelling", std::string(kOn) + "Unattended-Upgrade::Allowed-Origins { \"Tyk:*\"; };\n", true},
                      Row{"another_origin", pattern("origin=Debian"), false},
                      Row{"our_origin_of_another_release", pattern("origin=Tyk,codename=trixie"), false},
                      Row{"an_unknown_word", pattern("origin=Tyk,moon=full"), false}, Row{"no_origin_at_all", kOn, false},
                      Row{"switched_off", pattern("origin=*") + "APT::Periodic::Unattended-Upgrade \"0\";\n", false},
                      Row{"all_timers_switched_off", pattern("origin=*") + "APT::Periodic::Enable \"0\";\n", false},
                      Row{"kept_off", pattern("origin=*") + "Unattended-Upgrade::Package-Blacklist { \"tyk-gateway$\"; };\n", false},
                      Row{"kept_off_by_a_beginning", pattern("origin=*") + "Unattended-Upgrade::Package-Blacklist { \"tyk-\"; };\n", false},
                      Row{"others_kept_off", pattern("origin=*") + "Unattended-Upgrade::Package-Blacklist { \"gateway\"; \"tyk-gateway-ee$\"; };\n", true}),
    [](auto const& made) { return std::string(made.param.name); });

TEST_F(OtherActors, that_are_not_installed_are_none) {
  subscribed_host();
  offer({.version = "1.2"});
  refresh();
  world_.write("/etc/apt/apt.conf.d/50unattended-upgrades", pattern("origin=*"));
  auto const found = world_.manager().other_actors({world_.scope()});
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(*found, IsEmpty());
}

TEST_F(OtherActors, inventory_tells_where_the_files_lie_and_what_the_new_ones_take) {
  subscribed_host({.files = {{"/opt/tyk-gateway/tyk", std::string(100'000, 'x')}}});
  offer({.version = "1.2", .files = {{"/opt/tyk-gateway/tyk", std::string(300'000, 'x')}}});
  refresh();
  auto const inventory = world_.manager().inspect(world_.scope());
  ASSERT_TRUE(inventory.has_value());
  ASSERT_THAT(inventory->spread, SizeIs(1));
  EXPECT_GE(inventory->spread[0].bytes, 100'000U);
  EXPECT_GE(inventory->spread[0].files, 3U);
  EXPECT_EQ(inventory->spread[0].mount.substr(0, 1), "/");
  ASSERT_FALSE(inventory->candidates.empty());
  EXPECT_EQ(inventory->candidates[0].installed_size, 10U * 1024U) << "what its Installed-Size says";
  EXPECT_TRUE(world_.exists("/var/lib/dpkg/status"));
  EXPECT_THAT(inventory->database, HasSubstr("/var/lib/dpkg"));
}

}  // namespace
}  // namespace tykup::pkg::apt::test
