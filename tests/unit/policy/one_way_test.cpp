#include "daemon/core/one_way.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/named_version.hpp"
#include "daemon/core/plan.hpp"

namespace tykup {
namespace {

using testing::HasSubstr;
using enum ServiceKind;

struct Row {
  char const* name;
  ServiceKind kind;
  char const* from;
  char const* to;
  char const* migrates;  ///< empty: nothing
  PackageFormat format = PackageFormat::Deb;
};

class OneWaySteps : public testing::TestWithParam<Row> {};

TEST_P(OneWaySteps, are_those_over_a_row_of_the_table) {
  auto const& row = GetParam();
  auto const found = migration_between(row.kind, row.format, row.from, row.to);
  ASSERT_EQ(found.has_value(), *row.migrates != '\0');
  if (!found) return;
  EXPECT_THAT(found->text, HasSubstr(row.migrates));
  EXPECT_TRUE(found->shared_database);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OneWaySteps,
    testing::Values(
        Row{"dashboard_to_the_row", Dashboard, "5.2.5", "5.3.0", "5.3.0 migrates the Tyk OAS API definitions"},
        Row{"dashboard_over_the_row", Dashboard, "5.0.15", "5.8.15", "5.3.0 migrates the Tyk OAS API definitions"},
        Row{"dashboard_from_the_row", Dashboard, "5.3.0", "5.8.15", ""},
        Row{"dashboard_below_the_row", Dashboard, "5.2.0", "5.2.5", ""},
        Row{"dashboard_above_the_row", Dashboard, "5.8.14", "5.13.1", ""},
        Row{"dashboard_down_over_the_row", Dashboard, "5.3.0", "5.2.5", "5.3.0 migrates"},
        Row{"dashboard_down_above_the_row", Dashboard, "5.8.15", "5.3.0", ""},
        Row{"dashboard_nowhere", Dashboard, "5.3.0", "5.3.0", ""},
        Row{"dashboard_nowhere_below", Dashboard, "5.2.0-1", "5.2.0-2", ""},
        Row{"dashboard_to_a_pre_release_of_the_row", Dashboard, "5.2.5", "5.3.0~rc1", "5.3.0 migrates"},
        Row{"dashboard_from_a_pre_release_of_the_row", Dashboard, "5.3.0~rc1", "5.3.0", "5.3.0 migrates"},
        Row{"dashboard_from_4_to_5_1", Dashboard, "4.3.2", "5.1.0", "5.1.0 changes the Tyk OAS API definitions"},
        Row{"dashboard_from_4_to_5_0", Dashboard, "4.3.2", "5.0.15", ""},
        Row{"dashboard_from_5_0_to_5_1", Dashboard, "5.0.2", "5.1.2", ""},
        Row{"dashboard_from_4_over_both", Dashboard, "4.3.2", "5.3.8", "5.3.0 migrates"},
        Row{"dashboard_down_from_5_1_to_4", Dashboard, "5.2.5", "4.3.2", "5.1.0 changes"},
        Row{"dashboard_of_rpm", Dashboard, "0:5.2.5-1", "0:5.3.0-1", "5.3.0 migrates", PackageFormat::Rpm},
        Row{"dashboard_of_rpm_after_the_row", Dashboard, "5.3.0-1", "5.3.8-1", "", PackageFormat::Rpm},
        Row{"portal_always", Portal, "1.14.0", "1.14.1", "1.14.1 migrates the Portal's database"},
        Row{"portal_down", Portal, "1.14.1", "1.14.0", "1.14.1 migrates the Portal's database"},
        Row{"portal_nowhere", Portal, "1.14.1-1", "1.14.1-2", ""},
        Row{"gateway_never", Gateway, "5.2.5", "5.3.0", ""}, Row{"pump_never", Pump, "1.8.3", "1.9.0", ""},
        Row{"mdcb_never", Mdcb, "2.4.2", "2.5.0", ""}, Row{"identity_broker_never", IdentityBroker, "1.5.0", "1.5.1", ""},
        Row{"a_component_of_the_operators_never", Generic, "5.2.5", "5.3.0", ""},
        Row{"nothing_known_of_the_old_version", Dashboard, "", "5.3.0", ""},
        Row{"nothing_known_of_the_new_version", Dashboard, "5.2.5", "", ""}),
    [](auto const& row) { return std::string(row.param.name); });

struct Typed {
  char const* name;
  char const* text;
  bool good;
};
class NamedVersions : public testing::TestWithParam<Typed> {};
TEST_P(NamedVersions, are_a_component_and_a_version) {
  auto const named = parse_named_version(GetParam().text);
  ASSERT_EQ(named.has_value(), GetParam().good);
  if (named) {
    EXPECT_EQ(to_string(*named), GetParam().text);
    return;
  }
  EXPECT_EQ(named.error().kind, ErrorKind::BadRequest);
  EXPECT_THAT(named.error().message, HasSubstr("such as dashboard=5.3.0"));
}
INSTANTIATE_TEST_SUITE_P(Typed, NamedVersions,
                         testing::Values(Typed{"plain", "dashboard=5.3.0", true}, Typed{"epoch", "identity-broker=1:2.3~rc1-1", true},
                                         Typed{"nothing", "", false}, Typed{"no_sign", "dashboard", false},
                                         Typed{"another_sign", "dashboard:5.3.0", false}, Typed{"no_component", "=5.3.0", false},
                                         Typed{"no_version", "dashboard=", false}, Typed{"two_signs", "dashboard==5.3.0", false},
                                         Typed{"blank", "dashboard= 5.3.0", false}, Typed{"two", "dashboard=5.3.0 gateway=5.3.0", false},
                                         Typed{"comma", "dashboard=5.3.0,gateway=5.3.0", false},
                                         Typed{"line_end", "dashboard=5.3.0\n", false}, Typed{"other_bytes", "d\xc3\xa4sh=5.3.0", false}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(NamedStep, is_named_by_the_full_version_or_its_upstream_part) {
  PlanStep const step{.component = "dashboard", .from = {{"tyk-dashboard", "5.2.5-1", ""}}, .to = {{"tyk-dashboard", "5.3.0-1", ""}}};
  EXPECT_TRUE(names_step({{"pump", "1.0"}, {"dashboard", "5.3.0-1"}}, step));
  EXPECT_TRUE(names_step({{"dashboard", "5.3.0"}}, step));
  EXPECT_FALSE(names_step({}, step));
  EXPECT_FALSE(names_step({{"gateway", "5.3.0"}}, step));
  EXPECT_FALSE(names_step({{"dashboard", "5.2.5"}}, step));
  EXPECT_FALSE(names_step({{"dashboard", "5.3"}}, step));
  EXPECT_EQ(to_string(name_of(step)), "dashboard=5.3.0-1");
}

TEST(NamedStep, tells_every_reason_why_it_cannot_be_taken_back) {
  PlanStep step{"portal", {}, {}, true};
  EXPECT_EQ(step.no_way_back(), "");
  step.one_way = "1.14.1 migrates";
  EXPECT_EQ(step.no_way_back(), "1.14.1 migrates");
  step.way_back = false;
  EXPECT_EQ(step.no_way_back(), "no package of the old version is kept; 1.14.1 migrates");
  step.way_back_note = "it is gone";
  EXPECT_EQ(step.no_way_back(), "it is gone; 1.14.1 migrates");
}

}  // namespace
}  // namespace tykup
